package redlatch

import (
	"context"
	"time"
)

// KeepTTL makes Set keep the time the key has left.
const KeepTTL = time.Duration(-1)

// Get gives the value of a key, or Nil.
func (c *commands) Get(ctx context.Context, key string) *StringCmd {
	result := new(StringCmd)
	c.call(ctx, result, "*2\r\n$3\r\nGET\r\n", key)
	return result
}

// Set gives a key a value. Expiration 0 means none; see KeepTTL.
func (c *commands) Set(ctx context.Context, key string, value any, expiration time.Duration) *StatusCmd {
	result := new(StatusCmd)
	text, err := argument(value)
	switch {
	case err != nil:
		c.refuse(result, err)
	case expiration == KeepTTL:
		c.call(ctx, result, "*4\r\n$3\r\nSET\r\n", key, text, "KEEPTTL")
	case expiration > 0:
		c.call(ctx, result, "*5\r\n$3\r\nSET\r\n", key, text, "PX", wholeMilliseconds(expiration))
	default:
		c.call(ctx, result, "*3\r\n$3\r\nSET\r\n", key, text)
	}
	return result
}

// Incr adds one to the number in a key.
func (c *commands) Incr(ctx context.Context, key string) *IntCmd {
	result := new(IntCmd)
	c.call(ctx, result, "*2\r\n$4\r\nINCR\r\n", key)
	return result
}
