package redlatch

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redlatch/redlatch/go/internal/core"
)

// wire is a connection whose bytes are the caller's. Whoever reads or writes moves the bytes of the
// socket, as with crypto/tls: no goroutine stands between.
type wire struct {
	dialer  *Dialer
	network string

	// reading is held by whoever reads, with the buffer for the socket's bytes.
	reading sync.Mutex
	buffer  []byte
	// writing is held by whoever writes to the socket, with what the core made to be written.
	writing  sync.Mutex
	outgoing *core.Batch
	pieces   [][]byte

	// mu guards what follows. Nobody who holds it waits for anything but the core.
	mu    sync.Mutex
	core  *core.Client // nil once closed
	batch *core.Batch
	timer *time.Timer
	armed uint64
	// The socket of the link in use, or where the core wants one.
	link   uint64
	sock   net.Conn
	now    *direct
	target *target
	// Why the latest socket could not be had.
	cause error
	// What came in and was not read yet.
	in     []byte
	opened bool
	// Why it is over.
	err error
	// What the core made while nobody was writing; late tells that there is some.
	out  []byte
	late atomic.Bool
	// Until when either may wait.
	reads, writes limit
	// Tells whoever connects that something has changed.
	changed    chan struct{}
	connecting atomic.Bool
}

func newWire(d *Dialer, client *core.Client, network string) *wire {
	w := &wire{
		dialer: d, network: network, core: client, batch: core.NewBatch(), outgoing: core.NewBatch(),
		armed: core.Never, changed: make(chan struct{}, 1),
		reads: limit{set: net.Conn.SetReadDeadline}, writes: limit{set: net.Conn.SetWriteDeadline},
	}
	w.timer = time.AfterFunc(time.Hour, w.tick)
	w.timer.Stop()
	return w
}

// input makes one call into the core, and does what it asks for.
func (w *wire) input(call func(*core.Client, *core.Batch) core.View) {
	w.mu.Lock()
	if w.core != nil {
		w.take(call(w.core, w.batch), nil, false)
	}
	w.mu.Unlock()
	w.flush()
	w.notify()
}

// ask makes a call that only answers.
func (w *wire) ask(call func(*core.Client, *core.Batch) core.View) []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.core == nil {
		return nil
	}
	record, _ := core.Next(call(w.core, w.batch).Outcomes())
	return append([]byte(nil), record.Body...)
}

func (w *wire) notify() {
	select {
	case w.changed <- struct{}{}:
	default:
	}
}

func (w *wire) tick() {
	w.input(func(client *core.Client, batch *core.Batch) core.View {
		w.armed = core.Never
		return client.Tick(batch)
	})
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.core != nil && w.opened && w.err == nil && len(w.in) == 0 && w.core.MayLeave() {
		w.end(io.EOF)
	}
}

// wake has the core look at what has changed.
func (w *wire) wake() { w.timer.Reset(0) }

// take does what a view says. Bytes that came in go to p as far as it has room; take tells how many.
// If writes is set, what is to be written is left in pieces, for the holder of writing; else in out.
// Called with mu held.
func (w *wire) take(view core.View, p []byte, writes bool) (count int) {
	for {
		if deadline := view.Deadline(); deadline < w.armed {
			w.armed = deadline
			w.timer.Reset(time.Duration(max(deadline, view.Now()) - view.Now()))
		}
		for outcomes := view.Outcomes(); len(outcomes) > 0; {
			var record core.Record
			record, outcomes = core.Next(outcomes)
			count += w.outcome(&record, p[count:])
		}
		for actions := view.Actions(); len(actions) > 0; {
			var record core.Record
			record, actions = core.Next(actions)
			w.action(&record, writes)
		}
		// Pieces lie in the batch.
		if !view.HasMore() || writes {
			return count
		}
		view = w.core.More(w.batch)
	}
}

func (w *wire) outcome(record *core.Record, p []byte) (count int) {
	switch record.Kind {
	case core.Bytes:
		if len(w.in) == 0 {
			count = copy(p, record.Body)
		}
		w.in = append(w.in, record.Body[count:]...)
	case core.Opened:
		w.opened = true
	case core.Ended, core.Fault:
		failure := parseError(record.Body)
		failure.cause = io.EOF
		if !w.opened {
			failure.cause = w.cause
		}
		w.end(failure)
	case core.Event:
		w.dialer.events.publish(record.Body)
	}
	return count
}

func (w *wire) action(record *core.Record, writes bool) {
	switch record.Kind {
	case core.Dial:
		w.link = record.ID
		w.target = &target{
			network: w.network, host: string(record.Body[8:]), port: int(record.Code), attempt: int(record.Extra),
			patience: time.Duration(binary.LittleEndian.Uint64(record.Body)) * time.Millisecond,
		}
	case core.Need:
		go w.dialer.provide(w.input, record.Code, record.ID)
	case core.Write:
		switch {
		case record.ID != w.link || w.sock == nil:
		case writes && len(w.out) == 0:
			w.pieces = append(w.pieces, record.Outgoing())
		default:
			w.out = append(w.out, record.Outgoing()...)
			w.late.Store(true)
		}
	case core.Hangup:
		if record.ID == w.link {
			w.hangup(record.Flags&1 != 0)
		}
	}
}

// hangup ends the socket, after a last word if nobody is in the middle of another one.
func (w *wire) hangup(flush bool) {
	sock := w.sock
	w.sock, w.target, w.link = nil, nil, 0
	if sock == nil {
		return
	}
	if flush && len(w.out) > 0 && w.writing.TryLock() {
		_ = w.writes.goesOn(sock)
		var last direct
		last.init(sock)
		_, _ = last.write(w.out)
		w.writing.Unlock()
	}
	w.out = nil
	w.late.Store(false)
	sock.Close()
}

// end remembers why it is over, and wakes whoever reads or writes.
func (w *wire) end(why error) {
	if w.err != nil {
		return
	}
	w.err = why
	if w.sock != nil {
		w.sock.Close()
	}
}

// connect returns when the wire is up, or cannot be.
func (w *wire) connect(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() {
		w.mu.Lock()
		if w.sock != nil && !w.opened {
			w.sock.SetDeadline(time.Unix(1, 0))
		}
		w.mu.Unlock()
		w.notify()
	})
	defer stop()
	w.connecting.Store(true)
	defer w.connecting.Store(false)
	w.input((*core.Client).ConnectWire)
	for {
		w.mu.Lock()
		opened, why, sock, now, target := w.opened, w.err, w.sock, w.now, w.target
		w.target = nil
		w.mu.Unlock()
		switch {
		case opened && why == nil:
			return nil
		case ctx.Err() != nil:
			return contextError(ctx.Err(), false)
		case why != nil:
			return why
		case target != nil:
			w.dial(ctx, target)
		case sock != nil:
			_, _ = w.receive(sock, now, nil)
		default:
			select {
			case <-w.changed:
			case <-ctx.Done():
			}
		}
	}
}

func (w *wire) dial(ctx context.Context, target *target) {
	w.mu.Lock()
	link := w.link
	w.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, target.patience)
	defer cancel()
	sock, err := target.dial(ctx)
	w.input(func(client *core.Client, batch *core.Batch) core.View {
		if w.cause = err; err != nil {
			code, why := explain(err)
			return client.DialFailed(batch, link, code, why)
		}
		if w.link == link {
			w.sock, w.now = sock, new(direct)
			w.now.init(sock)
		} else {
			// Given up meanwhile.
			sock.Close()
		}
		return client.Dialed(batch, link)
	})
}

// receive waits for bytes of the socket and hands them in. The caller holds reading, or is connecting.
func (w *wire) receive(sock net.Conn, now *direct, p []byte) (int, error) {
	look := &w.dialer.look
	look.waiting.Add(1)
	defer look.waiting.Add(-1)
	if !look.isAlone() {
		// What was asked for just now is not there yet. Meanwhile others ask for theirs, and nobody has
		// to be woken: of 64 goroutines each command took a seventh less, of 3 a third.
		runtime.Gosched()
	}
	count, err := now.find(w.room(), look)
	if count == 0 && err == nil {
		count, err = sock.Read(w.room())
	}
	return w.received(sock, count, err, p)
}

// room is where bytes of the socket go. Most connections never read much at once.
func (w *wire) room() []byte {
	if w.buffer == nil {
		w.buffer = make([]byte, firstRead)
	}
	return w.buffer
}

// received hands in what a read of the socket gave.
func (w *wire) received(sock net.Conn, count int, err error, p []byte) (int, error) {
	w.mu.Lock()
	if w.core == nil || w.sock != sock {
		w.mu.Unlock()
		return 0, nil
	}
	taken := 0
	if count > 0 {
		taken = w.take(w.core.Received(w.batch, w.link, w.buffer[:count]), p, false)
	}
	if err != nil && !isTimeout(err) && w.core != nil && w.sock == sock {
		code, why := uint16(0), ""
		if err != io.EOF {
			code, why = explain(err)
		}
		w.take(w.core.Closed(w.batch, w.link, code, why), nil, false)
	}
	w.mu.Unlock()
	if count == len(w.buffer) && count < readBytes {
		w.buffer = make([]byte, 2*count)
	}
	w.flush()
	if err != nil && isTimeout(err) && !w.goesOn(sock, &w.reads) {
		return taken, err
	}
	return taken, nil
}

const (
	// Doubles as long as it is too small, up to readBytes.
	firstRead = 16 << 10
	// A piece is on its way while the next one is encrypted. With what TLS adds it fits into one segment.
	pieceBytes = 63 << 10
)
