package redlatch

import (
	"fmt"
	"strconv"
)

// StatusCmd is the result of a command that answers with a status.
type StatusCmd struct{ result[string] }

// StringCmd is the result of a command that answers with a string.
type StringCmd struct{ result[string] }

// IntCmd is the result of a command that answers with an integer.
type IntCmd struct{ result[int64] }

// Cmd is the result of any command. Its value is a string, int64, float64, bool, *big.Int, []any or
// map[any]any; within aggregates also nil and *Error.
type Cmd struct{ result[any] }

type result[T any] struct {
	val T
	err error
}

// Result gives the value, or why there is none.
func (r *result[T]) Result() (T, error) { return r.val, r.err }

// Val gives the value, or the zero value if there is none.
func (r *result[T]) Val() T { return r.val }

// Err tells why there is no value.
func (r *result[T]) Err() error { return r.err }

func (r *result[T]) fail(err error) { r.err = err }

// Bytes gives the value as bytes.
func (c *StringCmd) Bytes() ([]byte, error) { return []byte(c.val), c.err }

// Int gives the value as a number.
func (c *StringCmd) Int() (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	return strconv.Atoi(c.val)
}

// Int64 gives the value as a number.
func (c *StringCmd) Int64() (int64, error) {
	if c.err != nil {
		return 0, c.err
	}
	return strconv.ParseInt(c.val, 10, 64)
}

// Float64 gives the value as a number.
func (c *StringCmd) Float64() (float64, error) {
	if c.err != nil {
		return 0, c.err
	}
	return strconv.ParseFloat(c.val, 64)
}

// Text gives a value that is a string.
func (c *Cmd) Text() (string, error) { return as[string](c) }

// Int64 gives a value that is an integer.
func (c *Cmd) Int64() (int64, error) { return as[int64](c) }

// Slice gives a value that is a list.
func (c *Cmd) Slice() ([]any, error) { return as[[]any](c) }

func as[T any](c *Cmd) (T, error) {
	value, ok := c.val.(T)
	if c.err == nil && !ok {
		return value, newError(clientMisuse, fmt.Sprintf("the reply is of type %T", c.val))
	}
	return value, c.err
}

func (c *StatusCmd) receive(tokens []byte) { c.val, c.err = text(tokens) }
func (c *StringCmd) receive(tokens []byte) { c.val, c.err = text(tokens) }
func (c *IntCmd) receive(tokens []byte)    { c.val, c.err = integer(tokens) }
func (c *Cmd) receive(tokens []byte)       { c.val, c.err = decode(tokens, whole) }
