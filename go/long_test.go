package redlatch_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redlatch/redlatch/go"
)

// Long texts are read where the core left them.
func TestLongTextsAmongShortOnes(t *testing.T) {
	rdb := startLab(t).client()
	values := map[string]string{}
	var keys []string
	for _, size := range []int{1, 16<<10 - 1, 16 << 10, 16<<10 + 1, 100_000, 64, 1 << 20} {
		key := fmt.Sprint("long:", size)
		values[key] = strings.Repeat(key+" ", size/len(key)+1)[:size]
		keys = append(keys, key)
		if err := rdb.Set(ctx, key, values[key], 0).Err(); err != nil {
			t.Fatal(err)
		}
	}
	var tasks sync.WaitGroup
	for task := range 8 {
		tasks.Add(1)
		go func() {
			defer tasks.Done()
			for round := range 20 {
				if task == 0 && round%5 == 4 {
					// Memory outlives the connection that filled it.
					rdb.Do(ctx, "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "no")
				}
				all, err := rdb.MGet(ctx, keys...).Result()
				if err != nil {
					t.Error(err)
					return
				}
				for at, key := range keys {
					if all[at] != values[key] {
						t.Errorf("another value came back for %s", key)
						return
					}
				}
				key := keys[(task+round)%len(keys)]
				if got, err := rdb.Get(ctx, key).Result(); err != nil || got != values[key] {
					t.Errorf("another value came back for %s: %v", key, err)
					return
				}
			}
		}()
	}
	tasks.Wait()
}

func TestLongTextsOfSeveralCommands(t *testing.T) {
	rdb := startLab(t).client()
	value := strings.Repeat("0123456789", 50_000)
	if err := rdb.Set(ctx, "long", value, 0).Err(); err != nil {
		t.Fatal(err)
	}
	for _, pipe := range []redlatch.Pipeliner{rdb.Pipeline(), rdb.TxPipeline()} {
		one, another, length := pipe.Get(ctx, "long"), pipe.Do(ctx, "GET", "long"), pipe.StrLen(ctx, "long")
		if _, err := pipe.Exec(ctx); err != nil {
			t.Fatal(err)
		}
		if one.Val() != value || another.Val() != value || length.Val() != int64(len(value)) {
			t.Error("another value came back")
		}
	}
	// A string in place of what is asked for is that command's error alone.
	pipe := rdb.Pipeline()
	other, again := pipe.LRange(ctx, "long", 0, -1), pipe.Get(ctx, "long")
	_, _ = pipe.Exec(ctx)
	if !errors.Is(other.Err(), redlatch.ErrServerWrongType) || again.Val() != value {
		t.Error(other.Err(), again.Err())
	}
	limited, cancel := context.WithCancel(ctx)
	defer cancel()
	if got, err := rdb.Get(limited, "long").Result(); err != nil || got != value {
		t.Error("another value came back", err)
	}
}

// What a caller who has left gave is theirs again.
func TestLongTextsOfThoseWhoLeave(t *testing.T) {
	rdb := startLab(t).client()
	var tasks sync.WaitGroup
	for task := range 8 {
		tasks.Add(1)
		go func() {
			defer tasks.Done()
			key, value := fmt.Sprint("left:", task), make([]byte, 500_000)
			for round := range 60 {
				fill(value, byte(round))
				short, cancel := context.WithTimeout(ctx, time.Duration(round%12)*200*time.Microsecond)
				_ = rdb.Do(short, "SET", key, value).Err()
				cancel()
				fill(value, 'x')
				got, err := rdb.Get(ctx, key).Bytes()
				if err != nil && !errors.Is(err, redlatch.Nil) {
					t.Error(err)
					return
				}
				if len(got) > 0 && !bytes.Equal(got, bytes.Repeat(got[:1], len(got))) {
					t.Errorf("%s holds what was written over it", key)
					return
				}
			}
		}()
	}
	tasks.Wait()
}

func fill(value []byte, with byte) {
	for at := range value {
		value[at] = with
	}
}
