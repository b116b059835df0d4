package redlatch

import (
	"math"
	"math/big"
	"reflect"
)

// whole is a value of any type. A null is Nil and an error an error only if they are all there is.
func whole(r *reply) any {
	if kind := r.peek(); kind == '-' || kind == '_' {
		kind, number, text := r.next()
		r.unexpected(kind, number, text, "")
		return nil
	}
	return r.any()
}

// any builds a value of any type; within it nulls are nil and errors *Error.
func (r *reply) any() any {
	kind, number, text := r.next()
	switch kind {
	case '$':
		return string(text)
	case '+':
		return status(text)
	case '(':
		return bigNumber(string(text))
	case '-':
		return serverError(uint16(number>>32), string(text))
	case ':':
		return int64(number)
	case ',':
		return math.Float64frombits(number)
	case '#':
		return number != 0
	case '*', '~', '>':
		list := make([]any, number)
		for at := range list {
			list[at] = r.any()
		}
		return list
	case '%':
		return r.table(number)
	}
	return nil
}

// table builds a map, or a list of keys and values if a key can be none in Go.
func (r *reply) table(count uint64) any {
	list := make([]any, 2*count)
	usable := true
	for at := range list {
		list[at] = r.any()
		usable = usable && (at%2 == 1 || list[at] == nil || reflect.TypeOf(list[at]).Comparable())
	}
	if !usable {
		return list
	}
	table := make(map[any]any, count)
	for at := 0; at < len(list); at += 2 {
		table[list[at]] = list[at+1]
	}
	return table
}

func bigNumber(digits string) any {
	if number, ok := new(big.Int).SetString(digits, 10); ok {
		return number
	}
	return digits
}
