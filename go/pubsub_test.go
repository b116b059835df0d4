package redlatch_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"testing"
	"time"

	redlatch "github.com/redlatch/redlatch/go"
)

func TestSubscribe(t *testing.T) {
	l := startLab(t)
	for _, protocol := range []int{2, 3} {
		t.Run("RESP"+itoa(protocol), func(t *testing.T) {
			rdb := l.client(func(options *redlatch.Options) { options.Protocol = protocol })
			listener := rdb.Subscribe(ctx, "a", "b")
			defer listener.Close()
			check(t, listener.PSubscribe(ctx, "p*"))
			// The server has confirmed: nothing is lost from here on.
			for _, channel := range []string{"b", "pq", "nobody", "a"} {
				check(t, rdb.Publish(ctx, channel, "to "+channel).Err())
			}
			check(t, listener.Unsubscribe(ctx))
			check(t, listener.Ping(ctx))
			for _, want := range []any{
				redlatch.Subscription{Kind: "subscribe", Channel: "a", Count: 1},
				redlatch.Subscription{Kind: "subscribe", Channel: "b", Count: 2},
				redlatch.Subscription{Kind: "psubscribe", Channel: "p*", Count: 3},
				redlatch.Message{Channel: "b", Payload: "to b"},
				redlatch.Message{Channel: "pq", Pattern: "p*", Payload: "to pq"},
				redlatch.Message{Channel: "a", Payload: "to a"},
			} {
				got, err := listener.Receive(ctx)
				check(t, err)
				switch got := got.(type) {
				case *redlatch.Message:
					equal[any](t, *got, want)
				case *redlatch.Subscription:
					equal[any](t, *got, want)
				}
			}
			for left := 2; left > 0; left-- {
				got, err := listener.Receive(ctx)
				check(t, err)
				ended, ok := got.(*redlatch.Subscription)
				if !ok || ended.Kind != "unsubscribe" || ended.Count != left {
					t.Errorf("%+v", got)
				}
			}
			short, cancel := context.WithTimeout(ctx, time.Millisecond)
			defer cancel()
			if _, err := listener.ReceiveMessage(short); !errors.Is(err, context.DeadlineExceeded) {
				t.Error(err)
			}
			check(t, listener.SSubscribe(ctx, "s"))
			check(t, rdb.SPublish(ctx, "s", "sharded").Err())
			message, err := listener.ReceiveMessage(ctx)
			check(t, err)
			equal(t, *message, redlatch.Message{Channel: "s", Payload: "sharded"})
			check(t, listener.Close())
			if _, err := listener.Receive(ctx); !errors.Is(err, redlatch.ErrClientClosed) {
				t.Error(err)
			}
		})
	}
}

// Every message comes once, in order, while the CA, the certificate and the password rotate.
func TestSubscriptionsFollowRotations(t *testing.T) {
	l := startLab(t)
	rdb := l.client(func(options *redlatch.Options) { options.PollInterval = 20 * time.Millisecond })
	listener := rdb.Subscribe(ctx, "numbers")
	defer listener.Close()
	messages := listener.Channel()
	number := 0
	tell := func() {
		t.Helper()
		for range 20 {
			check(t, rdb.Publish(ctx, "numbers", number).Err())
			message := <-messages
			equal(t, message.Payload, strconv.Itoa(number))
			number++
		}
	}
	before := listeners(t, rdb)
	for _, step := range []string{"add-ca", "switch-leaf", "drop-ca", "rotate-password", "rotate-leaf"} {
		tell()
		l.run(step)
	}
	eventually(t, "the listener has another connection", func() bool {
		tell()
		return listeners(t, rdb) != before
	})
	l.run("disconnect")
	eventually(t, "it is subscribed again", func() bool {
		count, err := rdb.Do(ctx, "PUBLISH", "numbers", "again").Int64()
		return err == nil && count == 1
	})
	equal(t, (<-messages).Payload, "again")
	equal(t, listener.Dropped(), 0)
}

func listeners(t *testing.T, rdb *redlatch.Client) string {
	t.Helper()
	listing, err := rdb.Do(ctx, "CLIENT", "LIST", "TYPE", "PUBSUB").Text()
	check(t, err)
	var number string
	fmt.Sscanf(listing, "id=%s", &number)
	return number
}

func TestSubscriptionsThatCannotBe(t *testing.T) {
	rdb := startLab(t).client(func(options *redlatch.Options) { options.MaxConnections = 1 })
	full := rdb.Subscribe(ctx, "a")
	if _, err := full.Receive(ctx); !errors.Is(err, redlatch.ErrClientQueueFull) {
		t.Error(err)
	}
	if err := full.Subscribe(ctx, "b"); !errors.Is(err, redlatch.ErrClientQueueFull) {
		t.Error(err)
	}
	if _, open := <-full.Channel(); open {
		t.Error("a message from nowhere")
	}
	check(t, full.Close())
	check(t, rdb.Close())
	closed := rdb.Subscribe(ctx, "a")
	if _, err := closed.Receive(ctx); !errors.Is(err, redlatch.ErrClientClosed) {
		t.Error(err)
	}
}

func TestSubscriptionsEndWithTheirClient(t *testing.T) {
	l := startLab(t)
	goroutines := runtime.NumGoroutine()
	rdb := l.client()
	listener := rdb.Subscribe(ctx, "a")
	messages := listener.Channel()
	waiting := make(chan error)
	go func() {
		_, err := rdb.Subscribe(ctx, "b").ReceiveMessage(ctx)
		waiting <- err
	}()
	eventually(t, "both listen", func() bool {
		count, err := rdb.Do(ctx, "PUBSUB", "NUMSUB", "a", "b").Slice()
		return err == nil && count[1] == int64(1) && count[3] == int64(1)
	})
	check(t, rdb.Close())
	if err := <-waiting; !errors.Is(err, redlatch.ErrClientClosed) {
		t.Error(err)
	}
	if _, open := <-messages; open {
		t.Error("a message from nowhere")
	}
	eventually(t, "no goroutine is left", func() bool { return runtime.NumGoroutine() <= goroutines })
}
