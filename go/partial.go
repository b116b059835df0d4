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
	if p.whole == 0 {
		p.whole = int(whole)
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
func (p *partial) deliver(tokens []byte, w *waiter) {
	if p.whole > 0 {
		text, found := p.end(tokens)
		if w != nil && found {
			if to, ok := w.result.(textReceiver); ok && to.receiveText(text) {
				return
			}
		}
	}
	if w != nil {
		w.result.receive(tokens)
	}
}

// end gives the text that was gathered, if it is that of the reply.
func (p *partial) end(tokens []byte) (text string, found bool) {
	if found = tokens[0] == '&' && binary.LittleEndian.Uint64(tokens[1:]) == uint64(p.whole); found {
		end, _ := core.Elsewhere(tokens[tokenBytes:], uint64(p.whole))
		p.text.Write(end[p.text.Len():])
		text = p.text.String()
	}
	p.text.Reset()
	p.whole = 0
	return text, found
}

// What a server announces is not given memory at once beyond this.
const largestPartial = 16 << 20
