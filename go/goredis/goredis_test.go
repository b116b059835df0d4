package goredis_test

import (
	"context"
	"crypto/tls"
	"errors"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	redlatch "github.com/redlatch/redlatch/go"
	"github.com/redlatch/redlatch/go/goredis"
	"github.com/redlatch/redlatch/go/internal/lab"
)

var ctx = context.Background()

func dialer(t *testing.T, l *lab.Lab, grace time.Duration) *redlatch.Dialer {
	t.Helper()
	dialer, err := redlatch.NewDialer(&redlatch.Options{
		CAFile: l.CAFile, PasswordFile: l.PasswordFile, PollInterval: 50 * time.Millisecond, DistrustGrace: grace,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dialer.Close() })
	return dialer
}

// Tasks set and get while the CA, the certificate and the password rotate: nobody sees an error.
func TestRotationUnderLoad(t *testing.T) {
	l := lab.Start(t)
	rdb := redis.NewClient(goredis.Use(&redis.Options{Addr: l.Addr()}, dialer(t, l, 5*time.Second)))
	defer rdb.Close()
	load := start(t, rdb)
	for _, step := range []string{"add-ca", "switch-leaf", "drop-ca", "rotate-password", "rotate-leaf"} {
		load.goOn()
		l.Run(step)
	}
	load.end()
}

// A pool may hold more connections on the CA that goes than a command has retries.
func TestIdlePoolOutlivesItsCA(t *testing.T) {
	l := lab.Start(t)
	rdb := redis.NewClient(goredis.Use(&redis.Options{Addr: l.Addr()}, dialer(t, l, time.Hour)))
	defer rdb.Close()
	var held [8]*redis.Conn
	for at := range held {
		held[at] = rdb.Conn()
		if err := held[at].Ping(ctx).Err(); err != nil {
			t.Fatal(err)
		}
	}
	for _, conn := range held {
		conn.Close()
	}
	for _, step := range []string{"add-ca", "switch-leaf", "drop-ca"} {
		l.Run(step)
	}
	for l.Run("connections") != "" {
		time.Sleep(10 * time.Millisecond)
	}
	if err := rdb.Incr(ctx, "count").Err(); err != nil {
		t.Error(err)
	}
}

// Whoever listens keeps a connection on the CA that goes: it is closed with the grace, and go-redis
// subscribes again.
func TestSubscriptionOutlivesItsCA(t *testing.T) {
	l := lab.Start(t)
	rdb := redis.NewClient(goredis.Use(&redis.Options{Addr: l.Addr()}, dialer(t, l, 200*time.Millisecond)))
	defer rdb.Close()
	listener := rdb.Subscribe(ctx, "news")
	defer listener.Close()
	if _, err := listener.Receive(ctx); err != nil {
		t.Fatal(err)
	}
	messages := listener.Channel()
	hear := func(text string) {
		t.Helper()
		// A message to nobody is lost.
		for {
			if err := rdb.Publish(ctx, "news", text).Err(); err != nil {
				t.Fatal(err)
			}
			select {
			case message := <-messages:
				if message.Payload == text {
					return
				}
			case <-time.After(50 * time.Millisecond):
			}
		}
	}
	hear("before")
	before := listeners(t, rdb)
	for _, step := range []string{"add-ca", "switch-leaf", "drop-ca"} {
		l.Run(step)
	}
	gone(t, rdb, before)
	hear("after")
}

// gone waits until the server has none of these connections any more.
func gone(t *testing.T, rdb *redis.Client, connections []string) {
	t.Helper()
	isLeft := func(number string) bool { return slices.Contains(listeners(t, rdb), number) }
	if !soon(func() bool { return !slices.ContainsFunc(connections, isLeft) }) {
		t.Fatal("still on the CA that was removed")
	}
}

// listeners are the numbers of the connections that listen.
func listeners(t *testing.T, rdb *redis.Client) []string {
	t.Helper()
	listing, err := rdb.Do(ctx, "CLIENT", "LIST", "TYPE", "PUBSUB").Text()
	check(t, err)
	return regexp.MustCompile(`(?m)^id=\d+`).FindAllString(listing, -1)
}

func TestErrorsAreTheDialers(t *testing.T) {
	l, other := lab.Start(t), lab.Start(t)
	untrusted, err := redlatch.NewDialer(&redlatch.Options{CAFile: other.CAFile})
	if err != nil {
		t.Fatal(err)
	}
	defer untrusted.Close()
	rdb := redis.NewClient(goredis.Use(&redis.Options{Addr: l.Addr(), Password: l.Password}, untrusted))
	defer rdb.Close()
	var failure *redlatch.Error
	if err := rdb.Ping(ctx).Err(); !errors.Is(err, redlatch.ErrTLSUntrusted) || !errors.As(err, &failure) || failure.Remedy == "" {
		t.Error(err)
	}
}

func TestWhatWouldBeIgnoredIsAnError(t *testing.T) {
	l := lab.Start(t)
	dialer := dialer(t, l, time.Second)
	for name, options := range map[string]*redis.Options{
		"TLSConfig": {Addr: l.Addr(), TLSConfig: &tls.Config{}},
		"Password":  {Addr: l.Addr(), Password: "another"},
		"Username":  {Addr: l.Addr(), Username: "somebody"},
	} {
		rdb := redis.NewClient(goredis.Use(options, dialer))
		if err := rdb.Ping(ctx).Err(); !errors.Is(err, goredis.ErrConflict) {
			t.Errorf("%s: %v", name, err)
		}
		rdb.Close()
	}
	cluster := redis.NewClusterClient(goredis.Use(&redis.ClusterOptions{Addrs: []string{l.Addr()}, TLSConfig: &tls.Config{}}, dialer))
	defer cluster.Close()
	if err := cluster.Ping(ctx).Err(); !errors.Is(err, goredis.ErrConflict) {
		t.Error(err)
	}
}
