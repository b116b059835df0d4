package redlatch

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/redlatch/redlatch/go/internal/lab"
)

// A caller who reads for itself: each test starts with one.
func startAlone(t *testing.T, options Options) (*lab.Lab, *Client) {
	server := lab.Start(t)
	options.Addr, options.CAFile, options.PasswordFile = server.Addr(), server.CAFile, server.PasswordFile
	client := NewClient(&options)
	t.Cleanup(func() { client.Close() })
	for client.engine.lender.Load() == nil {
		if err := client.Ping(context.Background()).Err(); err != nil {
			t.Fatal(err)
		}
	}
	return server, client
}

func TestOneWhoReadsIsToldThatTimeIsUp(t *testing.T) {
	server, client := startAlone(t, Options{Timeout: 200 * time.Millisecond})
	server.Pause("1")
	err := client.Get(context.Background(), "key").Err()
	if !errors.Is(err, ErrClientTimeout) && !errors.Is(err, ErrNetTimeout) {
		t.Fatal(err)
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
