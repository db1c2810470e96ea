package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

func groupChecks() []check {
	return []check{
		{"groups: three members share, one leaves (range)", func(ctx context.Context) { three(ctx, kgo.RangeBalancer()) }},
		{"groups: three members share, one leaves (cooperative-sticky)", func(ctx context.Context) { three(ctx, kgo.CooperativeStickyBalancer()) }},
		{"groups: a static member comes back without a rebalance", staticMember},
	}
}

// member polls and commits in a goroutine of its own.
type member struct {
	client *kgo.Client
	cancel context.CancelFunc
	done   sync.WaitGroup
	mutex  sync.Mutex
	seen   map[string]bool
	owned  map[int32]bool
}

func join(ctx context.Context, topic, group string, options ...kgo.Opt) *member {
	ctx, cancel := context.WithCancel(ctx)
	m := &member{cancel: cancel, seen: map[string]bool{}, owned: map[int32]bool{}}
	set := func(owns bool) func(context.Context, *kgo.Client, map[string][]int32) {
		return func(_ context.Context, _ *kgo.Client, partitions map[string][]int32) {
			m.mutex.Lock()
			defer m.mutex.Unlock()
			for _, partition := range partitions[topic] {
				if owns {
					m.owned[partition] = true
				} else {
					delete(m.owned, partition)
				}
			}
		}
	}
	m.client = client(append([]kgo.Opt{
		kgo.ConsumeTopics(topic), kgo.ConsumerGroup(group), kgo.HeartbeatInterval(200 * time.Millisecond), kgo.DisableAutoCommit(),
		kgo.OnPartitionsAssigned(set(true)), kgo.OnPartitionsRevoked(set(false)), kgo.OnPartitionsLost(set(false)),
	}, options...)...)
	m.done.Add(1)
	go func() {
		defer m.done.Done()
		for {
			fetches := m.client.PollFetches(ctx)
			if ctx.Err() != nil {
				return
			}
			m.mutex.Lock()
			fetches.EachRecord(func(record *kgo.Record) { m.seen[string(record.Value)] = true })
			m.mutex.Unlock()
			// A commit that a rebalance overtakes is repeated with the next poll.
			_ = m.client.CommitUncommittedOffsets(ctx)
		}
	}()
	return m
}

func (m *member) ownedCount() int {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return len(m.owned)
}

func (m *member) close() {
	m.cancel()
	m.done.Wait()
	m.client.Close()
}

func distinct(members ...*member) int {
	all := map[string]bool{}
	for _, m := range members {
		m.mutex.Lock()
		for value := range m.seen {
			all[value] = true
		}
		m.mutex.Unlock()
	}
	return len(all)
}

func produceNumbers(ctx context.Context, topic string, from, count int) {
	cl := client(kgo.RecordPartitioner(kgo.ManualPartitioner()))
	defer cl.Close()
	for i := from; i < from+count; i++ {
		cl.Produce(ctx, &kgo.Record{Topic: topic, Partition: int32(i % 6), Value: fmt.Appendf(nil, "v%d", i)}, nil)
	}
	expect(cl.Flush(ctx))
}

func three(ctx context.Context, balancer kgo.GroupBalancer) {
	topic := newTopic(ctx, 6, nil)
	group := "group-of-" + topic
	a, b, c := join(ctx, topic, group, kgo.Balancers(balancer)), join(ctx, topic, group, kgo.Balancers(balancer)), join(ctx, topic, group, kgo.Balancers(balancer))
	eventually("two partitions each", func() bool { return a.ownedCount() == 2 && b.ownedCount() == 2 && c.ownedCount() == 2 })
	produceNumbers(ctx, topic, 0, 600)
	eventually("600 records", func() bool { return distinct(a, b, c) == 600 })
	c.close()
	eventually("three partitions each", func() bool { return a.ownedCount() == 3 && b.ownedCount() == 3 })
	produceNumbers(ctx, topic, 600, 600)
	eventually("1200 records", func() bool { return distinct(a, b, c) == 1200 })
	cl := client()
	defer cl.Close()
	adm := kadm.NewClient(cl)
	eventually("1200 committed", func() bool {
		var sum int64
		must(adm.FetchOffsets(ctx, group)).Each(func(o kadm.OffsetResponse) { sum += o.At })
		return sum == 1200
	})
	described := must(adm.DescribeGroups(ctx, group))[group]
	expectEqual("state", "Stable", described.State)
	a.close()
	b.close()
	expect(must(adm.DeleteGroups(ctx, group))[group].Err)
}

func staticMember(ctx context.Context) {
	topic := newTopic(ctx, 2, nil)
	group := "group-of-" + topic
	stays := join(ctx, topic, group, kgo.InstanceID("other"))
	defer stays.close()
	first := join(ctx, topic, group, kgo.InstanceID("one"))
	eventually("one partition each", func() bool { return stays.ownedCount() == 1 && first.ownedCount() == 1 })
	var before int32
	for partition := range first.owned {
		before = partition
	}
	first.close()
	second := join(ctx, topic, group, kgo.InstanceID("one"))
	defer second.close()
	eventually("the same partition", func() bool {
		second.mutex.Lock()
		defer second.mutex.Unlock()
		return len(second.owned) == 1 && second.owned[before]
	})
}
