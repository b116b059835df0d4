package redlatch

import (
	"encoding/binary"
	"strconv"
)

// packed is what is handed in at one time: commands, and records that describe them.
type packed struct {
	records []byte
	payload []byte
	// A long text is copied by the core only. It comes behind so many bytes of the payload. Whoever it
	// belongs to waits until the core has it, given up or not.
	long   string
	longAt int
}

// size is that of all commands.
func (p *packed) size() int { return len(p.payload) + len(p.long) }

// command adds a command; head is what is packed of it already, or empty.
func (p *packed) command(head string, args []string) {
	p.payload = appendHead(p.payload, head, args)
	for _, arg := range args {
		p.payload = appendLength(p.payload, arg)
		p.add(arg)
		p.payload = append(p.payload, '\r', '\n')
	}
}

// add adds a text as it is.
func (p *packed) add(text string) {
	if len(text) >= longBytes && p.long == "" {
		p.long, p.longAt = text, len(p.payload)
		return
	}
	p.payload = append(p.payload, text...)
}

// record describes so many commands of so many bytes.
func (p *packed) record(ticket uint64, commands, length int) {
	p.records = binary.LittleEndian.AppendUint64(p.records, ticket)
	p.records = binary.LittleEndian.AppendUint32(p.records, uint32(commands))
	p.records = binary.LittleEndian.AppendUint32(p.records, uint32(length))
	p.records = binary.LittleEndian.AppendUint64(p.records, 0)
}

// empty keeps nothing but memory, and not for long what is not needed: fresh memory for each large
// value would keep the garbage collector busy.
func (p *packed) empty(unneeded *int) {
	if large := cap(p.payload) > smallBytes && len(p.payload) < cap(p.payload)/4; large {
		*unneeded++
	} else {
		*unneeded = 0
	}
	p.records, p.payload, p.long = p.records[:0], p.payload[:0], ""
	if cap(p.payload) > keptBytes || *unneeded > bufferPatience {
		p.payload, *unneeded = nil, 0
	}
}

// appendCommand packs a command; head is what is packed of it already, or empty.
func appendCommand(payload []byte, head string, args []string) []byte {
	payload = appendHead(payload, head, args)
	for _, arg := range args {
		payload = appendLength(payload, arg)
		payload = append(payload, arg...)
		payload = append(payload, '\r', '\n')
	}
	return payload
}

func appendHead(payload []byte, head string, args []string) []byte {
	if head != "" {
		return append(payload, head...)
	}
	payload = append(payload, '*')
	payload = strconv.AppendInt(payload, int64(len(args)), 10)
	return append(payload, '\r', '\n')
}

func appendLength(payload []byte, arg string) []byte {
	payload = append(payload, '$')
	payload = strconv.AppendInt(payload, int64(len(arg)), 10)
	return append(payload, '\r', '\n')
}

const (
	recordBytes = 24
	// To copy so much takes longer than to hand it in apart.
	longBytes = 8 << 10
	// Up to smallBytes memory is kept, beyond keptBytes it is let go at once, and in between when it was
	// not needed for a while.
	smallBytes     = 1 << 16
	keptBytes      = 1 << 24
	bufferPatience = 64
)
