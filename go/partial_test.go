package redlatch

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/redlatch/redlatch/go/internal/lab"
)

// Whoever gives up in the middle of a long text leaves nothing of it to the next one.
func TestTheRestOfALongTextIsNobodyElses(t *testing.T) {
	ctx := context.Background()
	server := lab.Start(t)
	between := listenBetween(t, server.Addr())
	client := unconnected(t, server, between.addr, Options{Timeout: 2 * time.Second, Liveness: time.Hour})
	values := []string{strings.Repeat("given up ", 50_000), strings.Repeat("the other", 50_000)}
	for at, key := range []string{"a", "b"} {
		if err := client.Set(ctx, key, values[at], 0).Err(); err != nil {
			t.Fatal(err)
		}
	}
	lend(t, client)
	for _, call := range []context.Context{ctx, hopeful(t)} {
		between.allow(len(values[0]) / 2)
		if err := client.Get(call, "a").Err(); !errors.Is(err, ErrClientTimeout) {
			t.Fatal(err)
		}
		between.exhausted()
		between.allow(-1)
		got, err := client.Get(call, "b").Result()
		if err != nil || got != values[1] {
			t.Fatal("another value came back", len(got), err)
		}
	}
}

// hopeful is a context that could end.
func hopeful(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	return ctx
}
