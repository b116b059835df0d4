package redlatch_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	redlatch "github.com/redlatch/redlatch/go"
)

func TestOptionsThatCannotBeUsed(t *testing.T) {
	for name, test := range map[string]struct {
		options redlatch.Options
		kind    error
	}{
		"port":       {redlatch.Options{Addr: "localhost:many"}, redlatch.ErrConfigInvalid},
		"CA, no TLS": {redlatch.Options{CAFile: "/ca.pem", TLS: redlatch.TLSOff}, redlatch.ErrConfigConflict},
		"two CAs":    {redlatch.Options{CAFile: "/ca.pem", CAPEM: "x"}, redlatch.ErrConfigConflict},
		"in clear":   {redlatch.Options{Addr: "example.org:6379", Password: "hidden"}, redlatch.ErrConfigInsecure},
		"URL":        {redlatch.Options{URL: "http://x:hidden@y"}, redlatch.ErrConfig},
		"protocol":   {redlatch.Options{Protocol: 4}, redlatch.ErrConfigInvalid},
		"no secret":  {redlatch.Options{Username: "u"}, redlatch.ErrConfigMissing},
	} {
		t.Run(name, func(t *testing.T) {
			rdb := redlatch.NewClient(&test.options)
			defer rdb.Close()
			err := rdb.Get(ctx, "key").Err()
			if found := failure(t, err, test.kind); found.Remedy == "" || found.Family != "config" {
				t.Fatalf("%+v", found)
			}
			if strings.Contains(fmt.Sprintf("%+v %v", err, rdb.Status()), "hidden") {
				t.Fatal("a secret is shown")
			}
			_, opened := redlatch.Open(&test.options)
			failure(t, opened, test.kind)
			equal(t, rdb.Status().State, "failing")
			rdb.Reload()
			if _, more := <-rdb.Events(); more {
				t.Fatal("an event of no client")
			}
		})
	}
	_, err := redlatch.ParseURL("rediss://localhost:6380/0?nonsense=1")
	failure(t, err, redlatch.ErrConfigUnknown)
	options, err := redlatch.ParseURL("rediss://localhost:6380/0")
	check(t, err)
	equal(t, options.URL, "rediss://localhost:6380/0")
}

func TestUntrusted(t *testing.T) {
	lab, other := startLab(t), startLab(t)
	rdb := lab.client(func(o *redlatch.Options) { o.CAFile = other.CAFile })
	found := failure(t, rdb.Ping(ctx).Err(), redlatch.ErrTLSUntrusted)
	if !errors.Is(found, redlatch.ErrTLS) || len(found.Evidence) == 0 || found.Retry != "after_rotation" {
		t.Fatalf("%+v", found)
	}
	equal(t, rdb.Status().LastError.Code, "tls.untrusted")
}

func TestWrongPassword(t *testing.T) {
	lab := startLab(t)
	rdb := lab.client(func(o *redlatch.Options) { o.PasswordFile, o.Password = "", "not it" })
	started := time.Now()
	found := failure(t, rdb.Get(ctx, "key").Err(), redlatch.ErrAuthRejected)
	if strings.Contains(found.Error(), "not it") || time.Since(started) > 4*time.Second {
		t.Fatal(found, time.Since(started))
	}
}

func TestBundlesThatCannotBeUsed(t *testing.T) {
	lab := startLab(t)
	path := filepath.Join(t.TempDir(), "ca.pem")
	check(t, os.WriteFile(path, nil, 0o600))
	rdb := lab.client(func(o *redlatch.Options) { o.CAFile = path })
	failure(t, rdb.Ping(ctx).Err(), redlatch.ErrTrustEmpty)
	missing := lab.client(func(o *redlatch.Options) { o.CAFile = path + ".none" })
	failure(t, missing.Ping(ctx).Err(), redlatch.ErrTrustUnreadable)

	right, err := os.ReadFile(lab.CAFile)
	check(t, err)
	check(t, os.WriteFile(path, right, 0o600))
	eventually(t, "a repaired bundle is used", func() bool { return rdb.Ping(ctx).Err() == nil })
	inline := lab.client(func(o *redlatch.Options) { o.CAFile, o.CAPEM = "", string(right) })
	check(t, inline.Ping(ctx).Err())
}

func TestNobodyListens(t *testing.T) {
	rdb := redlatch.NewClient(&redlatch.Options{Addr: "127.0.0.1:1", Timeout: 300 * time.Millisecond})
	defer rdb.Close()
	failure(t, rdb.Ping(ctx).Err(), redlatch.ErrNetRefused)
	unix := redlatch.NewClient(&redlatch.Options{Network: "unix", Addr: t.TempDir() + "/none", Timeout: 300 * time.Millisecond})
	defer unix.Close()
	failure(t, unix.Ping(ctx).Err(), redlatch.ErrNetRefused)
}

func TestSilentPort(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	defer listener.Close()
	rdb := redlatch.NewClient(&redlatch.Options{Addr: listener.Addr().String(), TLS: redlatch.TLSOn, HandshakeTimeout: 200 * time.Millisecond})
	defer rdb.Close()
	found := failure(t, rdb.Ping(ctx).Err(), redlatch.ErrTLSTimeout)
	if !strings.Contains(found.Remedy, "plaintext") {
		t.Fatal(found.Remedy)
	}
}

func TestContextsEnd(t *testing.T) {
	lab := startLab(t)
	rdb := lab.client(func(o *redlatch.Options) { o.Timeout = -1 })
	check(t, rdb.Ping(ctx).Err())
	lab.pause("0.5")
	short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	found := failure(t, rdb.Get(short, "key").Err(), redlatch.ErrClientTimeout)
	if !errors.Is(found, context.DeadlineExceeded) || !found.MaybeExecuted {
		t.Fatalf("%+v", found)
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	found = failure(t, rdb.Get(ended, "key").Err(), redlatch.ErrClientCancelled)
	if !errors.Is(found, context.Canceled) || found.MaybeExecuted {
		t.Fatalf("%+v", found)
	}
	limited := lab.client(func(o *redlatch.Options) { o.Timeout = 100 * time.Millisecond })
	check(t, rdb.Ping(ctx).Err())
	check(t, limited.Ping(ctx).Err())
	lab.pause("0.5")
	failure(t, limited.Ping(ctx).Err(), redlatch.ErrClientTimeout)
	check(t, rdb.Ping(ctx).Err())
}

func TestCancellingNeverMixesReplies(t *testing.T) {
	lab := startLab(t)
	rdb := lab.client()
	var waiting sync.WaitGroup
	var mixed, ended sync.Map
	for worker := range 64 {
		waiting.Add(1)
		go func() {
			defer waiting.Done()
			for at := range 300 {
				want := fmt.Sprint(worker, ":", at)
				short, cancel := context.WithTimeout(ctx, time.Duration(rand.Intn(2000))*time.Microsecond)
				got, err := rdb.Do(short, "ECHO", want).Text()
				cancel()
				if err != nil {
					ended.Store(want, true)
					if !errors.Is(err, context.DeadlineExceeded) {
						t.Error(err)
					}
				} else if got != want {
					mixed.Store(want, got)
				}
			}
		}()
	}
	waiting.Wait()
	mixed.Range(func(want, got any) bool { t.Errorf("got %v for %v", got, want); return true })
	check(t, rdb.Ping(ctx).Err())
	eventually(t, "nothing is left open", func() bool { return rdb.Status().Open == 0 })
}

func TestCloseEndsEverything(t *testing.T) {
	lab := startLab(t)
	before := runtime.NumGoroutine()
	for range 3 {
		rdb, err := redlatch.Open(lab.options())
		check(t, err)
		var waiting sync.WaitGroup
		for range 32 {
			waiting.Add(1)
			go func() {
				defer waiting.Done()
				for {
					if err := rdb.Incr(ctx, "counter").Err(); err != nil {
						failure(t, err, redlatch.ErrClientClosed)
						return
					}
				}
			}()
		}
		eventually(t, "callers are served", func() bool { return rdb.Status().Counters.Replies > 100 })
		check(t, rdb.Close())
		waiting.Wait()
		check(t, rdb.Close())
		failure(t, rdb.Ping(ctx).Err(), redlatch.ErrClientClosed)
		equal(t, rdb.Status().State, "closed")
		rdb.Reload()
		for range rdb.Events() {
		}
	}
	unused, err := redlatch.Open(lab.options())
	check(t, err)
	check(t, unused.Close())
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	defer silent.Close()
	options := lab.options()
	options.Addr = silent.Addr().String()
	connecting, err := redlatch.Open(options)
	check(t, err)
	go connecting.Ping(ctx)
	eventually(t, "an attempt is under way", func() bool {
		return connecting.Status().State == "connecting"
	})
	check(t, connecting.Close())
	eventually(t, "all goroutines end", func() bool { return runtime.NumGoroutine() <= before })
	eventually(t, "the server sees none of them", func() bool { return lab.run("connections") == "" })
}
