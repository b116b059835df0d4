package goredis_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// load is tasks that set and get until they are told to end. Any error they see fails the test.
type load struct {
	t    *testing.T
	over atomic.Bool
	done atomic.Int64
	all  sync.WaitGroup
}

func start(t *testing.T, rdb redis.UniversalClient) *load {
	l := &load{t: t}
	for at := range 8 {
		l.all.Add(1)
		go func() {
			defer l.all.Done()
			for number := 0; !l.over.Load(); number++ {
				if err := step(rdb, at, number); err != nil {
					t.Errorf("task %d, step %d: %v", at, number, err)
					l.over.Store(true)
				}
				l.done.Add(1)
			}
		}()
	}
	return l
}

// step sets what nobody else sets, and gets it, on one node of a cluster after the other; and so in a
// pipeline, which meets several at once.
func step(rdb redis.UniversalClient, at, number int) error {
	key := fmt.Sprintf("key:%d:%d", at, number%100)
	if err := rdb.Set(ctx, key, number, 0).Err(); err != nil {
		return err
	}
	if got, err := rdb.Get(ctx, key).Int(); err != nil || got != number {
		return fmt.Errorf("got %d, not %d: %w", got, number, err)
	}
	_, err := rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for other := range 5 {
			pipe.Set(ctx, fmt.Sprintf("pipe:%d:%d", at, other), number, 0)
		}
		return nil
	})
	return err
}

// goOn waits until some more has been done.
func (l *load) goOn() {
	for until := l.done.Load() + 100; l.done.Load() < until && !l.over.Load(); {
		time.Sleep(time.Millisecond)
	}
}

func (l *load) end() {
	l.goOn()
	l.over.Store(true)
	l.all.Wait()
}
