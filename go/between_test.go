package redlatch

import (
	"io"
	"net"
	"sync"
	"testing"
)

// between passes bytes on between one client and a server, of the server's as many as are allowed.
type between struct {
	addr string
	mu   sync.Mutex
	more *sync.Cond
	// Negative for any number.
	allowed int
}

func listenBetween(t *testing.T, server string) *between {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	behind, err := net.Dial("tcp", server)
	if err != nil {
		t.Fatal(err)
	}
	b := &between{addr: listener.Addr().String(), allowed: -1}
	b.more = sync.NewCond(&b.mu)
	t.Cleanup(func() {
		listener.Close()
		behind.Close()
		b.allow(-1)
	})
	go func() {
		before, err := listener.Accept()
		if err != nil {
			return
		}
		defer before.Close()
		go io.Copy(behind, before)
		b.pass(before, behind)
	}()
	return b
}

// allow lets so many more bytes of the server pass; a negative number means all.
func (b *between) allow(bytes int) {
	b.mu.Lock()
	b.allowed = bytes
	b.mu.Unlock()
	b.more.Broadcast()
}

// exhausted returns once all that was allowed has passed.
func (b *between) exhausted() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for b.allowed != 0 {
		b.more.Wait()
	}
}

func (b *between) pass(to io.Writer, from io.Reader) {
	buffer := make([]byte, 32<<10)
	for {
		count, err := from.Read(buffer)
		if err != nil {
			return
		}
		for rest := buffer[:count]; len(rest) > 0; {
			piece := rest[:b.take(len(rest))]
			if _, err := to.Write(piece); err != nil {
				return
			}
			rest = rest[len(piece):]
		}
	}
}

// take waits until some of so many bytes may pass, and tells how many.
func (b *between) take(bytes int) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	for b.allowed == 0 {
		b.more.Wait()
	}
	if b.allowed > 0 {
		bytes = min(bytes, b.allowed)
		if b.allowed -= bytes; b.allowed == 0 {
			b.more.Broadcast()
		}
	}
	return bytes
}
