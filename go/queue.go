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

	sequence uint64
	free     []uint32
	slots    atomic.Pointer[[]atomic.Pointer[waiter]]
}

// waiter is a caller who waits for the outcome of one command.
type waiter struct {
	// Ticket of the command, 0 when nobody waits. Who sets it to 0 decides the outcome.
	ticket atomic.Uint64
	slot   uint32
	result receiver
	done   chan struct{}
}

// receiver takes the outcome of a command.
type receiver interface {
	// receive takes the tokens of a reply, which are valid during the call only.
	receive(tokens []byte)
	fail(err error)
}

var waiters = sync.Pool{New: func() any { return &waiter{done: make(chan struct{}, 1)} }}

func (q *queue) init() {
	q.wake = make(chan struct{}, 1)
	q.slots.Store(new([]atomic.Pointer[waiter]))
}

// put packs a command. It tells whether the caller should hand in what is there: a command that is
// alone does not wait for the writer.
func (q *queue) put(w *waiter, head string, args []string) (ticket uint64, flush bool, err error) {
	q.mu.Lock()
	if err = q.closed; err == nil {
		ticket = q.pack(w, head, args)
		flush = q.inFlight == 1 && q.last <= 1 && !q.scheduled && len(q.payload) <= inlineBytes
		// The server gets to work on a full batch while the next one is being packed.
		flush = flush || len(q.records) == batchCommands*recordBytes
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

// seat gives the waiter a ticket: a sequence number, which grows, and the slot where to find it.
func (q *queue) seat(w *waiter) uint64 {
	slots := *q.slots.Load()
	if len(q.free) == 0 {
		grown := make([]atomic.Pointer[waiter], max(64, 2*len(slots)))
		for at := range slots {
			grown[at].Store(slots[at].Load())
		}
		for at := len(grown) - 1; at >= len(slots); at-- {
			q.free = append(q.free, uint32(at))
		}
		slots = grown
		q.slots.Store(&grown)
	}
	w.slot = q.free[len(q.free)-1]
	q.free = q.free[:len(q.free)-1]
	slots[w.slot].Store(w)
	q.sequence++
	q.inFlight++
	ticket := q.sequence<<slotBits | uint64(w.slot)
	w.ticket.Store(ticket)
	return ticket
}

// claim takes the right to decide the outcome of a command, unless its caller has gone.
func (q *queue) claim(ticket uint64) *waiter {
	slots := *q.slots.Load()
	w := slots[ticket&(1<<slotBits-1)].Load()
	if w == nil || !w.ticket.CompareAndSwap(ticket, 0) {
		return nil
	}
	return w
}

// settle wakes callers whose outcome is known.
func (q *queue) settle(known []*waiter) {
	if len(known) == 0 {
		return
	}
	q.mu.Lock()
	q.inFlight -= len(known)
	for _, w := range known {
		q.free = append(q.free, w.slot)
	}
	q.mu.Unlock()
	for _, w := range known {
		w.done <- struct{}{}
	}
}

// give up a command whose caller has gone; its ticket was claimed.
func (q *queue) leave(slot uint32) {
	q.mu.Lock()
	q.inFlight--
	q.free = append(q.free, slot)
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
	var known []*waiter
	slots := *q.slots.Load()
	for at := range slots {
		w := slots[at].Load()
		if w == nil {
			continue
		}
		if ticket := w.ticket.Load(); ticket != 0 && w.ticket.CompareAndSwap(ticket, 0) {
			w.result.fail(reason)
			known = append(known, w)
		}
	}
	q.settle(known)
}

const (
	slotBits    = 24
	recordBytes = 24
	// A caller hands in at most this much by itself: it fits the socket's buffer.
	inlineBytes = 16 << 10
	keptBytes   = 1 << 20
	// Larger batches cost fewer system calls; smaller ones let client and server work at one time.
	batchCommands = 128
)
