package main

import (
	"context"
	"fmt"
	"sync"

	"github.com/IBM/sarama"
)

func groupChecks() []check {
	return []check{
		{"groups: three members share, one leaves (range)", func() { three(sarama.NewBalanceStrategyRange()) }},
		{"groups: three members share, one leaves (sticky)", func() { three(sarama.NewBalanceStrategySticky()) }},
	}
}

// member is one consumer of a group, in a goroutine of its own.
type member struct {
	group  sarama.ConsumerGroup
	cancel context.CancelFunc
	done   sync.WaitGroup
	mutex  sync.Mutex
	seen   map[string]bool
	owned  int
}

func join(topic, group string, strategy sarama.BalanceStrategy) *member {
	config := settings()
	config.Consumer.Group.Rebalance.GroupStrategies = []sarama.BalanceStrategy{strategy}
	ctx, cancel := context.WithCancel(context.Background())
	m := &member{group: must(sarama.NewConsumerGroup(bootstrap, group, config)), cancel: cancel, seen: map[string]bool{}}
	m.done.Add(1)
	go func() {
		defer m.done.Done()
		for ctx.Err() == nil {
			// A session that a rebalance ends is begun again.
			_ = m.group.Consume(ctx, []string{topic}, m)
		}
	}()
	return m
}

func (m *member) Setup(session sarama.ConsumerGroupSession) error {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.owned = 0
	for _, partitions := range session.Claims() {
		m.owned += len(partitions)
	}
	return nil
}

func (m *member) Cleanup(sarama.ConsumerGroupSession) error { return nil }

func (m *member) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for record := range claim.Messages() {
		m.mutex.Lock()
		m.seen[string(record.Value)] = true
		m.mutex.Unlock()
		session.MarkMessage(record, "")
	}
	return nil
}

func (m *member) ownedCount() int {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return m.owned
}

func (m *member) close() {
	m.cancel()
	m.done.Wait()
	expect(m.group.Close())
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

func numbers(topic string, from, count int) []*sarama.ProducerMessage {
	var messages []*sarama.ProducerMessage
	for i := from; i < from+count; i++ {
		messages = append(messages, &sarama.ProducerMessage{Topic: topic, Partition: int32(i % 6), Value: sarama.StringEncoder(fmt.Sprint(i))})
	}
	return messages
}

func three(strategy sarama.BalanceStrategy) {
	topic := newTopic(6, nil)
	group := "group-of-" + topic
	a, b, c := join(topic, group, strategy), join(topic, group, strategy), join(topic, group, strategy)
	eventually("two partitions each", func() bool { return a.ownedCount() == 2 && b.ownedCount() == 2 && c.ownedCount() == 2 })
	produce(settings(), numbers(topic, 0, 600)...)
	eventually("600 records", func() bool { return distinct(a, b, c) == 600 })
	c.close()
	eventually("three partitions each", func() bool { return a.ownedCount() == 3 && b.ownedCount() == 3 })
	produce(settings(), numbers(topic, 600, 600)...)
	eventually("1200 records", func() bool { return distinct(a, b, c) == 1200 })
	a.close()
	b.close()
	adm := clusterAdmin()
	defer adm.Close()
	var sum int64
	for _, partition := range must(adm.ListConsumerGroupOffsets(group, map[string][]int32{topic: {0, 1, 2, 3, 4, 5}})).Blocks[topic] {
		sum += partition.Offset
	}
	expectEqual("committed", int64(1200), sum)
	expectEqual("state", "Empty", must(adm.DescribeConsumerGroups([]string{group}))[0].State)
	expect(adm.DeleteConsumerGroup(group))
}
