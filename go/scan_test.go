//go:build go1.23

package redlatch_test

import (
	"errors"
	"fmt"
	"maps"
	"testing"

	redlatch "github.com/redlatch/redlatch/go"
)

func TestIterators(t *testing.T) {
	lab := startLab(t)
	rdb := lab.client()
	const count = 1000
	_, err := rdb.Pipelined(ctx, func(pipe redlatch.Pipeliner) error {
		for at := range count {
			pipe.Set(ctx, fmt.Sprint("key:", at), at, 0)
			pipe.HSet(ctx, "hash", fmt.Sprint("field:", at), at)
			pipe.SAdd(ctx, "set", at)
			pipe.ZAdd(ctx, "zset", redlatch.Z{Score: float64(at), Member: at})
		}
		return nil
	})
	check(t, err)
	pipe := rdb.Pipeline()
	queued := pipe.Scan(ctx, 0, "key:*", 10)
	_, err = pipe.Exec(ctx)
	check(t, err)
	for name, test := range map[string]struct {
		scan *redlatch.ScanCmd
		want int
	}{
		"SCAN":             {rdb.Scan(ctx, 0, "key:*", 10), count},
		"SCAN of a type":   {rdb.ScanType(ctx, 0, "", 0, "hash"), 1},
		"HSCAN":            {rdb.HScan(ctx, "hash", 0, "", 10), 2 * count},
		"SSCAN":            {rdb.SScan(ctx, "set", 0, "", 10), count},
		"ZSCAN":            {rdb.ZScan(ctx, "zset", 0, "1*", 10), 2 * 111},
		"SCAN in pipeline": {queued, count},
		"nothing":          {rdb.SScan(ctx, "none", 0, "", 0), 0},
	} {
		t.Run(name, func(t *testing.T) {
			iterator := test.scan.Iterator()
			equal(t, iterator.Val(), "")
			seen := map[string]bool{}
			elements := 0
			for iterator.Next(ctx) {
				seen[iterator.Val()] = true
				elements++
			}
			check(t, iterator.Err())
			equal(t, elements, test.want)
			again := map[string]bool{}
			for element, err := range test.scan.Iterator().All(ctx) {
				check(t, err)
				again[element] = true
			}
			if !maps.Equal(seen, again) {
				t.Fatal(len(seen), "and then", len(again))
			}
		})
	}
	for key, err := range rdb.Scan(ctx, 0, "key:*", 10).Iterator().All(ctx) {
		check(t, err)
		if key == "" {
			t.Fatal("no key")
		}
		break
	}
	failures := 0
	for _, err := range rdb.HScan(ctx, "set", 0, "", 0).Iterator().All(ctx) {
		failure(t, err, redlatch.ErrServerWrongType)
		failures++
	}
	equal(t, failures, 1)
	scan := rdb.Scan(ctx, 0, "key:*", 10)
	check(t, rdb.Close())
	var last error
	for _, err := range scan.Iterator().All(ctx) {
		last = err
	}
	if !errors.Is(last, redlatch.ErrClientClosed) {
		t.Fatal(last)
	}
}
