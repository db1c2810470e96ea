package main

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

func restartChecks() []check {
	return []check{
		{"restart: kill -9 under load, nothing lost or doubled", func(ctx context.Context) { underLoad(ctx, "@kill") }},
		{"restart: orderly stop under load, nothing lost or doubled", func(ctx context.Context) { underLoad(ctx, "@restart") }},
		{"restart: kill -9 twice in the middle of transactions, each is read whole or not at all", transactionsUnderFire},
	}
}

func underLoad(ctx context.Context, how string) {
	const partitions = 4
	topic := newTopic(ctx, partitions, nil)
	cl := client(kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerLinger(time.Millisecond))
	defer cl.Close()
	var acknowledged sync.Map
	var count, refused atomic.Int64
	var running atomic.Bool
	running.Store(true)
	var load sync.WaitGroup
	load.Add(1)
	go func() {
		defer load.Done()
		for i := 0; running.Load(); i++ {
			value := fmt.Sprintf("v%d", i)
			cl.Produce(ctx, &kgo.Record{Topic: topic, Partition: int32(i % partitions), Value: []byte(value)}, func(_ *kgo.Record, err error) {
				if err != nil {
					refused.Add(1)
					return
				}
				acknowledged.Store(value, true)
				count.Add(1)
			})
			if i%20 == 0 {
				time.Sleep(time.Millisecond)
			}
		}
	}()
	more := func() {
		target := count.Load() + 2000
		eventually("2000 more acknowledged", func() bool { return count.Load() >= target })
	}
	more()
	restart(how)
	more()
	restart(how)
	more()
	running.Store(false)
	load.Wait()
	expect(cl.Flush(ctx))
	expectEqual("refused", int64(0), refused.Load())
	seen := map[string]bool{}
	records := readAll(ctx, topic, int(count.Load()))
	for _, record := range records {
		seen[string(record.Value)] = true
	}
	expectEqual("distinct records among those read", len(records), len(seen))
	acknowledged.Range(func(value, _ any) bool {
		if !seen[value.(string)] {
			panic(fmt.Sprintf("%s was acknowledged and is lost", value))
		}
		return true
	})
}
