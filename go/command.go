package redlatch

import (
	"context"
	"strconv"
	"time"
)

// KeepTTL makes Set keep the time the key has left.
const KeepTTL = time.Duration(-1)

// Ping asks for a sign of life.
func (c *Client) Ping(ctx context.Context) *StatusCmd {
	result := new(StatusCmd)
	c.call(ctx, result, "*1\r\n$4\r\nPING\r\n")
	return result
}

// Get gives the value of a key, or Nil.
func (c *Client) Get(ctx context.Context, key string) *StringCmd {
	result := new(StringCmd)
	c.call(ctx, result, "*2\r\n$3\r\nGET\r\n", key)
	return result
}

// Set gives a key a value. Expiration 0 means none; see KeepTTL.
func (c *Client) Set(ctx context.Context, key string, value any, expiration time.Duration) *StatusCmd {
	result := new(StatusCmd)
	text, err := argument(value)
	switch {
	case err != nil:
		result.fail(err)
	case expiration == KeepTTL:
		c.call(ctx, result, "*4\r\n$3\r\nSET\r\n", key, text, "KEEPTTL")
	case expiration > 0:
		// Less than a millisecond is not never.
		milliseconds := max(expiration.Milliseconds(), 1)
		c.call(ctx, result, "*5\r\n$3\r\nSET\r\n", key, text, "PX", strconv.FormatInt(milliseconds, 10))
	default:
		c.call(ctx, result, "*3\r\n$3\r\nSET\r\n", key, text)
	}
	return result
}

// Del deletes keys and tells how many there were.
func (c *Client) Del(ctx context.Context, keys ...string) *IntCmd {
	return c.count(ctx, "DEL", keys)
}

// Exists tells how many of the keys exist.
func (c *Client) Exists(ctx context.Context, keys ...string) *IntCmd {
	return c.count(ctx, "EXISTS", keys)
}

// Incr adds one to the number in a key.
func (c *Client) Incr(ctx context.Context, key string) *IntCmd {
	result := new(IntCmd)
	c.call(ctx, result, "*2\r\n$4\r\nINCR\r\n", key)
	return result
}

// Do runs any command: its name, in as many words as it has, then its arguments.
func (c *Client) Do(ctx context.Context, args ...any) *Cmd {
	result := new(Cmd)
	if len(args) == 0 {
		result.fail(newError(clientMisuse, "a command has a name"))
		return result
	}
	texts, err := arguments(args)
	if err != nil {
		result.fail(err)
		return result
	}
	c.call(ctx, result, "", texts...)
	return result
}

func (c *Client) count(ctx context.Context, command string, keys []string) *IntCmd {
	result := new(IntCmd)
	c.call(ctx, result, "", append([]string{command}, keys...)...)
	return result
}

func (c *Client) call(ctx context.Context, result receiver, head string, args ...string) {
	if c.err != nil {
		result.fail(c.err)
		return
	}
	c.engine.call(ctx, result, head, args...)
}
