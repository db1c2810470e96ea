package main

import (
	"fmt"
	"sync/atomic"

	"github.com/IBM/sarama"
)

func restartChecks() []check {
	return []check{
		{"restart: kill -9 under load, nothing lost or doubled", func() { underLoad("@kill") }},
		{"restart: orderly stop under load, nothing lost or doubled", func() { underLoad("@restart") }},
		{"restart: kill -9 among transactions, each is read whole or not at all", transactionsUnderFire},
	}
}

func underLoad(how string) {
	topic := newTopic(1, nil)
	var count atomic.Int64
	var failed atomic.Value
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		producer := must(sarama.NewSyncProducer(bootstrap, idempotentSettings()))
		defer producer.Close()
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			if _, _, err := producer.SendMessage(&sarama.ProducerMessage{Topic: topic, Value: sarama.StringEncoder(fmt.Sprint(i))}); err != nil {
				failed.Store(err)
				return
			}
			count.Add(1)
		}
	}()
	more := func() {
		target := count.Load() + 200
		eventually("200 more acknowledged", func() bool { return failed.Load() != nil || count.Load() >= target })
	}
	more()
	restart(how)
	more()
	close(stop)
	<-stopped
	if err := failed.Load(); err != nil {
		panic(err)
	}
	for i, record := range readFrom(topic, 0, 0, int(count.Load())) {
		expectEqual("value", fmt.Sprint(i), string(record.Value))
		expectEqual("offset", int64(i), record.Offset)
	}
}
