// Package core is the only place that crosses into Rust. It translates nothing and decides nothing.
package core

// #include "redlatch.h"
// #ifndef REDLATCH_SUM
// #define REDLATCH_SUM ""
// #endif
import "C"

import (
	"sync/atomic"
	"unsafe"
)

// Sum is that of the library that was built last here: a program is linked again when it changes.
var Sum = C.REDLATCH_SUM

// held counts what was made and not freed.
var held atomic.Int64

// Held is how many clients and batches exist: memory that Go's collector does not see.
func Held() int64 { return held.Load() }

// Batch holds what came out of one call. Each goroutine that makes calls uses one of its own.
type Batch struct {
	handle *C.redlatch_batch
	// Where the core tells how much it took.
	taken C.size_t
}

// NewBatch makes a batch; Free ends it.
func NewBatch() *Batch {
	held.Add(1)
	return &Batch{handle: C.redlatch_batch_new()}
}

// Free frees the batch and every view of it.
func (b *Batch) Free() {
	C.redlatch_batch_free(b.handle)
	b.handle = nil
	held.Add(-1)
}

// Client is one client of the core. Its inputs answer with a view of the batch, valid until the
// batch is used again.
type Client struct{ handle *C.redlatch_client }

// New makes a client from settings, one JSON object. It is nil if the view holds a fault.
func New(batch *Batch, settings []byte, fromEnv bool) (*Client, View) {
	var handle *C.redlatch_client
	data, length := pointer(settings)
	made := view(C.redlatch_client_new(data, length, C.bool(fromEnv), batch.handle, &handle))
	if handle == nil {
		return nil, made
	}
	held.Add(1)
	return &Client{handle}, made
}

// Free frees the client without a word to the server.
func (c *Client) Free() {
	C.redlatch_client_free(c.handle)
	c.handle = nil
	held.Add(-1)
}

// Submit hands in packed records and the packed commands they describe.
func (c *Client) Submit(batch *Batch, records, payload []byte) View {
	recordsAt, recordsLength := pointer(records)
	payloadAt, payloadLength := pointer(payload)
	return view(C.redlatch_client_submit(c.handle, batch.handle, recordsAt, recordsLength, payloadAt, payloadLength))
}

// SubmitLong does the same with a long text, which comes behind the first so many bytes of the payload.
// If it may, it takes only the start of the text; Append hands in what is left.
func (c *Client) SubmitLong(
	batch *Batch, records, payload []byte, at int, long string, mayLeaveSome bool,
) (seen View, left string) {
	recordsAt, recordsLength := pointer(records)
	payloadAt, payloadLength := pointer(payload)
	longAt, longLength := text(long)
	batch.taken = longLength
	var taken *C.size_t
	if mayLeaveSome {
		taken = &batch.taken
	}
	seen = view(C.redlatch_client_submit_long(
		c.handle, batch.handle, recordsAt, recordsLength, payloadAt, payloadLength,
		C.size_t(at), longAt, longLength, taken,
	))
	return seen, long[batch.taken:]
}

// Append hands in what follows of a long text, and gives what is left.
func (c *Client) Append(batch *Batch, ticket uint64, long string) (seen View, left string) {
	data, length := text(long)
	batch.taken = length
	seen = view(C.redlatch_client_append(
		c.handle, batch.handle, C.uint64_t(ticket), data, length, &batch.taken))
	return seen, long[batch.taken:]
}

// Cancel gives up a command.
func (c *Client) Cancel(batch *Batch, ticket uint64) View {
	return view(C.redlatch_client_cancel(c.handle, batch.handle, C.uint64_t(ticket)))
}

// Dialed tells that a connection is up.
func (c *Client) Dialed(batch *Batch, link uint64) View {
	return view(C.redlatch_client_dialed(c.handle, batch.handle, C.uint64_t(link)))
}

// DialFailed tells that a connection could not be made.
func (c *Client) DialFailed(batch *Batch, link uint64, code uint16, why string) View {
	data, length := pointer([]byte(why))
	return view(C.redlatch_client_dial_failed(c.handle, batch.handle, C.uint64_t(link), C.uint16_t(code), data, length))
}

// Received hands in bytes of the peer.
func (c *Client) Received(batch *Batch, link uint64, bytes []byte) View {
	data, length := pointer(bytes)
	return view(C.redlatch_client_received(c.handle, batch.handle, C.uint64_t(link), data, length))
}

// Closed tells that a connection ended; code 0 means that the peer ended it.
func (c *Client) Closed(batch *Batch, link uint64, code uint16, why string) View {
	data, length := pointer([]byte(why))
	return view(C.redlatch_client_closed(c.handle, batch.handle, C.uint64_t(link), C.uint16_t(code), data, length))
}

// Blocked tells that a connection takes no bytes for now.
func (c *Client) Blocked(batch *Batch, link uint64) View {
	return view(C.redlatch_client_blocked(c.handle, batch.handle, C.uint64_t(link)))
}

// Writable tells that a connection takes bytes again.
func (c *Client) Writable(batch *Batch, link uint64) View {
	return view(C.redlatch_client_writable(c.handle, batch.handle, C.uint64_t(link)))
}

// More asks for what the view before has announced.
func (c *Client) More(batch *Batch) View {
	return view(C.redlatch_client_more(c.handle, batch.handle))
}

// Tick tells that the deadline has come.
func (c *Client) Tick(batch *Batch) View {
	return view(C.redlatch_client_tick(c.handle, batch.handle))
}

// Reload looks at all watched files.
func (c *Client) Reload(batch *Batch) View {
	return view(C.redlatch_client_reload(c.handle, batch.handle))
}

// Supply hands in content of a material, each part behind its length: the answer to question id, or
// unasked if that is 0. A fault among the outcomes says why it is refused.
func (c *Client) Supply(batch *Batch, material uint16, id uint64, parts []byte) View {
	data, length := pointer(parts)
	return view(C.redlatch_client_supply(c.handle, batch.handle, C.uint16_t(material), C.uint64_t(id), data, length))
}

// SupplyFailed tells that there is no answer to question id.
func (c *Client) SupplyFailed(batch *Batch, material uint16, id uint64, why string) View {
	data, length := pointer([]byte(why))
	return view(C.redlatch_client_supply_failed(c.handle, batch.handle, C.uint16_t(material), C.uint64_t(id), data, length))
}

// Close ends the client's work.
func (c *Client) Close(batch *Batch) View {
	return view(C.redlatch_client_close(c.handle, batch.handle))
}

// Status asks for a snapshot, as JSON.
func (c *Client) Status(batch *Batch) View {
	return view(C.redlatch_client_status(c.handle, batch.handle))
}

// Config asks for the settings in force, as JSON.
func (c *Client) Config(batch *Batch) View {
	return view(C.redlatch_client_config(c.handle, batch.handle))
}

// Bundle reads CAs, and answers with JSON or a fault.
func Bundle(batch *Batch, data []byte) View {
	at, length := pointer(data)
	return view(C.redlatch_read_bundle(at, length, batch.handle))
}

// ScriptHash asks for the SHA-1 of a script, in hexadecimal.
func ScriptHash(batch *Batch, source []byte) View {
	at, length := pointer(source)
	return view(C.redlatch_script_hash(at, length, batch.handle))
}

// Codes asks for the table of error codes, as JSON.
func Codes(batch *Batch) View { return view(C.redlatch_codes(batch.handle)) }

// Settings asks for the table of settings, as JSON.
func Settings(batch *Batch) View { return view(C.redlatch_settings(batch.handle)) }

// HealthPlan asks for the commands of a judgement of health, as JSON.
func HealthPlan(batch *Batch) View { return view(C.redlatch_health_plan(batch.handle)) }

// JudgeHealth judges a status and the outcome of those commands, all JSON.
func JudgeHealth(batch *Batch, status, outcome []byte, readOnly bool) View {
	statusAt, statusLength := pointer(status)
	outcomeAt, outcomeLength := pointer(outcome)
	return view(C.redlatch_judge_health(statusAt, statusLength, outcomeAt, outcomeLength, C.bool(readOnly), batch.handle))
}

// ExposeMetrics asks for Prometheus's text format of a JSON array of statuses.
func ExposeMetrics(batch *Batch, statuses []byte) View {
	at, length := pointer(statuses)
	return view(C.redlatch_expose_metrics(at, length, batch.handle))
}

func pointer(bytes []byte) (*C.uint8_t, C.size_t) {
	return (*C.uint8_t)(unsafe.Pointer(unsafe.SliceData(bytes))), C.size_t(len(bytes))
}

func text(of string) (*C.uint8_t, C.size_t) {
	return (*C.uint8_t)(unsafe.Pointer(unsafe.StringData(of))), C.size_t(len(of))
}

func view(bytes C.redlatch_bytes) View {
	return unsafe.Slice((*byte)(unsafe.Pointer(bytes.data)), int(bytes.len))
}
