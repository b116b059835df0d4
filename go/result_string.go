package redlatch

import (
	"strconv"
	"time"
)

// StringCmd is the result of a command that answers with a string.
type StringCmd struct{ result[string] }

func (c *StringCmd) receive(tokens []byte) { c.val, c.err = text(tokens) }

func (c *StringCmd) receiveText(text string) bool {
	c.val = text
	return true
}

// Bytes gives the value as bytes.
func (c *StringCmd) Bytes() ([]byte, error) { return []byte(c.val), c.err }

// Bool gives the value as whether it holds: 1, true and so on.
func (c *StringCmd) Bool() (bool, error) { return parsed(c, strconv.ParseBool) }

// Int gives the value as a number.
func (c *StringCmd) Int() (int, error) { return parsed(c, strconv.Atoi) }

// Int64 gives the value as a number.
func (c *StringCmd) Int64() (int64, error) {
	return parsed(c, func(text string) (int64, error) { return strconv.ParseInt(text, 10, 64) })
}

// Uint64 gives the value as a number that has no sign.
func (c *StringCmd) Uint64() (uint64, error) {
	return parsed(c, func(text string) (uint64, error) { return strconv.ParseUint(text, 10, 64) })
}

// Float64 gives the value as a number.
func (c *StringCmd) Float64() (float64, error) {
	return parsed(c, func(text string) (float64, error) { return strconv.ParseFloat(text, 64) })
}

// Time gives a value that was set from a time.Time.
func (c *StringCmd) Time() (time.Time, error) {
	return parsed(c, func(text string) (time.Time, error) { return time.Parse(time.RFC3339Nano, text) })
}

func parsed[T any](c *StringCmd, parse func(string) (T, error)) (T, error) {
	if c.err != nil {
		var none T
		return none, c.err
	}
	return parse(c.val)
}
