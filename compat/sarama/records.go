package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/IBM/sarama"
)

func recordChecks() []check {
	checks := []check{{"admin: topics, partitions, settings, cluster", admin}}
	for _, codec := range []sarama.CompressionCodec{
		sarama.CompressionNone, sarama.CompressionGZIP, sarama.CompressionSnappy, sarama.CompressionLZ4, sarama.CompressionZSTD,
	} {
		checks = append(checks, check{"records: round trip with compression " + codec.String(), func() { roundTrip(codec) }})
	}
	return append(checks,
		check{"records: keys, headers, timestamps, tombstones", content},
		check{"records: an idempotent producer keeps order", idempotent},
		check{"records: large messages and the limit", large},
		check{"records: offsets by time", offsetsByTime},
	)
}

func admin() {
	hour, second := "3600000", "5000"
	name := newTopic(2, map[string]*string{"retention.ms": &hour})
	adm := clusterAdmin()
	defer adm.Close()
	expect(adm.CreatePartitions(name, 4, nil, false))
	expectEqual("partitions", 4, len(must(adm.DescribeTopics([]string{name}))[0].Partitions))
	expect(adm.IncrementalAlterConfig(sarama.TopicResource, name,
		map[string]sarama.IncrementalAlterConfigsEntry{"retention.ms": {Operation: sarama.IncrementalAlterConfigsOperationSet, Value: &second}}, false))
	described := must(adm.DescribeConfig(sarama.ConfigResource{Type: sarama.TopicResource, Name: name, ConfigNames: []string{"retention.ms"}}))
	expectEqual("retention.ms", second, described[0].Value)
	brokers, _, err := adm.DescribeCluster()
	expect(err)
	expectEqual("brokers", 1, len(brokers))
	expect(adm.DeleteTopic(name))
	_, there := must(adm.ListTopics())[name]
	expectEqual("the deleted topic is there", false, there)
}

func roundTrip(codec sarama.CompressionCodec) {
	topic := newTopic(1, nil)
	config := settings()
	config.Producer.Compression = codec
	var messages []*sarama.ProducerMessage
	for i := range 2000 {
		value := fmt.Sprintf("value-%d-%s", i, strings.Repeat("x", i%200))
		messages = append(messages, &sarama.ProducerMessage{Topic: topic, Value: sarama.StringEncoder(value)})
	}
	produce(config, messages...)
	distinct := map[string]bool{}
	for _, record := range readFrom(topic, 0, 0, 2000) {
		distinct[string(record.Value)] = true
	}
	expectEqual("distinct records", 2000, len(distinct))
}

func content() {
	topic := newTopic(1, nil)
	produce(settings(),
		&sarama.ProducerMessage{Topic: topic, Key: sarama.StringEncoder("ключ"), Value: sarama.StringEncoder("wert ☃"), Timestamp: time.UnixMilli(1600000000123),
			Headers: []sarama.RecordHeader{{Key: []byte("a"), Value: []byte("1")}, {Key: []byte("b")}}},
		&sarama.ProducerMessage{Topic: topic, Key: sarama.StringEncoder("gone")},
		&sarama.ProducerMessage{Topic: topic, Value: sarama.StringEncoder("keyless")},
	)
	records := readFrom(topic, 0, 0, 3)
	expectEqual("key", "ключ", string(records[0].Key))
	expectEqual("value", "wert ☃", string(records[0].Value))
	expectEqual("timestamp", int64(1600000000123), records[0].Timestamp.UnixMilli())
	expectEqual("headers", 2, len(records[0].Headers))
	expectEqual("tombstone", true, records[1].Value == nil)
	expectEqual("null key", true, records[2].Key == nil)
}

func idempotentSettings() *sarama.Config {
	config := settings()
	config.Producer.Idempotent = true
	config.Net.MaxOpenRequests = 1
	return config
}

func idempotent() {
	topic := newTopic(1, nil)
	producer := must(sarama.NewSyncProducer(bootstrap, idempotentSettings()))
	defer producer.Close()
	for i := range 200 {
		_, offset, err := producer.SendMessage(&sarama.ProducerMessage{Topic: topic, Value: sarama.StringEncoder(fmt.Sprint(i))})
		expect(err)
		expectEqual("offset", int64(i), offset)
	}
	for i, record := range readFrom(topic, 0, 0, 200) {
		expectEqual("value", fmt.Sprint(i), string(record.Value))
	}
}

func large() {
	most, least := "8000000", "1000"
	topic := newTopic(1, map[string]*string{"max.message.bytes": &most})
	small := newTopic(1, map[string]*string{"max.message.bytes": &least})
	config := settings()
	config.Producer.MaxMessageBytes = 16_000_000
	config.Producer.Retry.Max = 0
	produce(config, &sarama.ProducerMessage{Topic: topic, Value: sarama.ByteEncoder(make([]byte, 7_000_000))})
	expectEqual("length", 7_000_000, len(readFrom(topic, 0, 0, 1)[0].Value))
	producer := must(sarama.NewSyncProducer(bootstrap, config))
	defer producer.Close()
	_, _, err := producer.SendMessage(&sarama.ProducerMessage{Topic: small, Value: sarama.ByteEncoder(make([]byte, 5000))})
	expectEqual("the limit holds", true, errors.Is(err, sarama.ErrMessageSizeTooLarge))
}

func offsetsByTime() {
	topic := newTopic(1, nil)
	var messages []*sarama.ProducerMessage
	for i := range 100 {
		messages = append(messages, &sarama.ProducerMessage{Topic: topic, Value: sarama.StringEncoder("v"), Timestamp: time.UnixMilli(int64(1_000_000 + i*10))})
	}
	produce(settings(), messages...)
	client := must(sarama.NewClient(bootstrap, settings()))
	defer client.Close()
	expectEqual("offset", int64(50), must(client.GetOffset(topic, 0, 1_000_495)))
	expectEqual("newest", int64(100), must(client.GetOffset(topic, 0, sarama.OffsetNewest)))
	adm := clusterAdmin()
	defer adm.Close()
	expect(adm.DeleteRecords(topic, map[int32]int64{0: 10}))
	expectEqual("oldest after DeleteRecords", int64(10), must(client.GetOffset(topic, 0, sarama.OffsetOldest)))
}
