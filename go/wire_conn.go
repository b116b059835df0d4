package redlatch

import (
	"errors"
	"io"
	"net"
	"time"

	"github.com/redlatch/redlatch/go/internal/core"
)

// Read gives bytes of the server. io.EOF is its end; an *Error that is io.EOF, too, tells that the
// connection was ended, by a removed CA for example. os.ErrDeadlineExceeded leaves it usable.
func (w *wire) Read(p []byte) (int, error) {
	w.reading.Lock()
	defer w.reading.Unlock()
	for {
		w.mu.Lock()
		count := copy(p, w.in)
		if count == len(w.in) {
			w.in = w.in[:0]
		} else {
			w.in = w.in[count:]
		}
		sock, now, err := w.sock, w.now, w.why()
		w.mu.Unlock()
		if count > 0 || len(p) == 0 {
			return count, nil
		}
		if err != nil {
			return 0, err
		}
		if count, err := w.receive(sock, now, p); count > 0 || err != nil {
			return count, err
		}
	}
}

// Pending tells whether there is something to read, without waiting for it; the error is what Read would
// give. A pool asks before it lends a connection: one may have ended while nobody used it.
func (w *wire) Pending() (bool, error) {
	if !w.reading.TryLock() {
		// Whoever reads finds out.
		return false, nil
	}
	defer w.reading.Unlock()
	for {
		w.mu.Lock()
		some, sock, now, err := len(w.in) > 0, w.sock, w.now, w.why()
		w.mu.Unlock()
		if some || err != nil {
			return some, err
		}
		count, err := now.read(w.room(), false)
		if count == 0 && err == nil {
			return false, nil
		}
		if _, err := w.received(sock, count, err, nil); err != nil {
			return false, nil
		}
	}
}

// Write sends bytes. After a deadline in the middle of it the connection is of no use, as with any TLS.
func (w *wire) Write(p []byte) (int, error) {
	w.writing.Lock()
	defer w.unlockWriting()
	written := 0
	for {
		piece := p[written:min(written+pieceBytes, len(p))]
		if err := w.send(func(client *core.Client) core.View { return client.Send(w.outgoing, piece) }); err != nil {
			return written, err
		}
		if written += len(piece); written == len(p) {
			return written, nil
		}
	}
}

// CloseWrite tells the server that nothing more follows; what it still has to say can be read.
func (w *wire) CloseWrite() error {
	w.writing.Lock()
	defer w.unlockWriting()
	if err := w.send(func(client *core.Client) core.View { return client.Finish(w.outgoing) }); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if half, ok := w.sock.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// send makes one call of whoever holds writing, and writes what comes of it.
func (w *wire) send(call func(*core.Client) core.View) error {
	w.mu.Lock()
	if err := w.why(); err != nil {
		w.mu.Unlock()
		return err
	}
	sock, before := w.sock, w.out
	if len(before) > 0 {
		w.out = nil
		w.late.Store(false)
	}
	w.pieces = w.pieces[:0]
	view := call(w.core)
	for {
		w.take(view, nil, true)
		err, hasMore := w.why(), view.HasMore()
		pieces := w.pieces
		w.mu.Unlock()
		if len(before) > 0 {
			err, before = errors.Join(err, w.write(sock, before)), nil
		}
		for _, piece := range pieces {
			if err == nil {
				err = w.write(sock, piece)
			}
		}
		if err != nil {
			w.mu.Lock()
			w.end(err)
			w.mu.Unlock()
			return err
		}
		if !hasMore {
			return nil
		}
		w.mu.Lock()
		if err := w.why(); err != nil {
			w.mu.Unlock()
			return err
		}
		w.pieces = w.pieces[:0]
		view = w.core.More(w.outgoing)
	}
}

// unlockWriting leaves nothing behind that was made meanwhile.
func (w *wire) unlockWriting() {
	w.writing.Unlock()
	w.flush()
}

// flush writes what the core made while nobody was writing: answers of TLS itself. They are rare and
// short, but a peer that does not read must not stop whoever reads.
func (w *wire) flush() {
	switch {
	case !w.late.Load():
	case w.connecting.Load():
		w.writeLate()
	default:
		go w.writeLate()
	}
}

func (w *wire) writeLate() {
	w.writing.Lock()
	defer w.unlockWriting()
	w.mu.Lock()
	sock, out := w.sock, w.out
	w.out = nil
	w.late.Store(false)
	w.mu.Unlock()
	if sock != nil && len(out) > 0 {
		_ = w.write(sock, out)
	}
}

// write sends all of it, as long as the limit allows.
func (w *wire) write(sock net.Conn, bytes []byte) error {
	for {
		sent, err := sock.Write(bytes)
		if err == nil || !isTimeout(err) || !w.goesOn(sock, &w.writes) {
			return err
		}
		bytes = bytes[sent:]
	}
}

// why tells why nothing can be read or written any more. Called with mu held.
func (w *wire) why() error {
	switch {
	case w.core == nil:
		return net.ErrClosed
	case w.err != nil:
		var failure *Error
		if errors.As(w.err, &failure) && failure.Number == uint16(netClosed) {
			// The server's end, as everybody else tells it.
			return io.EOF
		}
		return w.err
	case w.sock == nil:
		return io.EOF
	}
	return nil
}

// Close says goodbye to the server, and wakes whoever reads or writes.
func (w *wire) Close() error {
	w.mu.Lock()
	if w.core == nil {
		w.mu.Unlock()
		return net.ErrClosed
	}
	w.take(w.core.Close(w.batch), nil, false)
	w.end(net.ErrClosed)
	w.hangup(false)
	w.timer.Stop()
	w.core.Free()
	w.batch.Free()
	w.core, w.batch = nil, nil
	w.mu.Unlock()
	w.notify()
	w.dialer.forget(w)
	// Whoever is writing has been woken.
	w.writing.Lock()
	w.outgoing.Free()
	w.writing.Unlock()
	return nil
}

// LocalAddr is the socket's own address.
func (w *wire) LocalAddr() net.Addr { return w.address(net.Conn.LocalAddr) }

// RemoteAddr is the server's address.
func (w *wire) RemoteAddr() net.Addr { return w.address(net.Conn.RemoteAddr) }

func (w *wire) address(of func(net.Conn) net.Addr) net.Addr {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.sock == nil {
		return &net.TCPAddr{}
	}
	return of(w.sock)
}

// SetDeadline bounds reads and writes, those under way included; the zero time means no limit.
func (w *wire) SetDeadline(t time.Time) error { return w.limit(t, &w.reads, &w.writes) }

// SetReadDeadline bounds reads.
func (w *wire) SetReadDeadline(t time.Time) error { return w.limit(t, &w.reads) }

// SetWriteDeadline bounds writes.
func (w *wire) SetWriteDeadline(t time.Time) error { return w.limit(t, &w.writes) }

func (w *wire) limit(t time.Time, limits ...*limit) (err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.core == nil || w.sock == nil {
		return net.ErrClosed
	}
	for _, l := range limits {
		err = errors.Join(err, l.move(w.sock, t))
	}
	return err
}

// goesOn tells whether a wait of the socket ended before its limit.
func (w *wire) goesOn(sock net.Conn, l *limit) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sock == sock && l.goesOn(sock)
}
