package redlatch

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
	"syscall"
	"time"

	"github.com/redlatch/redlatch/go/internal/core"
)

// link is one connection. Its lock is taken before that of the engine is given up, so that bytes
// are written in the order in which the core gave them; nobody who holds it waits for anything.
type link struct {
	engine *engine
	id     uint64
	cancel context.CancelFunc

	mu   sync.Mutex
	conn net.Conn
	now  direct
	turn turn
	// What the socket did not take at once; a goroutine is writing it while flushing is set.
	rest     []byte
	flushing bool
	ended    bool
	failure  error
}

// step is something to do for a link whose lock is held; the last step of a batch gives it up.
type step struct {
	link   *link
	kind   byte
	flush  bool
	bytes  []byte
	unlock bool
}

// plan prepares an action. Called with the engine's lock held.
func (e *engine) plan(c *crossing, action *core.Record) {
	switch action.Kind {
	case core.Dial, core.DialUnix:
		if e.closing {
			return
		}
		l := &link{engine: e, id: action.ID}
		l.turn.init()
		e.links[l.id] = l
		patience := time.Duration(binary.LittleEndian.Uint64(action.Body)) * time.Millisecond
		ctx, cancel := context.WithTimeout(e.ctx, patience)
		l.cancel = cancel
		target := target{
			unix: action.Kind == core.DialUnix, host: string(action.Body[8:]),
			port: int(action.Code), attempt: int(action.Extra),
		}
		e.goroutines.Add(1)
		go l.run(ctx, target)
	case core.Need:
		if !e.closing {
			go e.provide(action.Code, action.ID)
		}
	case core.Write, core.Hangup:
		l := e.links[action.ID]
		if l == nil {
			return
		}
		s := step{link: l, kind: action.Kind, flush: action.Flags&1 != 0, unlock: true}
		if action.Kind == core.Write {
			s.bytes = action.Outgoing()
			c.wrote = l
			if c.reader == nil && e.lender.Load() == l {
				// Whoever waits for the answer does not read it.
				l.turn.wake()
			}
		} else {
			delete(e.links, l.id)
		}
		for at := range c.steps {
			if c.steps[at].link == l && c.steps[at].unlock {
				c.steps[at].unlock = false
				c.steps = append(c.steps, s)
				return
			}
		}
		l.mu.Lock()
		c.steps = append(c.steps, s)
	}
}

func (s *step) run() {
	if s.kind == core.Write {
		s.link.write(s.bytes)
	} else {
		s.link.hangup(s.flush)
	}
	if s.unlock {
		s.link.mu.Unlock()
	}
}

// run connects and reads until the connection ends.
func (l *link) run(ctx context.Context, target target) {
	defer l.engine.goroutines.Done()
	conn, err := target.dial(ctx)
	l.cancel()
	if err != nil {
		code, why := explain(err)
		l.engine.input(func(client *core.Client, batch *core.Batch) core.View {
			return client.DialFailed(batch, l.id, code, why)
		})
		return
	}
	defer conn.Close()
	l.mu.Lock()
	ended := l.ended
	l.conn = conn
	l.now.init(conn)
	l.mu.Unlock()
	if ended {
		return
	}
	l.engine.input(func(client *core.Client, batch *core.Batch) core.View {
		return client.Dialed(batch, l.id)
	})
	code, why := l.explain(l.read())
	l.engine.input(func(client *core.Client, batch *core.Batch) core.View {
		return client.Closed(batch, l.id, code, why)
	})
}

// explain gives the code of what ended the connection; 0 means that the peer did.
func (l *link) explain(err error) (code uint16, why string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failure != nil {
		err = l.failure
	}
	if errors.Is(err, io.EOF) {
		return 0, ""
	}
	return explain(err)
}

// write sends what the socket takes at once and leaves the rest to a goroutine, because a peer
// that answers but does not read must not stop whoever hands in its answers.
func (l *link) write(bytes []byte) {
	if l.ended || l.conn == nil {
		return
	}
	if l.flushing {
		l.rest = append(l.rest, bytes...)
		return
	}
	sent, err := l.now.write(bytes)
	if err != nil {
		l.fail(err)
		return
	}
	if sent < len(bytes) {
		l.rest = append(l.rest[:0], bytes[sent:]...)
		l.flushing = true
		l.engine.goroutines.Add(1)
		go l.flush()
	}
}

// flush sends the rest, while the core keeps further commands back.
func (l *link) flush() {
	defer l.engine.goroutines.Done()
	l.engine.input(func(client *core.Client, batch *core.Batch) core.View {
		return client.Blocked(batch, l.id)
	})
	for {
		l.mu.Lock()
		rest := l.rest
		l.rest = nil
		if len(rest) == 0 || l.failure != nil {
			l.flushing = false
			if l.ended {
				l.conn.Close()
			}
			l.mu.Unlock()
			break
		}
		l.mu.Unlock()
		if _, err := l.conn.Write(rest); err != nil {
			l.mu.Lock()
			l.fail(err)
			l.mu.Unlock()
		}
	}
	l.engine.input(func(client *core.Client, batch *core.Batch) core.View {
		return client.Writable(batch, l.id)
	})
}

// fail lets the reader tell the core.
func (l *link) fail(err error) {
	l.failure = err
	l.conn.Close()
}

// hangup ends the connection, or the attempt to make it.
func (l *link) hangup(flush bool) {
	l.ended = true
	l.turn.wake()
	switch {
	case l.conn == nil:
		l.cancel()
	case flush && l.flushing:
		l.conn.SetWriteDeadline(time.Now().Add(farewell))
	default:
		l.conn.Close()
	}
}

// explain gives the code of a failure to connect, read or write.
func explain(err error) (code uint16, why string) {
	var resolution *net.DNSError
	number := netClosed
	switch {
	case errors.As(err, &resolution):
		number = netDNS
	case errors.Is(err, context.DeadlineExceeded), isTimeout(err):
		number = netTimeout
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ENOENT):
		number = netRefused
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH),
		errors.Is(err, syscall.EADDRNOTAVAIL), errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EPERM):
		number = netUnreachable
	}
	return uint16(number), err.Error()
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

const (
	readBytes = 64 << 10
	// How long the last bytes of a closed client may take to leave.
	farewell = time.Second
)
