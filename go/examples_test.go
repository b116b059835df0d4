package redlatch_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"os"
	"time"

	redlatch "github.com/redlatch/redlatch/go"
)

func Example() {
	ctx := context.Background()
	rdb := redlatch.NewClient(exampleOptions())
	defer rdb.Close()
	if err := rdb.Set(ctx, "key", "value", time.Hour).Err(); err != nil {
		log.Fatal(err)
	}
	value, err := rdb.Get(ctx, "key").Result()
	fmt.Println(value, err)
	_, err = rdb.Get(ctx, "missing").Result()
	fmt.Println(errors.Is(err, redlatch.Nil))
	// Output:
	// value <nil>
	// true
}

// Commands of a pipeline travel together; their results are filled in by then.
func ExampleClient_Pipelined() {
	ctx := context.Background()
	rdb := redlatch.NewClient(exampleOptions())
	defer rdb.Close()
	var visits *redlatch.IntCmd
	_, err := rdb.Pipelined(ctx, func(pipe redlatch.Pipeliner) error {
		visits = pipe.Incr(ctx, "visits")
		pipe.Expire(ctx, "visits", time.Hour)
		return nil
	})
	fmt.Println(visits.Val(), err)
	// Output: 1 <nil>
}

// All or nothing, with nothing in between.
func ExampleClient_TxPipelined() {
	ctx := context.Background()
	rdb := redlatch.NewClient(exampleOptions())
	defer rdb.Close()
	check := func(err error) {
		if err != nil {
			log.Fatal(err)
		}
	}
	check(rdb.MSet(ctx, "alice", 100, "bob", 0).Err())
	_, err := rdb.TxPipelined(ctx, func(pipe redlatch.Pipeliner) error {
		pipe.DecrBy(ctx, "alice", 30)
		pipe.IncrBy(ctx, "bob", 30)
		return nil
	})
	check(err)
	fmt.Println(rdb.MGet(ctx, "alice", "bob").Val()...)
	// Output: 70 30
}

func ExampleScript() {
	ctx := context.Background()
	rdb := redlatch.NewClient(exampleOptions())
	defer rdb.Close()
	add := redlatch.NewScript(`return redis.call("INCRBY", KEYS[1], ARGV[1])`)
	sum, err := add.Run(ctx, rdb, []string{"sum"}, 2).Int()
	fmt.Println(sum, err)
	// Output: 2 <nil>
}

func ExampleScanIterator() {
	ctx := context.Background()
	rdb := redlatch.NewClient(exampleOptions())
	defer rdb.Close()
	rdb.SAdd(ctx, "fruit", "apple")
	iterator := rdb.SScan(ctx, "fruit", 0, "a*", 0).Iterator()
	for iterator.Next(ctx) {
		fmt.Println(iterator.Val())
	}
	fmt.Println(iterator.Err())
	// Output:
	// apple
	// <nil>
}

// A failure is told apart by code or by family, and taken apart for the rest.
func ExampleError() {
	options := exampleOptions()
	options.CAFile = os.DevNull + ".none"
	options.Logger = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError + 1}))
	rdb := redlatch.NewClient(options)
	defer rdb.Close()
	err := rdb.Ping(context.Background()).Err()
	var failure *redlatch.Error
	if errors.Is(err, redlatch.ErrTrust) && errors.As(err, &failure) {
		fmt.Println(failure.Code, failure.Retry)
	}
	// Output: trust.unreadable after_rotation
}

func ExampleAs() {
	ctx := context.Background()
	rdb := redlatch.NewClient(exampleOptions())
	defer rdb.Close()
	fields, err := redlatch.As[[]any](rdb.Do(ctx, "COMMAND", "GETKEYS", "MGET", "a", "b"))
	fmt.Println(fields, err)
	// Output: [a b] <nil>
}
