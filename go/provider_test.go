package redlatch_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	redlatch "github.com/redlatch/redlatch/go"
)

// secret is what the lab's server accepts, as published.
func (l *lab) secret() string {
	text, err := os.ReadFile(l.PasswordFile)
	check(l.t, err)
	return strings.TrimSpace(string(text))
}

// provided is a client whose credentials come from a callback.
func (l *lab) provided(provide func(context.Context) (redlatch.Credentials, error), change ...func(*redlatch.Options)) *redlatch.Client {
	l.t.Helper()
	return l.client(append([]func(*redlatch.Options){func(o *redlatch.Options) {
		o.PasswordFile, o.Credentials = "", provide
	}}, change...)...)
}

// next waits for an event of a kind.
func next(t testing.TB, rdb *redlatch.Client, kind string) redlatch.Event {
	t.Helper()
	patience := time.After(20 * time.Second)
	for {
		select {
		case event := <-rdb.Events():
			if event.Kind == kind {
				return event
			}
		case <-patience:
			t.Fatalf("no event of kind %s", kind)
		}
	}
}

func TestProvidersOfEveryShape(t *testing.T) {
	lab := startLab(t)
	for name, change := range map[string]func(*redlatch.Options){
		"credentials": func(o *redlatch.Options) {
			o.Credentials = func(context.Context) (redlatch.Credentials, error) {
				return redlatch.Credentials{Username: "default", Secret: lab.secret(), Expires: time.Now().Add(time.Hour)}, nil
			}
		},
		"go-redis": func(o *redlatch.Options) {
			o.CredentialsProvider = func() (string, string) { return "", lab.secret() }
		},
		"go-redis with a context": func(o *redlatch.Options) {
			o.CredentialsProviderContext = func(context.Context) (string, string, error) { return "default", lab.secret(), nil }
		},
	} {
		t.Run(name, func(t *testing.T) {
			rdb := lab.client(func(o *redlatch.Options) { o.PasswordFile = "" }, change)
			equal(t, rdb.Ping(ctx).Val(), "PONG")
			equal(t, rdb.Status().Credentials.Generation, 1)
			equal(t, rdb.Status().Credentials.Expires > 0, name == "credentials")
		})
	}
	_, err := redlatch.Open(&redlatch.Options{
		CredentialsProvider: func() (string, string) { return "", "" },
		Credentials:         func(context.Context) (redlatch.Credentials, error) { return redlatch.Credentials{}, nil },
	})
	equal(t, failure(t, err, redlatch.ErrConfigConflict).Evidence["second"], "CredentialsProvider")
	_, err = redlatch.Open(&redlatch.Options{Password: "x", CredentialsProvider: func() (string, string) { return "", "" }})
	failure(t, err, redlatch.ErrConfigConflict)
}

func TestSecretsAreReplacedAheadOfTheirEnd(t *testing.T) {
	lab := startLab(t)
	rdb := lab.provided(func(context.Context) (redlatch.Credentials, error) {
		return redlatch.Credentials{Secret: lab.secret(), Expires: time.Now().Add(4 * time.Second)}, nil
	})
	load := startLoad(t, rdb)
	defer load.end()
	load.goesOn(t)
	lab.run("rotate-password", "--overlap")
	next(t, rdb, redlatch.EventReauthenticated)
	lab.run("rotate-password", "--finish")
	load.goesOn(t)
	load.end()
	status := rdb.Status()
	equal(t, status.Counters.Connects, 1)
	equal(t, status.Counters.Failures, 0)
	equal(t, load.interrupted.Load(), 0)
	if left := status.Credentials.ExpiresIn; left <= 0 || left > 4 {
		t.Fatal(left)
	}
}

func TestProvidersThatFail(t *testing.T) {
	lab := startLab(t)
	for name, fail := range map[string]func() error{
		"the vault is sealed": func() error { return errors.New("the vault is sealed\nand more") },
		"panic: out of luck":  func() error { panic("out of luck") },
		"ended its goroutine": func() error { runtime.Goexit(); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			var mended atomic.Bool
			rdb := lab.provided(func(context.Context) (redlatch.Credentials, error) {
				if mended.Load() {
					return redlatch.Credentials{Secret: lab.secret()}, nil
				}
				return redlatch.Credentials{}, fail()
			}, func(o *redlatch.Options) { o.Timeout = 200 * time.Millisecond })
			found := failure(t, rdb.Ping(ctx).Err(), redlatch.ErrAuthUnavailable)
			if !strings.Contains(found.Message, name) || strings.Contains(found.Message, "more") {
				t.Fatal(found.Message)
			}
			rejected := next(t, rdb, redlatch.EventRejected)
			equal(t, rejected.Fields["material"], string(redlatch.MaterialCredentials))
			mended.Store(true)
			eventually(t, "the provider is asked again", func() bool { return rdb.Ping(ctx).Err() == nil })
		})
	}
	unready := lab.client(func(o *redlatch.Options) {
		o.IdentityProvider = func(context.Context) ([]byte, []byte, error) { return nil, nil, errors.New("no key store") }
	})
	found := failure(t, unready.Ping(ctx).Err(), redlatch.ErrIdentityUnreadable)
	if !strings.Contains(found.Message, "no key store") {
		t.Fatal(found)
	}
	useless := lab.client(func(o *redlatch.Options) {
		o.IdentityProvider = func(context.Context) ([]byte, []byte, error) { return []byte("x"), []byte("y"), nil }
	})
	failure(t, useless.Ping(ctx).Err(), redlatch.ErrIdentityMalformed)
}

func TestOneQuestionAtATime(t *testing.T) {
	lab := startLab(t)
	var asked, running atomic.Int64
	rdb := lab.provided(func(context.Context) (redlatch.Credentials, error) {
		asked.Add(1)
		if running.Add(1) > 1 {
			t.Error("two at once")
		}
		defer running.Add(-1)
		runtime.Gosched()
		return redlatch.Credentials{Secret: lab.secret()}, nil
	})
	for range 2 {
		var waiting sync.WaitGroup
		for range 100 {
			waiting.Add(1)
			go func() {
				defer waiting.Done()
				if err := rdb.Ping(ctx).Err(); err != nil {
					t.Error(err)
				}
			}()
		}
		waiting.Wait()
		rdb.Reload()
		rdb.Reload()
	}
	eventually(t, "nobody is asked any more", func() bool { return !rdb.Status().Credentials.Fetching })
	if count := asked.Load(); count < 2 || count > 3 {
		t.Fatal(count)
	}
}

func TestRefusedSecretsAreFetchedOnceMore(t *testing.T) {
	lab := startLab(t)
	var asked atomic.Int64
	rdb := lab.provided(func(context.Context) (redlatch.Credentials, error) {
		if asked.Add(1) == 1 {
			return redlatch.Credentials{Secret: "outdated"}, nil
		}
		return redlatch.Credentials{Secret: lab.secret()}, nil
	})
	check(t, rdb.Ping(ctx).Err())
	equal(t, asked.Load(), 2)
	var wrong atomic.Int64
	stubborn := lab.provided(func(context.Context) (redlatch.Credentials, error) {
		return redlatch.Credentials{Secret: fmt.Sprint("never-", wrong.Add(1))}, nil
	})
	failure(t, stubborn.Ping(ctx).Err(), redlatch.ErrAuthRejected)
	equal(t, wrong.Load(), 2)
}

func TestProvidersMustNotUseTheirClient(t *testing.T) {
	lab := startLab(t)
	helper := lab.client()
	check(t, helper.Set(ctx, "vault", lab.secret(), 0).Err())
	found := make(chan error, 2)
	var rdb *redlatch.Client
	var ready sync.WaitGroup
	ready.Add(1)
	rdb = lab.provided(func(ctx context.Context) (redlatch.Credentials, error) {
		ready.Wait()
		found <- rdb.Get(ctx, "vault").Err()
		derived, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		found <- rdb.Do(derived, "GET", "vault").Err()
		secret, err := helper.Get(ctx, "vault").Result()
		return redlatch.Credentials{Secret: secret}, err
	})
	ready.Done()
	check(t, rdb.Ping(ctx).Err())
	failure(t, <-found, redlatch.ErrClientMisuse)
	failure(t, <-found, redlatch.ErrClientMisuse)
}

func TestCloseWhileAProviderHangs(t *testing.T) {
	lab := startLab(t)
	asked, ended, released := make(chan bool, 1), make(chan error, 1), make(chan bool)
	polite := lab.provided(func(ctx context.Context) (redlatch.Credentials, error) {
		asked <- true
		<-ctx.Done()
		ended <- ctx.Err()
		return redlatch.Credentials{}, ctx.Err()
	})
	deaf := lab.client(func(o *redlatch.Options) {
		o.PasswordFile = ""
		o.CredentialsProvider = func() (string, string) {
			asked <- true
			<-released
			defer close(asked)
			return "", lab.secret()
		}
	})
	for _, rdb := range []*redlatch.Client{polite, deaf} {
		outcome := make(chan error)
		go func() { outcome <- rdb.Ping(ctx).Err() }()
		<-asked
		eventually(t, "a command waits for it", func() bool {
			return rdb.Status().Awaiting == redlatch.MaterialCredentials
		})
		check(t, rdb.Close())
		failure(t, <-outcome, redlatch.ErrClientClosed)
		failure(t, rdb.SupplyCredentials(redlatch.Credentials{Secret: "x"}), redlatch.ErrClientClosed)
	}
	equal(t, <-ended, context.Canceled)
	close(released)
	<-asked
	equal(t, deaf.Status().State, "closed")
}

func TestIdentitiesFromProviders(t *testing.T) {
	lab := startLab(t)
	file := func(name string) []byte {
		text, err := os.ReadFile(filepath.Join(lab.Dir, "pki", name))
		check(t, err)
		return text
	}
	rdb := lab.client(func(o *redlatch.Options) {
		o.IdentityProvider = func(context.Context) (chain, key []byte, err error) {
			return file("leaf-0001.pem"), file("leaf-0001.key"), nil
		}
	})
	check(t, rdb.Ping(ctx).Err())
	if identity := rdb.Status().Identity; identity.Generation != 1 || !strings.Contains(identity.Subject, "lab server") || identity.DaysLeft < 1 {
		t.Fatalf("%+v", identity)
	}
	failure(t, rdb.Supply(redlatch.MaterialIdentity, file("leaf-0001.pem"), file("ca-A.key")), redlatch.ErrIdentityMismatch)
	check(t, rdb.Ping(ctx).Err())
}

func TestAuthoritiesFromProvidersAndBySupply(t *testing.T) {
	lab := startLab(t)
	bundle := func() []byte {
		text, err := os.ReadFile(lab.CAFile)
		check(t, err)
		return text
	}
	for _, supplied := range []bool{false, true} {
		rdb := lab.client(func(o *redlatch.Options) {
			o.CAFile, o.DistrustGrace = "", 6*time.Second
			if supplied {
				o.CAPEM = string(bundle())
			} else {
				o.TrustProvider = func(context.Context) ([][]byte, error) { return [][]byte{bundle()}, nil }
			}
		})
		load := startLoad(t, rdb)
		defer load.end()
		load.goesOn(t)
		change := func(generation uint64) {
			if supplied {
				check(t, rdb.Supply(redlatch.MaterialTrust, bundle()))
			} else {
				rdb.Reload()
			}
			eventually(t, "the bundle is in force", func() bool { return rdb.Status().Trust.Generation == generation })
		}
		lab.run("add-ca")
		change(2)
		load.goesOn(t)
		lab.run("switch-leaf")
		lab.run("drop-ca")
		change(3)
		next(t, rdb, redlatch.EventReplaced)
		load.goesOn(t)
		load.end()
		equal(t, rdb.Status().Counters.Reconnects, 0)
		equal(t, load.interrupted.Load(), 0)
	}
}

func TestSupplyRefuses(t *testing.T) {
	lab := startLab(t)
	rdb := lab.client()
	check(t, rdb.Ping(ctx).Err())
	failure(t, rdb.Supply(redlatch.MaterialTrust), redlatch.ErrTrustUnreadable)
	failure(t, rdb.Supply(redlatch.MaterialTrust, []byte("no certificate")), redlatch.ErrTrustEmpty)
	failure(t, rdb.SupplyCredentials(redlatch.Credentials{}), redlatch.ErrAuthUnavailable)
	failure(t, rdb.SupplyCredentials(redlatch.Credentials{Secret: "x", Expires: time.Unix(1, 0)}), redlatch.ErrAuthUnavailable)
	failure(t, rdb.Supply(redlatch.MaterialIdentity, nil, nil), redlatch.ErrClientMisuse)
	failure(t, rdb.Supply(redlatch.MaterialCRL, []byte("x")), redlatch.ErrClientMisuse)
	failure(t, rdb.Supply("nonsense", nil), redlatch.ErrClientMisuse)
	check(t, rdb.Ping(ctx).Err())
	check(t, rdb.SupplyCredentials(redlatch.Credentials{Secret: lab.secret()}))
	next(t, rdb, redlatch.EventReauthenticated)
	broken := redlatch.NewClient(&redlatch.Options{Addr: "host:many"})
	failure(t, broken.Supply(redlatch.MaterialTrust), redlatch.ErrConfigInvalid)
}

func TestSettingsOfTLSAndOfCommands(t *testing.T) {
	lab := startLab(t)
	keylog := filepath.Join(t.TempDir(), "keys.log")
	rdb := lab.client(func(o *redlatch.Options) {
		o.CAFile, o.CAFiles = "", []string{lab.CAFile}
		o.PasswordFile, o.PasswordCommand = "", []string{"cat", lab.PasswordFile}
		o.TLSMinVersion, o.RequireServerAuth, o.Recycle = "1.3", true, redlatch.RecycleAlways
		o.DangerKeylogFile = keylog
	})
	check(t, rdb.Ping(ctx).Err())
	status := rdb.Status()
	if v := status.Verification; v.MinVersion != "TLSv1.3" || !v.Keylog || v.CRLs || len(v.Pins) > 0 {
		t.Fatalf("%+v", v)
	}
	if !status.RequireServerAuth || status.Recycle != redlatch.RecycleAlways || status.Dangers[0] != "danger_keylog_file" {
		t.Fatalf("%+v", status)
	}
	if peer := status.Sessions[0].Peer; peer == nil || peer.DaysLeft < 0 || peer.Issuer == "" {
		t.Fatalf("%+v", peer)
	}
	pinned := lab.client(func(o *redlatch.Options) { o.PinSHA256 = []string{strings.Repeat("ab", 32)} })
	failure(t, pinned.Ping(ctx).Err(), redlatch.ErrTLSPinMismatch)
}

func TestNothingShowsASecret(t *testing.T) {
	lab := startLab(t)
	const hidden = "s3cr3t-value"
	credentials := redlatch.Credentials{Username: "app", Secret: hidden, Expires: time.Now().Add(time.Hour)}
	options := redlatch.Options{
		URL: "rediss://:" + hidden + "@host", Password: hidden, KeyPEM: hidden, KeyPassword: hidden, Addr: "shown:1",
	}
	rdb := lab.provided(func(context.Context) (redlatch.Credentials, error) {
		return redlatch.Credentials{Secret: hidden}, nil
	})
	err := rdb.Ping(ctx).Err()
	failure(t, err, redlatch.ErrAuthRejected)
	check(t, rdb.Close())
	things := []any{credentials, &credentials, options, &options, rdb, *rdb, err, rdb.Status(), []any{credentials, options}}
	for event := range rdb.Events() {
		things = append(things, event)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		for _, thing := range things {
			shown := fmt.Sprintf(verb, thing)
			if strings.Contains(shown, hidden) || strings.Contains(shown, fmt.Sprintf("%x", hidden)) {
				t.Errorf("%s of %T: %s", verb, thing, shown)
			}
		}
	}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("shown", "credentials", credentials)
	if text := log.String() + credentials.String() + credentials.GoString(); strings.Contains(text, hidden) || !strings.Contains(text, "app") {
		t.Error(text)
	}
	if shown := fmt.Sprintf("%+v", options); !strings.Contains(shown, "shown:1") {
		t.Error(shown)
	}
}
