package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/IBM/sarama"
)

func transactionChecks() []check {
	return []check{
		{"transactions: committed records are read, aborted ones are not", commitAndAbort},
		{"transactions: a zombie with the same id is fenced", zombie},
		{"transactions: offsets count with the commit", transactionalOffsets},
		{"transactions: consume, transform, produce is exactly once", chain},
		{"transactions: one that takes too long is aborted", tooLong},
	}
}

func transactional(id string) sarama.SyncProducer {
	config := idempotentSettings()
	config.Producer.Transaction.ID = id
	config.Producer.Transaction.Timeout = 40 * time.Second
	return must(sarama.NewSyncProducer(bootstrap, config))
}

func send(producer sarama.SyncProducer, topic string, values ...string) {
	for _, value := range values {
		_, _, err := producer.SendMessage(&sarama.ProducerMessage{Topic: topic, Value: sarama.StringEncoder(value)})
		expect(err)
	}
}

// committed gives the values that a reader of committed records gets before the record that is sent last.
func committed(topic string) []string {
	const last = "the last"
	plain := must(sarama.NewSyncProducer(bootstrap, settings()))
	defer plain.Close()
	send(plain, topic, last)
	config := settings()
	config.Consumer.IsolationLevel = sarama.ReadCommitted
	consumer := must(sarama.NewConsumer(bootstrap, config))
	defer consumer.Close()
	reader := must(consumer.ConsumePartition(topic, 0, 0))
	defer reader.Close()
	values := []string{}
	timeout := time.After(wait)
	for {
		select {
		case record := <-reader.Messages():
			if string(record.Value) == last {
				return values
			}
			values = append(values, string(record.Value))
		case <-timeout:
			panic(fmt.Sprintf("only %v came", values))
		}
	}
}

func commitAndAbort() {
	topic := newTopic(1, nil)
	producer := transactional("tx-" + topic)
	defer producer.Close()
	expected := []string{}
	for round := range 20 {
		value := fmt.Sprintf("v%02d", round)
		expect(producer.BeginTxn())
		send(producer, topic, value)
		if round%3 == 2 {
			expect(producer.AbortTxn())
			continue
		}
		expect(producer.CommitTxn())
		expected = append(expected, value)
	}
	if read := committed(topic); !slices.Equal(expected, read) {
		panic(fmt.Sprintf("expected %v, read %v", expected, read))
	}
}

func zombie() {
	topic := newTopic(1, nil)
	first := transactional("tx-" + topic)
	defer first.Close()
	expect(first.BeginTxn())
	send(first, topic, "zombie")
	second := transactional("tx-" + topic)
	defer second.Close()
	expect(second.BeginTxn())
	send(second, topic, "next")
	err := first.CommitTxn()
	isFenced := errors.Is(err, sarama.ErrProducerFenced) || errors.Is(err, sarama.ErrInvalidProducerEpoch)
	expectEqual(fmt.Sprintf("the zombie is fenced (%v)", err), true, isFenced)
	expect(second.CommitTxn())
	if read := committed(topic); !slices.Equal([]string{"next"}, read) {
		panic(fmt.Sprintf("read %v", read))
	}
}

func transactionalOffsets() {
	topic := newTopic(1, nil)
	group := "group-of-" + topic
	producer := transactional("tx-" + topic)
	defer producer.Close()
	adm := clusterAdmin()
	defer adm.Close()
	offset := func() int64 {
		return must(adm.ListConsumerGroupOffsets(group, map[string][]int32{topic: {0}})).GetBlock(topic, 0).Offset
	}
	end := func(at int64, end func() error) {
		expect(producer.BeginTxn())
		expect(producer.AddOffsetsToTxn(map[string][]*sarama.PartitionOffsetMetadata{topic: {{Partition: 0, Offset: at, LeaderEpoch: -1}}}, group))
		send(producer, topic, "v")
		expect(end())
	}
	end(3, producer.AbortTxn)
	end(5, producer.CommitTxn)
	eventually("the offset of the commit", func() bool { return offset() == 5 })
	end(7, producer.AbortTxn)
	expectEqual("the offset after an abort", int64(5), offset())
}

func tooLong() {
	topic := newTopic(1, nil)
	config := idempotentSettings()
	config.Producer.Transaction.ID = "tx-" + topic
	config.Producer.Transaction.Timeout = time.Second
	slow := must(sarama.NewSyncProducer(bootstrap, config))
	defer slow.Close()
	expect(slow.BeginTxn())
	send(slow, topic, "late")
	// Readers of committed records get the record behind it only when it has been aborted.
	if read := committed(topic); !slices.Equal([]string{}, read) {
		panic(fmt.Sprintf("read %v", read))
	}
	expectEqual("the slow producer can commit", false, slow.CommitTxn() == nil)
}

// chain moves records from one topic to another, each with its offset in one transaction; each fourth is aborted and done again by a new producer.
func chain() {
	const count = 60
	in, out := newTopic(1, nil), newTopic(1, nil)
	expected := []string{}
	for i := range count {
		expected = append(expected, fmt.Sprintf("%03d!", i))
		produce(settings(), &sarama.ProducerMessage{Topic: in, Value: sarama.StringEncoder(fmt.Sprintf("%03d", i))})
	}
	worker := &transformer{out: out, group: "group-of-" + in}
	worker.producer = transactional("tx-" + in)
	defer func() { worker.producer.Close() }()
	ctx, cancel := context.WithTimeout(context.Background(), 2*wait)
	defer cancel()
	for worker.moved < count {
		expect(ctx.Err())
		config := settings()
		config.Consumer.IsolationLevel = sarama.ReadCommitted
		config.Consumer.Offsets.AutoCommit.Enable = false
		member := must(sarama.NewConsumerGroup(bootstrap, worker.group, config))
		// A claim ends with each abort, so that the next one begins where the last commit left off.
		expect(member.Consume(ctx, []string{in}, worker))
		expect(member.Close())
	}
	if read := committed(out); !slices.Equal(expected, read) {
		panic(fmt.Sprintf("expected %v, read %v", expected, read))
	}
}

type transformer struct {
	out, group    string
	producer      sarama.SyncProducer
	rounds, moved int
}

func (t *transformer) Setup(sarama.ConsumerGroupSession) error   { return nil }
func (t *transformer) Cleanup(sarama.ConsumerGroupSession) error { return nil }

func (t *transformer) ConsumeClaim(_ sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for message := range claim.Messages() {
		expect(t.producer.BeginTxn())
		send(t.producer, t.out, string(message.Value)+"!")
		expect(t.producer.AddMessageToTxn(message, t.group, nil))
		t.rounds++
		if t.rounds%4 == 0 {
			return t.producer.AbortTxn()
		}
		expect(t.producer.CommitTxn())
		if t.moved++; message.Offset+1 == claim.HighWaterMarkOffset() {
			return nil
		}
	}
	return nil
}

// transactionsUnderFire commits and aborts while the broker is killed: each transaction is read whole or not at all.
func transactionsUnderFire() {
	const size = 3
	topic := newTopic(1, nil)
	told := map[string]string{}
	var count atomic.Int64
	stop, stopped := make(chan struct{}), make(chan any, 1)
	go func() {
		defer func() { stopped <- recover() }()
		for number := 0; ; {
			producer := transactional("tx-" + topic)
			for isAlive := true; isAlive; number++ {
				select {
				case <-stop:
					producer.Close()
					return
				default:
				}
				value := fmt.Sprintf("%04d", number)
				told[value] = transact(producer, topic, value, size, number%5 == 4)
				count.Add(1)
				isAlive = told[value] != "unknown"
			}
			producer.Close()
		}
	}()
	for round := range 3 {
		if round > 0 {
			restart("@kill")
		}
		target := count.Load() + 20
		eventually("20 more transactions", func() bool { return count.Load() >= target })
	}
	close(stop)
	if reason := <-stopped; reason != nil {
		panic(reason)
	}
	counts := map[string]int{}
	for _, value := range committed(topic) {
		counts[value]++
	}
	for value, outcome := range told {
		isWhole, isNothing := counts[value] == size, counts[value] == 0
		isRight := outcome == "committed" && isWhole || outcome == "aborted" && isNothing || outcome == "unknown" && (isWhole || isNothing)
		expectEqual(fmt.Sprintf("transaction %s was %s, and %d of %d records are read", value, outcome, counts[value], size), true, isRight)
	}
}

func transact(producer sarama.SyncProducer, topic, value string, size int, aborts bool) string {
	if producer.BeginTxn() != nil {
		return "unknown"
	}
	for range size {
		if _, _, err := producer.SendMessage(&sarama.ProducerMessage{Topic: topic, Value: sarama.StringEncoder(value)}); err != nil {
			return "unknown"
		}
	}
	end, outcome := producer.CommitTxn, "committed"
	if aborts {
		end, outcome = producer.AbortTxn, "aborted"
	}
	if end() != nil {
		return "unknown"
	}
	return outcome
}
