package redlatch

import (
	"context"
	"strconv"
)

// HSet sets fields of a hash: in turns names and values, or one map, list or struct with redis tags.
// It tells how many are new.
func (c *commands) HSet(ctx context.Context, key string, values ...any) *IntCmd {
	return send[IntCmd](ctx, c, say("HSET", key).values(values))
}

// HMSet is HSet that answers whether it was done.
func (c *commands) HMSet(ctx context.Context, key string, values ...any) *BoolCmd {
	return send[BoolCmd](ctx, c, say("HMSET", key).values(values))
}

// HSetNX sets a field that does not exist.
func (c *commands) HSetNX(ctx context.Context, key, field string, value any) *BoolCmd {
	return send[BoolCmd](ctx, c, say("HSETNX", key, field).value(value))
}

// HGet gives a field, or Nil.
func (c *commands) HGet(ctx context.Context, key, field string) *StringCmd {
	return run[StringCmd](ctx, c, "HGET", key, field)
}

// HMGet gives fields, nil for those that do not exist.
func (c *commands) HMGet(ctx context.Context, key string, fields ...string) *SliceCmd {
	return send[SliceCmd](ctx, c, say("HMGET", key).text(fields...))
}

// HGetAll gives all fields; none if there is no key.
func (c *commands) HGetAll(ctx context.Context, key string) *MapStringStringCmd {
	return run[MapStringStringCmd](ctx, c, "HGETALL", key)
}

// HDel removes fields and tells how many there were.
func (c *commands) HDel(ctx context.Context, key string, fields ...string) *IntCmd {
	return send[IntCmd](ctx, c, say("HDEL", key).text(fields...))
}

// HExists tells whether there is a field.
func (c *commands) HExists(ctx context.Context, key, field string) *BoolCmd {
	return run[BoolCmd](ctx, c, "HEXISTS", key, field)
}

// HIncrBy adds to the number in a field.
func (c *commands) HIncrBy(ctx context.Context, key, field string, incr int64) *IntCmd {
	return run[IntCmd](ctx, c, "HINCRBY", key, field, decimal(incr))
}

// HIncrByFloat adds to the number in a field.
func (c *commands) HIncrByFloat(ctx context.Context, key, field string, incr float64) *FloatCmd {
	return run[FloatCmd](ctx, c, "HINCRBYFLOAT", key, field, fraction(incr))
}

// HKeys gives the names of all fields.
func (c *commands) HKeys(ctx context.Context, key string) *StringSliceCmd {
	return run[StringSliceCmd](ctx, c, "HKEYS", key)
}

// HVals gives the values of all fields.
func (c *commands) HVals(ctx context.Context, key string) *StringSliceCmd {
	return run[StringSliceCmd](ctx, c, "HVALS", key)
}

// HLen tells how many fields there are.
func (c *commands) HLen(ctx context.Context, key string) *IntCmd {
	return run[IntCmd](ctx, c, "HLEN", key)
}

// HStrLen gives the length of a field.
func (c *commands) HStrLen(ctx context.Context, key, field string) *IntCmd {
	return run[IntCmd](ctx, c, "HSTRLEN", key, field)
}

// HRandField gives names of so many fields by chance; if count is negative, some perhaps twice.
func (c *commands) HRandField(ctx context.Context, key string, count int) *StringSliceCmd {
	return run[StringSliceCmd](ctx, c, "HRANDFIELD", key, strconv.Itoa(count))
}

// HRandFieldWithValues is HRandField with their values.
func (c *commands) HRandFieldWithValues(ctx context.Context, key string, count int) *KeyValueSliceCmd {
	return run[KeyValueSliceCmd](ctx, c, "HRANDFIELD", key, strconv.Itoa(count), "WITHVALUES")
}
