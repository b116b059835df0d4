package redlatch_test

import "testing"

// The result, and the text of what was asked for: nothing else is made for a command.
func TestAllocations(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector allocates")
	}
	lab := startLab(t)
	rdb := lab.client()
	var value any = "value"
	check(t, rdb.Set(ctx, "key", value, 0).Err())
	for name, call := range map[string]func(){
		"Get": func() { rdb.Get(ctx, "key") },
		"Set": func() { rdb.Set(ctx, "key", value, 0) },
	} {
		if made := testing.AllocsPerRun(2000, call); made > 2 {
			t.Errorf("%s: %v allocations", name, made)
		}
	}
}

func BenchmarkGet(b *testing.B) {
	rdb := startLab(b).client()
	check(b, rdb.Set(ctx, "key", "value", 0).Err())
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			rdb.Get(ctx, "key")
		}
	})
}

func BenchmarkSet(b *testing.B) {
	rdb := startLab(b).client()
	var value any = "value"
	check(b, rdb.Set(ctx, "key", value, 0).Err())
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			rdb.Set(ctx, "key", value, 0)
		}
	})
}
