package redlatch_test

import (
	"reflect"
	"testing"
	"time"

	redlatch "github.com/redlatch/redlatch/go"
)

func TestScriptsAreSentOnce(t *testing.T) {
	lab := startLab(t)
	rdb := lab.client()
	script := redlatch.NewScript("return redis.call('INCRBY', KEYS[1], ARGV[1])")
	failure(t, script.EvalSha(ctx, rdb, []string{"n"}, 2).Err(), redlatch.ErrServerNoScript)
	check(t, rdb.ConfigResetStat(ctx).Err())
	for at := range 3 {
		number, err := script.Run(ctx, rdb, []string{"n"}, 2).Int()
		check(t, err)
		equal(t, number, 2*(at+1))
	}
	calls, err := rdb.Do(ctx, "INFO", "commandstats").Text()
	check(t, err)
	for _, command := range []string{"cmdstat_eval:calls=1,", "cmdstat_evalsha:calls=3,"} {
		contains(t, calls, command)
	}
	equal(t, script.Load(ctx, rdb).Val(), script.Hash())
	failure(t, script.RunRO(ctx, rdb, []string{"n"}, 2).Err(), redlatch.ErrServerError)
}

func TestValuesOfAnyType(t *testing.T) {
	lab := startLab(t)
	rdb := lab.client()
	eval := func(script string) *redlatch.Cmd { return rdb.Eval(ctx, "redis.setresp(3); return "+script, nil) }
	number, err := eval("'12'").Int64()
	check(t, err)
	equal(t, number, 12)
	half, err := eval("{double=0.5}").Float64()
	check(t, err)
	equal(t, half, 0.5)
	truth, err := eval("true").Bool()
	check(t, err)
	equal(t, truth, true)
	texts, err := eval("{'a','b'}").StringSlice()
	check(t, err)
	numbers, err := eval("{1,'2'}").Int64Slice()
	check(t, err)
	if !reflect.DeepEqual(texts, []string{"a", "b"}) || !reflect.DeepEqual(numbers, []int64{1, 2}) {
		t.Fatal(texts, numbers)
	}
	table, err := redlatch.As[map[any]any](eval("{map={k='v'}}"))
	check(t, err)
	equal(t, table["k"], any("v"))
	_, err = redlatch.As[bool](eval("1"))
	failure(t, err, redlatch.ErrClientMisuse)
	_, err = eval("{1,{}}").StringSlice()
	failure(t, err, redlatch.ErrClientMisuse)
	_, err = rdb.Get(ctx, "missing").Int()
	equal(t, err, redlatch.Nil)
	_, err = redlatch.As[bool](rdb.Do(ctx, "GET", "missing"))
	equal(t, err, redlatch.Nil)

	now := time.Now()
	check(t, rdb.Set(ctx, "time", now, 0).Err())
	at, err := rdb.Get(ctx, "time").Time()
	check(t, err)
	equal(t, at.Equal(now), true)
	clock, err := rdb.Time(ctx).Result()
	check(t, err)
	if apart := time.Since(clock); apart.Abs() > time.Minute {
		t.Fatal(apart)
	}
}

// A reply of another type than that of the result is an error, not a wrong value.
func TestRepliesOfAnotherType(t *testing.T) {
	lab := startLab(t)
	rdb := lab.client()
	check(t, rdb.ConfigSet(ctx, "slowlog-log-slower-than", "0").Err())
	check(t, rdb.Set(ctx, "text", "x", 0).Err())
	for name, result := range map[string]redlatch.Cmder{
		"a hash":   rdb.HGetAll(ctx, "text"),
		"a set":    rdb.SMembersMap(ctx, "text"),
		"members":  rdb.ZRangeWithScores(ctx, "text", 0, -1),
		"a pair":   rdb.LMPop(ctx, "LEFT", 1, "text"),
		"a scan":   rdb.SScan(ctx, "text", 0, "", 0),
		"entries":  rdb.XRange(ctx, "text", "-", "+"),
		"a length": rdb.LLen(ctx, "text"),
	} {
		t.Run(name, func(t *testing.T) { failure(t, result.Err(), redlatch.ErrServerWrongType) })
	}
	log, err := rdb.SlowLogGet(ctx, 10).Result()
	check(t, err)
	if len(log) == 0 || log[0].Args[0] == "" || time.Since(log[0].Time).Abs() > time.Minute {
		t.Fatal(log)
	}
}
