package redlatch

import (
	"context"
	"errors"
	"io"
	"net"
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
	options.Addr, options.CAFile, options.PasswordFile = addr, server.CAFile, server.PasswordFile
	client := NewClient(&options)
	t.Cleanup(func() { client.Close() })
	for client.engine.lender.Load() == nil {
		if err := client.Ping(context.Background()).Err(); err != nil {
			t.Fatal(err)
		}
	}
	return client
}

// listenBetween passes bytes on between one client and a server; after stop, none of the server's.
func listenBetween(t *testing.T, server string) (addr string, stop func()) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	behind, err := net.Dial("tcp", server)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		listener.Close()
		behind.Close()
	})
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		before, err := listener.Accept()
		if err != nil {
			return
		}
		t.Cleanup(func() { before.Close() })
		go io.Copy(behind, before)
		io.Copy(before, behind)
	}()
	return listener.Addr().String(), func() {
		behind.SetReadDeadline(time.Now())
		<-stopped
	}
}

func TestOneWhoReadsIsToldThatTimeIsUp(t *testing.T) {
	server := lab.Start(t)
	addr, stop := listenBetween(t, server.Addr())
	client := alone(t, server, addr, Options{Timeout: time.Second, Liveness: time.Hour})
	stop()
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
