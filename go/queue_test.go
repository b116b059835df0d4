package redlatch

import (
	"context"
	"encoding/binary"
	"errors"
	"reflect"
	"strings"
	"testing"
	"unsafe"

	"github.com/redlatch/redlatch/go/internal/core"
)

// seated is how many places a queue has, those for late ones included.
func (q *queue) seated() int { return len(*q.seats.Load()) + len(q.late) }

func TestThoseWhoWaitLongKeepTheirPlace(t *testing.T) {
	var q queue
	q.init()
	patient := make([]waiter, 20)
	var tickets []uint64
	for at := range patient {
		tickets = append(tickets, q.seat(&patient[at], 0))
	}
	var passing waiter
	for range 100_000 {
		ticket := q.seat(&passing, 0)
		if q.claim(ticket) != &passing || q.claim(ticket) != nil {
			t.Fatal("a ticket is claimed once")
		}
		q.settle([]*waiter{{done: make(chan struct{}, 1)}}, nil)
	}
	if q.seated() > leastSeats+len(patient) {
		t.Fatal(q.seated(), "places for a few who wait")
	}
	for at, ticket := range tickets {
		if q.claim(ticket) != &patient[at] || q.claim(ticket) != nil {
			t.Fatal("lost sight of", at)
		}
	}
	if q.claim(q.ticket+1) != nil || len(q.late) != 0 {
		t.Fatal("nobody holds this ticket")
	}
}

func TestSeatsGrowForMany(t *testing.T) {
	var q queue
	q.init()
	waiters := make([]waiter, 1000)
	for at := range waiters {
		q.seat(&waiters[at], 0)
	}
	if len(q.late) > 0 || len(*q.seats.Load()) > 2048 {
		t.Fatal(len(q.late), "are late of", q.seated())
	}
	for at := range waiters {
		if q.claim(uint64(at+1)) != &waiters[at] {
			t.Fatal("lost sight of", at)
		}
	}
}

// Late ones who were claimed while they moved must not pile up.
func TestLateOnesWhoHaveGoneAreForgotten(t *testing.T) {
	var q queue
	q.init()
	for ticket := range uint64(10_000) {
		q.leaveBehind(ticket+1, new(waiter))
	}
	if len(q.late) > leastSeats {
		t.Fatal(len(q.late))
	}
}

func TestPackedCommands(t *testing.T) {
	var q queue
	q.init()
	if _, flush, _ := q.put(&waiter{}, "", []string{"SET", "k", "\r\n"}); !flush {
		t.Fatal("a command that is alone leaves at once")
	}
	if _, flush, _ := q.put(&waiter{}, "*1\r\n$4\r\nPING\r\n", nil); flush {
		t.Fatal("the second waits for the writer")
	}
	taken := q.take(packed{})
	records, payload := taken.records, taken.payload
	if want := "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$2\r\n\r\n\r\n*1\r\n$4\r\nPING\r\n"; string(payload) != want {
		t.Fatalf("%q", payload)
	}
	if len(records) != 2*recordBytes || binary.LittleEndian.Uint32(records[12:]) != 28 {
		t.Fatal(records)
	}
	q.close(Nil)
	q.close(nil)
	if _, _, err := q.put(&waiter{}, "", nil); err != Nil {
		t.Fatal(err)
	}
}

func TestALongTextIsNotCopied(t *testing.T) {
	var q queue
	q.init()
	long, other := strings.Repeat("long", longBytes), strings.Repeat("other", longBytes)
	commands := [][]string{{"SET", "short", "1"}, {"MSET", "a", long, "b", other}, {"PING"}}
	var want []byte
	for _, words := range commands {
		if _, _, err := q.put(&waiter{}, "", words); err != nil {
			t.Fatal(err)
		}
		want = appendCommand(want, "", words)
	}
	pipe := appendCommand(nil, "", []string{"SET", "c", other})
	if _, _, err := q.putMany(&waiter{}, 1, [][]byte{pipe}); err != nil {
		t.Fatal(err)
	}
	taken := q.take(packed{})
	payload := string(taken.payload[:taken.longAt]) + taken.long + string(taken.payload[taken.longAt:])
	if unsafe.StringData(taken.long) != unsafe.StringData(long) || payload != string(want)+string(pipe) {
		t.Fatal("not what was put")
	}
	sum := 0
	for at := range 4 {
		sum += int(binary.LittleEndian.Uint32(taken.records[at*recordBytes+12:]))
	}
	if sum != len(payload) {
		t.Fatal(sum, len(payload))
	}
	if again := q.take(taken); len(again.records) > 0 || again.size() > 0 {
		t.Fatal("something was left")
	}
	if q.packed.long != "" {
		t.Fatal("a text is held")
	}
}

// A core that failed inside must leave nobody waiting.
func TestFaultFailsEverybody(t *testing.T) {
	client := NewClient(&Options{Addr: "127.0.0.1:1", Timeout: -1})
	defer client.Close()
	outcome := make(chan error)
	for range 2 {
		go func() { outcome <- client.Ping(context.Background()).Err() }()
	}
	e := client.engine
	for open := 0; open < 2; {
		e.queue.mu.Lock()
		open = e.queue.inFlight
		e.queue.mu.Unlock()
	}
	body := []byte(`{"code":"internal.panic","number":1002,"family":"internal"}`)
	record := make([]byte, 24, 24+len(body))
	record[0] = core.Fault
	binary.LittleEndian.PutUint64(record[16:], uint64(len(body)))
	e.settle(&crossing{}, append(record, body...))
	for range 2 {
		if err := <-outcome; !errors.Is(err, ErrInternalPanic) {
			t.Fatal(err)
		}
	}
	if err := client.Ping(context.Background()).Err(); !errors.Is(err, ErrInternalPanic) {
		t.Fatal(err)
	}
}

// The outcome of EXEC when a watched key was changed, and of one that answers with too little.
func TestTransactionsThatRanNothing(t *testing.T) {
	null, short := make([]byte, tokenBytes), make([]byte, tokenBytes)
	null[0], short[0] = '_', '*'
	for want, exec := range map[error][]byte{ErrClientWatchChanged: null, ErrProtocolMalformed: short} {
		first, second := new(StringCmd), new(IntCmd)
		outcome := &replies{results: []Cmder{first, second}, transaction: true}
		for range 3 {
			outcome.receive([]byte("+\x02\x00\x00\x00\x00\x00\x00\x00OK"))
		}
		outcome.receive(exec)
		if err := outcome.first(); !errors.Is(err, want) || first.Err() != err || second.Err() != err {
			t.Errorf("%v, not %v", err, want)
		}
	}
}

func TestCmdableHasEveryCommand(t *testing.T) {
	all, shared := reflect.TypeOf(&commands{}), reflect.TypeOf((*Cmdable)(nil)).Elem()
	if all.NumMethod() != shared.NumMethod() {
		t.Errorf("%d commands, %d in Cmdable: run go generate", all.NumMethod(), shared.NumMethod())
	}
}
