package redlatch

import "context"

// ZRange gives the members from start to stop, both included, negative ones from the end.
func (c *commands) ZRange(ctx context.Context, key string, start, stop int64) *StringSliceCmd {
	return run[StringSliceCmd](ctx, c, "ZRANGE", key, decimal(start), decimal(stop))
}

// ZRangeWithScores is ZRange with scores.
func (c *commands) ZRangeWithScores(ctx context.Context, key string, start, stop int64) *ZSliceCmd {
	return run[ZSliceCmd](ctx, c, "ZRANGE", key, decimal(start), decimal(stop), "WITHSCORES")
}

// ZRevRange is ZRange from the highest score.
func (c *commands) ZRevRange(ctx context.Context, key string, start, stop int64) *StringSliceCmd {
	return run[StringSliceCmd](ctx, c, "ZREVRANGE", key, decimal(start), decimal(stop))
}

// ZRevRangeWithScores is ZRevRange with scores.
func (c *commands) ZRevRangeWithScores(ctx context.Context, key string, start, stop int64) *ZSliceCmd {
	return run[ZSliceCmd](ctx, c, "ZREVRANGE", key, decimal(start), decimal(stop), "WITHSCORES")
}

// ZRangeByScore gives the members between two scores.
func (c *commands) ZRangeByScore(ctx context.Context, key string, by *ZRangeBy) *StringSliceCmd {
	args := say("ZRANGEBYSCORE", key, by.Min, by.Max).limit(by.Offset, by.Count)
	return send[StringSliceCmd](ctx, c, args)
}

// ZRangeByScoreWithScores is ZRangeByScore with scores.
func (c *commands) ZRangeByScoreWithScores(ctx context.Context, key string, by *ZRangeBy) *ZSliceCmd {
	args := say("ZRANGEBYSCORE", key, by.Min, by.Max, "WITHSCORES").limit(by.Offset, by.Count)
	return send[ZSliceCmd](ctx, c, args)
}

// ZRangeByLex gives the members between two texts.
func (c *commands) ZRangeByLex(ctx context.Context, key string, by *ZRangeBy) *StringSliceCmd {
	args := say("ZRANGEBYLEX", key, by.Min, by.Max).limit(by.Offset, by.Count)
	return send[StringSliceCmd](ctx, c, args)
}

// ZRevRangeByScore is ZRangeByScore from the highest score.
func (c *commands) ZRevRangeByScore(ctx context.Context, key string, by *ZRangeBy) *StringSliceCmd {
	args := say("ZREVRANGEBYSCORE", key, by.Max, by.Min).limit(by.Offset, by.Count)
	return send[StringSliceCmd](ctx, c, args)
}

// ZRevRangeByScoreWithScores is ZRevRangeByScore with scores.
func (c *commands) ZRevRangeByScoreWithScores(ctx context.Context, key string, by *ZRangeBy) *ZSliceCmd {
	args := say("ZREVRANGEBYSCORE", key, by.Max, by.Min, "WITHSCORES").limit(by.Offset, by.Count)
	return send[ZSliceCmd](ctx, c, args)
}

// ZRevRangeByLex is ZRangeByLex from the end.
func (c *commands) ZRevRangeByLex(ctx context.Context, key string, by *ZRangeBy) *StringSliceCmd {
	args := say("ZREVRANGEBYLEX", key, by.Max, by.Min).limit(by.Offset, by.Count)
	return send[StringSliceCmd](ctx, c, args)
}

// ZRangeArgs gives members in any of the ways there are.
func (c *commands) ZRangeArgs(ctx context.Context, args ZRangeArgs) *StringSliceCmd {
	return send[StringSliceCmd](ctx, c, args.words("ZRANGE"))
}

// ZRangeArgsWithScores is ZRangeArgs with scores.
func (c *commands) ZRangeArgsWithScores(ctx context.Context, args ZRangeArgs) *ZSliceCmd {
	return send[ZSliceCmd](ctx, c, args.words("ZRANGE").text("WITHSCORES"))
}

// ZRangeStore is ZRangeArgs into a sorted set; it tells how many there are.
func (c *commands) ZRangeStore(ctx context.Context, destination string, args ZRangeArgs) *IntCmd {
	return send[IntCmd](ctx, c, args.words("ZRANGESTORE", destination))
}

// ZInter gives the members that all sets have.
func (c *commands) ZInter(ctx context.Context, store *ZStore) *StringSliceCmd {
	return send[StringSliceCmd](ctx, c, store.words("ZINTER"))
}

// ZInterWithScores is ZInter with scores.
func (c *commands) ZInterWithScores(ctx context.Context, store *ZStore) *ZSliceCmd {
	return send[ZSliceCmd](ctx, c, store.words("ZINTER").text("WITHSCORES"))
}

// ZInterCard tells how many members all sets have, up to a limit; 0 for none.
func (c *commands) ZInterCard(ctx context.Context, limit int64, keys ...string) *IntCmd {
	return send[IntCmd](ctx, c, say("ZINTERCARD").counted(keys).text("LIMIT", decimal(limit)))
}

// ZInterStore is ZInter into a sorted set; it tells how many there are.
func (c *commands) ZInterStore(ctx context.Context, destination string, store *ZStore) *IntCmd {
	return send[IntCmd](ctx, c, store.words("ZINTERSTORE", destination))
}

// ZUnion gives the members that any of the sets has.
func (c *commands) ZUnion(ctx context.Context, store ZStore) *StringSliceCmd {
	return send[StringSliceCmd](ctx, c, store.words("ZUNION"))
}

// ZUnionWithScores is ZUnion with scores.
func (c *commands) ZUnionWithScores(ctx context.Context, store ZStore) *ZSliceCmd {
	return send[ZSliceCmd](ctx, c, store.words("ZUNION").text("WITHSCORES"))
}

// ZUnionStore is ZUnion into a sorted set; it tells how many there are.
func (c *commands) ZUnionStore(ctx context.Context, destination string, store *ZStore) *IntCmd {
	return send[IntCmd](ctx, c, store.words("ZUNIONSTORE", destination))
}

// ZDiff gives the members of the first set that none of the others has.
func (c *commands) ZDiff(ctx context.Context, keys ...string) *StringSliceCmd {
	return send[StringSliceCmd](ctx, c, say("ZDIFF").counted(keys))
}

// ZDiffWithScores is ZDiff with scores.
func (c *commands) ZDiffWithScores(ctx context.Context, keys ...string) *ZSliceCmd {
	return send[ZSliceCmd](ctx, c, say("ZDIFF").counted(keys).text("WITHSCORES"))
}

// ZDiffStore is ZDiff into a sorted set; it tells how many there are.
func (c *commands) ZDiffStore(ctx context.Context, destination string, keys ...string) *IntCmd {
	return send[IntCmd](ctx, c, say("ZDIFFSTORE", destination).counted(keys))
}
