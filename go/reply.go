package redlatch

import (
	"encoding/binary"
	"math"
	"strconv"

	"github.com/redlatch/redlatch/go/internal/core"
)

// reply reads the tokens of a reply, one after the other. A reply is a list of tokens, depth first:
// the type byte of RESP, a number of 8 bytes, and the text if there is one; see redlatch.h.
//
// The first token that is not what was wanted is the error; what is read from then on is zero.
type reply struct {
	tokens []byte
	err    error
}

const tokenBytes = 9

// decode reads a whole reply.
func decode[T any](tokens []byte, read func(*reply) T) (T, error) {
	r := reply{tokens: tokens}
	value := read(&r)
	if r.err != nil {
		var none T
		return none, r.err
	}
	return value, nil
}

// text is a whole reply that is a string.
func text(tokens []byte) (string, error) {
	r := reply{tokens: tokens}
	value := r.text()
	return value, r.err
}

// integer is a whole reply that is a whole number.
func integer(tokens []byte) (int64, error) {
	r := reply{tokens: tokens}
	value := r.integer()
	return value, r.err
}

// next splits off a token. Behind the end there are nulls.
func (r *reply) next() (kind byte, number uint64, text []byte) {
	if r.err != nil || len(r.tokens) == 0 {
		return '_', 0, nil
	}
	kind, number = r.tokens[0], binary.LittleEndian.Uint64(r.tokens[1:])
	r.tokens = r.tokens[tokenBytes:]
	var length uint64
	switch kind {
	case '$', '+', '(':
		length = number
	case '-':
		length = uint64(uint32(number))
	case '&':
		text, r.tokens = core.Elsewhere(r.tokens, number)
		return '$', number, text
	}
	text, r.tokens = r.tokens[:length], r.tokens[length:]
	return kind, number, text
}

// peek is the kind of the token that comes next.
func (r *reply) peek() byte {
	if len(r.tokens) == 0 {
		return '_'
	}
	if r.tokens[0] == '&' {
		return '$'
	}
	return r.tokens[0]
}

// isNil skips a null, if one comes next.
func (r *reply) isNil() bool {
	if r.err != nil || r.peek() != '_' {
		return false
	}
	r.next()
	return true
}

// unexpected makes a token the error.
func (r *reply) unexpected(kind byte, number uint64, text []byte, wanted string) {
	switch {
	case r.err != nil:
	case kind == '-':
		r.err = serverError(uint16(number>>32), string(text))
	case kind == '_':
		r.err = Nil
	default:
		r.err = newError(clientMisuse, "the reply is not "+wanted)
	}
}

func (r *reply) text() string {
	kind, number, text := r.next()
	switch kind {
	case '$', '(':
		return string(text)
	case '+':
		return status(text)
	case ':':
		return strconv.FormatInt(int64(number), 10)
	case ',':
		return strconv.FormatFloat(math.Float64frombits(number), 'f', -1, 64)
	case '#':
		return strconv.FormatBool(number != 0)
	}
	r.unexpected(kind, number, text, "a string")
	return ""
}

// word is a string, or an empty one for a null.
func (r *reply) word() string {
	return orZero(r, (*reply).text)
}

func (r *reply) integer() int64 {
	kind, number, text := r.next()
	switch kind {
	case ':', '#':
		return int64(number)
	case '$', '+':
		if number, err := strconv.ParseInt(string(text), 10, 64); err == nil {
			return number
		}
	}
	r.unexpected(kind, number, text, "an integer")
	return 0
}

func (r *reply) float() float64 {
	kind, number, text := r.next()
	switch kind {
	case ',':
		return math.Float64frombits(number)
	case ':':
		return float64(int64(number))
	case '$', '+':
		if number, err := strconv.ParseFloat(string(text), 64); err == nil {
			return number
		}
	}
	r.unexpected(kind, number, text, "a number")
	return 0
}

// truth is whether something was done: 1, true or OK.
func (r *reply) truth() bool {
	kind, number, text := r.next()
	switch kind {
	case ':', '#':
		return number == 1
	case '$', '+':
		return string(text) == "OK" || string(text) == "1"
	}
	r.unexpected(kind, number, text, "true or false")
	return false
}

// count starts a list and gives its length; a map is a list of keys and values.
func (r *reply) count() int {
	kind, number, text := r.next()
	switch kind {
	case '*', '~', '>':
		return int(number)
	case '%':
		return int(2 * number)
	}
	r.unexpected(kind, number, text, "a list")
	return 0
}

// tuple reads a list of at least so many elements, and skips those behind.
func (r *reply) tuple(wanted int, read func()) {
	count := r.count()
	if r.err == nil && count < wanted {
		r.err = newError(clientMisuse, "the reply lacks elements")
	}
	read()
	for ; count > wanted && r.err == nil; count-- {
		r.skip()
	}
}

// pairs reads a map, a list of pairs, or a list of keys and values.
func (r *reply) pairs(read func()) {
	kind, number, text := r.next()
	switch kind {
	case '%':
	case '*', '~', '>':
		if number > 0 && r.peek() == '*' {
			for range number {
				r.tuple(2, read)
			}
			return
		}
		number /= 2
	default:
		r.unexpected(kind, number, text, "a map")
		return
	}
	for ; number > 0 && r.err == nil; number-- {
		read()
	}
}

// take splits off the tokens of one element.
func (r *reply) take() []byte {
	rest := r.tokens
	r.skip()
	return rest[:len(rest)-len(r.tokens)]
}

func (r *reply) skip() {
	for left := uint64(1); left > 0 && r.err == nil; left-- {
		switch kind, number, _ := r.next(); kind {
		case '*', '~', '>':
			left += number
		case '%':
			left += 2 * number
		}
	}
}

// status is a text that mostly is OK.
func status(text []byte) string {
	if string(text) == "OK" {
		return "OK"
	}
	return string(text)
}
