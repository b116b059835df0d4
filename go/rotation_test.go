package redlatch_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	redlatch "github.com/redlatch/redlatch/go"
)

// load keeps setting and checking values until it is ended.
type load struct {
	done        atomic.Int64
	interrupted atomic.Int64
	over        atomic.Bool
	workers     sync.WaitGroup
}

func startLoad(t testing.TB, rdb *redlatch.Client) *load {
	l := &load{}
	for worker := range 16 {
		l.workers.Add(1)
		go func() {
			defer l.workers.Done()
			key := fmt.Sprint("load:", worker)
			for at := 0; !l.over.Load(); at++ {
				err := rdb.Set(ctx, key, at, 0).Err()
				if err == nil {
					var got int
					if got, err = rdb.Get(ctx, key).Int(); err == nil && got != at {
						t.Errorf("%s is %d, not %d", key, got, at)
					}
				}
				var failure *redlatch.Error
				switch {
				case err == nil:
					l.done.Add(2)
				case errors.Is(err, redlatch.ErrClientInterrupted) && errors.As(err, &failure) && failure.MaybeExecuted:
					l.interrupted.Add(1)
				default:
					t.Error(err)
					return
				}
			}
		}()
	}
	return l
}

func (l *load) end() {
	l.over.Store(true)
	l.workers.Wait()
}

// goesOn waits until everybody has run more commands.
func (l *load) goesOn(t testing.TB) {
	t.Helper()
	before := l.done.Load()
	eventually(t, "commands go on", func() bool { return l.done.Load() > before+1000 })
}

func TestRotationsUnderLoad(t *testing.T) {
	lab := startLab(t)
	rdb := lab.client(func(o *redlatch.Options) { o.ClientName = "rotating" })
	load := startLoad(t, rdb)
	defer load.end()
	generation := func(want uint64) func() bool {
		return func() bool { return rdb.Status().Trust.Generation == want }
	}

	load.goesOn(t)
	lab.run("add-ca")
	eventually(t, "old and new CA are trusted", generation(2))
	lab.run("switch-leaf")
	load.goesOn(t)
	lab.run("drop-ca")
	eventually(t, "the new CA alone is trusted", generation(3))
	eventually(t, "the connection was replaced", func() bool { return rdb.Status().Counters.Replacements == 1 })
	load.goesOn(t)
	lab.run("rotate-leaf")
	lab.run("rotate-password", "--overlap")
	eventually(t, "the password is in use", func() bool {
		return rdb.Status().Sessions[0].CredentialsGeneration == 2
	})
	lab.run("rotate-password", "--finish")
	load.goesOn(t)
	for _, broken := range []string{"empty", "truncate"} {
		lab.run(broken)
		eventually(t, "a broken bundle is refused", func() bool { return rdb.Status().Trust.Refused != "" })
		load.goesOn(t)
		lab.run("repair")
		rdb.Reload()
		eventually(t, "the repaired bundle is taken", func() bool { return rdb.Status().Trust.Refused == "" })
	}
	load.end()
	equal(t, load.interrupted.Load(), 0)
	equal(t, rdb.Status().Counters.Reconnects, 0)
	if connections := lab.run("connections"); strings.Count(connections, "rotating") != 1 {
		t.Fatal(connections)
	}

	kinds := map[string]int{}
	check(t, rdb.Close())
	for event := range rdb.Events() {
		kinds[event.Kind]++
		if time.Since(event.At) > time.Hour {
			t.Fatal(event.At)
		}
	}
	for _, kind := range []string{"connected", "rotation", "distrusted", "replaced", "reauthenticated", "rejected", "disconnected"} {
		if kinds[kind] == 0 {
			t.Errorf("no event of kind %s in %v", kind, kinds)
		}
	}
}

func TestKillAndRestart(t *testing.T) {
	lab := startLab(t)
	rdb := lab.client(func(o *redlatch.Options) { o.Timeout = 20 * time.Second })
	load := startLoad(t, rdb)
	defer load.end()
	for range 2 {
		load.goesOn(t)
		lab.run("kill")
		lab.run("restart")
		load.goesOn(t)
	}
	load.end()
	if count := load.interrupted.Load(); count > 32 {
		t.Fatal(count, "interrupted: more than were in flight")
	}
	equal(t, rdb.Status().Counters.Reconnects, 2)
}
