package main

import (
	"time"

	redlatch "github.com/redlatch/redlatch/go"
)

func ofSortedSets(s source) []call {
	key := s.key("zset")
	// By text only members of one score have an order.
	flat := s.key("flat")
	member := func() any { return redlatch.Z{Score: s.score(), Member: s.word()} }
	store := redlatch.ZStore{Keys: []string{"zset:0", "zset:1"}, Weights: of[[]float64](s, nil, []float64{2, 0.5}), Aggregate: of(s, "", "MAX")}
	by := of(s, redlatch.ZRangeBy{Min: "-inf", Max: "+inf"}, redlatch.ZRangeBy{Min: "(0", Max: "2.25", Offset: 0, Count: 2})
	lex := redlatch.ZRangeBy{Min: "-", Max: of(s, "+", "(c"), Count: -1}
	args := of(s, redlatch.ZRangeArgs{Start: 0, Stop: -1}, redlatch.ZRangeArgs{Start: "-inf", Stop: "(5", ByScore: true, Count: 2},
		redlatch.ZRangeArgs{Start: 9, Stop: -9, ByScore: true, Rev: true}, redlatch.ZRangeArgs{Start: "-", Stop: "+", ByLex: true})
	args.Key = key
	if args.ByLex {
		args.Key = flat
	}
	add := of(s, redlatch.ZAddArgs{Ch: true}, redlatch.ZAddArgs{NX: true}, redlatch.ZAddArgs{XX: true, GT: true})
	add.Members = []redlatch.Z{{Score: 1.5, Member: s.word()}}
	return []call{
		do("ZAdd", with(key, many(s, member)...)...), do("ZAdd", flat, redlatch.Z{Member: s.word()}, redlatch.Z{Member: s.word()}),
		do("ZAddNX", key, member()), do("ZAddXX", key, member()), do("ZAddGT", key, member()),
		do("ZAddLT", key, member()), do("ZAddArgs", key, add), do("ZAddArgsIncr", key, add), do("ZIncrBy", key, of(s, 1.0, 0.5), s.word()),
		do("ZRem", with(key, s.anyWords()...)...), do("ZCard", key), do("ZCount", key, "-inf", "5"), do("ZLexCount", flat, "-", "+"),
		do("ZScore", key, s.word()), do("ZMScore", with(key, list(s.words())...)...), do("ZRank", key, s.word()), do("ZRevRank", key, s.word()),
		do("ZRankWithScore", key, s.word()), do("ZRevRankWithScore", key, s.word()), do("ZRandMember", "none", 3),
		do("ZRandMemberWithScores", key, 100), do("ZPopMax", key), do("ZPopMin", key, int64(2)), do("ZMPop", of(s, "MIN", "MAX"), int64(2), "zset:0", key),
		do("BZPopMax", time.Second, "zset:0", "zset:1"), do("BZPopMin", 10*time.Millisecond, "zset:2"), do("BZMPop", time.Second, "MIN", int64(1), "zset:0"),
		do("ZRemRangeByRank", key, int64(0), int64(0)), do("ZRemRangeByScore", key, "1", "(2"), do("ZRemRangeByLex", flat, "[x", "[y"),
		do("ZRange", key, int64(0), int64(-1)), do("ZRangeWithScores", key, int64(0), int64(-1)), do("ZRevRange", key, int64(0), int64(1)),
		do("ZRevRangeWithScores", key, int64(0), int64(1)), do("ZRangeByScore", key, &by), do("ZRangeByScoreWithScores", key, &by),
		do("ZRangeByLex", flat, &lex), do("ZRevRangeByScore", key, &by), do("ZRevRangeByScoreWithScores", key, &by), do("ZRevRangeByLex", flat, &lex),
		do("ZRangeArgs", args), do("ZRangeArgsWithScores", args), do("ZRangeStore", "zset:9", args),
		do("ZInter", &store), do("ZInterWithScores", &store), do("ZInterCard", int64(2), "zset:0", key), do("ZInterStore", "zset:9", &store),
		do("ZUnion", store), do("ZUnionWithScores", store), do("ZUnionStore", "zset:9", &store), do("ZDiff", "zset:0", key),
		do("ZDiffWithScores", "zset:0", key), do("ZDiffStore", "zset:9", "zset:0", key), do("ZScan", key, uint64(0), "", int64(1000)),
	}
}

func ofPlaces(s source) []call {
	key := s.key("geo")
	place := func() any {
		return &redlatch.GeoLocation{Name: s.word(), Longitude: of(s, 13.361389, 15.087269), Latitude: of(s, 38.115556, 37.502669)}
	}
	radius := redlatch.GeoRadiusQuery{Radius: 500, Unit: of(s, "", "km", "mi"), WithDist: s.Intn(2) == 0, WithCoord: s.Intn(2) == 0,
		WithGeoHash: s.Intn(2) == 0, Count: of(s, 0, 3), Sort: "ASC"}
	stored := redlatch.GeoRadiusQuery{Radius: 500, Store: "zset:9"}
	search := of(s, redlatch.GeoSearchQuery{Longitude: 15, Latitude: 37, Radius: 500, Sort: "ASC"},
		redlatch.GeoSearchQuery{Member: s.word(), BoxWidth: 900, BoxHeight: 900, BoxUnit: "km", Sort: "DESC", Count: 2})
	return []call{
		do("GeoAdd", with(key, many(s, place)...)...), do("GeoPos", with(key, list(s.words())...)...), do("GeoHash", with(key, list(s.words())...)...),
		do("GeoDist", key, s.word(), s.word(), of(s, "", "m", "ft")), do("GeoSearch", key, &search),
		do("GeoSearchLocation", key, &redlatch.GeoSearchLocationQuery{GeoSearchQuery: search, WithDist: true, WithHash: s.Intn(2) == 0, WithCoord: s.Intn(2) == 0}),
		do("GeoSearchStore", key, "zset:9", &redlatch.GeoSearchStoreQuery{GeoSearchQuery: search, StoreDist: s.Intn(2) == 0}),
		do("GeoRadius", key, 15.0, 37.0, &radius), do("GeoRadiusByMember", key, s.word(), &radius),
		do("GeoRadiusStore", key, 15.0, 37.0, &stored), do("GeoRadiusByMemberStore", key, s.word(), &stored),
	}
}

func ofStreams(s source) []call {
	key, id := s.key("stream"), func() string { return of(s, "1-0", "1-1", "2-0", "2-2", "3-1", "4-0") }
	claim := redlatch.XClaimArgs{Stream: key, Group: "g", Consumer: "you", Messages: []string{id(), id()}}
	auto := redlatch.XAutoClaimArgs{Stream: key, Group: "g", Consumer: "me", Start: "0-0", Count: of[int64](s, 0, 1)}
	return []call{
		do("XAdd", &redlatch.XAddArgs{Stream: key, ID: id(), Values: s.fields()}),
		do("XAdd", &redlatch.XAddArgs{Stream: key, ID: id(), MaxLen: 5, Values: map[string]any{s.word(): s.value()}}),
		do("XAdd", &redlatch.XAddArgs{Stream: key, ID: id(), MinID: "1-1", Approx: true, Limit: 3, Values: s.fields(), NoMkStream: true}),
		do("XLen", key), do("XRange", key, "-", "+"), do("XRangeN", key, "-", "+", int64(2)), do("XRevRange", key, "+", "-"),
		do("XRevRangeN", key, "+", "-", int64(1)), do("XDel", key, id(), id()), do("XTrimMaxLen", key, int64(6)), do("XTrimMaxLenApprox", key, int64(1), int64(0)),
		do("XTrimMinID", key, "1-1"), do("XTrimMinIDApprox", key, "1-1", int64(3)),
		do("XRead", &redlatch.XReadArgs{Streams: []string{key, "stream:1"}, ID: "0", Count: 2, Block: -1}), do("XReadStreams", key, id()),
		do("XRead", &redlatch.XReadArgs{Streams: []string{"stream:2", "$"}, Block: 2 * time.Millisecond}),
		do("XGroupCreate", key, of(s, "g", "h"), "0"), do("XGroupCreateMkStream", key, of(s, "g", "h"), "0"), do("XGroupSetID", key, "h", "0"),
		do("XGroupDestroy", key, "h"), do("XGroupCreateConsumer", key, "g", "me"), do("XGroupDelConsumer", key, "g", "you"),
		do("XReadGroup", &redlatch.XReadGroupArgs{Group: "g", Consumer: of(s, "me", "you"), Streams: []string{key, ">"}, Count: 1, Block: -1}),
		do("XReadGroup", &redlatch.XReadGroupArgs{Group: "g", Consumer: "me", Streams: []string{key, "0"}, Block: -1, NoAck: true}),
		do("XAck", key, "g", id(), id()), do("XPending", key, "g"),
		do("XPendingExt", &redlatch.XPendingExtArgs{Stream: key, Group: "g", Start: "-", End: "+", Count: 9}),
		do("XClaim", &claim), do("XClaimJustID", &claim), do("XAutoClaim", &auto), do("XAutoClaimJustID", &auto),
		do("XInfoStream", key), do("XInfoGroups", key), do("XInfoConsumers", key, "g"),
	}
}

func ofScripts(s source) []call {
	none := "0000000000000000000000000000000000000000"
	return []call{
		do("Eval", "redis.setresp(3); return "+s.lua(3), []string(nil)), do("Eval", "redis.setresp(3); return "+s.lua(5), []string(nil)),
		do("Eval", "return "+s.lua(3), []string{"k"}, s.word()), do("Eval", "return {KEYS, ARGV}", []string{s.word()}, s.value(), 1),
		do("EvalRO", "return redis.call('GET', KEYS[1])", []string{s.key("hash")}), do("Eval", "syntax error", []string(nil)),
		do("EvalSha", none, []string(nil)), do("EvalShaRO", none, []string{"k"}, 1), do("ScriptLoad", "return 1"),
		do("ScriptExists", none, "e0e1f9fabfc9d4800c877a703b823ac0578ff8db"), do("FCall", "none", []string{}), do("FCallRO", "shout", []string(nil), s.word()),
		do("FunctionLoad", "nonsense"), do("FunctionLoadReplace", library), do("FunctionDelete", "none"),
		do("Do", "HGETALL", s.key("hash")), do("Do", "ZRANGE", s.key("zset"), 0, -1, "WITHSCORES"), do("Do", "CONFIG", "GET", "maxmemory"),
		do("Do", "NO", "SUCH"), do("Do", "SMEMBERS", s.key("set")), do("Do", "LCS", s.key("string"), s.key("string"), "IDX"),
		do("Do", "DEBUG", "PROTOCOL", of(s, "string", "integer", "double", "null", "array", "set", "map", "attrib", "verbatim", "true", "false", "bignum")),
		do("Do", "XINFO", "STREAM", s.key("stream"), "FULL"), do("Do", "COMMAND", "INFO", "get", "nope"),
	}
}

const library = `#!lua name=library
redis.register_function{function_name='shout', flags={'no-writes'}, callback=function(keys, args) return args[1] .. '!' end}`

func ofServer(s source) []call {
	return []call{
		do("Ping"), do("Echo", s.value()), do("Time"), do("DBSize"), do("Info"), do("Info", "server"), do("LastSave"),
		do("ConfigGet", of(s, "maxmemory*", "save", "none")), do("ConfigSet", "maxmemory-samples", "5"), do("ConfigSet", "no-such", "x"),
		do("CommandGetKeys", "MSET", "a", 1, "b", 2), do("CommandList", &redlatch.FilterBy{Pattern: "z*"}), do("ClientGetName"), do("ClientID"),
		do("ClientList"), do("ClientKill", "127.0.0.1:1"), do("ClientKillByFilter", "ID", "999999"), do("ClientUnpause"),
		do("ClientUnblock", int64(999999)), do("ClientUnblockWithError", int64(999999)),
		do("Publish", "channel", s.value()), do("SPublish", "channel", s.word()), do("PubSubChannels", ""), do("PubSubNumSub", "a", "b"),
		do("PubSubNumPat"), do("SlowLogLen"), do("SlowLogGet", int64(3)), do("ConfigResetStat"),
	}
}

// How much of an outcome counts, if not all of it.
var (
	// The server's order is its own affair.
	unordered = set("Keys", "HRandField", "HRandFieldWithValues", "SRandMemberN", "SPopN", "ZRandMemberWithScores", "Scan", "ScanType")
	// The same types: times, and what chance or another connection decides.
	alike = set("TTL", "PTTL", "RandomKey", "ObjectIdleTime", "MemoryUsage", "Time", "Info", "ClientID", "ClientList", "ClientGetName",
		"XPendingExt", "XInfoConsumers", "LastSave", "DBSize", "SlowLogLen", "SlowLogGet", "Dump", "PExpireTime", "ExpireTime")
)

func set(names ...string) map[string]bool {
	found := map[string]bool{}
	for _, name := range names {
		found[name] = true
	}
	return found
}
