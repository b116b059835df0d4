package redlatch

import (
	"time"

	"github.com/redlatch/redlatch/go/internal/core"
)

// crossing is what one call into the core needs, kept for the next one.
type crossing struct {
	batch *core.Batch
	known []*waiter
	steps []step
	// Where bytes were sent last.
	wrote *link
	// The caller who reads, if one does.
	reader *waiter
	// The command of whoever hands in, and what is left of its long text. That of others must be taken
	// as a whole: they may leave, and what they gave is theirs again.
	own  uint64
	left string
	// So many bytes at least are still to come before there is anything to be told, and what has come.
	awaits  int
	partial partial
	// While content is handed in, a fault means that it is refused, and all else goes on.
	refusing bool
	refusal  error
}

// input makes one call into the core and does what it asks for.
func (e *engine) input(call func(*core.Client, *core.Batch) core.View) {
	if c := e.acquire(); c != nil {
		e.finish(c, call(e.core, c.batch))
		e.release(c)
	}
}

// ask makes a call that only answers.
func (e *engine) ask(call func(*core.Client, *core.Batch) core.View) []byte {
	c := e.acquire()
	if c == nil {
		return nil
	}
	record, _ := core.Next(call(e.core, c.batch).Outcomes())
	text := append([]byte(nil), record.Body...)
	e.mu.Unlock()
	e.release(c)
	return text
}

// acquire locks, unless the core has gone.
func (e *engine) acquire() *crossing {
	e.mu.Lock()
	if e.core == nil {
		e.mu.Unlock()
		return nil
	}
	if count := len(e.spare); count > 0 {
		c := e.spare[count-1]
		e.spare = e.spare[:count-1]
		return c
	}
	return &crossing{batch: core.NewBatch()}
}

func (e *engine) release(c *crossing) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.core == nil {
		c.batch.Free()
		return
	}
	e.spare = append(e.spare, c)
}

// finish unlocks, after it has made sure that bytes reach each socket in the order of the core. A
// long value leaves in pieces: the server works on one while the next is handed in and encrypted.
func (e *engine) finish(c *crossing, view core.View) {
	for {
		hasMore := e.carryOut(c, view)
		if !hasMore && c.left == "" {
			return
		}
		e.mu.Lock()
		if e.core == nil {
			e.mu.Unlock()
			c.left = ""
			return
		}
		if hasMore {
			view = e.core.More(c.batch)
		} else {
			view, c.left = e.core.Append(c.batch, c.own, c.left)
		}
	}
}

// carryOut unlocks, too. It tells whether there is more to do.
func (e *engine) carryOut(c *crossing, view core.View) bool {
	hasMore := view.HasMore()
	if deadline := view.Deadline(); deadline < e.armed {
		e.armed = deadline
		e.timer.Reset(time.Duration(max(deadline, view.Now()) - view.Now()))
	}
	for actions := view.Actions(); len(actions) > 0; {
		var record core.Record
		record, actions = core.Next(actions)
		e.plan(c, &record)
	}
	e.tell(view.Outcomes())
	c.partial.gather(view.Outcomes())
	e.mu.Unlock()
	for _, step := range c.steps {
		step.run()
	}
	clear(c.steps)
	c.steps = c.steps[:0]
	e.settle(c, view.Outcomes())
	return hasMore
}

// settle hands out what came.
func (e *engine) settle(c *crossing, outcomes []byte) {
	var failure error
	for len(outcomes) > 0 {
		var record core.Record
		record, outcomes = core.Next(outcomes)
		switch record.Kind {
		case core.Reply:
			w := e.queue.claim(record.ID)
			c.partial.deliver(&record, w)
			if w != nil && w.answered(record.ID) {
				c.known = append(c.known, w)
			}
		case core.Failure:
			c.partial = partial{}
			if len(record.Body) > 0 {
				failure = parseError(record.Body)
			}
			if w := e.queue.claim(record.ID); w != nil {
				w.result.fail(failure)
				c.known = append(c.known, w)
			}
		case core.Awaits: // see partial, too
			c.awaits = int(record.Extra)
		case core.Event:
			e.events.publish(record.Body)
		case core.Fault:
			fault := parseError(record.Body)
			if c.refusing && fault.Family != "internal" {
				c.refusal = fault
			} else {
				e.fault(fault)
			}
		}
	}
	e.queue.settle(c.known, c.reader)
	clear(c.known)
	c.known = c.known[:0]
}
