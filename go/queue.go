package redlatch

import (
	"sync"
	"sync/atomic"
	"unsafe"
)

// queue is where callers leave packed commands until the next crossing takes them all at once.
type queue struct {
	mu     sync.Mutex
	packed packed
	// Commands whose outcome is not known.
	inFlight int
	// Commands in the batch taken before.
	last int
	// The writer is on its way.
	scheduled bool
	// Times in a row that most of a large buffer was not needed.
	unneeded int
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
		return 0, false, tooLarge()
	}
	q.mu.Lock()
	if err = q.closed; err == nil {
		ticket = q.seat(w, 0)
		start := q.packed.size()
		q.packed.command(head, args)
		flush = q.record(ticket, 1, start)
	}
	q.mu.Unlock()
	return ticket, flush, err
}

// putMany adds a record of several commands that are packed already, as put does.
func (q *queue) putMany(w *waiter, commands int, parts [][]byte) (ticket uint64, flush bool, err error) {
	size := 0
	for _, part := range parts {
		size += len(part)
	}
	if size > commandBytes {
		return 0, false, tooLarge()
	}
	w.left = commands
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed != nil {
		return 0, false, q.closed
	}
	ticket = q.seat(w, many)
	start := q.packed.size()
	for _, part := range parts {
		q.packed.add(unsafe.String(unsafe.SliceData(part), len(part)))
	}
	return ticket, q.record(ticket, commands, start), nil
}

// reserve gives a ticket for a record that goes elsewhere.
func (q *queue) reserve(w *waiter, commands int) (ticket uint64, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.closed != nil:
		return 0, q.closed
	case commands == 1:
		return q.seat(w, 0), nil
	}
	w.left = commands
	return q.seat(w, many), nil
}

// record describes what was packed last, and tells whether it leaves at once.
func (q *queue) record(ticket uint64, commands, start int) (flush bool) {
	size := q.packed.size()
	q.packed.record(ticket, commands, size-start)
	flush = q.inFlight == 1 && q.last <= 1 && !q.scheduled && size <= inlineBytes
	// The server gets to work on one half of the callers while the other half is served here.
	half := min(max(q.inFlight/2, leastBatch), mostBatch)
	flush = flush || len(q.packed.records) == half*recordBytes
	if !flush && !q.scheduled {
		q.schedule()
	}
	return flush
}

func tooLarge() error {
	return newError(clientMisuse, "the command is larger than any server takes")
}

func (q *queue) schedule() {
	q.scheduled = true
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// settle wakes callers whose outcome is known; one who reads found it out.
func (q *queue) settle(known []*waiter, reader *waiter) {
	if len(known) == 0 {
		return
	}
	q.mu.Lock()
	q.inFlight -= len(known)
	q.mu.Unlock()
	for _, w := range known {
		w.known()
		if w == reader {
			continue
		}
		if link := w.reads.Load(); link != nil {
			link.interrupt()
		}
	}
}

// isQuiet tells whether nobody waits.
func (q *queue) isQuiet() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.inFlight == 0
}

// isLone tells whether nobody waits, and one caller did.
func (q *queue) isLone() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.inFlight == 0 && q.last == 1
}

// isOne tells whether one caller waits.
func (q *queue) isOne() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.inFlight == 1
}

// leave gives up a command whose caller has gone.
func (q *queue) leave(ticket uint64) {
	q.mu.Lock()
	q.inFlight--
	delete(q.late, ticket)
	q.mu.Unlock()
}

// take empties the queue. The buffers of what was taken before are kept for the next commands.
func (q *queue) take(before packed) packed {
	before.empty(&q.unneeded)
	q.mu.Lock()
	defer q.mu.Unlock()
	taken := q.packed
	q.packed = before
	q.scheduled = false
	if count := len(taken.records) / recordBytes; count > 0 {
		q.last = count
	}
	return taken
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
	q.settle(known, nil)
}

const (
	// A caller hands in at most this much by itself. Its context is not looked at meanwhile.
	inlineBytes = 4 << 20
	// A record has 32 bits for its length.
	commandBytes = 1<<31 - 1
	// Larger batches cost fewer system calls; smaller ones let client and server work at one time.
	leastBatch = 16
	mostBatch  = 128
)
