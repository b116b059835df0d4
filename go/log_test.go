package redlatch_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	redlatch "github.com/redlatch/redlatch/go"
	"github.com/redlatch/redlatch/go/internal/core"
)

func TestEventsAreLogged(t *testing.T) {
	lab := startLab(t)
	var text bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&text, nil)).With("client", "ours")
	rdb := lab.client(func(o *redlatch.Options) { o.Logger = logger })
	check(t, rdb.Ping(ctx).Err())
	lab.run("empty")
	eventually(t, "a broken bundle is refused", func() bool { return rdb.Status().Trust.Refused != "" })
	wrong := lab.client(func(o *redlatch.Options) {
		o.PasswordFile, o.Password, o.CAFile = "", "hidden", ""
		o.TLS, o.DangerAcceptAnyCertificate, o.Logger = redlatch.TLSOn, true, logger.With("client", "wrong")
	})
	failure(t, wrong.Ping(ctx).Err(), redlatch.ErrAuthRejected)
	check(t, wrong.Close())
	check(t, rdb.Close())

	levels := map[string]string{}
	for _, line := range strings.Split(strings.TrimSpace(text.String()), "\n") {
		var record map[string]any
		check(t, json.Unmarshal([]byte(line), &record))
		at, err := time.Parse(time.RFC3339Nano, record["time"].(string))
		if err != nil || time.Since(at).Abs() > time.Minute || record["client"] == "" {
			t.Fatal(line)
		}
		levels[record["msg"].(string)] = record["level"].(string)
	}
	for message, level := range map[string]string{
		"redlatch: connected": "INFO", "redlatch: rejected": "WARN", "redlatch: danger": "WARN",
		"redlatch: failing": "ERROR", "redlatch: disconnected": "INFO",
	} {
		if levels[message] != level {
			t.Errorf("%s is logged as %q of %v", message, levels[message], levels)
		}
	}
	secret, err := os.ReadFile(lab.PasswordFile)
	check(t, err)
	for _, secret := range []string{"hidden", lab.Password, strings.TrimSpace(string(secret))} {
		if strings.Contains(text.String(), secret) {
			t.Error("a secret is in the log")
		}
	}
}

// A handler may use the client whose events it is given, and end it.
func TestALogThatUsesItsClient(t *testing.T) {
	lab := startLab(t)
	var rdb *redlatch.Client
	ready, written := make(chan struct{}), make(chan error, 100)
	rdb = lab.client(func(o *redlatch.Options) {
		o.Logger = slog.New(handler(func(record slog.Record) {
			<-ready
			written <- rdb.RPush(ctx, "log", record.Message).Err()
			rdb.Close()
		}))
	})
	close(ready)
	check(t, rdb.Ping(ctx).Err())
	check(t, <-written)
	eventually(t, "it is closed", func() bool { return rdb.Status().State == "closed" })
}

type handler func(slog.Record)

func (h handler) Enabled(context.Context, slog.Level) bool { return true }
func (h handler) WithAttrs([]slog.Attr) slog.Handler       { return h }
func (h handler) WithGroup(string) slog.Handler            { return h }

func (h handler) Handle(_ context.Context, record slog.Record) error {
	h(record)
	return nil
}

func TestCloseLeavesNothing(t *testing.T) {
	lab := startLab(t)
	check(t, lab.client().Close())
	goroutines, files, held := runtime.NumGoroutine(), openFiles(t), core.Held()
	for range 5 {
		rdb, err := redlatch.Open(lab.options())
		check(t, err)
		logged := lab.options()
		logged.Logger = slog.New(handler(func(slog.Record) {}))
		other, err := redlatch.Open(logged)
		check(t, err)
		for _, rdb := range []*redlatch.Client{rdb, other} {
			check(t, rdb.Set(ctx, "key", "value", 0).Err())
			go rdb.BLPop(ctx, 0, "nothing")
			eventually(t, "a command waits", func() bool { return rdb.Status().Open == 1 })
			_, err = rdb.TxPipelined(ctx, func(pipe redlatch.Pipeliner) error {
				pipe.Get(ctx, "key")
				return nil
			})
			check(t, err)
			check(t, rdb.Close())
			status := rdb.Status()
			equal(t, status.State, "closed")
			equal(t, len(status.Sessions), 0)
		}
	}
	eventually(t, "all goroutines end", func() bool { return runtime.NumGoroutine() <= goroutines })
	eventually(t, "all files are closed", func() bool { return openFiles(t) <= files })
	eventually(t, "the core's memory is freed", func() bool { return core.Held() <= held })
	eventually(t, "the server sees nobody", func() bool { return lab.run("connections") == "" })
}
