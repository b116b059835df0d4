package redlatch

import (
	"encoding/binary"
	"math"
	"math/big"
	"reflect"
	"strconv"
)

// A reply is a list of tokens, depth first: the type byte of RESP, a number of 8 bytes, and the
// text if there is one. See redlatch.h.
const tokenBytes = 9

func split(tokens []byte) (kind byte, number uint64, rest []byte) {
	return tokens[0], binary.LittleEndian.Uint64(tokens[1:]), tokens[tokenBytes:]
}

// text is a reply that is a string.
func text(tokens []byte) (string, error) {
	kind, number, rest := split(tokens)
	switch kind {
	case '$', '(':
		return string(rest), nil
	case '+':
		return status(rest), nil
	case ':':
		return strconv.FormatInt(int64(number), 10), nil
	case ',':
		return strconv.FormatFloat(math.Float64frombits(number), 'g', -1, 64), nil
	case '#':
		return strconv.FormatBool(number != 0), nil
	}
	return "", unexpected(kind, number, rest, "a string")
}

// integer is a reply that is a whole number.
func integer(tokens []byte) (int64, error) {
	kind, number, rest := split(tokens)
	switch kind {
	case ':', '#':
		return int64(number), nil
	case '$', '+':
		if number, err := strconv.ParseInt(string(rest), 10, 64); err == nil {
			return number, nil
		}
	}
	return 0, unexpected(kind, number, rest, "an integer")
}

// value is a reply of any kind.
func value(tokens []byte) (any, error) {
	kind, number, rest := split(tokens)
	if kind == '-' || kind == '_' {
		return nil, unexpected(kind, number, rest, "")
	}
	value, _ := element(tokens)
	return value, nil
}

func unexpected(kind byte, number uint64, rest []byte, wanted string) error {
	switch kind {
	case '-':
		return serverError(uint16(number>>32), string(rest))
	case '_':
		return Nil
	}
	return newError(clientMisuse, "the reply is not "+wanted)
}

// element builds the value of the first token and what belongs to it.
func element(tokens []byte) (any, []byte) {
	kind, number, rest := split(tokens)
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
