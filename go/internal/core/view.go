package core

// #include "redlatch.h"
import "C"

import (
	"encoding/binary"
	"unsafe"
)

// View is what came out of a call: a header, then records. See redlatch.h for the layout.
type View []byte

// What a record is.
const (
	Reply    = C.REDLATCH_REPLY
	Failure  = C.REDLATCH_FAILURE
	Event    = C.REDLATCH_EVENT
	Fault    = C.REDLATCH_FAULT
	Text     = C.REDLATCH_TEXT
	Dial     = C.REDLATCH_DIAL
	DialUnix = C.REDLATCH_DIAL_UNIX
	Write    = C.REDLATCH_WRITE
	Hangup   = C.REDLATCH_HANGUP
	Need     = C.REDLATCH_NEED
	Lane     = C.REDLATCH_LANE
	Push     = C.REDLATCH_PUSH
	Opened   = C.REDLATCH_OPENED
	Bytes    = C.REDLATCH_BYTES
	Ended    = C.REDLATCH_ENDED
	Awaits   = C.REDLATCH_AWAITS
)

// Numbers of materials.
const (
	Trust       = C.REDLATCH_TRUST
	Identity    = C.REDLATCH_IDENTITY
	Credentials = C.REDLATCH_CREDENTIALS
	CRL         = C.REDLATCH_CRL
)

// Never is the deadline of a client that waits for nothing.
const Never = ^uint64(0)

// Record is one thing that came out.
type Record struct {
	Kind  byte
	Flags byte
	Code  uint16
	Extra uint32
	ID    uint64
	Body  []byte
}

// Now is the core's clock, in nanoseconds.
func (v View) Now() uint64 { return binary.LittleEndian.Uint64(v) }

// Deadline is when to tick, on the same clock.
func (v View) Deadline() uint64 { return binary.LittleEndian.Uint64(v[8:]) }

// Outcomes are the records before what the host has to do.
func (v View) Outcomes() []byte { return v[C.REDLATCH_HEADER:v.actions()] }

// Actions are what the host has to do, in order.
func (v View) Actions() []byte { return v[v.actions():] }

// HasMore tells that there is more to do once the actions are done.
func (v View) HasMore() bool { return v[28] != 0 }

func (v View) actions() uint64 { return binary.LittleEndian.Uint64(v[16:]) }

// Next splits off the first record.
func Next(records []byte) (Record, []byte) {
	end := C.REDLATCH_RECORD + binary.LittleEndian.Uint64(records[16:])
	return Record{
		Kind:  records[0],
		Flags: records[1],
		Code:  binary.LittleEndian.Uint16(records[2:]),
		Extra: binary.LittleEndian.Uint32(records[4:]),
		ID:    binary.LittleEndian.Uint64(records[8:]),
		Body:  records[C.REDLATCH_RECORD:end],
	}, records[end:]
}

// Outgoing is what a Write record points to.
func (r *Record) Outgoing() []byte {
	bytes, _ := Elsewhere(r.Body, binary.LittleEndian.Uint64(r.Body[8:]))
	return bytes
}

// Elsewhere splits off an address, and gives so many bytes that lie there.
func Elsewhere(body []byte, length uint64) (bytes, rest []byte) {
	// The body need not be aligned as a pointer would be.
	var data unsafe.Pointer
	copy((*[unsafe.Sizeof(data)]byte)(unsafe.Pointer(&data))[:], body)
	return unsafe.Slice((*byte)(data), length), body[8:]
}
