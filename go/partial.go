package redlatch

import (
	"encoding/binary"
	"strings"

	"github.com/redlatch/redlatch/go/internal/core"
)

// partial is what has come of a long text. It is copied while the server is at work on the rest: copied
// at its end, nobody would do anything else meanwhile.
type partial struct {
	text strings.Builder
	// Of how many bytes; 0 if there is none.
	whole int
	// Whose it is. Whoever gives up gets none of it, and the next reply is somebody else's.
	ticket uint64
}

// gather adds what has come since. Called with the engine's lock held: the core may move it.
func (p *partial) gather(outcomes []byte) {
	// With other outcomes before it, there is more of it next time.
	if len(outcomes) == 0 || outcomes[0] != core.Awaits {
		return
	}
	record, _ := core.Next(outcomes)
	if len(record.Body) == 0 {
		return
	}
	length, whole := binary.LittleEndian.Uint64(record.Body[8:]), binary.LittleEndian.Uint64(record.Body[16:])
	if whole > largestPartial {
		return
	}
	if ticket := binary.LittleEndian.Uint64(record.Body[24:]); p.whole == 0 || p.ticket != ticket {
		*p = partial{whole: int(whole), ticket: ticket}
		p.text.Grow(p.whole)
	}
	text, _ := core.Elsewhere(record.Body, length)
	p.text.Write(text[p.text.Len():])
}

// textReceiver is a receiver whose outcome may be a text.
type textReceiver interface {
	// receiveText tells whether it is one; otherwise receive is called.
	receiveText(text string) bool
}

// deliver hands a reply to whoever asked for it, if somebody still does.
func (p *partial) deliver(reply *core.Record, w *waiter) {
	text, found := "", false
	if p.whole > 0 {
		text, found = p.end(reply)
	}
	switch {
	case w == nil:
	case found && take(w.result, text):
	default:
		w.result.receive(reply.Body)
	}
}

// end gives the text that was gathered, if it is that of the reply.
func (p *partial) end(reply *core.Record) (text string, found bool) {
	tokens := reply.Body
	found = reply.ID == p.ticket && tokens[0] == '&' && binary.LittleEndian.Uint64(tokens[1:]) == uint64(p.whole)
	if found {
		end, _ := core.Elsewhere(tokens[tokenBytes:], uint64(p.whole))
		p.text.Write(end[p.text.Len():])
		text = p.text.String()
	}
	*p = partial{}
	return text, found
}

func take(result receiver, text string) bool {
	to, ok := result.(textReceiver)
	return ok && to.receiveText(text)
}

// What a server announces is not given memory at once beyond this.
const largestPartial = 16 << 20
