package redlatch_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	redlatch "github.com/redlatch/redlatch/go"
	labs "github.com/redlatch/redlatch/go/internal/lab"
)

var ctx = context.Background()

// lab is a real redis-server with TLS, a password and throw-away CAs.
type lab struct {
	*labs.Lab
	t testing.TB
}

func startLab(t testing.TB) *lab {
	t.Helper()
	return &lab{labs.Start(t), t}
}

func (l *lab) run(verb ...string) string {
	l.t.Helper()
	return l.Run(verb...)
}

func (l *lab) pause(seconds string) { l.Pause(seconds) }

// options suit the lab; files are looked at ten times a second.
func (l *lab) options() *redlatch.Options {
	return &redlatch.Options{
		Addr: l.addr(), PasswordFile: l.PasswordFile, CAFile: l.CAFile, PollInterval: 100 * time.Millisecond,
	}
}

func (l *lab) addr() string { return l.Addr() }

func (l *lab) client(change ...func(*redlatch.Options)) *redlatch.Client {
	l.t.Helper()
	options := l.options()
	for _, change := range change {
		change(options)
	}
	client, err := redlatch.Open(options)
	check(l.t, err)
	l.t.Cleanup(func() { client.Close() })
	return client
}

// environment is what the lab's env file exports.
func (l *lab) environment() map[string]string {
	text, err := os.ReadFile(filepath.Join(l.Dir, "env"))
	check(l.t, err)
	variables := map[string]string{}
	for _, line := range strings.Split(string(text), "\n") {
		if name, value, found := strings.Cut(strings.TrimPrefix(line, "export "), "="); found {
			variables[name] = strings.Trim(value, "'")
		}
	}
	return variables
}

func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("never happened: %s", what)
}

// failure checks that an error is of a kind and takes it apart.
func failure(t testing.TB, err, kind error) *redlatch.Error {
	t.Helper()
	var failure *redlatch.Error
	if !errors.Is(err, kind) || !errors.As(err, &failure) {
		t.Fatalf("got %v, not %v", err, kind)
	}
	return failure
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func equal[T comparable](t testing.TB, got, want T) {
	t.Helper()
	if got != want {
		t.Fatalf("got %v, not %v", got, want)
	}
}

func contains(t testing.TB, text, part string) {
	t.Helper()
	if !strings.Contains(text, part) {
		t.Fatalf("%q is not in %q", part, text)
	}
}
