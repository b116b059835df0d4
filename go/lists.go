package redlatch

import (
	"context"
	"strconv"
	"strings"
	"time"
)

// LPush puts values at the head of a list, one before the other, and gives its length.
func (c *commands) LPush(ctx context.Context, key string, values ...any) *IntCmd {
	return send[IntCmd](ctx, c, say("LPUSH", key).values(values))
}

// LPushX is LPush if the list exists.
func (c *commands) LPushX(ctx context.Context, key string, values ...any) *IntCmd {
	return send[IntCmd](ctx, c, say("LPUSHX", key).values(values))
}

// RPush puts values at the end of a list and gives its length.
func (c *commands) RPush(ctx context.Context, key string, values ...any) *IntCmd {
	return send[IntCmd](ctx, c, say("RPUSH", key).values(values))
}

// RPushX is RPush if the list exists.
func (c *commands) RPushX(ctx context.Context, key string, values ...any) *IntCmd {
	return send[IntCmd](ctx, c, say("RPUSHX", key).values(values))
}

// LPop takes the first element, or Nil.
func (c *commands) LPop(ctx context.Context, key string) *StringCmd {
	return run[StringCmd](ctx, c, "LPOP", key)
}

// LPopCount takes up to so many of the first elements, or Nil.
func (c *commands) LPopCount(ctx context.Context, key string, count int) *StringSliceCmd {
	return run[StringSliceCmd](ctx, c, "LPOP", key, strconv.Itoa(count))
}

// RPop takes the last element, or Nil.
func (c *commands) RPop(ctx context.Context, key string) *StringCmd {
	return run[StringCmd](ctx, c, "RPOP", key)
}

// RPopCount takes up to so many of the last elements, or Nil.
func (c *commands) RPopCount(ctx context.Context, key string, count int) *StringSliceCmd {
	return run[StringSliceCmd](ctx, c, "RPOP", key, strconv.Itoa(count))
}

// LMPop takes up to so many elements of the first list that has some, from its LEFT or RIGHT.
func (c *commands) LMPop(ctx context.Context, direction string, count int64, keys ...string) *KeyValuesCmd {
	return send[KeyValuesCmd](ctx, c, say("LMPOP").counted(keys).text(direction, "COUNT", decimal(count)))
}

// LMove takes an element from the LEFT or RIGHT of a list and puts it at the LEFT or RIGHT of another.
func (c *commands) LMove(ctx context.Context, source, destination, srcpos, destpos string) *StringCmd {
	return run[StringCmd](ctx, c, "LMOVE", source, destination, srcpos, destpos)
}

// RPopLPush is LMove from RIGHT to LEFT.
func (c *commands) RPopLPush(ctx context.Context, source, destination string) *StringCmd {
	return run[StringCmd](ctx, c, "RPOPLPUSH", source, destination)
}

// BLPop waits for an element of one of the lists, no longer than timeout (0: for ever), and gives the
// key and the element, or Nil. Like all commands that wait it has a connection to itself.
func (c *commands) BLPop(ctx context.Context, timeout time.Duration, keys ...string) *StringSliceCmd {
	return send[StringSliceCmd](ctx, c, say("BLPOP").text(keys...).text(patience(timeout)))
}

// BRPop is BLPop of the last element.
func (c *commands) BRPop(ctx context.Context, timeout time.Duration, keys ...string) *StringSliceCmd {
	return send[StringSliceCmd](ctx, c, say("BRPOP").text(keys...).text(patience(timeout)))
}

// BLMPop is LMPop that waits; see BLPop.
func (c *commands) BLMPop(ctx context.Context, timeout time.Duration, direction string, count int64, keys ...string) *KeyValuesCmd {
	args := say("BLMPOP", patience(timeout)).counted(keys).text(direction, "COUNT", decimal(count))
	return send[KeyValuesCmd](ctx, c, args)
}

// BLMove is LMove that waits; see BLPop.
func (c *commands) BLMove(ctx context.Context, source, destination, srcpos, destpos string, timeout time.Duration) *StringCmd {
	return run[StringCmd](ctx, c, "BLMOVE", source, destination, srcpos, destpos, patience(timeout))
}

// BRPopLPush is RPopLPush that waits; see BLPop.
func (c *commands) BRPopLPush(ctx context.Context, source, destination string, timeout time.Duration) *StringCmd {
	return run[StringCmd](ctx, c, "BRPOPLPUSH", source, destination, patience(timeout))
}

// LRange gives the elements from start to stop, both included, negative ones from the end.
func (c *commands) LRange(ctx context.Context, key string, start, stop int64) *StringSliceCmd {
	return run[StringSliceCmd](ctx, c, "LRANGE", key, decimal(start), decimal(stop))
}

// LIndex gives one element, or Nil.
func (c *commands) LIndex(ctx context.Context, key string, index int64) *StringCmd {
	return run[StringCmd](ctx, c, "LINDEX", key, decimal(index))
}

// LLen gives the length of a list.
func (c *commands) LLen(ctx context.Context, key string) *IntCmd {
	return run[IntCmd](ctx, c, "LLEN", key)
}

// LSet replaces an element.
func (c *commands) LSet(ctx context.Context, key string, index int64, value any) *StatusCmd {
	return send[StatusCmd](ctx, c, say("LSET", key, decimal(index)).value(value))
}

// LInsert puts a value BEFORE or AFTER the first pivot and gives the length; -1 if there is none.
func (c *commands) LInsert(ctx context.Context, key, op string, pivot, value any) *IntCmd {
	return send[IntCmd](ctx, c, say("LINSERT", key, strings.ToUpper(op)).value(pivot).value(value))
}

// LInsertBefore is LInsert before the pivot.
func (c *commands) LInsertBefore(ctx context.Context, key string, pivot, value any) *IntCmd {
	return c.LInsert(ctx, key, "BEFORE", pivot, value)
}

// LInsertAfter is LInsert after the pivot.
func (c *commands) LInsertAfter(ctx context.Context, key string, pivot, value any) *IntCmd {
	return c.LInsert(ctx, key, "AFTER", pivot, value)
}

// LRem removes the first so many elements that equal a value: the last ones if count is negative, all
// if it is 0. It tells how many there were.
func (c *commands) LRem(ctx context.Context, key string, count int64, value any) *IntCmd {
	return send[IntCmd](ctx, c, say("LREM", key, decimal(count)).value(value))
}

// LTrim removes all elements but those from start to stop.
func (c *commands) LTrim(ctx context.Context, key string, start, stop int64) *StatusCmd {
	return run[StatusCmd](ctx, c, "LTRIM", key, decimal(start), decimal(stop))
}

// LPosArgs tell where to look.
type LPosArgs struct {
	// Rank is which match to give first: the second if 2, the last if -1.
	Rank int64
	// MaxLen is how many elements to look at; 0 for all.
	MaxLen int64
}

func (a LPosArgs) words(key, value string) *words {
	args := say("LPOS", key, value).when(a.Rank != 0, "RANK", decimal(a.Rank))
	return args.when(a.MaxLen != 0, "MAXLEN", decimal(a.MaxLen))
}

// LPos tells where an element is, or Nil.
func (c *commands) LPos(ctx context.Context, key string, value string, args LPosArgs) *IntCmd {
	return send[IntCmd](ctx, c, args.words(key, value))
}

// LPosCount tells where up to so many elements are; all if count is 0.
func (c *commands) LPosCount(ctx context.Context, key string, value string, count int64, args LPosArgs) *IntSliceCmd {
	return send[IntSliceCmd](ctx, c, args.words(key, value).text("COUNT", decimal(count)))
}

// patience is how long to wait, in seconds and fractions.
func patience(timeout time.Duration) string { return fraction(timeout.Seconds()) }
