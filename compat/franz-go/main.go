// The checklist with franz-go. Speaks the lines that compat/harness.ts reads.
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

const wait = 30 * time.Second

var (
	bootstrap = os.Getenv("OTTLA_BOOTSTRAP")
	stdin     = bufio.NewReader(os.Stdin)
	names     int
)

type check struct {
	name string
	run  func(ctx context.Context)
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
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	c.run(ctx)
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

func client(options ...kgo.Opt) *kgo.Client {
	return must(kgo.NewClient(append([]kgo.Opt{
		kgo.SeedBrokers(bootstrap),
		kgo.RetryBackoffFn(func(int) time.Duration { return 50 * time.Millisecond }),
		kgo.MetadataMinAge(50 * time.Millisecond),
	}, options...)...))
}

func newTopic(ctx context.Context, partitions int32, settings map[string]*string) string {
	names++
	name := fmt.Sprintf("topic-%d", names)
	cl := client()
	defer cl.Close()
	created := must(kadm.NewClient(cl).CreateTopic(ctx, partitions, 1, settings, name))
	expect(created.Err)
	return name
}

// readAll reads `count` records of all partitions from the beginning.
func readAll(ctx context.Context, topic string, count int) []*kgo.Record {
	cl := client(kgo.ConsumeTopics(topic))
	defer cl.Close()
	return poll(ctx, cl, count)
}

func poll(ctx context.Context, cl *kgo.Client, count int) []*kgo.Record {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	var records []*kgo.Record
	for len(records) < count {
		fetches := cl.PollFetches(ctx)
		if ctx.Err() != nil {
			panic(fmt.Sprintf("only %d of %d records came", len(records), count))
		}
		records = append(records, fetches.Records()...)
	}
	return records
}

// restart asks the harness for it, and waits.
func restart(how string) {
	fmt.Println(how)
	expectEqual("the harness", "restarted\n", must(stdin.ReadString('\n')))
}
