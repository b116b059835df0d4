package redlatch_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	redlatch "github.com/redlatch/redlatch/go"
)

func TestPipelines(t *testing.T) {
	lab := startLab(t)
	for _, protocol := range []int{2, 3} {
		for _, transaction := range []bool{false, true} {
			t.Run(fmt.Sprint("RESP", protocol, " transaction ", transaction), func(t *testing.T) {
				rdb := lab.client(func(o *redlatch.Options) { o.Protocol = protocol })
				check(t, rdb.Do(ctx, "FLUSHDB").Err())
				run := rdb.Pipelined
				if transaction {
					run = rdb.TxPipelined
				}
				var set *redlatch.StatusCmd
				var get, missing *redlatch.StringCmd
				var incr, wrong *redlatch.IntCmd
				results, err := run(ctx, func(pipe redlatch.Pipeliner) error {
					set = pipe.Set(ctx, "key", "value", 0)
					get = pipe.Get(ctx, "key")
					incr = pipe.Incr(ctx, "number")
					wrong = pipe.Incr(ctx, "key")
					missing = pipe.Get(ctx, "missing")
					equal(t, pipe.Len(), 5)
					equal(t, get.Val(), "")
					return nil
				})
				failure(t, err, redlatch.ErrServerError)
				equal(t, err, wrong.Err())
				equal(t, len(results), 5)
				equal(t, results[1], redlatch.Cmder(get))
				equal(t, set.Val(), "OK")
				equal(t, get.Val(), "value")
				equal(t, incr.Val(), 1)
				equal(t, missing.Err(), redlatch.Nil)
			})
		}
	}
}

func TestAPipelineIsUsedAgain(t *testing.T) {
	lab := startLab(t)
	rdb := lab.client()
	for _, pipe := range []redlatch.Pipeliner{rdb.Pipeline(), rdb.TxPipeline()} {
		results, err := pipe.Exec(ctx)
		if results != nil || err != nil {
			t.Fatal(results, err)
		}
		pipe.Set(ctx, "forgotten", 1, 0)
		pipe.Discard()
		for round := range 3 {
			key := itoa(round)
			pipe.Set(ctx, key, strings.Repeat("x", round*100_000), 0)
			get := pipe.Get(ctx, key)
			results, err := pipe.Exec(ctx)
			check(t, err)
			equal(t, len(results), 2)
			equal(t, len(get.Val()), round*100_000)
			equal(t, pipe.Len(), 0)
		}
		equal(t, rdb.Exists(ctx, "forgotten").Val(), 0)
		equal(t, pipe.Pipeline(), pipe)
	}
}

func TestTransactionsThatAreRefused(t *testing.T) {
	lab := startLab(t)
	rdb := lab.client()
	results, err := rdb.TxPipelined(ctx, func(pipe redlatch.Pipeliner) error {
		pipe.Set(ctx, "key", 1, 0)
		pipe.Do(ctx, "GET", "too", "many")
		pipe.Incr(ctx, "key")
		return nil
	})
	if found := failure(t, err, redlatch.ErrServerError); !strings.Contains(found.Detail, "wrong number of arguments") {
		t.Fatal(err)
	}
	equal(t, results[1].Err(), err)
	for _, at := range []int{0, 2} {
		if found := failure(t, results[at].Err(), redlatch.ErrServer); !strings.HasPrefix(found.Detail, "EXECABORT") {
			t.Fatal(found)
		}
	}
	equal(t, rdb.Exists(ctx, "key").Val(), 0)
}

func TestPipelinesThatAreNotSent(t *testing.T) {
	lab := startLab(t)
	rdb := lab.client()
	mistake := errors.New("a mistake")
	_, err := rdb.Pipelined(ctx, func(pipe redlatch.Pipeliner) error {
		pipe.Set(ctx, "key", 1, 0)
		return mistake
	})
	equal(t, err, mistake)
	results, err := rdb.Pipelined(ctx, func(pipe redlatch.Pipeliner) error {
		pipe.Set(ctx, "key", 1, 0)
		pipe.Set(ctx, "key", struct{}{}, 0)
		return nil
	})
	failure(t, err, redlatch.ErrClientMisuse)
	equal(t, len(results), 2)
	failure(t, results[0].Err(), redlatch.ErrClientMisuse)
	_, err = rdb.Pipelined(ctx, func(pipe redlatch.Pipeliner) error {
		pipe.Do(ctx, "SELECT", 1)
		return nil
	})
	failure(t, err, redlatch.ErrClientMisuse)
	equal(t, rdb.Exists(ctx, "key").Val(), 0)

	unusable := redlatch.NewClient(&redlatch.Options{Protocol: 4})
	pipe := unusable.Pipeline()
	get := pipe.Get(ctx, "key")
	_, err = pipe.Exec(ctx)
	failure(t, err, redlatch.ErrConfigInvalid)
	equal(t, get.Err(), err)
	check(t, rdb.Close())
	pipe = rdb.Pipeline()
	pipe.Get(ctx, "key")
	_, err = pipe.Exec(ctx)
	failure(t, err, redlatch.ErrClientClosed)
}

func TestContextsOfPipelinesEnd(t *testing.T) {
	lab := startLab(t)
	rdb := lab.client(func(o *redlatch.Options) { o.Timeout = -1 })
	check(t, rdb.Ping(ctx).Err())
	lab.pause("0.5")
	for _, pipe := range []redlatch.Pipeliner{rdb.Pipeline(), rdb.TxPipeline()} {
		pipe.Incr(ctx, "number")
		last := pipe.Incr(ctx, "number")
		short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
		_, err := pipe.Exec(short)
		cancel()
		found := failure(t, err, redlatch.ErrClientTimeout)
		if !errors.Is(found, context.DeadlineExceeded) || !found.MaybeExecuted {
			t.Fatalf("%+v", found)
		}
		equal(t, last.Err(), err)
		pipe.Incr(ctx, "number")
		ended, cancel := context.WithCancel(ctx)
		cancel()
		_, err = pipe.Exec(ended)
		if found := failure(t, err, redlatch.ErrClientCancelled); found.MaybeExecuted {
			t.Fatalf("%+v", found)
		}
	}
	check(t, rdb.Ping(ctx).Err())
	equal(t, rdb.Status().Open, 0)
}

// Replies that came before the context ended stay; the others never get those of somebody else.
func TestCancellingPipelinesNeverMixesReplies(t *testing.T) {
	lab := startLab(t)
	rdb := lab.client()
	var waiting sync.WaitGroup
	for worker := range 32 {
		waiting.Add(1)
		go func() {
			defer waiting.Done()
			for at := range 100 {
				short, cancel := context.WithTimeout(ctx, time.Duration(worker*at)*time.Microsecond)
				pipe := rdb.Pipeline()
				if at%2 == 0 {
					pipe = rdb.TxPipeline()
				}
				var echoes []*redlatch.Cmd
				for part := range 1 + at%50 {
					echoes = append(echoes, pipe.Do(ctx, "ECHO", fmt.Sprint(worker, ":", at, ":", part)))
				}
				if _, err := pipe.Exec(short); err != nil && !errors.Is(err, context.DeadlineExceeded) {
					t.Error(err)
				}
				cancel()
				for part, echo := range echoes {
					if got, err := echo.Text(); err == nil && got != fmt.Sprint(worker, ":", at, ":", part) {
						t.Errorf("got %q for %d:%d:%d", got, worker, at, part)
					}
				}
			}
		}()
	}
	waiting.Wait()
	check(t, rdb.Ping(ctx).Err())
	eventually(t, "nothing is left open", func() bool { return rdb.Status().Open == 0 })
}

// A pipeline that is half answered is waited for by nobody else.
func TestAPipelineThatBlocks(t *testing.T) {
	lab := startLab(t)
	rdb := lab.client(func(o *redlatch.Options) { o.Timeout = -1 })
	short, cancel := context.WithCancel(ctx)
	pipe := rdb.Pipeline()
	set := pipe.Set(ctx, "key", "value", 0)
	pop := pipe.Do(ctx, "BLPOP", "list", 0)
	ended := make(chan error)
	go func() {
		_, err := pipe.Exec(short)
		ended <- err
	}()
	eventually(t, "its first command runs", func() bool { return rdb.Exists(ctx, "key").Val() == 1 })
	for range 1000 {
		check(t, rdb.Ping(ctx).Err())
	}
	cancel()
	failure(t, <-ended, redlatch.ErrClientCancelled)
	check(t, set.Err())
	failure(t, pop.Err(), redlatch.ErrClientCancelled)
}

func TestPipelinesUnderRotation(t *testing.T) {
	lab := startLab(t)
	rdb := lab.client()
	var waiting sync.WaitGroup
	over := make(chan struct{})
	for worker := range 8 {
		waiting.Add(1)
		go func() {
			defer waiting.Done()
			for at := 0; ; at++ {
				select {
				case <-over:
					return
				default:
				}
				var get *redlatch.StringCmd
				_, err := rdb.TxPipelined(ctx, func(pipe redlatch.Pipeliner) error {
					pipe.Set(ctx, itoa(worker), at, 0)
					get = pipe.Get(ctx, itoa(worker))
					return nil
				})
				if got, _ := get.Int(); err != nil || got != at {
					t.Error(got, "is not", at, err)
					return
				}
			}
		}()
	}
	lab.run("add-ca")
	eventually(t, "both CAs are trusted", func() bool { return rdb.Status().Trust.Generation == 2 })
	lab.run("switch-leaf")
	lab.run("drop-ca")
	eventually(t, "the connection was replaced", func() bool { return rdb.Status().Counters.Replacements == 1 })
	close(over)
	waiting.Wait()
}
