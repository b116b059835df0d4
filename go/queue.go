package redlatch

import (
	"encoding/binary"
	"strconv"
	"sync"
	"sync/atomic"
)

// queue is where callers leave packed commands until the next crossing takes them all at once.
type queue struct {
	mu      sync.Mutex
	records []byte
	payload []byte
	// Commands whose outcome is not known.
	inFlight int
	// Commands in the batch taken before.
	last int
	// The writer is on its way.
	scheduled bool
	// Wakes the writer; closed when nothing more is taken.
	wake   chan struct{}
	closed error

	ticket uint64
	seats  atomic.Pointer[seats]
	// By ticket, those who wait so long that the seats would grow around them: commands that block,
	// mostly. Guarded by mu.
	late map[uint64]*waiter
	// How many late ones there may be before those who have gone are looked for.
	patience int
	// Waiters who are done. They stay with their queue, whose tickets are unique.
	idle sync.Pool
}

// seats holds waiters by the low bits of their tickets. Replies come in order, so that those who
// wait hold tickets close together.
type seats []atomic.Pointer[waiter]

// waiter is a caller who waits for the outcome of one command.
type waiter struct {
	// Ticket of the command, 0 when nobody waits. Who sets it to 0 decides the outcome.
	ticket atomic.Uint64
	result receiver
	done   chan struct{}
}

// receiver takes the outcome of a command.
type receiver interface {
	// receive takes the tokens of a reply, which are valid during the call only.
	receive(tokens []byte)
	fail(err error)
}

func (q *queue) init() {
	q.wake = make(chan struct{}, 1)
	q.idle.New = func() any { return &waiter{done: make(chan struct{}, 1)} }
	free := make(seats, leastSeats)
	q.seats.Store(&free)
	q.late = map[uint64]*waiter{}
	q.patience = leastSeats
}

// put packs a command. It tells whether the caller should hand in what is there: a command that is
// alone does not wait for the writer.
func (q *queue) put(w *waiter, head string, args []string) (ticket uint64, flush bool, err error) {
	size := 0
	for _, arg := range args {
		size += len(arg)
	}
	if size > commandBytes {
		return 0, false, newError(clientMisuse, "the command is larger than any server takes")
	}
	q.mu.Lock()
	if err = q.closed; err == nil {
		ticket = q.pack(w, head, args)
		flush = q.inFlight == 1 && q.last <= 1 && !q.scheduled && len(q.payload) <= inlineBytes
		// The server gets to work on one half of the callers while the other half is served here.
		half := min(max(q.inFlight/2, leastBatch), mostBatch)
		flush = flush || len(q.records) == half*recordBytes
		if !flush && !q.scheduled {
			q.schedule()
		}
	}
	q.mu.Unlock()
	return ticket, flush, err
}

// pack appends one command and its record. Called with the lock held.
func (q *queue) pack(w *waiter, head string, args []string) uint64 {
	ticket := q.seat(w)
	start := len(q.payload)
	payload := q.payload
	if head == "" {
		payload = append(payload, '*')
		payload = strconv.AppendInt(payload, int64(len(args)), 10)
		payload = append(payload, '\r', '\n')
	} else {
		payload = append(payload, head...)
	}
	for _, arg := range args {
		payload = append(payload, '$')
		payload = strconv.AppendInt(payload, int64(len(arg)), 10)
		payload = append(payload, '\r', '\n')
		payload = append(payload, arg...)
		payload = append(payload, '\r', '\n')
	}
	q.payload = payload
	q.records = binary.LittleEndian.AppendUint64(q.records, ticket)
	q.records = binary.LittleEndian.AppendUint32(q.records, 1)
	q.records = binary.LittleEndian.AppendUint32(q.records, uint32(len(payload)-start))
	q.records = binary.LittleEndian.AppendUint64(q.records, 0)
	return ticket
}

func (q *queue) schedule() {
	q.scheduled = true
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// seat gives the waiter a ticket, and makes it known by that. Replies come nearly in order: where it
// belongs nobody sits, or all seats are taken, or few lag behind.
func (q *queue) seat(w *waiter) uint64 {
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
	w.ticket.Store(q.ticket)
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
		if w.ticket.Load() != ticket {
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
	if held := w.ticket.Load(); held != 0 && s.at(held) == s.at(ticket) {
		return held
	}
	return 0
}

// claim takes the right to decide the outcome of a command, unless its caller has gone.
func (q *queue) claim(ticket uint64) *waiter {
	w := q.seats.Load().at(ticket).Load()
	if w != nil && w.ticket.CompareAndSwap(ticket, 0) {
		return w
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	w = q.late[ticket]
	if w == nil || !w.ticket.CompareAndSwap(ticket, 0) {
		return nil
	}
	delete(q.late, ticket)
	return w
}

// settle wakes callers whose outcome is known.
func (q *queue) settle(known []*waiter) {
	if len(known) == 0 {
		return
	}
	q.mu.Lock()
	q.inFlight -= len(known)
	q.mu.Unlock()
	for _, w := range known {
		w.done <- struct{}{}
	}
}

// leave gives up a command whose caller has gone.
func (q *queue) leave(ticket uint64) {
	q.mu.Lock()
	q.inFlight--
	delete(q.late, ticket)
	q.mu.Unlock()
}

// take empties the queue into the buffers given, which it keeps for the next commands.
func (q *queue) take(records, payload []byte) (takenRecords, takenPayload []byte) {
	if cap(payload) > keptBytes {
		payload = nil
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	takenRecords, takenPayload = q.records, q.payload
	q.records, q.payload = records[:0], payload[:0]
	q.scheduled = false
	if len(takenRecords) > 0 {
		q.last = len(takenRecords) / recordBytes
	}
	return takenRecords, takenPayload
}

// close takes no more commands and ends the writer.
func (q *queue) close(reason error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed == nil {
		q.closed = reason
		close(q.wake)
	}
}

// fail ends every command that still waits.
func (q *queue) fail(reason error) {
	var tickets []uint64
	q.mu.Lock()
	for ticket := range q.late {
		tickets = append(tickets, ticket)
	}
	q.mu.Unlock()
	table := q.seats.Load()
	for at := range *table {
		if ticket := table.holder(uint64(at)); ticket != 0 {
			tickets = append(tickets, ticket)
		}
	}
	var known []*waiter
	for _, ticket := range tickets {
		if w := q.claim(ticket); w != nil {
			w.result.fail(reason)
			known = append(known, w)
		}
	}
	q.settle(known)
}

const (
	recordBytes = 24
	leastSeats  = 64
	// A caller hands in at most this much by itself: it fits the socket's buffer.
	inlineBytes = 16 << 10
	// A record has 32 bits for its length.
	commandBytes = 1<<31 - 1
	keptBytes    = 1 << 20
	// Larger batches cost fewer system calls; smaller ones let client and server work at one time.
	leastBatch = 16
	mostBatch  = 128
)
