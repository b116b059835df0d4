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
	return statusCmd(c.call(ctx, "*1\r\n$4\r\nPING\r\n"))
}

// Get gives the value of a key, or Nil.
func (c *Client) Get(ctx context.Context, key string) *StringCmd {
	return stringCmd(c.call(ctx, "*2\r\n$3\r\nGET\r\n", key))
}

// Set gives a key a value. Expiration 0 means none; see KeepTTL.
func (c *Client) Set(ctx context.Context, key string, value any, expiration time.Duration) *StatusCmd {
	text, err := argument(value)
	switch {
	case err != nil:
		return statusCmd(outcome{err: err})
	case expiration == KeepTTL:
		return statusCmd(c.call(ctx, "*4\r\n$3\r\nSET\r\n", key, text, "KEEPTTL"))
	case expiration > 0:
		// Less than a millisecond is not never.
		milliseconds := max(expiration.Milliseconds(), 1)
		return statusCmd(c.call(ctx, "*5\r\n$3\r\nSET\r\n", key, text, "PX", strconv.FormatInt(milliseconds, 10)))
	}
	return statusCmd(c.call(ctx, "*3\r\n$3\r\nSET\r\n", key, text))
}

// Del deletes keys and tells how many there were.
func (c *Client) Del(ctx context.Context, keys ...string) *IntCmd {
	return intCmd(c.call(ctx, "", append([]string{"DEL"}, keys...)...))
}

// Exists tells how many of the keys exist.
func (c *Client) Exists(ctx context.Context, keys ...string) *IntCmd {
	return intCmd(c.call(ctx, "", append([]string{"EXISTS"}, keys...)...))
}

// Incr adds one to the number in a key.
func (c *Client) Incr(ctx context.Context, key string) *IntCmd {
	return intCmd(c.call(ctx, "*2\r\n$4\r\nINCR\r\n", key))
}

// Do runs any command: its name, in as many words as it has, then its arguments.
func (c *Client) Do(ctx context.Context, args ...any) *Cmd {
	if len(args) == 0 {
		return anyCmd(outcome{err: newError(clientMisuse, "a command has a name")})
	}
	texts, err := arguments(args)
	if err != nil {
		return anyCmd(outcome{err: err})
	}
	return anyCmd(c.call(ctx, "", texts...))
}

func (c *Client) call(ctx context.Context, head string, args ...string) outcome {
	if c.err != nil {
		return outcome{err: c.err}
	}
	return c.engine.call(ctx, head, args...)
}
