package redlatch

import (
	"context"

	"github.com/redlatch/redlatch/go/internal/core"
)

// lane is a connection beside the shared one: for a caller who watches keys, or for subscriptions. The
// core moves it when trust rotates.
type lane struct {
	engine  *engine
	number  uint32
	purpose uint16
	// heard takes the tokens of a message, in order. The engine's lock is held.
	heard func(tokens []byte)
	// ended is called when the client is closed.
	ended func()
}

// openLane opens a lane; it connects when it is first used.
func (e *engine) openLane(purpose uint16, heard func(tokens []byte), ended func()) (*lane, error) {
	c := e.acquire()
	if c == nil {
		return nil, newError(clientClosed, "")
	}
	defer e.release(c)
	view := e.core.OpenLane(c.batch, purpose)
	record, found := first(view, core.Lane)
	if !found {
		err := fault(view)
		e.mu.Unlock()
		return nil, err
	}
	l := &lane{engine: e, number: uint32(record.ID), purpose: purpose, heard: heard, ended: ended}
	if heard != nil {
		e.lanes[l.number] = l
	}
	e.finish(c, view)
	return l, nil
}

// call runs a command in the lane and waits until its outcome is in the result.
func (l *lane) call(ctx context.Context, result receiver, head string, args ...string) {
	l.exchange(ctx, result, 1, appendCommand(nil, head, args))
}

// exchange runs several packed commands.
func (l *lane) exchange(ctx context.Context, result receiver, commands int, parts ...[]byte) {
	e := l.engine
	if !e.admit(ctx, result) {
		return
	}
	w := e.queue.idle.Get().(*waiter)
	w.result = result
	ticket, err := e.queue.reserve(w, commands)
	if err == nil {
		var all packed
		for _, part := range parts {
			all.payload = append(all.payload, part...)
		}
		all.record(ticket, commands, all.size())
		e.input(func(client *core.Client, batch *core.Batch) core.View {
			return client.SubmitTo(batch, l.number, all.records, all.payload)
		})
	}
	e.await(ctx, w, ticket, false, err)
}

// close gives the lane back if it was held, or closes it.
func (l *lane) close() {
	l.engine.input(func(client *core.Client, batch *core.Batch) core.View {
		delete(l.engine.lanes, l.number)
		if l.purpose == core.LaneHeld {
			return client.TakeBack(batch, l.number)
		}
		return client.ShutLane(batch, l.number)
	})
}

// endLanes tells whoever hears messages that none will come.
func (e *engine) endLanes() {
	e.mu.Lock()
	lanes := e.lanes
	e.lanes = map[uint32]*lane{}
	e.mu.Unlock()
	for _, l := range lanes {
		l.ended()
	}
}

// tell hands out messages, in the order of the core. Called with the engine's lock held.
func (e *engine) tell(outcomes []byte) {
	if len(e.lanes) == 0 {
		return
	}
	for len(outcomes) > 0 {
		var record core.Record
		if record, outcomes = core.Next(outcomes); record.Kind == core.Push {
			if l := e.lanes[uint32(record.ID)]; l != nil {
				l.heard(record.Body)
			}
		}
	}
}
