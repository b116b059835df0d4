package redlatch

import "time"

// result is what all results have.
type result[T any] struct {
	val T
	err error
}

// Result gives the value, or why there is none.
func (r *result[T]) Result() (T, error) { return r.val, r.err }

// Val gives the value, or the zero value if there is none.
func (r *result[T]) Val() T { return r.val }

// Err tells why there is no value: the server's refusal, Nil, or why there was no reply.
func (r *result[T]) Err() error { return r.err }

func (r *result[T]) fail(err error) { r.err = err }

// StatusCmd is the result of a command that answers with a status.
type StatusCmd struct{ result[string] }

// IntCmd is the result of a command that answers with an integer.
type IntCmd struct{ result[int64] }

// FloatCmd is the result of a command that answers with a number.
type FloatCmd struct{ result[float64] }

// BoolCmd is the result of a command that does something or not.
type BoolCmd struct{ result[bool] }

// TimeCmd is the result of a command that answers with a time.
type TimeCmd struct{ result[time.Time] }

// DurationCmd is the result of a command that answers with a time to live: -1 if the key has none, -2
// if there is no key, both in nanoseconds.
type DurationCmd struct {
	result[time.Duration]
	unit time.Duration
}

// SliceCmd is the result of a command that answers with strings, nil among them for those that do
// not exist.
type SliceCmd struct{ result[[]any] }

// StringSliceCmd is the result of a command that answers with strings.
type StringSliceCmd struct{ result[[]string] }

// IntSliceCmd is the result of a command that answers with integers; 0 stands for a null.
type IntSliceCmd struct{ result[[]int64] }

// FloatSliceCmd is the result of a command that answers with numbers; 0 stands for a null.
type FloatSliceCmd struct{ result[[]float64] }

// BoolSliceCmd is the result of a command that answers whether things hold.
type BoolSliceCmd struct{ result[[]bool] }

// MapStringStringCmd is the result of a command that answers with fields and their values.
type MapStringStringCmd struct{ result[map[string]string] }

// MapStringIntCmd is the result of a command that answers with names and numbers.
type MapStringIntCmd struct{ result[map[string]int64] }

// StringStructMapCmd is the result of a command that answers with a set.
type StringStructMapCmd struct{ result[map[string]struct{}] }

// KeyValueSliceCmd is the result of a command that answers with fields and values in an order.
type KeyValueSliceCmd struct{ result[[]KeyValue] }

// KeyValue is a field with its value.
type KeyValue struct{ Key, Value string }

// KeyValuesCmd is the result of a command that answers with a key and elements of what it holds.
type KeyValuesCmd struct {
	err error
	key string
	val []string
}

// Result gives key and elements, or why there are none.
func (c *KeyValuesCmd) Result() (key string, values []string, err error) { return c.key, c.val, c.err }

// Val gives key and elements, if there are some.
func (c *KeyValuesCmd) Val() (key string, values []string) { return c.key, c.val }

// Err tells why there are none.
func (c *KeyValuesCmd) Err() error { return c.err }

// Uint64 gives the value as a number that has no sign.
func (c *IntCmd) Uint64() (uint64, error) { return uint64(c.val), c.err }

func (c *KeyValuesCmd) fail(err error) { c.err = err }

func (c *StatusCmd) receive(tokens []byte)      { c.val, c.err = text(tokens) }
func (c *IntCmd) receive(tokens []byte)         { c.val, c.err = integer(tokens) }
func (c *FloatCmd) receive(tokens []byte)       { c.val, c.err = decode(tokens, (*reply).float) }
func (c *TimeCmd) receive(tokens []byte)        { c.val, c.err = decode(tokens, (*reply).moment) }
func (c *SliceCmd) receive(tokens []byte)       { c.val, c.err = decode(tokens, (*reply).values) }
func (c *StringSliceCmd) receive(tokens []byte) { c.val, c.err = decode(tokens, (*reply).texts) }
func (c *IntSliceCmd) receive(tokens []byte)    { c.val, c.err = decode(tokens, (*reply).integers) }
func (c *FloatSliceCmd) receive(tokens []byte)  { c.val, c.err = decode(tokens, (*reply).floats) }
func (c *BoolSliceCmd) receive(tokens []byte)   { c.val, c.err = decode(tokens, (*reply).truths) }
func (c *MapStringStringCmd) receive(tokens []byte) {
	c.val, c.err = decode(tokens, (*reply).textsByName)
}
func (c *MapStringIntCmd) receive(tokens []byte) {
	c.val, c.err = decode(tokens, (*reply).integersByName)
}
func (c *StringStructMapCmd) receive(tokens []byte) { c.val, c.err = decode(tokens, (*reply).set) }
func (c *KeyValueSliceCmd) receive(tokens []byte)   { c.val, c.err = decode(tokens, (*reply).keyValues) }

// A null is false: SET with NX answers so if it does nothing.
func (c *BoolCmd) receive(tokens []byte) {
	if tokens[0] != '_' {
		c.val, c.err = decode(tokens, (*reply).truth)
	}
}

func (c *DurationCmd) receive(tokens []byte) {
	number, err := integer(tokens)
	if number >= 0 {
		number *= int64(c.unit)
	}
	c.val, c.err = time.Duration(number), err
}

func (c *KeyValuesCmd) receive(tokens []byte) {
	c.val, c.err = decode(tokens, func(r *reply) (values []string) {
		r.tuple(2, func() { c.key, values = r.text(), r.texts() })
		return values
	})
}
