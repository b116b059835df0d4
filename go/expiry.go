package redlatch

import (
	"context"
	"time"
)

// Expire lets a key end after so long, in whole seconds; false if there is no key.
func (c *commands) Expire(ctx context.Context, key string, expiration time.Duration) *BoolCmd {
	return run[BoolCmd](ctx, c, "EXPIRE", key, wholeSeconds(expiration))
}

// ExpireNX is Expire of a key that has no end.
func (c *commands) ExpireNX(ctx context.Context, key string, expiration time.Duration) *BoolCmd {
	return run[BoolCmd](ctx, c, "EXPIRE", key, wholeSeconds(expiration), "NX")
}

// ExpireXX is Expire of a key that has an end.
func (c *commands) ExpireXX(ctx context.Context, key string, expiration time.Duration) *BoolCmd {
	return run[BoolCmd](ctx, c, "EXPIRE", key, wholeSeconds(expiration), "XX")
}

// ExpireGT is Expire that only puts off the end.
func (c *commands) ExpireGT(ctx context.Context, key string, expiration time.Duration) *BoolCmd {
	return run[BoolCmd](ctx, c, "EXPIRE", key, wholeSeconds(expiration), "GT")
}

// ExpireLT is Expire that only brings the end closer.
func (c *commands) ExpireLT(ctx context.Context, key string, expiration time.Duration) *BoolCmd {
	return run[BoolCmd](ctx, c, "EXPIRE", key, wholeSeconds(expiration), "LT")
}

// ExpireAt lets a key end at a time, in whole seconds.
func (c *commands) ExpireAt(ctx context.Context, key string, at time.Time) *BoolCmd {
	return run[BoolCmd](ctx, c, "EXPIREAT", key, decimal(at.Unix()))
}

// ExpireTime tells when a key ends, as what has passed since 1970.
func (c *commands) ExpireTime(ctx context.Context, key string) *DurationCmd {
	return c.duration(ctx, time.Second, "EXPIRETIME", key)
}

// PExpire lets a key end after so long, in whole milliseconds.
func (c *commands) PExpire(ctx context.Context, key string, expiration time.Duration) *BoolCmd {
	return run[BoolCmd](ctx, c, "PEXPIRE", key, wholeMilliseconds(expiration))
}

// PExpireAt lets a key end at a time, in whole milliseconds.
func (c *commands) PExpireAt(ctx context.Context, key string, at time.Time) *BoolCmd {
	return run[BoolCmd](ctx, c, "PEXPIREAT", key, decimal(at.UnixMilli()))
}

// PExpireTime is ExpireTime to the millisecond.
func (c *commands) PExpireTime(ctx context.Context, key string) *DurationCmd {
	return c.duration(ctx, time.Millisecond, "PEXPIRETIME", key)
}

// Persist takes the end from a key.
func (c *commands) Persist(ctx context.Context, key string) *BoolCmd {
	return run[BoolCmd](ctx, c, "PERSIST", key)
}

// TTL tells how long a key has left, in whole seconds; -1 for ever, -2 if there is none.
func (c *commands) TTL(ctx context.Context, key string) *DurationCmd {
	return c.duration(ctx, time.Second, "TTL", key)
}

// PTTL is TTL to the millisecond.
func (c *commands) PTTL(ctx context.Context, key string) *DurationCmd {
	return c.duration(ctx, time.Millisecond, "PTTL", key)
}

func (c *commands) duration(ctx context.Context, unit time.Duration, args ...string) *DurationCmd {
	result := &DurationCmd{unit: unit}
	c.call(ctx, result, "", args...)
	return result
}
