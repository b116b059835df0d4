package redlatch

import (
	"context"
	"errors"
	"io"
	"runtime"
	"testing"
	"time"

	"github.com/redlatch/redlatch/go/internal/lab"
)

// reader has something to read at a certain time, and counts how often it was asked.
type reader struct {
	asked, after int
	err          error
}

func (r *reader) read() (int, error) {
	if r.asked++; r.asked < r.after {
		return 0, nil
	}
	return 7, r.err
}

// lookFor gives what a client looks with.
func lookFor(t *testing.T, patience time.Duration) *look {
	client := NewClient(&Options{BusyPoll: patience})
	t.Cleanup(func() { client.Close() })
	looking.spent = 0
	return &client.engine.look
}

func TestWhoIsAloneLooks(t *testing.T) {
	k := lookFor(t, 10*time.Millisecond)
	r := &reader{after: 3}
	if count, err := k.find(r.read); count != 7 || err != nil || r.asked != 3 {
		t.Fatal(count, err, r.asked)
	}
	ended := &reader{err: io.EOF}
	if _, err := k.find(ended.read); err != io.EOF {
		t.Fatal(err)
	}
}

func TestNobodyLooksBesideOthers(t *testing.T) {
	k := lookFor(t, 10*time.Millisecond)
	k.waiting.Add(2)
	r := &reader{}
	if count, err := k.find(r.read); count != 0 || err != nil || r.asked != 0 {
		t.Fatal(count, err, r.asked)
	}
	k.waiting.Add(-2)
	first := &reader{after: 2}
	_, _ = k.find(func() (int, error) {
		k.waiting.Add(2)
		return first.read()
	})
	if first.asked != 1 {
		t.Fatal("looked on while others waited")
	}
	k.waiting.Add(-2)
	_, _ = k.find(func() (int, error) {
		if count, err := k.find(r.read); count != 0 || err != nil || r.asked != 0 {
			t.Error("two look at one time")
		}
		return 1, nil
	})
}

func TestOneWhoLooksSleepsNowAndThen(t *testing.T) {
	k := lookFor(t, 10*time.Millisecond)
	slept, found := 0, 0
	for slept < 2 {
		begun := time.Now()
		// It comes after half a millisecond.
		count, _ := k.find(func() (int, error) {
			if time.Since(begun) < spentAtOnce/4 {
				return 0, nil
			}
			return 1, nil
		})
		if found += count; count == 0 {
			slept++
		}
	}
	if found < 2 || found > 10 {
		t.Fatal(found)
	}
}

func TestNobodyLooksForWhatIsFarAway(t *testing.T) {
	k := lookFor(t, time.Microsecond)
	for range 10 {
		begun := time.Now()
		_, _ = k.find(func() (int, error) {
			if time.Since(begun) < 10*time.Microsecond {
				return 0, nil
			}
			return 1, nil
		})
	}
	r := &reader{}
	if count, err := k.find(r.read); count != 0 || err != nil || r.asked != 0 {
		t.Fatal(count, err, r.asked)
	}
}

func TestNobodyLooksWhenItIsTurnedOff(t *testing.T) {
	k := lookFor(t, -1)
	r := &reader{}
	if count, err := k.find(r.read); count != 0 || err != nil || r.asked != 0 {
		t.Fatal(count, err, r.asked)
	}
}

func TestOneWhoReadsMayGiveUp(t *testing.T) {
	for name, patience := range map[string]time.Duration{"asleep": -1, "looking": 10 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			server := lab.Start(t)
			client := unconnected(t, server, server.Addr(), Options{Timeout: 20 * time.Second, BusyPoll: patience})
			client.engine.lentFor = time.Hour
			lend(t, client)
			server.Pause("3")
			before := client.engine.lender.Load().turn.lent.Load()
			ctx, cancel := context.WithCancel(context.Background())
			failed := make(chan error)
			go func() { failed <- client.Get(ctx, "key").Err() }()
			for client.engine.lender.Load().turn.lent.Load() == before {
				runtime.Gosched()
			}
			cancel()
			if err := <-failed; !errors.Is(err, ErrClientCancelled) || !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			// The late reply is nobody else's.
			for i := range 20 {
				limited, cancel := context.WithTimeout(context.Background(), time.Minute)
				if got, err := client.Do(limited, "ECHO", i).Int64(); err != nil || got != int64(i) {
					t.Fatal(got, err)
				}
				cancel()
			}
		})
	}
}

func TestOneWhoIsAnsweredAlreadyDoesNotRead(t *testing.T) {
	server := lab.Start(t)
	client := unconnected(t, server, server.Addr(), Options{})
	client.engine.lentFor = time.Hour
	lend(t, client)
	l := client.engine.lender.Load()
	if !l.turn.taken.CompareAndSwap(false, true) {
		t.Fatal("somebody else reads")
	}
	w := client.engine.queue.idle.Get().(*waiter)
	w.done <- struct{}{}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	known, open := l.readFor(ctx, w, true)
	l.turn.taken.Store(false)
	if !known || !open || ctx.Err() != nil {
		t.Fatal(known, open, ctx.Err())
	}
}
