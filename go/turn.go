package redlatch

import (
	"context"
	"errors"
	"os"
	"sync/atomic"
	"time"

	"github.com/redlatch/redlatch/go/internal/core"
)

// turn says who reads from a link. That is its own goroutine, except that a caller who is alone reads
// the reply itself: to wake one goroutine for the socket and another for the reply takes as long as all
// the rest of a lone command.
//
// Who has the turn gives it back with nobody waiting, or wakes the link's goroutine.
type turn struct {
	taken atomic.Bool
	// Wakes the link's goroutine while it has lent the turn, and tells that it waits to have it back.
	recall chan struct{}
	wanted atomic.Bool

	// Of who has the turn.
	buffer  []byte
	c       *crossing
	failure error
	// When a lone caller was served last, on the core's clock, and how many have followed closely.
	served uint64
	streak int
	// When a caller who read asked for something.
	asked time.Duration
	// Times that a caller took it.
	lent atomic.Uint64
}

func (t *turn) init() {
	t.taken.Store(true)
	t.recall = make(chan struct{}, 1)
}

// wake has the link's goroutine take the turn.
func (t *turn) wake() {
	select {
	case t.recall <- struct{}{}:
	default:
	}
}

// read reads until the connection ends, unless callers do so.
func (l *link) read() error {
	t := &l.turn
	t.buffer, t.c = make([]byte, readBytes), &crossing{batch: core.NewBatch()}
	// Callers leave it alone from then on: the turn stays taken.
	defer t.c.batch.Free()
	for {
		count, err := 0, error(nil)
		if l.engine.queue.isOne() {
			count, err = l.now.find(t.buffer, &l.engine.look)
		}
		if count == 0 && err == nil {
			count, err = l.conn.Read(t.buffer)
		}
		if count > 0 {
			now := l.engine.received(t.c, l.id, t.buffer[:count])
			l.now.await(t.c.awaits)
			if l.now.canRead() && l.engine.queue.isLone() && l.engine.main.Load() == l {
				t.follows(now)
				if t.streak >= lendingStreak {
					l.lend()
				}
			}
		}
		switch {
		case t.failure != nil:
			return t.failure
		case err != nil && !l.goesOn(err):
			return err
		}
	}
}

// follows counts replies to lone callers that follow each other closely.
func (t *turn) follows(now uint64) {
	if now-t.served > uint64(lentFor) {
		t.streak = 0
	}
	t.served = now
	t.streak++
}

// lend lets callers read until they need somebody to do it for them, or no longer do it.
func (l *link) lend() {
	t := &l.turn
	pause := time.NewTicker(l.engine.lentFor)
	defer pause.Stop()
	seen := t.lent.Load()
	t.taken.Store(false)
	l.engine.lender.Store(l)
	// Who came just now may have found it taken.
	if !l.engine.queue.isQuiet() {
		t.wake()
	}
	for {
		select {
		case <-t.recall:
			t.wanted.Store(true)
		case <-pause.C:
			if lent := t.lent.Load(); lent != seen {
				seen = lent
				continue
			}
		}
		if t.taken.CompareAndSwap(false, true) {
			t.wanted.Store(false)
			t.streak = 0
			l.engine.lender.CompareAndSwap(l, nil)
			return
		}
	}
}

// serve hands in what callers left, and reads until the outcome of a lone caller's command is known or its
// context ends, if nobody else reads. Otherwise it will be told.
func (e *engine) serve(ctx context.Context, w *waiter, ticket uint64) (known bool) {
	l := e.lender.Load()
	if l == nil || !l.turn.taken.CompareAndSwap(false, true) {
		e.flushNow(ticket)
		return false
	}
	t := &l.turn
	t.lent.Add(1)
	w.reads.Store(l)
	t.c.reader = w
	open := true
	if now := time.Since(started); now-t.asked > pause {
		// A connection that has ended meanwhile must not get the command.
		open = l.take(l.now.read(t.buffer, false))
		t.asked = now
	}
	t.c.wrote, t.c.own = nil, ticket
	e.flush(t.c)
	t.c.own = 0
	// Else it was sent elsewhere, or not yet.
	if t.c.wrote == l {
		known, open = l.readFor(ctx, w, open)
	}
	t.c.reader = nil
	w.reads.Store(nil)
	t.taken.Store(false)
	if !open || !known || t.wanted.Load() || !e.queue.isQuiet() {
		t.wake()
	}
	return known
}

// readFor reads until an outcome is known, the context ends, or nothing more can be read.
func (l *link) readFor(ctx context.Context, w *waiter, open bool) (known, mayGoOn bool) {
	limited := ctx.Done() != nil
	// Its outcome may be known already, while what was sent is of others.
	for known = w.isKnown(); open && !known && !(limited && ctx.Err() != nil); known = w.isKnown() {
		count, err := l.now.find(l.turn.buffer, &l.engine.look)
		if count == 0 && err == nil {
			count, err = l.sleep(ctx, limited)
		}
		open = l.take(count, err)
	}
	return known, open
}

// sleep reads what comes. Only who sleeps has to be told that their context ends.
func (l *link) sleep(ctx context.Context, limited bool) (int, error) {
	if limited {
		defer context.AfterFunc(ctx, l.interrupt)()
	}
	return l.now.read(l.turn.buffer, true)
}

// take hands in what was read, and tells whether there may be more.
func (l *link) take(count int, err error) bool {
	if count > 0 {
		l.engine.received(l.turn.c, l.id, l.turn.buffer[:count])
		l.now.await(l.turn.c.awaits)
	}
	if err == nil || l.goesOn(err) {
		return true
	}
	l.turn.failure = err
	return false
}

// interrupt ends the wait of whoever reads.
func (l *link) interrupt() { _ = l.conn.SetReadDeadline(time.Unix(1, 0)) }

// goesOn tells whether a read ended only because it was interrupted.
func (l *link) goesOn(err error) bool {
	return errors.Is(err, os.ErrDeadlineExceeded) && l.conn.SetReadDeadline(time.Time{}) == nil
}

const (
	// So many lone callers that follow each other as closely as this have the next ones read for
	// themselves. What a server says unasked, the link's goroutine hears after twice this pause at the
	// latest. With timers that end before the system's own next tick, each wait would cost more.
	lendingStreak = 8
	lentFor       = 40 * time.Millisecond
	// After so long, it is seen whether a connection still stands before it is used.
	pause = time.Millisecond
)

// started is where time is counted from.
var started = time.Now()
