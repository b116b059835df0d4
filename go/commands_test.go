package redlatch_test

import (
	"bytes"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	redlatch "github.com/redlatch/redlatch/go"
)

func itoa(number int) string { return strconv.Itoa(number) }

func TestCommands(t *testing.T) {
	lab := startLab(t)
	for _, protocol := range []int{2, 3} {
		t.Run("RESP"+itoa(protocol), func(t *testing.T) {
			rdb := lab.client(func(o *redlatch.Options) { o.Protocol = protocol })
			check(t, rdb.Do(ctx, "FLUSHDB").Err())

			equal(t, rdb.Ping(ctx).Val(), "PONG")
			equal(t, rdb.Set(ctx, "key", "value", 0).Val(), "OK")
			equal(t, rdb.Get(ctx, "key").Val(), "value")
			equal(t, rdb.Get(ctx, "missing").Err(), redlatch.Nil)
			equal(t, rdb.Do(ctx, "GET", "missing").Err(), redlatch.Nil)
			equal(t, rdb.Incr(ctx, "number").Val(), 1)
			equal(t, rdb.Exists(ctx, "key", "number", "missing").Val(), 2)
			equal(t, rdb.Del(ctx, "key", "missing").Val(), 1)

			check(t, rdb.Set(ctx, "short", 1, time.Minute).Err())
			ttl, err := rdb.Do(ctx, "PTTL", "short").Int64()
			check(t, err)
			if ttl <= 0 || ttl > 60_000 {
				t.Fatal(ttl)
			}
			check(t, rdb.Set(ctx, "short", 2, redlatch.KeepTTL).Err())
			if ttl, _ := rdb.Do(ctx, "PTTL", "short").Int64(); ttl <= 0 {
				t.Fatal("the time to live was not kept")
			}
		})
	}
}

func TestArguments(t *testing.T) {
	lab := startLab(t)
	rdb := lab.client()
	at := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	for _, pair := range []struct {
		value any
		text  string
	}{
		{"text", "text"}, {[]byte{0, 1, 255}, "\x00\x01\xff"}, {nil, ""}, {true, "1"}, {false, "0"},
		{-5, "-5"}, {int8(-8), "-8"}, {uint64(math.MaxUint64), "18446744073709551615"}, {1.5, "1.5"},
		{float32(0.25), "0.25"}, {time.Second, "1000000000"}, {at, "2026-01-02T03:04:05.000000006Z"},
	} {
		got, err := rdb.Do(ctx, "ECHO", pair.value).Text()
		check(t, err)
		equal(t, got, pair.text)
	}
	failure(t, rdb.Do(ctx, "ECHO", struct{}{}).Err(), redlatch.ErrClientMisuse)
	failure(t, rdb.Do(ctx).Err(), redlatch.ErrClientMisuse)
	failure(t, rdb.Do(ctx, "SELECT", 1).Err(), redlatch.ErrClientMisuse)
	equal(t, rdb.Ping(ctx).Val(), "PONG")
}

func TestACommandThatBlocksHoldsUpNobody(t *testing.T) {
	lab := startLab(t)
	rdb := lab.client()
	popped := make(chan *redlatch.Cmd)
	go func() { popped <- rdb.Do(ctx, "BLPOP", "list", 0) }()
	equal(t, rdb.Ping(ctx).Val(), "PONG")
	check(t, rdb.Do(ctx, "RPUSH", "list", "item").Err())
	got, err := (<-popped).Result()
	check(t, err)
	if !reflect.DeepEqual(got, []any{"list", "item"}) {
		t.Errorf("got %v", got)
	}
}

// Whatever is kept for each command that passes by must not pile up around one that stays.
func TestACommandThatBlocksKeepsNoMemory(t *testing.T) {
	lab := startLab(t)
	rdb := lab.client(func(o *redlatch.Options) { o.Timeout = -1 })
	popped := make(chan error)
	go func() { popped <- rdb.Do(ctx, "BLPOP", "list", 0).Err() }()
	eventually(t, "it waits", func() bool { return rdb.Status().Open == 1 })
	many := func() {
		var waiting sync.WaitGroup
		for range 64 {
			waiting.Add(1)
			go func() {
				defer waiting.Done()
				for range 1000 {
					if err := rdb.Ping(ctx).Err(); err != nil {
						t.Error(err)
						return
					}
				}
			}()
		}
		waiting.Wait()
	}
	many()
	before := heap()
	for range 2 {
		many()
	}
	if grown := heap() - before; grown > 256<<10 {
		t.Errorf("%d bytes more after %d commands", grown, 2*64_000)
	}
	check(t, rdb.Do(ctx, "RPUSH", "list", "item").Err())
	check(t, <-popped)
}

func heap() int64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

func TestRepliesOfEveryKind(t *testing.T) {
	lab := startLab(t)
	rdb := lab.client()
	digits, _ := new(big.Int).SetString("1234567999999999999999999999999999999", 10)
	for kind, want := range map[string]any{
		"string": "Hello World", "integer": int64(12345), "double": 3.141, "true": true, "false": false,
		"bignum": digits, "verbatim": "This is a verbatim\nstring",
		"array": []any{int64(0), int64(1), int64(2)}, "set": []any{int64(0), int64(1), int64(2)},
		"map": map[any]any{int64(0): false, int64(1): true, int64(2): false},
	} {
		got, err := rdb.Do(ctx, "DEBUG", "PROTOCOL", kind).Result()
		check(t, err)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %#v", kind, got)
		}
	}
	equal(t, rdb.Do(ctx, "DEBUG", "PROTOCOL", "null").Err(), redlatch.Nil)
	attributed, err := rdb.Do(ctx, "DEBUG", "PROTOCOL", "attrib").Text()
	check(t, err)
	equal(t, attributed, "Some real reply following the attribute")

	nested, err := rdb.Do(ctx, "EVAL", "return {1,{'a',{redis.error_reply('ERR inner'),false}},redis.status_reply('fine')}", 0).Slice()
	check(t, err)
	deep := nested[1].([]any)[1].([]any)
	if deep[1] != nil || nested[2] != "fine" {
		t.Fatal(nested)
	}
	failure(t, deep[0].(error), redlatch.ErrServerError)

	check(t, rdb.Set(ctx, "text", "a", 0).Err())
	wrong := failure(t, rdb.Incr(ctx, "text").Err(), redlatch.ErrServerError)
	if !strings.HasPrefix(wrong.Detail, "ERR value is not an integer") || wrong.MaybeExecuted {
		t.Fatalf("%+v", wrong)
	}
	failure(t, rdb.Do(ctx, "LPUSH", "text", 1).Err(), redlatch.ErrServerWrongType)
	if _, err := rdb.Do(ctx, "PING").Int64(); err == nil {
		t.Fatal("PONG is no integer")
	}
}

func TestLargeAndBinary(t *testing.T) {
	lab := startLab(t)
	rdb := lab.client()
	var all [256]byte
	for at := range all {
		all[at] = byte(at)
	}
	check(t, rdb.Set(ctx, string(all[:]), all[:], 0).Err())
	equal(t, rdb.Get(ctx, string(all[:])).Val(), string(all[:]))

	large := bytes.Repeat(all[:], 1<<20/256)
	var waiting sync.WaitGroup
	for worker := range 8 {
		waiting.Add(1)
		go func() {
			defer waiting.Done()
			key := fmt.Sprint("large", worker)
			if err := rdb.Set(ctx, key, large, 0).Err(); err != nil {
				t.Error(err)
			}
			if got, err := rdb.Get(ctx, key).Bytes(); err != nil || !bytes.Equal(got, large) {
				t.Error(worker, len(got), err)
			}
		}()
	}
	waiting.Wait()

	const count = 100_000
	elements, err := rdb.Do(ctx, "EVAL", "local t={} for i=1,ARGV[1] do t[i]=i end return t", 0, count).Slice()
	check(t, err)
	equal(t, len(elements), count)
	equal(t, elements[count-1].(int64), count)
}

// A peer that answers without reading must not stop anybody.
func TestMoreThanTheSocketTakes(t *testing.T) {
	lab := startLab(t)
	rdb := lab.client()
	value := bytes.Repeat([]byte("x"), 8<<20)
	lab.pause("1")
	sent := make(chan error)
	for range 4 {
		go func() { sent <- rdb.Set(ctx, "huge", value, 0).Err() }()
	}
	go func() { sent <- rdb.Ping(ctx).Err() }()
	for range 5 {
		check(t, <-sent)
	}
	got, err := rdb.Get(ctx, "huge").Bytes()
	check(t, err)
	if !bytes.Equal(got, value) {
		t.Fatal("the value was damaged")
	}
}

func TestManyCallersEachGetTheirOwn(t *testing.T) {
	lab := startLab(t)
	rdb := lab.client()
	var waiting sync.WaitGroup
	for worker := range 512 {
		waiting.Add(1)
		go func() {
			defer waiting.Done()
			for at := range 50 {
				want := fmt.Sprint(worker, ":", at)
				if got, err := rdb.Do(ctx, "ECHO", want).Text(); err != nil || got != want {
					t.Errorf("got %q for %q: %v", got, want, err)
					return
				}
			}
		}()
	}
	waiting.Wait()
	equal(t, rdb.Status().Open, 0)
}
