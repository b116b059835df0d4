package redlatch

import "context"

// SAdd adds members to a set and tells how many are new.
func (c *commands) SAdd(ctx context.Context, key string, members ...any) *IntCmd {
	return send[IntCmd](ctx, c, say("SADD", key).values(members))
}

// SRem removes members and tells how many there were.
func (c *commands) SRem(ctx context.Context, key string, members ...any) *IntCmd {
	return send[IntCmd](ctx, c, say("SREM", key).values(members))
}

// SCard tells how many members there are.
func (c *commands) SCard(ctx context.Context, key string) *IntCmd {
	return run[IntCmd](ctx, c, "SCARD", key)
}

// SMembers gives all members.
func (c *commands) SMembers(ctx context.Context, key string) *StringSliceCmd {
	return run[StringSliceCmd](ctx, c, "SMEMBERS", key)
}

// SMembersMap gives all members as a map.
func (c *commands) SMembersMap(ctx context.Context, key string) *StringStructMapCmd {
	return run[StringStructMapCmd](ctx, c, "SMEMBERS", key)
}

// SIsMember tells whether there is a member.
func (c *commands) SIsMember(ctx context.Context, key string, member any) *BoolCmd {
	return send[BoolCmd](ctx, c, say("SISMEMBER", key).value(member))
}

// SMIsMember tells which of the members there are.
func (c *commands) SMIsMember(ctx context.Context, key string, members ...any) *BoolSliceCmd {
	return send[BoolSliceCmd](ctx, c, say("SMISMEMBER", key).values(members))
}

// SMove moves a member to another set.
func (c *commands) SMove(ctx context.Context, source, destination string, member any) *BoolCmd {
	return send[BoolCmd](ctx, c, say("SMOVE", source, destination).value(member))
}

// SPop takes a member by chance, or Nil.
func (c *commands) SPop(ctx context.Context, key string) *StringCmd {
	return run[StringCmd](ctx, c, "SPOP", key)
}

// SPopN takes up to so many members by chance.
func (c *commands) SPopN(ctx context.Context, key string, count int64) *StringSliceCmd {
	return run[StringSliceCmd](ctx, c, "SPOP", key, decimal(count))
}

// SRandMember gives a member by chance, or Nil.
func (c *commands) SRandMember(ctx context.Context, key string) *StringCmd {
	return run[StringCmd](ctx, c, "SRANDMEMBER", key)
}

// SRandMemberN gives so many members by chance; if count is negative, some perhaps twice.
func (c *commands) SRandMemberN(ctx context.Context, key string, count int64) *StringSliceCmd {
	return run[StringSliceCmd](ctx, c, "SRANDMEMBER", key, decimal(count))
}

// SInter gives the members that all sets have.
func (c *commands) SInter(ctx context.Context, keys ...string) *StringSliceCmd {
	return send[StringSliceCmd](ctx, c, say("SINTER").text(keys...))
}

// SInterCard tells how many members all sets have, up to a limit; 0 for none.
func (c *commands) SInterCard(ctx context.Context, limit int64, keys ...string) *IntCmd {
	return send[IntCmd](ctx, c, say("SINTERCARD").counted(keys).text("LIMIT", decimal(limit)))
}

// SInterStore is SInter into a set.
func (c *commands) SInterStore(ctx context.Context, destination string, keys ...string) *IntCmd {
	return send[IntCmd](ctx, c, say("SINTERSTORE", destination).text(keys...))
}

// SUnion gives the members that any of the sets has.
func (c *commands) SUnion(ctx context.Context, keys ...string) *StringSliceCmd {
	return send[StringSliceCmd](ctx, c, say("SUNION").text(keys...))
}

// SUnionStore is SUnion into a set.
func (c *commands) SUnionStore(ctx context.Context, destination string, keys ...string) *IntCmd {
	return send[IntCmd](ctx, c, say("SUNIONSTORE", destination).text(keys...))
}

// SDiff gives the members of the first set that none of the others has.
func (c *commands) SDiff(ctx context.Context, keys ...string) *StringSliceCmd {
	return send[StringSliceCmd](ctx, c, say("SDIFF").text(keys...))
}

// SDiffStore is SDiff into a set.
func (c *commands) SDiffStore(ctx context.Context, destination string, keys ...string) *IntCmd {
	return send[IntCmd](ctx, c, say("SDIFFSTORE", destination).text(keys...))
}
