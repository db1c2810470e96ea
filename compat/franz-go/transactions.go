package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

func transactionChecks() []check {
	return []check{
		{"transactions: committed records are read, aborted ones are not", commitAndAbort},
		{"transactions: nothing behind an open transaction is read as committed", openTransaction},
		{"transactions: a zombie with the same id is fenced", zombie},
		{"transactions: consume, transform, produce is exactly once", chain},
		{"transactions: one that takes too long is aborted", tooLong},
		{"transactions: listed and described", describeTransactions},
	}
}

func transactional(id string, options ...kgo.Opt) *kgo.Client {
	return client(append([]kgo.Opt{kgo.TransactionalID(id), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.TransactionTimeout(40 * time.Second)}, options...)...)
}

func send(ctx context.Context, cl *kgo.Client, topic string, partitions int, values ...string) {
	for i, value := range values {
		cl.Produce(ctx, &kgo.Record{Topic: topic, Partition: int32(i % partitions), Value: []byte(value)}, nil)
	}
	expect(cl.Flush(ctx))
}

// read gives the values up to where a reader of this isolation may read, sorted.
func read(ctx context.Context, topic string, isolation kgo.IsolationLevel) []string {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	ends := ends(ctx, topic, isolation)
	cl := client(kgo.ConsumeTopics(topic), kgo.FetchIsolationLevel(isolation), kgo.KeepControlRecords())
	defer cl.Close()
	at := map[int32]int64{}
	isDone := func() bool {
		for partition, end := range ends {
			if at[partition] < end {
				return false
			}
		}
		return true
	}
	values := []string{}
	for !isDone() {
		fetches := cl.PollFetches(ctx)
		expect(ctx.Err())
		fetches.EachRecord(func(record *kgo.Record) {
			at[record.Partition] = record.Offset + 1
			if record.Offset < ends[record.Partition] && !record.Attrs.IsControl() {
				values = append(values, string(record.Value))
			}
		})
	}
	slices.Sort(values)
	return values
}

func ends(ctx context.Context, topic string, isolation kgo.IsolationLevel) map[int32]int64 {
	cl := client()
	defer cl.Close()
	adm := kadm.NewClient(cl)
	list := adm.ListEndOffsets
	if isolation == kgo.ReadCommitted() {
		list = adm.ListCommittedOffsets
	}
	found := map[int32]int64{}
	must(list(ctx, topic)).Each(func(offset kadm.ListedOffset) { found[offset.Partition] = offset.Offset })
	return found
}

func expectValues(what string, expected, actual []string) {
	if !slices.Equal(expected, actual) {
		panic(fmt.Sprintf("%s: expected %v, got %v", what, expected, actual))
	}
}

func commitAndAbort(ctx context.Context) {
	topic := newTopic(ctx, 2, nil)
	one, two := transactional("one-"+topic), transactional("two-"+topic)
	defer one.Close()
	defer two.Close()
	expect(one.BeginTransaction())
	expect(two.BeginTransaction())
	send(ctx, one, topic, 2, "a1", "a2")
	send(ctx, two, topic, 2, "other1", "other2", "other3")
	expect(one.EndTransaction(ctx, kgo.TryCommit))
	expect(one.BeginTransaction())
	send(ctx, one, topic, 2, "b1", "b2", "b3")
	expect(one.EndTransaction(ctx, kgo.TryAbort))
	expect(two.EndTransaction(ctx, kgo.TryCommit))
	committed := []string{"a1", "a2", "other1", "other2", "other3"}
	for round := range 40 {
		expect(one.BeginTransaction())
		value := fmt.Sprintf("z%02d", round)
		send(ctx, one, topic, 2, value)
		expect(one.EndTransaction(ctx, round%2 == 0))
		if round%2 == 0 {
			committed = append(committed, value)
		}
	}
	// An end is answered when it is decided; the markers may take a moment more.
	eventually("the last marker", func() bool { return len(read(ctx, topic, kgo.ReadCommitted())) >= len(committed) })
	expectValues("committed", committed, read(ctx, topic, kgo.ReadCommitted()))
	expectEqual("records that are there", 48, len(read(ctx, topic, kgo.ReadUncommitted())))
}

func openTransaction(ctx context.Context) {
	topic := newTopic(ctx, 1, nil)
	plain, cl := client(), transactional("tx-"+topic)
	defer plain.Close()
	defer cl.Close()
	send(ctx, plain, topic, 1, "1 before")
	expect(cl.BeginTransaction())
	send(ctx, cl, topic, 1, "2 inside")
	send(ctx, plain, topic, 1, "3 behind")
	expectValues("committed", []string{"1 before"}, read(ctx, topic, kgo.ReadCommitted()))
	expectValues("uncommitted", []string{"1 before", "2 inside", "3 behind"}, read(ctx, topic, kgo.ReadUncommitted()))
	expect(cl.EndTransaction(ctx, kgo.TryCommit))
	eventually("all is committed", func() bool { return len(read(ctx, topic, kgo.ReadCommitted())) == 3 })
}

func zombie(ctx context.Context) {
	topic := newTopic(ctx, 1, nil)
	first, second := transactional("tx-"+topic), transactional("tx-"+topic)
	defer first.Close()
	defer second.Close()
	expect(first.BeginTransaction())
	send(ctx, first, topic, 1, "zombie")
	expect(second.BeginTransaction())
	send(ctx, second, topic, 1, "next")
	err := first.EndTransaction(ctx, kgo.TryCommit)
	isFenced := errors.Is(err, kerr.ProducerFenced) || errors.Is(err, kerr.InvalidProducerEpoch)
	expectEqual(fmt.Sprintf("the zombie is fenced (%v)", err), true, isFenced)
	expect(second.EndTransaction(ctx, kgo.TryCommit))
	eventually("the next one's record", func() bool { return len(read(ctx, topic, kgo.ReadCommitted())) > 0 })
	expectValues("committed", []string{"next"}, read(ctx, topic, kgo.ReadCommitted()))
}

// chain has two workers of one group; each fourth transaction is aborted, and one worker leaves in the middle.
func chain(ctx context.Context) {
	const count = 400
	in, out := newTopic(ctx, 4, nil), newTopic(ctx, 4, nil)
	var values, expected []string
	for i := range count {
		values = append(values, fmt.Sprintf("%03d", i))
		expected = append(expected, fmt.Sprintf("%03d!", i))
	}
	source := client(kgo.RecordPartitioner(kgo.ManualPartitioner()))
	defer source.Close()
	send(ctx, source, in, 4, values...)
	ctx, cancel := context.WithCancel(ctx)
	var workers sync.WaitGroup
	defer workers.Wait()
	defer cancel()
	failures := make(chan any, 2)
	for worker := range 2 {
		workers.Add(1)
		go func() {
			defer workers.Done()
			defer func() {
				if reason := recover(); reason != nil {
					failures <- reason
				}
			}()
			work(ctx, in, out, fmt.Sprintf("worker-%d-%s", worker, in), worker == 0)
		}()
	}
	eventually("all has come through", func() bool {
		select {
		case reason := <-failures:
			panic(reason)
		default:
		}
		return len(read(ctx, out, kgo.ReadCommitted())) >= count
	})
	expectValues("what has come through", expected, read(ctx, out, kgo.ReadCommitted()))
}

func work(ctx context.Context, in, out, id string, leaves bool) {
	session := must(kgo.NewGroupTransactSession(
		kgo.SeedBrokers(bootstrap), kgo.TransactionalID(id), kgo.ConsumerGroup("group-of-"+in), kgo.ConsumeTopics(in), kgo.HeartbeatInterval(200*time.Millisecond),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.RequireStableFetchOffsets(), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.TransactionTimeout(40*time.Second),
	))
	defer session.Close()
	for round := 0; ctx.Err() == nil; round++ {
		if leaves && round == 6 {
			return
		}
		fetches := session.PollRecords(ctx, 9)
		if fetches.NumRecords() == 0 {
			continue
		}
		expect(session.Begin())
		fetches.EachRecord(func(record *kgo.Record) {
			session.Produce(ctx, &kgo.Record{Topic: out, Partition: record.Partition, Value: append(record.Value, '!')}, nil)
		})
		_, err := session.End(ctx, kgo.TransactionEndTry(round%4 != 3))
		if ctx.Err() != nil {
			return
		}
		expect(err)
	}
}

func tooLong(ctx context.Context) {
	topic := newTopic(ctx, 1, nil)
	slow, plain := transactional("tx-"+topic, kgo.TransactionTimeout(time.Second)), client()
	defer slow.Close()
	defer plain.Close()
	expect(slow.BeginTransaction())
	send(ctx, slow, topic, 1, "late")
	send(ctx, plain, topic, 1, "behind")
	expectValues("before the timeout", []string{}, read(ctx, topic, kgo.ReadCommitted()))
	eventually("the transaction is aborted", func() bool { return slices.Equal([]string{"behind"}, read(ctx, topic, kgo.ReadCommitted())) })
	expectEqual("the slow producer can commit", false, slow.EndTransaction(ctx, kgo.TryCommit) == nil)
}

func describeTransactions(ctx context.Context) {
	topic := newTopic(ctx, 1, nil)
	id := "tx-" + topic
	cl := transactional(id)
	defer cl.Close()
	expect(cl.BeginTransaction())
	send(ctx, cl, topic, 1, "open")
	adm := kadm.NewClient(cl)
	expectEqual("listed", "Ongoing", must(adm.ListTransactions(ctx, nil, []string{"Ongoing"}))[id].State)
	described := must(adm.DescribeTransactions(ctx, id))[id]
	expectEqual("has its partition", true, described.Topics.Lookup(topic, 0))
	producers := must(adm.DescribeProducers(ctx, kadm.TopicsSet{topic: {0: {}}}))[topic].Partitions[0].ActiveProducers
	expectEqual("start of the open transaction", int64(0), producers[described.ProducerID].CurrentTxnStartOffset)
	expect(cl.EndTransaction(ctx, kgo.TryAbort))
}

// transactionsUnderFire commits and aborts while the broker is killed: each transaction is read whole or not at all.
func transactionsUnderFire(ctx context.Context) {
	const size, partitions = 5, 3
	topic := newTopic(ctx, partitions, nil)
	var mutex sync.Mutex
	told := map[int]string{}
	stop, stopped := make(chan struct{}), make(chan any, 1)
	go func() {
		defer func() { stopped <- recover() }()
		for number := 0; ; {
			cl := transactional("tx-" + topic)
			for isAlive := true; isAlive; number++ {
				select {
				case <-stop:
					cl.Close()
					return
				default:
				}
				aborts := number%5 == 4
				outcome := transact(ctx, cl, topic, number, size, partitions, aborts)
				mutex.Lock()
				told[number] = outcome
				mutex.Unlock()
				isAlive = outcome != "unknown"
			}
			cl.Close()
		}
	}()
	count := func() int {
		mutex.Lock()
		defer mutex.Unlock()
		return len(told)
	}
	for round := range 3 {
		if round > 0 {
			restart("@kill")
		}
		target := count() + 40
		eventually("40 more transactions", func() bool { return count() >= target })
	}
	close(stop)
	if reason := <-stopped; reason != nil {
		panic(reason)
	}
	eventually("no transaction stays open", func() bool {
		return fmt.Sprint(ends(ctx, topic, kgo.ReadCommitted())) == fmt.Sprint(ends(ctx, topic, kgo.ReadUncommitted()))
	})
	counts, distinct := map[int]int{}, map[string]bool{}
	for _, value := range read(ctx, topic, kgo.ReadCommitted()) {
		var number, i int
		must(fmt.Sscanf(value, "%d-%d", &number, &i))
		counts[number]++
		expectEqual(value+" was read before", false, distinct[value])
		distinct[value] = true
	}
	for number, outcome := range told {
		isWhole, isNothing := counts[number] == size, counts[number] == 0
		isRight := outcome == "committed" && isWhole || outcome == "aborted" && isNothing || outcome == "unknown" && (isWhole || isNothing)
		expectEqual(fmt.Sprintf("transaction %d was %s, and %d of %d records are read", number, outcome, counts[number], size), true, isRight)
	}
}

func transact(ctx context.Context, cl *kgo.Client, topic string, number, size, partitions int, aborts bool) string {
	expect(cl.BeginTransaction())
	var failed error
	for i := range size {
		record := &kgo.Record{Topic: topic, Partition: int32(i % partitions), Value: fmt.Appendf(nil, "%d-%d", number, i)}
		cl.Produce(ctx, record, func(_ *kgo.Record, err error) {
			if err != nil {
				failed = err
			}
		})
	}
	if err := cl.Flush(ctx); err != nil {
		return "unknown"
	}
	commits := !aborts && failed == nil
	if err := cl.EndTransaction(ctx, kgo.TransactionEndTry(commits)); err != nil {
		return "unknown"
	}
	if commits {
		return "committed"
	}
	return "aborted"
}
