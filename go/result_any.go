package redlatch

import (
	"fmt"
	"strconv"
)

// Cmd is the result of any command. Its value is a string, int64, float64, bool, *big.Int, []any or
// map[any]any; within aggregates also nil and *Error. What RESP2 cannot tell apart is as RESP2 has it
// if Options.Protocol is 2: a map is then a list of keys and values.
type Cmd struct{ result[any] }

func (c *Cmd) receive(tokens []byte) { c.val, c.err = decode(tokens, whole) }

func (c *Cmd) receiveText(text string) bool {
	c.val = text
	return true
}

// As gives the value of a result as what it is; ErrClientMisuse if it is of another type.
//
//	fields, err := redlatch.As[map[any]any](rdb.Do(ctx, "CONFIG", "GET", "max*"))
func As[T any](c *Cmd) (T, error) {
	value, ok := c.val.(T)
	if c.err == nil && !ok {
		return value, otherType(c.val)
	}
	return value, c.err
}

// Text gives a value that is a string.
func (c *Cmd) Text() (string, error) { return As[string](c) }

// Slice gives a value that is a list.
func (c *Cmd) Slice() ([]any, error) { return As[[]any](c) }

// Int64 gives a value that is an integer, or a string that holds one.
func (c *Cmd) Int64() (int64, error) { return toInt(c.val, c.err) }

// Int gives a value that is an integer, or a string that holds one.
func (c *Cmd) Int() (int, error) {
	number, err := toInt(c.val, c.err)
	return int(number), err
}

// Float64 gives a value that is a number, or a string that holds one.
func (c *Cmd) Float64() (float64, error) {
	switch value := c.val.(type) {
	case float64:
		return value, c.err
	case string:
		return strconv.ParseFloat(value, 64)
	}
	number, err := toInt(c.val, c.err)
	return float64(number), err
}

// Bool gives a value that is true or false; of integers only 0 is false.
func (c *Cmd) Bool() (bool, error) {
	switch value := c.val.(type) {
	case bool:
		return value, c.err
	case int64:
		return value != 0, c.err
	case string:
		return strconv.ParseBool(value)
	}
	_, err := As[bool](c)
	return false, err
}

// StringSlice gives a value that is a list of strings.
func (c *Cmd) StringSlice() ([]string, error) {
	return each(c, func(value any) (string, error) {
		if text, ok := value.(string); ok {
			return text, nil
		}
		return "", otherType(value)
	})
}

// Int64Slice gives a value that is a list of integers.
func (c *Cmd) Int64Slice() ([]int64, error) {
	return each(c, func(value any) (int64, error) { return toInt(value, nil) })
}

func each[T any](c *Cmd, convert func(any) (T, error)) ([]T, error) {
	values, err := c.Slice()
	if err != nil {
		return nil, err
	}
	list := make([]T, len(values))
	for at, value := range values {
		if list[at], err = convert(value); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func toInt(value any, err error) (int64, error) {
	switch value := value.(type) {
	case int64:
		return value, err
	case string:
		return strconv.ParseInt(value, 10, 64)
	}
	if err == nil {
		err = otherType(value)
	}
	return 0, err
}

func otherType(value any) error {
	return newError(clientMisuse, fmt.Sprintf("the reply is of type %T", value))
}
