package main

import (
	"time"

	redlatch "github.com/redlatch/redlatch/go"
)

// call is a method and its arguments.
type call struct {
	name string
	args []any
}

func do(name string, args ...any) call { return call{name, args} }

const far = 4_000_000_000

// areas give calls of every kind.
var areas = []func(source) []call{
	ofStrings, ofKeys, ofHashes, ofLists, ofSets, ofSortedSets, ofPlaces, ofStreams, ofBits, ofScripts, ofServer,
}

func ofStrings(s source) []call {
	return []call{
		do("Get", s.key("string")), do("Set", s.key("string"), s.value(), of(s, 0, time.Hour, 5500*time.Millisecond, redlatch.KeepTTL)),
		do("SetNX", s.key("string"), s.value(), of(s, 0, time.Hour, time.Hour+time.Millisecond)),
		do("SetXX", s.key("string"), s.value(), of(s, 0, time.Hour, redlatch.KeepTTL)),
		do("SetEx", s.key("string"), s.value(), time.Hour),
		do("SetArgs", s.key("string"), s.value(), of(s, redlatch.SetArgs{Get: true}, redlatch.SetArgs{Mode: "NX"},
			redlatch.SetArgs{Mode: "XX", KeepTTL: true, Get: true}, redlatch.SetArgs{TTL: time.Hour},
			redlatch.SetArgs{ExpireAt: time.Unix(far, 5_000_000)}, redlatch.SetArgs{Mode: "no"})),
		do("GetSet", s.key("string"), s.value()), do("GetDel", s.key("string")),
		do("GetEx", s.key("string"), of(s, 0, time.Hour, time.Hour+time.Millisecond, -1)),
		do("Append", s.key("string"), s.word()), do("StrLen", s.key("string")),
		do("GetRange", s.key("string"), s.integer(), s.integer()), do("SetRange", s.key("string"), int64(s.Intn(9)), s.word()),
		do("Incr", s.key("counter")), do("IncrBy", s.key("counter"), s.integer()), do("Decr", s.key("counter")),
		do("DecrBy", s.key("counter"), s.integer()), do("IncrByFloat", s.key("float"), of(s, 0.5, -2.25, 1e10)),
		do("MGet", list(s.keys("string"))...), do("MSet", s.key("string"), s.value(), s.key("string"), s.value()),
		do("MSet", map[string]any{s.key("string"): s.value()}), do("MSetNX", []string{s.key("string"), s.word()}),
	}
}

func ofKeys(s source) []call {
	sort := of(s, redlatch.Sort{Alpha: true}, redlatch.Sort{Alpha: true, Order: "DESC", Offset: 1, Count: 2}, redlatch.Sort{},
		redlatch.Sort{By: "none*", Get: []string{"#", "string:*"}})
	return []call{
		do("Del", list(s.keys("string"))...), do("Unlink", s.key("bits")), do("Exists", list(s.keys("hash"))...),
		do("Touch", list(s.keys("set"))...), do("Type", s.key(of(s, "hash", "list", "none"))),
		do("Expire", s.key("list"), 30*time.Hour), do("ExpireNX", s.key("list"), 30*time.Hour), do("ExpireXX", s.key("list"), 31*time.Hour),
		do("ExpireGT", s.key("list"), 32*time.Hour), do("ExpireLT", s.key("list"), 29*time.Hour),
		do("ExpireAt", s.key("string"), time.Unix(far, 0)), do("PExpire", s.key("hash"), 30*time.Hour),
		do("PExpireAt", s.key("string"), time.UnixMilli(far*1000+5)), do("ExpireTime", s.key("string")),
		do("PExpireTime", s.key("string")), do("TTL", s.key("list")), do("TTL", s.key("none")), do("PTTL", s.key("zset")),
		do("Persist", s.key("list")), do("Rename", s.key("string"), s.key("string")), do("RenameNX", s.key("string"), s.key("string")),
		do("Copy", s.key("string"), s.key("string"), 3, true), do("Move", "none", 3), do("Dump", s.key("string")),
		do("Restore", s.key("string"), time.Hour, "nonsense"), do("RestoreReplace", s.key("none"), time.Duration(0), "nonsense"),
		do("ObjectEncoding", s.key("set")), do("ObjectRefCount", s.key("hash")), do("ObjectIdleTime", s.key("hash")),
		do("ObjectFreq", s.key("hash")), do("MemoryUsage", s.key("hash")), do("MemoryUsage", s.key("hash"), 5),
		do("Keys", of(s, "*", "s*", "none*")), do("RandomKey"),
		do("Scan", uint64(0), of(s, "", "s*"), int64(1000)), do("ScanType", uint64(0), "", int64(1000), "hash"),
		do("Sort", s.key("list"), &sort), do("SortRO", s.key("set"), &sort), do("SortStore", s.key("set"), "list:9", &sort),
		do("SortInterfaces", s.key("list"), &sort),
	}
}

func ofHashes(s source) []call {
	key := s.key("hash")
	return []call{
		do("HSet", with(key, s.fields()...)...), do("HSet", key, map[string]string{s.word(): "v"}),
		do("HSet", key, struct {
			Name  string `redis:"name"`
			Empty string `redis:"empty,omitempty"`
			Zero  int    `redis:"zero"`
			Other string
		}{Name: s.word()}),
		do("HMSet", with(key, s.fields()...)...), do("HSetNX", key, s.word(), s.value()), do("HGet", key, s.word()),
		do("HMGet", with(key, list(s.words())...)...), do("HGetAll", key), do("HGetAll", "none"), do("HKeys", key), do("HVals", key),
		do("HLen", key), do("HStrLen", key, s.word()), do("HExists", key, s.word()), do("HDel", with(key, list(s.words())...)...),
		do("HIncrBy", key, "n", s.integer()), do("HIncrByFloat", key, "f", 0.25), do("HScan", key, uint64(0), "", int64(1000)),
		do("HRandField", key, 100), do("HRandFieldWithValues", key, 100), do("HRandField", "none", -2),
		do("HExpire", key, time.Hour, "a", "b"), do("HPExpireAt", key, time.Unix(far, 0), "a"), do("HTTL", key, "a"), do("HPersist", key, "a"),
	}
}

func ofLists(s source) []call {
	key, side := s.key("list"), of(s, "LEFT", "RIGHT")
	return []call{
		do("RPush", with(key, s.values()...)...), do("LPush", key, s.words()), do("LPushX", key, s.word()), do("RPushX", key, s.value()),
		do("LRange", key, int64(0), int64(-1)), do("LPop", key), do("LPopCount", key, 2), do("RPop", key), do("RPopCount", key, 2),
		do("LLen", key), do("LIndex", key, s.integer()), do("LSet", key, int64(s.Intn(4)), s.value()),
		do("LInsert", key, of(s, "BEFORE", "AFTER"), s.word(), s.value()), do("LInsertBefore", key, s.word(), s.word()),
		do("LInsertAfter", key, s.word(), s.word()), do("LRem", key, int64(s.Intn(3)), s.word()), do("LTrim", key, int64(0), int64(5)),
		do("LPos", key, s.word(), of(s, redlatch.LPosArgs{}, redlatch.LPosArgs{Rank: -1, MaxLen: 3})),
		do("LPosCount", key, s.word(), int64(2), redlatch.LPosArgs{}), do("LMove", key, s.key("list"), side, "LEFT"),
		do("RPopLPush", key, s.key("list")), do("LMPop", side, int64(2), "list:0", "list:1"), do("LMPop", side, int64(2), "none"),
		do("BLPop", 10*time.Millisecond, "list:0", "list:1"), do("BRPop", time.Second, "list:2", "list:0"),
		do("BLMove", "list:0", "list:1", side, "RIGHT", time.Second), do("BRPopLPush", "list:0", "list:1", time.Second),
		do("BLMPop", time.Second, side, int64(1), "list:0", "list:2"),
	}
}

func ofSets(s source) []call {
	key := s.key("set")
	return []call{
		do("SAdd", with(key, s.values()...)...), do("SAdd", key, 1, 2, 3), do("SRem", with(key, s.anyWords()...)...), do("SCard", key),
		do("SMembers", key), do("SMembersMap", key), do("SIsMember", key, s.word()), do("SMIsMember", with(key, s.anyWords()...)...),
		do("SMove", key, s.key("set"), s.word()), do("SPop", "none"), do("SPopN", key, int64(1000)), do("SRandMember", "none"),
		do("SRandMemberN", key, int64(100)), do("SInter", "set:0", "set:1"), do("SInterCard", int64(2), "set:0", "set:1"),
		do("SInterStore", "set:9", "set:0", key), do("SUnion", "set:0", "set:1", key), do("SUnionStore", "set:9", "set:0", key),
		do("SDiff", "set:0", key), do("SDiffStore", "set:9", "set:0", key), do("SScan", key, uint64(0), "", int64(1000)),
	}
}

func ofBits(s source) []call {
	key := s.key("bits")
	return []call{
		do("SetBit", key, int64(s.Intn(40)), s.Intn(2)), do("GetBit", key, int64(s.Intn(40))),
		do("BitCount", key, of[*redlatch.BitCount](s, nil, &redlatch.BitCount{Start: 0, End: -1}, &redlatch.BitCount{Start: 1, End: 9, Unit: "BIT"})),
		do("BitPos", key, int64(s.Intn(2))), do("BitPos", key, int64(1), int64(0), int64(-1)), do("BitPosSpan", key, int8(1), int64(0), int64(9), "BIT"),
		do("BitOpAnd", "bits:9", "bits:0", key), do("BitOpOr", "bits:9", "bits:0", key), do("BitOpXor", "bits:9", "bits:0", key),
		do("BitOpNot", "bits:9", key),
		do("BitField", key, "SET", "u8", s.Intn(9), s.Intn(256), "GET", "i16", 0, "OVERFLOW", "FAIL", "INCRBY", "u2", 3, 3),
		do("BitFieldRO", key, "u8", 0, "i4", 3), do("PFAdd", with(s.key("log"), s.values()...)...), do("PFCount", "log:0", "log:1"),
		do("PFMerge", "log:9", "log:0", "log:1"),
	}
}

// list and with put arguments together.
func list(texts []string) []any {
	args := make([]any, len(texts))
	for at := range texts {
		args[at] = texts[at]
	}
	return args
}

func with(first any, args ...any) []any { return append([]any{first}, args...) }
