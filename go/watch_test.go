package redlatch_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	redlatch "github.com/redlatch/redlatch/go"
)

// Many take one from a number, and nobody takes what another one took.
func TestWatchNoticesOthers(t *testing.T) {
	rdb := startLab(t).client()
	const each = 10
	var group sync.WaitGroup
	for range 4 {
		group.Add(1)
		go func() {
			defer group.Done()
			for range each {
				for {
					err := rdb.Watch(ctx, func(tx *redlatch.Tx) error {
						number, err := tx.Get(ctx, "number").Int()
						if err != nil && err != redlatch.Nil {
							return err
						}
						results, err := tx.TxPipelined(ctx, func(pipe redlatch.Pipeliner) error {
							pipe.Set(ctx, "number", number+1, 0)
							pipe.Incr(ctx, "times")
							return nil
						})
						if err == nil && len(results) != 2 {
							t.Errorf("%d results", len(results))
						}
						return err
					}, "number")
					if err == nil {
						break
					}
					if !errors.Is(err, redlatch.TxFailedErr) {
						t.Error(err)
						return
					}
				}
			}
		}()
	}
	group.Wait()
	for _, key := range []string{"number", "times"} {
		got, err := rdb.Get(ctx, key).Int()
		check(t, err)
		equal(t, got, 4*each)
	}
}

func TestWatchGivesItsConnectionBack(t *testing.T) {
	rdb := startLab(t).client(func(options *redlatch.Options) { options.MaxConnections = 2 })
	sentinel := errors.New("no")
	var first, second int64
	err := rdb.Watch(ctx, func(tx *redlatch.Tx) error {
		first = tx.Do(ctx, "CLIENT", "ID").Val().(int64)
		if err := rdb.Watch(ctx, func(*redlatch.Tx) error { return nil }); !errors.Is(err, redlatch.ErrClientQueueFull) {
			t.Error(err)
		}
		check(t, tx.Watch(ctx, "more").Err())
		check(t, tx.Unwatch(ctx).Err())
		check(t, tx.Watch(ctx, "key").Err())
		return sentinel
	}, "other")
	if err != sentinel {
		t.Error(err)
	}
	check(t, rdb.Set(ctx, "key", "changed", 0).Err())
	err = rdb.Watch(ctx, func(tx *redlatch.Tx) error {
		second = tx.Do(ctx, "CLIENT", "ID").Val().(int64)
		_, err := tx.TxPipelined(ctx, func(pipe redlatch.Pipeliner) error {
			pipe.Get(ctx, "key")
			return nil
		})
		return err
	})
	// What was watched before is nobody's concern.
	check(t, err)
	equal(t, second, first)
}

func TestWatchTellsThatItsConnectionWasLost(t *testing.T) {
	l := startLab(t)
	rdb := l.client()
	err := rdb.Watch(ctx, func(tx *redlatch.Tx) error {
		l.run("disconnect")
		_, err := tx.TxPipelined(ctx, func(pipe redlatch.Pipeliner) error {
			pipe.Set(ctx, "key", "value", 0)
			return nil
		})
		return err
	}, "key")
	if !errors.Is(err, redlatch.ErrClientWatchLost) {
		t.Error(err)
	}
	if err := rdb.Get(ctx, "key").Err(); err != redlatch.Nil {
		t.Error(err)
	}
}

func TestWatchOutlivesARotation(t *testing.T) {
	l := startLab(t)
	rdb := l.client(func(options *redlatch.Options) { options.PollInterval = 20 * time.Millisecond })
	err := rdb.Watch(ctx, func(tx *redlatch.Tx) error {
		// Each is seen before the next one comes: two at once are one rotation.
		loads := func(generation uint64) {
			t.Helper()
			eventually(t, "the rotation is noticed", func() bool { return rdb.Status().Trust.Generation == generation })
		}
		l.run("add-ca")
		loads(2)
		l.run("switch-leaf")
		l.run("drop-ca")
		loads(3)
		l.run("rotate-password")
		_, err := tx.TxPipelined(ctx, func(pipe redlatch.Pipeliner) error {
			pipe.Set(ctx, "key", "value", 0)
			return nil
		})
		return err
	}, "key")
	check(t, err)
}

func TestWatchEndsWithItsContext(t *testing.T) {
	rdb := startLab(t).client()
	short, cancel := context.WithCancel(ctx)
	err := rdb.Watch(short, func(tx *redlatch.Tx) error {
		cancel()
		return tx.Get(short, "key").Err()
	}, "key")
	if !errors.Is(err, redlatch.ErrClientCancelled) || !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	check(t, rdb.Ping(ctx).Err())
	check(t, rdb.Close())
	if err := rdb.Watch(ctx, func(*redlatch.Tx) error { return nil }); !errors.Is(err, redlatch.ErrClientClosed) {
		t.Error(err)
	}
}
