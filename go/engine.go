package redlatch

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redlatch/redlatch/go/internal/core"
)

// engine lends the core sockets, a timer and goroutines:
//
//	callers ─▶ queue ─▶ writer ─▶ core ─▶ link ─▶ socket
//	callers ◀───────── settle ◀── core ◀─ reader ◀─┘
//
// Nothing that holds mu waits for anything but the core.
type engine struct {
	queue     queue
	providers providers
	// Where the last lone command went, and the link that lends its turn.
	main, lender atomic.Pointer[link]
	look         look
	// After so long without a caller who reads, a link takes its turn back.
	lentFor time.Duration

	// mu guards the core, and keeps what comes out of it in order until it is where it belongs.
	mu         sync.Mutex
	core       *core.Client
	config     []byte // the settings in force, as JSON
	links      map[uint64]*link
	lanes      map[uint32]*lane // those that hear messages
	spare      []*crossing
	taken      packed
	timer      *time.Timer
	armed      uint64
	closing    bool
	finished   chan struct{}
	events     events
	goroutines sync.WaitGroup
	ctx        context.Context
	cancel     context.CancelFunc
}

func newEngine(settings map[string]any, providers providers, logger *slog.Logger, fromEnv bool) (*engine, error) {
	document, err := json.Marshal(settings)
	if err != nil {
		return nil, newError(clientMisuse, err.Error())
	}
	batch := core.NewBatch()
	client, view := core.New(batch, document, fromEnv)
	if client == nil {
		defer batch.Free()
		record, _ := core.Next(view.Outcomes())
		return nil, parseError(record.Body)
	}
	e := &engine{
		core: client, providers: providers, links: map[uint64]*link{}, lanes: map[uint32]*lane{},
		armed: core.Never, finished: make(chan struct{}), lentFor: lentFor,
	}
	e.look.poll = client.BusyPoll()
	e.ctx, e.cancel = context.WithCancel(context.Background())
	e.queue.init()
	e.events.init(logger)
	e.timer = time.AfterFunc(time.Hour, e.tick)
	e.timer.Stop()
	c := &crossing{batch: batch}
	e.mu.Lock()
	e.finish(c, view)
	e.release(c)
	e.config = e.ask(func(client *core.Client, batch *core.Batch) core.View { return client.Config(batch) })
	e.goroutines.Add(1)
	go e.write()
	return e, nil
}

// call runs one command and waits until its outcome is in the result.
func (e *engine) call(ctx context.Context, result receiver, head string, args ...string) {
	if !e.admit(ctx, result) {
		return
	}
	w := e.queue.idle.Get().(*waiter)
	w.result = result
	ticket, flush, err := e.queue.put(w, head, args)
	e.await(ctx, w, ticket, flush, err)
}

// exchange runs several packed commands and waits until the outcome of each is in the result.
func (e *engine) exchange(ctx context.Context, result receiver, commands int, packed ...[]byte) {
	if !e.admit(ctx, result) {
		return
	}
	w := e.queue.idle.Get().(*waiter)
	w.result = result
	ticket, flush, err := e.queue.putMany(w, commands, packed)
	e.await(ctx, w, ticket, flush, err)
}

// admit fails a result whose caller may not wait for it.
func (e *engine) admit(ctx context.Context, result receiver) bool {
	if ctx.Done() != nil && ctx.Err() != nil {
		result.fail(contextError(ctx.Err(), false))
		return false
	}
	if err := e.misuse(ctx); err != nil {
		result.fail(err)
		return false
	}
	return true
}

func (e *engine) await(ctx context.Context, w *waiter, ticket uint64, flush bool, err error) {
	switch {
	case err != nil:
		w.result.fail(err)
	case flush && e.serve(ctx, w, ticket):
	default:
		e.wait(ctx, w, ticket)
	}
	w.result, w.left = nil, 0
	if w.leaving.Load() {
		w.leaving.Store(false)
	}
	e.queue.idle.Put(w)
}

func (e *engine) wait(ctx context.Context, w *waiter, ticket uint64) {
	if ctx.Done() == nil {
		<-w.done
		return
	}
	select {
	case <-w.done:
	case <-ctx.Done():
		if w.quit(ticket) {
			e.queue.leave(ticket)
		} else if <-w.done; w.left == 0 {
			return
		}
		e.abandon(ticket)
		w.result.fail(contextError(ctx.Err(), true))
	}
}

// write hands in what callers left, as often as they wake it.
func (e *engine) write() {
	defer e.goroutines.Done()
	c := &crossing{batch: core.NewBatch()}
	defer c.batch.Free()
	for range e.queue.wake {
		// Callers that were woken together get to leave their next command, too.
		runtime.Gosched()
		e.flush(c)
	}
}

// flushNow hands in what callers left, from the goroutine of the one with this ticket.
func (e *engine) flushNow(ticket uint64) {
	if c := e.acquire(); c != nil {
		c.wrote, c.own = nil, ticket
		e.flushLocked(c)
		c.own = 0
		e.main.Store(c.wrote)
		e.release(c)
	}
}

func (e *engine) flush(c *crossing) {
	e.mu.Lock()
	e.flushLocked(c)
}

// flushLocked hands in what callers left, and unlocks.
func (e *engine) flushLocked(c *crossing) {
	e.taken = e.queue.take(e.taken)
	if len(e.taken.records) == 0 || e.core == nil {
		e.mu.Unlock()
		return
	}
	if e.taken.long == "" {
		e.finish(c, e.core.Submit(c.batch, e.taken.records, e.taken.payload))
		return
	}
	isOwn := binary.LittleEndian.Uint64(e.taken.records) == c.own
	var view core.View
	view, c.left = e.core.SubmitLong(
		c.batch, e.taken.records, e.taken.payload, e.taken.longAt, e.taken.long, isOwn)
	e.taken.long = ""
	e.finish(c, view)
}

// received hands in bytes of the peer.
func (e *engine) received(c *crossing, link uint64, bytes []byte) (now uint64) {
	c.awaits = 0
	e.mu.Lock()
	view := e.core.Received(c.batch, link, bytes)
	now = view.Now()
	e.finish(c, view)
	return now
}

// abandon makes the core forget a command. It may still wait in the queue.
func (e *engine) abandon(ticket uint64) {
	e.flushNow(0)
	e.input(func(client *core.Client, batch *core.Batch) core.View { return client.Cancel(batch, ticket) })
}

func (e *engine) tick() {
	e.input(func(client *core.Client, batch *core.Batch) core.View {
		e.armed = core.Never
		return client.Tick(batch)
	})
}

// fault ends everything: the core has failed.
func (e *engine) fault(reason error) {
	e.queue.close(reason)
	e.queue.fail(reason)
	e.endLanes()
	e.endLinks()
}

func (e *engine) endLinks() {
	e.cancel()
	e.mu.Lock()
	defer e.mu.Unlock()
	for id, l := range e.links {
		delete(e.links, id)
		l.mu.Lock()
		l.hangup(false)
		l.mu.Unlock()
	}
}

func (e *engine) close() {
	c := e.acquire()
	if c == nil || e.closing {
		if c != nil {
			e.mu.Unlock()
			e.release(c)
		}
		<-e.finished
		return
	}
	e.closing = true
	e.queue.close(newError(clientClosed, ""))
	e.flushLocked(c)
	e.mu.Lock()
	e.finish(c, e.core.Close(c.batch))
	e.queue.fail(newError(clientClosed, ""))
	e.endLanes()
	e.timer.Stop()
	e.endLinks()
	e.goroutines.Wait()

	e.mu.Lock()
	e.core.Free()
	e.core = nil
	c.batch.Free()
	for _, c := range e.spare {
		c.batch.Free()
	}
	e.spare = nil
	e.mu.Unlock()
	e.events.close()
	close(e.finished)
}
