package redlatch

import (
	"encoding/binary"
	"math"
	"math/big"
	"reflect"
	"strconv"
)

// outcome is the reply to a command, or why there is none.
type outcome struct {
	// Type byte of the reply, as in RESP.
	kind   byte
	number uint64
	text   string
	// Elements of an aggregate.
	value any
	err   error
}

// decode reads the tokens of a reply.
func (o *outcome) decode(tokens []byte) {
	*o = outcome{kind: tokens[0], number: binary.LittleEndian.Uint64(tokens[1:])}
	switch o.kind {
	case '$', '(':
		o.text = string(tokens[tokenBytes:])
	case '+':
		o.text = status(tokens[tokenBytes:])
	case '-':
		o.err = serverError(uint16(o.number>>32), string(tokens[tokenBytes:]))
	case '_':
		o.err = Nil
	case '*', '~', '>', '%':
		o.value, _ = element(tokens)
	}
}

// string is the reply of a command that answers with text.
func (o *outcome) string() (string, error) {
	switch o.kind {
	case '$', '+', '(':
		return o.text, nil
	case ':':
		return strconv.FormatInt(int64(o.number), 10), nil
	case ',':
		return strconv.FormatFloat(math.Float64frombits(o.number), 'g', -1, 64), nil
	case '#':
		return strconv.FormatBool(o.number != 0), nil
	}
	return "", o.unexpected("text")
}

// integer is the reply of a command that answers with a number.
func (o *outcome) integer() (int64, error) {
	switch o.kind {
	case ':', '#':
		return int64(o.number), nil
	case '$', '+':
		if number, err := strconv.ParseInt(o.text, 10, 64); err == nil {
			return number, nil
		}
	}
	return 0, o.unexpected("an integer")
}

// any is the reply of a command of any kind.
func (o *outcome) any() (any, error) {
	switch o.kind {
	case '$', '+':
		return o.text, nil
	case ':':
		return int64(o.number), nil
	case ',':
		return math.Float64frombits(o.number), nil
	case '#':
		return o.number != 0, nil
	case '(':
		return bigNumber(o.text), nil
	}
	return o.value, o.err
}

func (o *outcome) unexpected(wanted string) error {
	if o.err != nil {
		return o.err
	}
	return newError(clientMisuse, "the reply is not "+wanted)
}

// element builds the value of the first token and what belongs to it.
func element(tokens []byte) (any, []byte) {
	kind, number := tokens[0], binary.LittleEndian.Uint64(tokens[1:])
	rest := tokens[tokenBytes:]
	switch kind {
	case '$':
		return string(rest[:number]), rest[number:]
	case '+':
		return status(rest[:number]), rest[number:]
	case '(':
		return bigNumber(string(rest[:number])), rest[number:]
	case '-':
		length := uint32(number)
		return serverError(uint16(number>>32), string(rest[:length])), rest[length:]
	case ':':
		return int64(number), rest
	case ',':
		return math.Float64frombits(number), rest
	case '#':
		return number != 0, rest
	case '*', '~', '>':
		list := make([]any, number)
		for at := range list {
			list[at], rest = element(rest)
		}
		return list, rest
	case '%':
		return pairs(rest, number)
	}
	return nil, rest
}

// pairs builds a map, or a list of keys and values if a key can be none in Go.
func pairs(tokens []byte, count uint64) (any, []byte) {
	list := make([]any, 2*count)
	usable := true
	for at := range list {
		list[at], tokens = element(tokens)
		usable = usable && (at%2 == 1 || list[at] == nil || reflect.TypeOf(list[at]).Comparable())
	}
	if !usable {
		return list, tokens
	}
	table := make(map[any]any, count)
	for at := 0; at < len(list); at += 2 {
		table[list[at]] = list[at+1]
	}
	return table, tokens
}

func status(text []byte) string {
	if string(text) == "OK" {
		return "OK"
	}
	return string(text)
}

func bigNumber(digits string) any {
	if number, ok := new(big.Int).SetString(digits, 10); ok {
		return number
	}
	return digits
}

// Bytes of a token without its text.
const tokenBytes = 9
