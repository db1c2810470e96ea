package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

func recordChecks() []check {
	checks := []check{{"admin: topics, partitions, settings, cluster", admin}}
	for name, codec := range map[string]kgo.CompressionCodec{
		"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(),
		"lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression(),
	} {
		checks = append(checks, check{"records: round trip with compression " + name, func(ctx context.Context) { roundTrip(ctx, codec) }})
	}
	return append(checks,
		check{"records: keys, headers, timestamps, tombstones", content},
		check{"records: acks 0, 1 and all", acks},
		check{"records: large messages and the limit", large},
		check{"records: offsets by time", offsetsByTime},
		check{"records: pause, seek, resume", pauseSeekResume},
	)
}

func admin(ctx context.Context) {
	cl := client()
	defer cl.Close()
	adm := kadm.NewClient(cl)
	hour := "3600000"
	name := newTopic(ctx, 2, map[string]*string{"retention.ms": &hour})
	expect(must(adm.CreatePartitions(ctx, 2, name)).Error())
	expectEqual("partitions", 4, len(must(adm.ListTopics(ctx, name))[name].Partitions))
	second := "5000"
	altered := must(adm.AlterTopicConfigs(ctx, []kadm.AlterConfig{{Op: kadm.SetConfig, Name: "retention.ms", Value: &second}}, name))
	expect(altered[0].Err)
	for _, config := range must(adm.DescribeTopicConfigs(ctx, name))[0].Configs {
		if config.Key == "retention.ms" {
			expectEqual("retention.ms", "5000", config.MaybeValue())
		}
	}
	metadata := must(adm.BrokerMetadata(ctx))
	expectEqual("length of the cluster id", 22, len(metadata.Cluster))
	expectEqual("brokers", 1, len(metadata.Brokers))
	expect(must(adm.DeleteTopic(ctx, name)).Err)
	expectEqual("the deleted topic is there", false, must(adm.ListTopics(ctx)).Has(name))
}

func roundTrip(ctx context.Context, codec kgo.CompressionCodec) {
	topic := newTopic(ctx, 3, nil)
	cl := client(kgo.ProducerBatchCompression(codec), kgo.ProducerLinger(5*time.Millisecond))
	defer cl.Close()
	for i := range 5000 {
		value := fmt.Sprintf("value-%d-%s", i, strings.Repeat("x", i%200))
		cl.Produce(ctx, &kgo.Record{Topic: topic, Value: []byte(value)}, nil)
	}
	expect(cl.Flush(ctx))
	distinct := map[string]bool{}
	records := readAll(ctx, topic, 5000)
	for _, record := range records {
		distinct[string(record.Value)] = true
	}
	expectEqual("records", 5000, len(records))
	expectEqual("distinct records", 5000, len(distinct))
}

func content(ctx context.Context) {
	topic := newTopic(ctx, 1, nil)
	cl := client()
	defer cl.Close()
	expect(cl.ProduceSync(ctx,
		&kgo.Record{Topic: topic, Key: []byte("ключ"), Value: []byte("wert ☃"), Timestamp: time.UnixMilli(1600000000123),
			Headers: []kgo.RecordHeader{{Key: "a", Value: []byte("1")}, {Key: "a"}, {Key: "b", Value: []byte{}}}},
		&kgo.Record{Topic: topic, Key: []byte("gone")},
		&kgo.Record{Topic: topic, Value: []byte("keyless")},
	).FirstErr())
	records := readAll(ctx, topic, 3)
	expectEqual("key", "ключ", string(records[0].Key))
	expectEqual("value", "wert ☃", string(records[0].Value))
	expectEqual("timestamp", int64(1600000000123), records[0].Timestamp.UnixMilli())
	expectEqual("headers", 3, len(records[0].Headers))
	expectEqual("null header", true, records[0].Headers[1].Value == nil)
	expectEqual("tombstone", true, records[1].Value == nil)
	expectEqual("null key", true, records[2].Key == nil)
}

func acks(ctx context.Context) {
	for _, acks := range []kgo.Acks{kgo.NoAck(), kgo.LeaderAck(), kgo.AllISRAcks()} {
		topic := newTopic(ctx, 1, nil)
		cl := client(kgo.RequiredAcks(acks), kgo.DisableIdempotentWrite())
		for i := range 100 {
			expect(cl.ProduceSync(ctx, &kgo.Record{Topic: topic, Value: fmt.Appendf(nil, "v%d", i)}).FirstErr())
		}
		cl.Close()
		expectEqual("the last value", "v99", string(readAll(ctx, topic, 100)[99].Value))
	}
}

func large(ctx context.Context) {
	most, least := "8000000", "1000"
	topic := newTopic(ctx, 1, map[string]*string{"max.message.bytes": &most})
	small := newTopic(ctx, 1, map[string]*string{"max.message.bytes": &least})
	cl := client(kgo.ProducerBatchMaxBytes(16_000_000), kgo.ProducerBatchCompression(kgo.NoCompression()))
	defer cl.Close()
	expect(cl.ProduceSync(ctx, &kgo.Record{Topic: topic, Value: make([]byte, 7_000_000)}).FirstErr())
	expectEqual("length", 7_000_000, len(readAll(ctx, topic, 1)[0].Value))
	err := cl.ProduceSync(ctx, &kgo.Record{Topic: small, Value: make([]byte, 5000)}).FirstErr()
	expectEqual("the limit holds", true, errors.Is(err, kerr.MessageTooLarge))
}

func offsetsByTime(ctx context.Context) {
	topic := newTopic(ctx, 1, nil)
	cl := client()
	defer cl.Close()
	for i := range 100 {
		cl.Produce(ctx, &kgo.Record{Topic: topic, Value: []byte("v"), Timestamp: time.UnixMilli(int64(1_000_000 + i*10))}, nil)
	}
	expect(cl.Flush(ctx))
	adm := kadm.NewClient(cl)
	found, _ := must(adm.ListOffsetsAfterMilli(ctx, 1_000_495, topic)).Lookup(topic, 0)
	expectEqual("offset", int64(50), found.Offset)
	greatest, _ := must(adm.ListMaxTimestampOffsets(ctx, topic)).Lookup(topic, 0)
	expectEqual("offset of the greatest timestamp", int64(99), greatest.Offset)
	_ = must(adm.DeleteRecords(ctx, kadm.OffsetsFromRecords(kgo.Record{Topic: topic, Partition: 0, Offset: 9, LeaderEpoch: -1})))
	start, _ := must(adm.ListStartOffsets(ctx, topic)).Lookup(topic, 0)
	expectEqual("start after DeleteRecords", int64(10), start.Offset)
}

func pauseSeekResume(ctx context.Context) {
	topic := newTopic(ctx, 1, nil)
	producer := client()
	defer producer.Close()
	for i := range 100 {
		producer.Produce(ctx, &kgo.Record{Topic: topic, Value: fmt.Appendf(nil, "v%d", i)}, nil)
	}
	expect(producer.Flush(ctx))
	cl := client(kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: {0: kgo.NewOffset().At(90)}}))
	defer cl.Close()
	expectEqual("after the seek", "v90", string(poll(ctx, cl, 10)[0].Value))
	cl.PauseFetchTopics(topic)
	cl.SetOffsets(map[string]map[int32]kgo.EpochOffset{topic: {0: {Epoch: -1, Offset: 20}}})
	short, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	expectEqual("records while paused", 0, cl.PollFetches(short).NumRecords())
	cancel()
	cl.ResumeFetchTopics(topic)
	expectEqual("after the resume", "v20", string(poll(ctx, cl, 1)[0].Value))
}
