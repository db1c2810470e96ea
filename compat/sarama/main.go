// The checklist with sarama. Speaks the lines that compat/harness.ts reads.
package main

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/IBM/sarama"
)

const wait = 30 * time.Second

var (
	bootstrap = []string{os.Getenv("OTTLA_BOOTSTRAP")}
	stdin     = bufio.NewReader(os.Stdin)
	names     int
)

type check struct {
	name string
	run  func()
}

// main runs all checks, or with an argument those whose names have it in them.
func main() {
	failed := false
	for _, c := range slices.Concat(recordChecks(), groupChecks(), transactionChecks(), restartChecks()) {
		if len(os.Args) > 1 && !strings.Contains(c.name, os.Args[1]) {
			continue
		}
		if err := guarded(c); err != nil {
			failed = true
			fmt.Printf("not ok %s: %s\n", c.name, strings.ReplaceAll(err.Error(), "\n", " "))
		} else {
			fmt.Printf("ok %s\n", c.name)
		}
	}
	if failed {
		os.Exit(1)
	}
}

// guarded turns the panic of a failed expectation into an error.
func guarded(c check) (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("%v", reason)
		}
	}()
	c.run()
	return nil
}

func must[T any](value T, err error) T {
	expect(err)
	return value
}

func expect(err error) {
	if err != nil {
		panic(err)
	}
}

func expectEqual(what string, expected, actual any) {
	if expected != actual {
		panic(fmt.Sprintf("%s: expected %v, got %v", what, expected, actual))
	}
}

func eventually(what string, condition func() bool) {
	for deadline := time.Now().Add(wait); !condition(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			panic("never came true: " + what)
		}
	}
}

// settings are those of a client that notices a restarted broker soon.
func settings() *sarama.Config {
	config := sarama.NewConfig()
	config.Version = sarama.MaxVersion
	config.Metadata.Retry.Max = 50
	config.Metadata.Retry.Backoff = 100 * time.Millisecond
	config.Producer.Retry.Max = 100
	config.Producer.Retry.Backoff = 100 * time.Millisecond
	config.Producer.Return.Successes = true
	config.Producer.RequiredAcks = sarama.WaitForAll
	config.Producer.Partitioner = sarama.NewManualPartitioner
	config.Consumer.Offsets.Initial = sarama.OffsetOldest
	config.Consumer.Group.Heartbeat.Interval = 200 * time.Millisecond
	config.Consumer.MaxWaitTime = 100 * time.Millisecond
	return config
}

func clusterAdmin() sarama.ClusterAdmin {
	return must(sarama.NewClusterAdmin(bootstrap, settings()))
}

func newTopic(partitions int32, entries map[string]*string) string {
	names++
	name := fmt.Sprintf("topic-%d", names)
	admin := clusterAdmin()
	defer admin.Close()
	expect(admin.CreateTopic(name, &sarama.TopicDetail{NumPartitions: partitions, ReplicationFactor: 1, ConfigEntries: entries}, false))
	return name
}

func produce(config *sarama.Config, messages ...*sarama.ProducerMessage) {
	producer := must(sarama.NewSyncProducer(bootstrap, config))
	defer producer.Close()
	expect(producer.SendMessages(messages))
}

// readFrom reads `count` records of one partition.
func readFrom(topic string, partition int32, offset int64, count int) []*sarama.ConsumerMessage {
	config := settings()
	config.Consumer.Fetch.Max = 16_000_000
	consumer := must(sarama.NewConsumer(bootstrap, config))
	defer consumer.Close()
	reader := must(consumer.ConsumePartition(topic, partition, offset))
	defer reader.Close()
	var records []*sarama.ConsumerMessage
	timeout := time.After(wait)
	for len(records) < count {
		select {
		case record := <-reader.Messages():
			records = append(records, record)
		case <-timeout:
			panic(fmt.Sprintf("only %d of %d records came", len(records), count))
		}
	}
	return records
}

// restart asks the harness for it, and waits.
func restart(how string) {
	fmt.Println(how)
	expectEqual("the harness", "restarted\n", must(stdin.ReadString('\n')))
}
