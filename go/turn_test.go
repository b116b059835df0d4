package redlatch

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redlatch/redlatch/go/internal/lab"
)

// startAlone gives a client whose caller reads for itself.
func startAlone(t *testing.T, options Options) (*lab.Lab, *Client) {
	server := lab.Start(t)
	return server, alone(t, server, server.Addr(), options)
}

func alone(t *testing.T, server *lab.Lab, addr string, options Options) *Client {
	client := unconnected(t, server, addr, options)
	lend(t, client)
	return client
}

func unconnected(t *testing.T, server *lab.Lab, addr string, options Options) *Client {
	options.Addr, options.CAFile, options.PasswordFile = addr, server.CAFile, server.PasswordFile
	client := NewClient(&options)
	t.Cleanup(func() { client.Close() })
	return client
}

// lend calls until callers read for themselves.
func lend(t *testing.T, client *Client) {
	for {
		link, before := client.engine.lender.Load(), uint64(0)
		if link != nil {
			before = link.turn.lent.Load()
		}
		if err := client.Ping(context.Background()).Err(); err != nil {
			t.Fatal(err)
		}
		if link != nil && link.turn.lent.Load() > before && client.engine.lender.Load() == link {
			return
		}
	}
}

func TestOneWhoReadsIsToldThatTimeIsUp(t *testing.T) {
	server := lab.Start(t)
	between := listenBetween(t, server.Addr())
	client := alone(t, server, between.addr, Options{Timeout: time.Second, Liveness: time.Hour})
	between.allow(0)
	failed := make(chan error)
	go func() { failed <- client.Get(context.Background(), "key").Err() }()
	select {
	case err := <-failed:
		if !errors.Is(err, ErrClientTimeout) {
			t.Fatal(err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("nobody told the caller")
	}
}

func TestWhoDoesNotReadIsToldAtOnce(t *testing.T) {
	server := lab.Start(t)
	client := unconnected(t, server, server.Addr(), Options{Timeout: 10 * time.Second})
	client.engine.lentFor = time.Hour
	limited, cancel := context.WithCancel(context.Background())
	defer cancel()
	large := strings.Repeat("x", inlineBytes+1)
	for name, call := range map[string]func() error{
		"more than a caller hands in": func() error {
			return client.Set(context.Background(), "large", large, 0).Err()
		},
		"a pipeline": func() error {
			pipe := client.Pipeline()
			pipe.Ping(limited)
			pipe.Ping(limited)
			_, err := pipe.Exec(limited)
			return err
		},
		"a subscription": func() error {
			subscription := client.Subscribe(context.Background(), "channel")
			defer subscription.Close()
			return client.Publish(limited, "channel", "message").Err()
		},
	} {
		t.Run(name, func(t *testing.T) {
			lend(t, client)
			if err := call(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestOneWhoReadsIsToldOfTheEnd(t *testing.T) {
	server, client := startAlone(t, Options{})
	server.Pause("2")
	failed := make(chan error)
	go func() { failed <- client.Get(context.Background(), "key").Err() }()
	for client.engine.queue.isQuiet() {
		time.Sleep(time.Millisecond)
	}
	client.Close()
	if err := <-failed; !errors.Is(err, ErrClientClosed) {
		t.Fatal(err)
	}
}

func TestOneWhoReadsServesOthers(t *testing.T) {
	server, client := startAlone(t, Options{})
	server.Pause("0.2")
	var others sync.WaitGroup
	for range 100 {
		others.Add(1)
		go func() {
			defer others.Done()
			for range 20 {
				if err := client.Ping(context.Background()).Err(); err != nil {
					t.Error(err)
				}
			}
		}()
	}
	others.Wait()
}

func TestOneWhoReadsLosesTheConnection(t *testing.T) {
	server, client := startAlone(t, Options{})
	id, err := client.Do(context.Background(), "CLIENT", "ID").Int64()
	if err != nil {
		t.Fatal(err)
	}
	other := NewClient(&Options{Addr: server.Addr(), CAFile: server.CAFile, PasswordFile: server.PasswordFile})
	defer other.Close()
	for range 5 {
		for client.engine.lender.Load() == nil {
			if err := client.Get(context.Background(), "key").Err(); err != Nil {
				t.Fatal(err)
			}
		}
		if err := other.Do(context.Background(), "CLIENT", "KILL", "ID", id).Err(); err != nil {
			t.Fatal(err)
		}
		// Nobody reads. After a pause a command, which could not be repeated, is not sent into the void.
		time.Sleep(2 * pause)
		if id, err = client.Do(context.Background(), "CLIENT", "ID").Int64(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWhoNoLongerReadsIsReplaced(t *testing.T) {
	_, client := startAlone(t, Options{})
	for client.engine.lender.Load() != nil {
		time.Sleep(time.Millisecond)
	}
	if err := client.Ping(context.Background()).Err(); err != nil {
		t.Fatal(err)
	}
}
