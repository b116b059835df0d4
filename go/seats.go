package redlatch

import "sync/atomic"

// seats holds waiters by the low bits of their tickets. Replies come in order, so that those who
// wait hold tickets close together.
type seats []atomic.Pointer[waiter]

// waiter is a caller who waits for the outcome of one record.
type waiter struct {
	// Ticket of the record, 0 when nobody waits. Who sets it to 0 decides the outcome. That of a record
	// of several commands is marked by many, and by busy while one of its replies is written.
	ticket atomic.Uint64
	result receiver
	done   chan struct{}
	// Replies to come to a record of several commands.
	left int
	// The caller no longer wants to wait, and may have found it busy.
	leaving atomic.Bool
	// Where the caller reads for itself.
	reads atomic.Pointer[link]
}

// seat gives the waiter a ticket, and makes it known by that. Replies come nearly in order: where it
// belongs nobody sits, or all seats are taken, or few lag behind.
func (q *queue) seat(w *waiter, marks uint64) uint64 {
	q.ticket++
	q.inFlight++
	table := q.seats.Load()
	for held := table.holder(q.ticket); held != 0; held = table.holder(q.ticket) {
		if q.inFlight-len(q.late) <= len(*table)/2 {
			q.leaveBehind(held, table.at(held).Load())
			break
		}
		grown := make(seats, 2*len(*table))
		for at := range *table {
			if held := table.holder(uint64(at)); held != 0 {
				grown.at(held).Store((*table)[at].Load())
			}
		}
		table = &grown
		q.seats.Store(table)
	}
	w.ticket.Store(q.ticket | marks)
	table.at(q.ticket).Store(w)
	return q.ticket
}

// leaveBehind finds another place for one who waits long.
func (q *queue) leaveBehind(ticket uint64, w *waiter) {
	q.late[ticket] = w
	if len(q.late) <= q.patience {
		return
	}
	// Who was claimed while it moved is still here.
	for ticket, w := range q.late {
		if w.ticket.Load()&^(many|busy) != ticket {
			delete(q.late, ticket)
		}
	}
	q.patience = max(2*len(q.late), leastSeats)
}

func (s seats) at(ticket uint64) *atomic.Pointer[waiter] { return &s[ticket&uint64(len(s)-1)] }

// holder is the ticket of who waits where a ticket belongs, or 0.
func (s seats) holder(ticket uint64) uint64 {
	w := s.at(ticket).Load()
	if w == nil {
		return 0
	}
	// Waiters are used again, and then sit elsewhere.
	if held := w.ticket.Load() &^ (many | busy); held != 0 && s.at(held) == s.at(ticket) {
		return held
	}
	return 0
}

// claim takes the right to decide the outcome of a record, or to write one of its replies, unless its
// caller has gone.
func (q *queue) claim(ticket uint64) *waiter {
	if w := q.seats.Load().at(ticket).Load(); w != nil && w.claim(ticket) {
		return w
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	w := q.late[ticket]
	if w == nil || !w.claim(ticket) {
		return nil
	}
	if w.left <= 1 {
		delete(q.late, ticket)
	}
	return w
}

func (w *waiter) claim(ticket uint64) bool {
	return w.ticket.CompareAndSwap(ticket, 0) || w.ticket.CompareAndSwap(ticket|many, ticket|many|busy)
}

// answered takes note of a reply that a claimed waiter was given. Whether its outcome is known: there
// is no other to come, or nobody waits for it.
func (w *waiter) answered(ticket uint64) bool {
	if w.left == 0 {
		return true
	}
	w.left--
	if w.left == 0 {
		return true
	}
	w.ticket.Store(ticket | many)
	return w.leaving.Load() && w.claim(ticket)
}

// quit gives up the outcome. If it is just being written, it will be known soon.
func (w *waiter) quit(ticket uint64) bool {
	if w.ticket.CompareAndSwap(ticket, 0) {
		return true
	}
	w.leaving.Store(true)
	return w.ticket.CompareAndSwap(ticket|many, 0)
}

// known wakes the caller.
func (w *waiter) known() {
	if w.ticket.Load() != 0 {
		w.ticket.Store(0)
	}
	w.done <- struct{}{}
}

// isKnown tells whether the caller was woken.
func (w *waiter) isKnown() bool {
	select {
	case <-w.done:
		return true
	default:
		return false
	}
}

const (
	leastSeats = 64
	// Marks of tickets, which never get that large.
	many = 1 << 62
	busy = 1 << 63
)
