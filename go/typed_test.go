package redlatch_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	redlatch "github.com/redlatch/redlatch/go"
)

// step is a command and what it answers: the values of Result without a final nil, or an error.
type step struct {
	run  func(redlatch.Cmdable) redlatch.Cmder
	want []any
}

func is(run func(redlatch.Cmdable) redlatch.Cmder, want ...any) step { return step{run, want} }

type (
	rc = redlatch.Cmdable
	rr = redlatch.Cmder
)

var typed = map[string][]step{
	"strings": {
		is(func(c rc) rr { return c.Set(ctx, "s", "hello", time.Hour) }, "OK"),
		is(func(c rc) rr { return c.TTL(ctx, "s") }, time.Hour),
		is(func(c rc) rr { return c.GetRange(ctx, "s", 1, -2) }, "ell"),
		is(func(c rc) rr { return c.SetRange(ctx, "s", 1, "u") }, int64(5)),
		is(func(c rc) rr { return c.Append(ctx, "s", "!") }, int64(6)),
		is(func(c rc) rr { return c.StrLen(ctx, "s") }, int64(6)),
		is(func(c rc) rr { return c.SetNX(ctx, "s", 1, 0) }, false),
		is(func(c rc) rr { return c.SetNX(ctx, "n", 1, time.Minute) }, true),
		is(func(c rc) rr { return c.SetXX(ctx, "n", 2, redlatch.KeepTTL) }, true),
		is(func(c rc) rr { return c.TTL(ctx, "n") }, time.Minute),
		is(func(c rc) rr { return c.SetXX(ctx, "none", 2, 0) }, false),
		is(func(c rc) rr { return c.IncrBy(ctx, "n", 5) }, int64(7)),
		is(func(c rc) rr { return c.DecrBy(ctx, "n", 3) }, int64(4)),
		is(func(c rc) rr { return c.Decr(ctx, "n") }, int64(3)),
		is(func(c rc) rr { return c.IncrByFloat(ctx, "n", 0.5) }, 3.5),
		is(func(c rc) rr { return c.MGet(ctx, "n", "none") }, []any{"3.5", nil}),
		is(func(c rc) rr { return c.MSet(ctx, map[string]any{"a": 1}) }, "OK"),
		is(func(c rc) rr { return c.MSet(ctx, "b", 2, "c", true) }, "OK"),
		is(func(c rc) rr { return c.MSetNX(ctx, []string{"c", "3"}) }, false),
		is(func(c rc) rr { return c.GetSet(ctx, "a", "9") }, "1"),
		is(func(c rc) rr { return c.GetEx(ctx, "a", time.Minute) }, "9"),
		is(func(c rc) rr { return c.GetEx(ctx, "a", 0) }, "9"),
		is(func(c rc) rr { return c.TTL(ctx, "a") }, time.Duration(-1)),
		is(func(c rc) rr { return c.GetDel(ctx, "a") }, "9"),
		is(func(c rc) rr { return c.TTL(ctx, "a") }, time.Duration(-2)),
		is(func(c rc) rr { return c.SetArgs(ctx, "b", 3, redlatch.SetArgs{Mode: "XX", Get: true}) }, "2"),
		is(func(c rc) rr { return c.SetArgs(ctx, "b", 3, redlatch.SetArgs{Mode: "NX"}) }, redlatch.Nil),
		is(func(c rc) rr { return c.SetEx(ctx, "b", 4, 1500*time.Millisecond) }, "OK"),
		is(func(c rc) rr { return c.Persist(ctx, "b") }, true),
		is(func(c rc) rr { return c.PExpire(ctx, "b", time.Hour) }, true),
		is(func(c rc) rr { return c.ExpireNX(ctx, "b", time.Hour) }, false),
		is(func(c rc) rr { return c.ExpireAt(ctx, "b", time.Unix(4e9, 0)) }, true),
		is(func(c rc) rr { return c.ExpireTime(ctx, "b") }, 4e9*time.Second),
	},
	"keys": {
		is(func(c rc) rr { return c.Set(ctx, "k", 1, 0) }, "OK"),
		is(func(c rc) rr { return c.Copy(ctx, "k", "l", 0, false) }, int64(1)),
		is(func(c rc) rr { return c.Rename(ctx, "k", "m") }, "OK"),
		is(func(c rc) rr { return c.RenameNX(ctx, "m", "l") }, false),
		is(func(c rc) rr { return c.Type(ctx, "l") }, "string"),
		is(func(c rc) rr { return c.ObjectEncoding(ctx, "l") }, "int"),
		is(func(c rc) rr { return c.Exists(ctx, "k", "l", "m") }, int64(2)),
		is(func(c rc) rr { return c.Touch(ctx, "l") }, int64(1)),
		is(func(c rc) rr { return c.Keys(ctx, "l*") }, []string{"l"}),
		is(func(c rc) rr { return c.Unlink(ctx, "l", "m") }, int64(2)),
		is(func(c rc) rr { return c.RandomKey(ctx) }, redlatch.Nil),
		is(func(c rc) rr { return c.RPush(ctx, "k", 3, 1, 2) }, int64(3)),
		is(func(c rc) rr { return c.Sort(ctx, "k", &redlatch.Sort{Order: "DESC", Count: 2}) }, []string{"3", "2"}),
		is(func(c rc) rr { return c.SortInterfaces(ctx, "k", &redlatch.Sort{Get: []string{"none*"}}) }, []any{nil, nil, nil}),
		is(func(c rc) rr { return c.SortStore(ctx, "k", "sorted", &redlatch.Sort{}) }, int64(3)),
		is(func(c rc) rr { return c.Scan(ctx, 0, "sor*", 100) }, []string{"sorted"}, uint64(0)),
	},
	"hashes": {
		is(func(c rc) rr { return c.HSet(ctx, "h", "a", 1, "b", "two") }, int64(2)),
		is(func(c rc) rr { return c.HGet(ctx, "h", "b") }, "two"),
		is(func(c rc) rr { return c.HGetAll(ctx, "h") }, map[string]string{"a": "1", "b": "two"}),
		is(func(c rc) rr { return c.HGetAll(ctx, "none") }, map[string]string{}),
		is(func(c rc) rr { return c.HMGet(ctx, "h", "a", "none") }, []any{"1", nil}),
		is(func(c rc) rr { return c.HIncrBy(ctx, "h", "a", 4) }, int64(5)),
		is(func(c rc) rr { return c.HIncrByFloat(ctx, "h", "a", 0.25) }, 5.25),
		is(func(c rc) rr { return c.HKeys(ctx, "h") }, []string{"a", "b"}),
		is(func(c rc) rr { return c.HVals(ctx, "h") }, []string{"5.25", "two"}),
		is(func(c rc) rr { return c.HDel(ctx, "h", "a") }, int64(1)),
		is(func(c rc) rr { return c.HRandFieldWithValues(ctx, "h", 3) }, []redlatch.KeyValue{{Key: "b", Value: "two"}}),
		is(func(c rc) rr { return c.HScan(ctx, "h", 0, "", 0) }, []string{"b", "two"}, uint64(0)),
		is(func(c rc) rr { return c.HSetNX(ctx, "h", "b", 1) }, false),
		is(func(c rc) rr { return c.HExists(ctx, "h", "b") }, true),
		is(func(c rc) rr {
			return c.HSet(ctx, "h", struct {
				Name  string `redis:"name"`
				Empty int    `redis:"empty,omitempty"`
				Other int
			}{Name: "x"})
		}, int64(1)),
		is(func(c rc) rr { return c.HLen(ctx, "h") }, int64(2)),
	},
	"lists": {
		is(func(c rc) rr { return c.RPush(ctx, "l", "a", "b", "c", "b") }, int64(4)),
		is(func(c rc) rr { return c.LInsertBefore(ctx, "l", "b", "x") }, int64(5)),
		is(func(c rc) rr { return c.LRange(ctx, "l", 0, -1) }, []string{"a", "x", "b", "c", "b"}),
		is(func(c rc) rr { return c.LPos(ctx, "l", "b", redlatch.LPosArgs{Rank: -1}) }, int64(4)),
		is(func(c rc) rr { return c.LPosCount(ctx, "l", "b", 0, redlatch.LPosArgs{}) }, []int64{2, 4}),
		is(func(c rc) rr { return c.LRem(ctx, "l", 0, "b") }, int64(2)),
		is(func(c rc) rr { return c.LMove(ctx, "l", "m", "RIGHT", "LEFT") }, "c"),
		is(func(c rc) rr { return c.LMPop(ctx, "LEFT", 5, "none", "l") }, "l", []string{"a", "x"}),
		is(func(c rc) rr { return c.LMPop(ctx, "LEFT", 5, "none") }, "", []string(nil), redlatch.Nil),
		is(func(c rc) rr { return c.LPopCount(ctx, "l", 2) }, redlatch.Nil),
		is(func(c rc) rr { return c.BLPop(ctx, time.Second, "l", "m") }, []string{"m", "c"}),
		is(func(c rc) rr { return c.BLPop(ctx, 10*time.Millisecond, "m") }, redlatch.Nil),
	},
	"sets": {
		is(func(c rc) rr { return c.SAdd(ctx, "s", 1, 2, 3) }, int64(3)),
		is(func(c rc) rr { return c.SAdd(ctx, "t", []string{"2", "3"}) }, int64(2)),
		is(func(c rc) rr { return c.SMembers(ctx, "s") }, []string{"1", "2", "3"}),
		is(func(c rc) rr { return c.SMembersMap(ctx, "t") }, map[string]struct{}{"2": {}, "3": {}}),
		is(func(c rc) rr { return c.SInter(ctx, "s", "t") }, []string{"2", "3"}),
		is(func(c rc) rr { return c.SDiff(ctx, "s", "t") }, []string{"1"}),
		is(func(c rc) rr { return c.SInterCard(ctx, 1, "s", "t") }, int64(1)),
		is(func(c rc) rr { return c.SUnionStore(ctx, "u", "s", "t") }, int64(3)),
		is(func(c rc) rr { return c.SMIsMember(ctx, "s", 1, 9) }, []bool{true, false}),
		is(func(c rc) rr { return c.SIsMember(ctx, "s", 1) }, true),
		is(func(c rc) rr { return c.SMove(ctx, "s", "t", 1) }, true),
		is(func(c rc) rr { return c.SPopN(ctx, "none", 2) }, []string{}),
		is(func(c rc) rr { return c.SPop(ctx, "none") }, redlatch.Nil),
	},
	"sorted sets": {
		is(func(c rc) rr {
			return c.ZAdd(ctx, "z", redlatch.Z{Score: 1, Member: "a"}, redlatch.Z{Score: 2.5, Member: "b"}, redlatch.Z{Score: 3, Member: 3})
		}, int64(3)),
		is(func(c rc) rr { return c.ZRangeWithScores(ctx, "z", 0, 1) }, []redlatch.Z{{Score: 1, Member: "a"}, {Score: 2.5, Member: "b"}}),
		is(func(c rc) rr {
			return c.ZRangeArgs(ctx, redlatch.ZRangeArgs{Key: "z", Start: "(1", Stop: "+inf", ByScore: true, Count: 1})
		}, []string{"b"}),
		is(func(c rc) rr { return c.ZRevRangeByScore(ctx, "z", &redlatch.ZRangeBy{Min: "-inf", Max: "2.5"}) }, []string{"b", "a"}),
		is(func(c rc) rr { return c.ZScore(ctx, "z", "b") }, 2.5),
		is(func(c rc) rr { return c.ZScore(ctx, "z", "none") }, redlatch.Nil),
		is(func(c rc) rr { return c.ZMScore(ctx, "z", "b", "none") }, []float64{2.5, 0}),
		is(func(c rc) rr { return c.ZRank(ctx, "z", "b") }, int64(1)),
		is(func(c rc) rr { return c.ZIncrBy(ctx, "z", 1, "b") }, 3.5),
		is(func(c rc) rr {
			return c.ZAddArgsIncr(ctx, "z", redlatch.ZAddArgs{NX: true, Members: []redlatch.Z{{Score: 1, Member: "b"}}})
		}, redlatch.Nil),
		is(func(c rc) rr { return c.ZAddGT(ctx, "z", redlatch.Z{Score: 1, Member: "b"}) }, int64(0)),
		is(func(c rc) rr { return c.ZCount(ctx, "z", "-inf", "3") }, int64(2)),
		is(func(c rc) rr {
			return c.ZUnionWithScores(ctx, redlatch.ZStore{Keys: []string{"z", "none"}, Weights: []float64{2, 1}})
		}, []redlatch.Z{{Score: 2, Member: "a"}, {Score: 6, Member: "3"}, {Score: 7, Member: "b"}}),
		is(func(c rc) rr { return c.ZInter(ctx, &redlatch.ZStore{Keys: []string{"z", "z"}}) }, []string{"a", "3", "b"}),
		is(func(c rc) rr { return c.ZDiff(ctx, "z", "none") }, []string{"a", "3", "b"}),
		is(func(c rc) rr { return c.ZScan(ctx, "z", 0, "b", 0) }, []string{"b", "3.5"}, uint64(0)),
		is(func(c rc) rr { return c.ZMPop(ctx, "MIN", 1, "none", "z") }, "z", []redlatch.Z{{Score: 1, Member: "a"}}),
		is(func(c rc) rr { return c.BZPopMax(ctx, time.Second, "z") }, &redlatch.ZWithKey{Key: "z", Z: redlatch.Z{Score: 3.5, Member: "b"}}),
		is(func(c rc) rr { return c.ZPopMin(ctx, "z", 2) }, []redlatch.Z{{Score: 3, Member: "3"}}),
		is(func(c rc) rr { return c.ZPopMin(ctx, "z") }, []redlatch.Z{}),
	},
	"streams": {
		is(func(c rc) rr {
			return c.XAdd(ctx, &redlatch.XAddArgs{Stream: "x", ID: "1-1", Values: []any{"f", 1}})
		}, "1-1"),
		is(func(c rc) rr {
			return c.XAdd(ctx, &redlatch.XAddArgs{Stream: "x", ID: "2-1", MaxLen: 9, Approx: true, Values: map[string]any{"f": "v"}})
		}, "2-1"),
		is(func(c rc) rr {
			return c.XAdd(ctx, &redlatch.XAddArgs{Stream: "none", NoMkStream: true, Values: []string{"f", "v"}})
		}, redlatch.Nil),
		is(func(c rc) rr { return c.XRangeN(ctx, "x", "-", "+", 1) }, []redlatch.XMessage{{ID: "1-1", Values: map[string]any{"f": "1"}}}),
		is(func(c rc) rr { return c.XReadStreams(ctx, "x", "1-1") },
			[]redlatch.XStream{{Stream: "x", Messages: []redlatch.XMessage{{ID: "2-1", Values: map[string]any{"f": "v"}}}}}),
		is(func(c rc) rr {
			return c.XRead(ctx, &redlatch.XReadArgs{Streams: []string{"x"}, ID: "$", Block: time.Millisecond})
		}, redlatch.Nil),
		is(func(c rc) rr { return c.XGroupCreate(ctx, "x", "g", "0") }, "OK"),
		is(func(c rc) rr {
			return c.XReadGroup(ctx, &redlatch.XReadGroupArgs{Group: "g", Consumer: "me", Streams: []string{"x", ">"}, Count: 1, Block: -1})
		}, []redlatch.XStream{{Stream: "x", Messages: []redlatch.XMessage{{ID: "1-1", Values: map[string]any{"f": "1"}}}}}),
		is(func(c rc) rr { return c.XPending(ctx, "x", "g") },
			&redlatch.XPending{Count: 1, Lower: "1-1", Higher: "1-1", Consumers: map[string]int64{"me": 1}}),
		is(func(c rc) rr { return c.XInfoGroups(ctx, "x") },
			[]redlatch.XInfoGroup{{Name: "g", Consumers: 1, Pending: 1, LastDeliveredID: "1-1", EntriesRead: 1, Lag: 1}}),
		is(func(c rc) rr {
			return c.XClaimJustID(ctx, &redlatch.XClaimArgs{Stream: "x", Group: "g", Consumer: "you", Messages: []string{"1-1"}})
		}, []string{"1-1"}),
		is(func(c rc) rr {
			return c.XAutoClaim(ctx, &redlatch.XAutoClaimArgs{Stream: "x", Group: "g", Consumer: "me", Start: "0"})
		}, []redlatch.XMessage{{ID: "1-1", Values: map[string]any{"f": "1"}}}, "0-0"),
		is(func(c rc) rr { return c.XAck(ctx, "x", "g", "1-1") }, int64(1)),
		is(func(c rc) rr { return c.XPending(ctx, "x", "g") }, &redlatch.XPending{Consumers: map[string]int64{}}),
		is(func(c rc) rr { return c.XTrimMaxLen(ctx, "x", 1) }, int64(1)),
		is(func(c rc) rr { return c.XLen(ctx, "x") }, int64(1)),
	},
	"bits": {
		is(func(c rc) rr { return c.SetBit(ctx, "b", 7, 1) }, int64(0)),
		is(func(c rc) rr { return c.BitCount(ctx, "b", &redlatch.BitCount{Start: 0, End: 7, Unit: "BIT"}) }, int64(1)),
		is(func(c rc) rr { return c.BitPos(ctx, "b", 1, 0, -1) }, int64(7)),
		is(func(c rc) rr { return c.BitOpNot(ctx, "c", "b") }, int64(1)),
		is(func(c rc) rr {
			return c.BitField(ctx, "b", "GET", "u8", 0, "OVERFLOW", "FAIL", "INCRBY", "u1", 7, 1)
		}, []int64{1, 0}),
		is(func(c rc) rr { return c.BitFieldRO(ctx, "b", "u8", 0, "u4", 4) }, []int64{1, 1}),
		is(func(c rc) rr { return c.PFAdd(ctx, "p", 1, 2, 3) }, int64(1)),
		is(func(c rc) rr { return c.PFMerge(ctx, "q", "p") }, "OK"),
		is(func(c rc) rr { return c.PFCount(ctx, "p", "q") }, int64(3)),
	},
	"geo": {
		is(func(c rc) rr {
			return c.GeoAdd(ctx, "g", &redlatch.GeoLocation{Name: "Palermo", Longitude: 13.361389, Latitude: 38.115556},
				&redlatch.GeoLocation{Name: "Catania", Longitude: 15.087269, Latitude: 37.502669})
		}, int64(2)),
		is(func(c rc) rr { return c.GeoDist(ctx, "g", "Palermo", "Catania", "m") }, 166274.1516),
		is(func(c rc) rr { return c.GeoDist(ctx, "g", "Palermo", "none", "") }, redlatch.Nil),
		is(func(c rc) rr { return c.GeoHash(ctx, "g", "Palermo", "none") }, []string{"sqc8b49rny0", ""}),
		is(func(c rc) rr { return c.GeoPos(ctx, "g", "Palermo", "none") },
			[]*redlatch.GeoPos{{Longitude: 13.361389338970184, Latitude: 38.115556395496299}, nil}),
		is(func(c rc) rr {
			return c.GeoSearch(ctx, "g", &redlatch.GeoSearchQuery{Longitude: 15, Latitude: 37, Radius: 200, Sort: "ASC"})
		}, []string{"Catania", "Palermo"}),
		is(func(c rc) rr {
			return c.GeoSearchLocation(ctx, "g", &redlatch.GeoSearchLocationQuery{
				GeoSearchQuery: redlatch.GeoSearchQuery{Member: "Palermo", BoxWidth: 10, BoxHeight: 10},
				WithCoord:      true, WithDist: true, WithHash: true,
			})
		}, []redlatch.GeoLocation{{Name: "Palermo", Longitude: 13.361389338970184, Latitude: 38.115556395496299, GeoHash: 3479099956230698}}),
		is(func(c rc) rr { return c.GeoRadiusByMember(ctx, "g", "Palermo", &redlatch.GeoRadiusQuery{Radius: 1}) },
			[]redlatch.GeoLocation{{Name: "Palermo"}}),
	},
	"scripts": {
		is(func(c rc) rr { return c.Eval(ctx, "return {KEYS[1],ARGV[1],false}", []string{"k"}, 1) }, []any{"k", "1", nil}),
		is(func(c rc) rr { return c.ScriptLoad(ctx, "return 7") }, redlatch.NewScript("return 7").Hash()),
		is(func(c rc) rr { return redlatch.NewScript("return 7").Exists(ctx, c) }, []bool{true}),
		is(func(c rc) rr { return c.EvalSha(ctx, redlatch.NewScript("return 7").Hash(), nil) }, int64(7)),
		is(func(c rc) rr { return redlatch.NewScript("return ARGV").Run(ctx, c, nil, "a", "b") }, []any{"a", "b"}),
	},
	"server": {
		is(func(c rc) rr { return c.Echo(ctx, 12) }, "12"),
		is(func(c rc) rr { return c.DBSize(ctx) }, int64(0)),
		is(func(c rc) rr { return c.ConfigSet(ctx, "maxmemory-samples", "7") }, "OK"),
		is(func(c rc) rr { return c.ConfigGet(ctx, "maxmemory-samples") }, map[string]string{"maxmemory-samples": "7"}),
		is(func(c rc) rr { return c.Publish(ctx, "channel", "message") }, int64(0)),
		is(func(c rc) rr { return c.PubSubNumSub(ctx, "channel") }, map[string]int64{"channel": 0}),
		is(func(c rc) rr { return c.CommandGetKeys(ctx, "MGET", "a", "b") }, []string{"a", "b"}),
		is(func(c rc) rr { return c.SlowLogReset(ctx) }, "OK"),
	},
}

// A client and pipelines give the same, in either protocol.
func TestTypedCommands(t *testing.T) {
	lab := startLab(t)
	for _, protocol := range []int{2, 3} {
		rdb := lab.client(func(o *redlatch.Options) { o.Protocol = protocol })
		for area, steps := range typed {
			t.Run(fmt.Sprint("RESP", protocol, " ", area), func(t *testing.T) {
				check(t, rdb.FlushAll(ctx).Err())
				for at, step := range steps {
					expect(t, at, step.run(rdb), step.want)
				}
				for _, pipe := range []redlatch.Pipeliner{rdb.Pipeline(), rdb.TxPipeline()} {
					check(t, rdb.FlushAll(ctx).Err())
					for _, step := range steps {
						step.run(pipe)
					}
					results, _ := pipe.Exec(ctx)
					for at, result := range results {
						expect(t, at, result, steps[at].want)
					}
				}
			})
		}
	}
}

func expect(t *testing.T, at int, result redlatch.Cmder, want []any) {
	t.Helper()
	var got []any
	for _, value := range reflect.ValueOf(result).MethodByName("Result").Call(nil) {
		got = append(got, value.Interface())
	}
	last := got[len(got)-1]
	wanted, fails := want[len(want)-1].(error)
	if fails {
		if failure, _ := last.(error); !errors.Is(failure, wanted) {
			t.Errorf("step %d: got %v, not %v", at, got, want)
		}
		return
	}
	if got = got[:len(got)-1]; last != nil || !reflect.DeepEqual(sorted(got), sorted(want)) {
		t.Errorf("step %d: got %#v (%v), not %#v", at, got, last, want)
	}
}

// sorted puts members of small sets in an order.
func sorted(values []any) []any {
	if list, ok := values[0].([]string); ok && len(values) == 1 {
		list = slices.Clone(list)
		slices.Sort(list)
		return []any{list}
	}
	return values
}
