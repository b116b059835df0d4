package redlatch

import (
	"context"
	"strconv"
	"time"
)

// ZAdd adds members to a sorted set, or sets their scores, and tells how many are new.
func (c *commands) ZAdd(ctx context.Context, key string, members ...Z) *IntCmd {
	return c.ZAddArgs(ctx, key, ZAddArgs{Members: members})
}

// ZAddNX is ZAdd of those that are new.
func (c *commands) ZAddNX(ctx context.Context, key string, members ...Z) *IntCmd {
	return c.ZAddArgs(ctx, key, ZAddArgs{NX: true, Members: members})
}

// ZAddXX is ZAdd of those that are there.
func (c *commands) ZAddXX(ctx context.Context, key string, members ...Z) *IntCmd {
	return c.ZAddArgs(ctx, key, ZAddArgs{XX: true, Members: members})
}

// ZAddGT is ZAdd that only raises scores.
func (c *commands) ZAddGT(ctx context.Context, key string, members ...Z) *IntCmd {
	return c.ZAddArgs(ctx, key, ZAddArgs{GT: true, Members: members})
}

// ZAddLT is ZAdd that only lowers scores.
func (c *commands) ZAddLT(ctx context.Context, key string, members ...Z) *IntCmd {
	return c.ZAddArgs(ctx, key, ZAddArgs{LT: true, Members: members})
}

// ZAddArgs is ZAdd in any of the ways there are.
func (c *commands) ZAddArgs(ctx context.Context, key string, args ZAddArgs) *IntCmd {
	return send[IntCmd](ctx, c, args.words(key, ""))
}

// ZAddArgsIncr adds to the score of one member and gives the sum; Nil if a condition does not hold.
func (c *commands) ZAddArgsIncr(ctx context.Context, key string, args ZAddArgs) *FloatCmd {
	return send[FloatCmd](ctx, c, args.words(key, "INCR"))
}

// ZIncrBy adds to the score of a member.
func (c *commands) ZIncrBy(ctx context.Context, key string, increment float64, member string) *FloatCmd {
	return run[FloatCmd](ctx, c, "ZINCRBY", key, fraction(increment), member)
}

// ZRem removes members and tells how many there were.
func (c *commands) ZRem(ctx context.Context, key string, members ...any) *IntCmd {
	return send[IntCmd](ctx, c, say("ZREM", key).values(members))
}

// ZCard tells how many members there are.
func (c *commands) ZCard(ctx context.Context, key string) *IntCmd {
	return run[IntCmd](ctx, c, "ZCARD", key)
}

// ZCount tells how many members have a score from min to max; see ZRangeBy.
func (c *commands) ZCount(ctx context.Context, key, min, max string) *IntCmd {
	return run[IntCmd](ctx, c, "ZCOUNT", key, min, max)
}

// ZLexCount tells how many members stand from min to max; see ZRangeBy.
func (c *commands) ZLexCount(ctx context.Context, key, min, max string) *IntCmd {
	return run[IntCmd](ctx, c, "ZLEXCOUNT", key, min, max)
}

// ZScore gives the score of a member, or Nil.
func (c *commands) ZScore(ctx context.Context, key, member string) *FloatCmd {
	return run[FloatCmd](ctx, c, "ZSCORE", key, member)
}

// ZMScore gives the scores of members; 0 also stands for one that is not there.
func (c *commands) ZMScore(ctx context.Context, key string, members ...string) *FloatSliceCmd {
	return send[FloatSliceCmd](ctx, c, say("ZMSCORE", key).text(members...))
}

// ZRank tells where a member stands, counted from 0 at the lowest score, or Nil.
func (c *commands) ZRank(ctx context.Context, key, member string) *IntCmd {
	return run[IntCmd](ctx, c, "ZRANK", key, member)
}

// ZRankWithScore is ZRank with the score.
func (c *commands) ZRankWithScore(ctx context.Context, key, member string) *RankWithScoreCmd {
	return run[RankWithScoreCmd](ctx, c, "ZRANK", key, member, "WITHSCORE")
}

// ZRevRank is ZRank from the highest score.
func (c *commands) ZRevRank(ctx context.Context, key, member string) *IntCmd {
	return run[IntCmd](ctx, c, "ZREVRANK", key, member)
}

// ZRevRankWithScore is ZRevRank with the score.
func (c *commands) ZRevRankWithScore(ctx context.Context, key, member string) *RankWithScoreCmd {
	return run[RankWithScoreCmd](ctx, c, "ZREVRANK", key, member, "WITHSCORE")
}

// ZRandMember gives so many members by chance; if count is negative, some perhaps twice.
func (c *commands) ZRandMember(ctx context.Context, key string, count int) *StringSliceCmd {
	return run[StringSliceCmd](ctx, c, "ZRANDMEMBER", key, strconv.Itoa(count))
}

// ZRandMemberWithScores is ZRandMember with scores.
func (c *commands) ZRandMemberWithScores(ctx context.Context, key string, count int) *ZSliceCmd {
	return run[ZSliceCmd](ctx, c, "ZRANDMEMBER", key, strconv.Itoa(count), "WITHSCORES")
}

// ZPopMax takes the member with the highest score, or so many.
func (c *commands) ZPopMax(ctx context.Context, key string, count ...int64) *ZSliceCmd {
	return send[ZSliceCmd](ctx, c, say("ZPOPMAX", key).numbers(count))
}

// ZPopMin takes the member with the lowest score, or so many.
func (c *commands) ZPopMin(ctx context.Context, key string, count ...int64) *ZSliceCmd {
	return send[ZSliceCmd](ctx, c, say("ZPOPMIN", key).numbers(count))
}

// ZMPop takes up to so many members of the first set that has some, MIN or MAX first.
func (c *commands) ZMPop(ctx context.Context, order string, count int64, keys ...string) *ZSliceWithKeyCmd {
	return send[ZSliceWithKeyCmd](ctx, c, say("ZMPOP").counted(keys).text(order, "COUNT", decimal(count)))
}

// BZPopMax is ZPopMax of the first set that has members; it waits, see BLPop.
func (c *commands) BZPopMax(ctx context.Context, timeout time.Duration, keys ...string) *ZWithKeyCmd {
	return send[ZWithKeyCmd](ctx, c, say("BZPOPMAX").text(keys...).text(patience(timeout)))
}

// BZPopMin is ZPopMin of the first set that has members; it waits, see BLPop.
func (c *commands) BZPopMin(ctx context.Context, timeout time.Duration, keys ...string) *ZWithKeyCmd {
	return send[ZWithKeyCmd](ctx, c, say("BZPOPMIN").text(keys...).text(patience(timeout)))
}

// BZMPop is ZMPop that waits; see BLPop.
func (c *commands) BZMPop(ctx context.Context, timeout time.Duration, order string, count int64, keys ...string) *ZSliceWithKeyCmd {
	args := say("BZMPOP", patience(timeout)).counted(keys).text(order, "COUNT", decimal(count))
	return send[ZSliceWithKeyCmd](ctx, c, args)
}

// ZRemRangeByRank removes the members from start to stop and tells how many there were.
func (c *commands) ZRemRangeByRank(ctx context.Context, key string, start, stop int64) *IntCmd {
	return run[IntCmd](ctx, c, "ZREMRANGEBYRANK", key, decimal(start), decimal(stop))
}

// ZRemRangeByScore removes the members with a score from min to max; see ZRangeBy.
func (c *commands) ZRemRangeByScore(ctx context.Context, key, min, max string) *IntCmd {
	return run[IntCmd](ctx, c, "ZREMRANGEBYSCORE", key, min, max)
}

// ZRemRangeByLex removes the members from min to max; see ZRangeBy.
func (c *commands) ZRemRangeByLex(ctx context.Context, key, min, max string) *IntCmd {
	return run[IntCmd](ctx, c, "ZREMRANGEBYLEX", key, min, max)
}
