package redlatch

import (
	"context"
	"time"
)

// HExpire lets fields end after so long, in whole seconds. For each: 1 if that is set, 2 if it ended at
// once, 0 if a condition does not hold, -2 if there is no such field.
func (c *commands) HExpire(ctx context.Context, key string, expiration time.Duration, fields ...string) *IntSliceCmd {
	return c.ofFields(ctx, say("HEXPIRE", key, wholeSeconds(expiration)), fields)
}

// HPExpire is HExpire in whole milliseconds.
func (c *commands) HPExpire(ctx context.Context, key string, expiration time.Duration, fields ...string) *IntSliceCmd {
	return c.ofFields(ctx, say("HPEXPIRE", key, wholeMilliseconds(expiration)), fields)
}

// HExpireAt lets fields end at a time, in whole seconds; see HExpire.
func (c *commands) HExpireAt(ctx context.Context, key string, at time.Time, fields ...string) *IntSliceCmd {
	return c.ofFields(ctx, say("HEXPIREAT", key, decimal(at.Unix())), fields)
}

// HPExpireAt is HExpireAt in whole milliseconds.
func (c *commands) HPExpireAt(ctx context.Context, key string, at time.Time, fields ...string) *IntSliceCmd {
	return c.ofFields(ctx, say("HPEXPIREAT", key, decimal(at.UnixMilli())), fields)
}

// HPersist takes the end from fields. For each: 1 if it had one, -1 if not, -2 if there is no such field.
func (c *commands) HPersist(ctx context.Context, key string, fields ...string) *IntSliceCmd {
	return c.ofFields(ctx, say("HPERSIST", key), fields)
}

// HTTL tells how many seconds fields have left; -1 for ever, -2 if there is no such field.
func (c *commands) HTTL(ctx context.Context, key string, fields ...string) *IntSliceCmd {
	return c.ofFields(ctx, say("HTTL", key), fields)
}

// HPTTL is HTTL in milliseconds.
func (c *commands) HPTTL(ctx context.Context, key string, fields ...string) *IntSliceCmd {
	return c.ofFields(ctx, say("HPTTL", key), fields)
}

// HExpireTime tells when fields end, in seconds since 1970; see HTTL.
func (c *commands) HExpireTime(ctx context.Context, key string, fields ...string) *IntSliceCmd {
	return c.ofFields(ctx, say("HEXPIRETIME", key), fields)
}

// HPExpireTime is HExpireTime in milliseconds.
func (c *commands) HPExpireTime(ctx context.Context, key string, fields ...string) *IntSliceCmd {
	return c.ofFields(ctx, say("HPEXPIRETIME", key), fields)
}

func (c *commands) ofFields(ctx context.Context, args *words, fields []string) *IntSliceCmd {
	return send[IntSliceCmd](ctx, c, args.text("FIELDS").counted(fields))
}
