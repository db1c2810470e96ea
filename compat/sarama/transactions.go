package main

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/IBM/sarama"
)

func transactionChecks() []check {
	return []check{
		{"transactions: committed records are read, aborted ones are not", commitAndAbort},
		{"transactions: a zombie with the same id is fenced", zombie},
		{"transactions: offsets count with the commit", transactionalOffsets},
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
