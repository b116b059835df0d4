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

// SetArgs are ways to set a key.
type SetArgs struct {
	// Mode is NX (only if there is no key), XX (only if there is), IFEQ, IFNE, or empty.
	Mode string
	// MatchValue is what IFEQ and IFNE compare with.
	MatchValue any
	// TTL is how long the key lives; 0 for ever.
	TTL time.Duration
	// ExpireAt is when it ends, to the millisecond.
	ExpireAt time.Time
	// Get asks for the value before.
	Get bool
	// KeepTTL keeps the time the key has left.
	KeepTTL bool
}

// SetArgs gives a key a value in any of the ways there are. Nil if it was not set; with Get, if there
// was none before.
func (c *commands) SetArgs(ctx context.Context, key string, value any, options SetArgs) *StatusCmd {
	args := say("SET", key).value(value).when(options.KeepTTL, "KEEPTTL")
	if at := options.ExpireAt; !at.IsZero() {
		args.text("PXAT", decimal(at.UnixMilli()))
	}
	if options.TTL > 0 {
		args.expiry(options.TTL)
	}
	args.when(options.Mode != "", options.Mode)
	if options.MatchValue != nil {
		args.value(options.MatchValue)
	}
	return send[StatusCmd](ctx, c, args.when(options.Get, "GET"))
}

// SetEx gives a key a value for so long, in whole seconds.
func (c *commands) SetEx(ctx context.Context, key string, value any, expiration time.Duration) *StatusCmd {
	return send[StatusCmd](ctx, c, say("SETEX", key, wholeSeconds(expiration)).value(value))
}

// SetNX sets a key that does not exist; see Set.
func (c *commands) SetNX(ctx context.Context, key string, value any, expiration time.Duration) *BoolCmd {
	return send[BoolCmd](ctx, c, say("SET", key).value(value).expiry(expiration).text("NX"))
}

// SetXX sets a key that exists; see Set.
func (c *commands) SetXX(ctx context.Context, key string, value any, expiration time.Duration) *BoolCmd {
	return send[BoolCmd](ctx, c, say("SET", key).value(value).expiry(expiration).text("XX"))
}

// GetSet sets a key and gives the value before, or Nil.
func (c *commands) GetSet(ctx context.Context, key string, value any) *StringCmd {
	return send[StringCmd](ctx, c, say("GETSET", key).value(value))
}

// GetDel gives the value of a key and deletes it.
func (c *commands) GetDel(ctx context.Context, key string) *StringCmd {
	return run[StringCmd](ctx, c, "GETDEL", key)
}

// GetEx gives the value of a key and sets how long it lives: 0 for ever, KeepTTL as before.
func (c *commands) GetEx(ctx context.Context, key string, expiration time.Duration) *StringCmd {
	args := say("GETEX", key).when(expiration == 0, "PERSIST")
	if expiration > 0 {
		args.expiry(expiration)
	}
	return send[StringCmd](ctx, c, args)
}

// GetRange gives a part of a value: bytes start to end, both included, negative ones from its end.
func (c *commands) GetRange(ctx context.Context, key string, start, end int64) *StringCmd {
	return run[StringCmd](ctx, c, "GETRANGE", key, decimal(start), decimal(end))
}

// SetRange overwrites a part of a value and gives its length.
func (c *commands) SetRange(ctx context.Context, key string, offset int64, value string) *IntCmd {
	return run[IntCmd](ctx, c, "SETRANGE", key, decimal(offset), value)
}

// Append adds to a value and gives its length.
func (c *commands) Append(ctx context.Context, key, value string) *IntCmd {
	return run[IntCmd](ctx, c, "APPEND", key, value)
}

// StrLen gives the length of a value.
func (c *commands) StrLen(ctx context.Context, key string) *IntCmd {
	return run[IntCmd](ctx, c, "STRLEN", key)
}

// MGet gives the values of keys, nil for those that do not exist.
func (c *commands) MGet(ctx context.Context, keys ...string) *SliceCmd {
	return send[SliceCmd](ctx, c, say("MGET").text(keys...))
}

// MSet sets keys: in turns keys and values, or one map, list or struct with redis tags.
func (c *commands) MSet(ctx context.Context, values ...any) *StatusCmd {
	return send[StatusCmd](ctx, c, say("MSET").values(values))
}

// MSetNX is MSet if none of the keys exists.
func (c *commands) MSetNX(ctx context.Context, values ...any) *BoolCmd {
	return send[BoolCmd](ctx, c, say("MSETNX").values(values))
}

// Incr adds one to the number in a key.
func (c *commands) Incr(ctx context.Context, key string) *IntCmd {
	result := new(IntCmd)
	c.call(ctx, result, "*2\r\n$4\r\nINCR\r\n", key)
	return result
}

// IncrBy adds to the number in a key.
func (c *commands) IncrBy(ctx context.Context, key string, value int64) *IntCmd {
	return run[IntCmd](ctx, c, "INCRBY", key, decimal(value))
}

// IncrByFloat adds to the number in a key.
func (c *commands) IncrByFloat(ctx context.Context, key string, value float64) *FloatCmd {
	return run[FloatCmd](ctx, c, "INCRBYFLOAT", key, fraction(value))
}

// Decr takes one from the number in a key.
func (c *commands) Decr(ctx context.Context, key string) *IntCmd {
	return run[IntCmd](ctx, c, "DECR", key)
}

// DecrBy takes from the number in a key.
func (c *commands) DecrBy(ctx context.Context, key string, decrement int64) *IntCmd {
	return run[IntCmd](ctx, c, "DECRBY", key, decimal(decrement))
}
