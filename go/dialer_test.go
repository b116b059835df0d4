package redlatch_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	redlatch "github.com/redlatch/redlatch/go"
)

func (l *lab) dialer(t *testing.T, options redlatch.Options) *redlatch.Dialer {
	t.Helper()
	if options.CAFile == "" && options.TrustProvider == nil {
		options.CAFile = l.CAFile
	}
	if options.Credentials == nil {
		options.PasswordFile = l.PasswordFile
	}
	dialer, err := redlatch.NewDialer(&options)
	check(t, err)
	t.Cleanup(func() { dialer.Close() })
	return dialer
}

// say sends a command and reads a line, and the text that it announces.
func say(conn net.Conn, reader *bufio.Reader, command string) (string, error) {
	if _, err := conn.Write([]byte(command + "\r\n")); err != nil {
		return "", err
	}
	line, err := reader.ReadString('\n')
	if err != nil || line[0] != '$' {
		return strings.TrimSpace(line), err
	}
	length, _ := strconv.Atoi(strings.TrimSpace(line[1:]))
	text := make([]byte, length+2)
	_, err = io.ReadFull(reader, text)
	return string(text[:length]), err
}

func TestDialerIsLoggedIn(t *testing.T) {
	l := startLab(t)
	conn, err := l.dialer(t, redlatch.Options{}).DialContext(ctx, "tcp", l.addr())
	check(t, err)
	reader := bufio.NewReader(conn)
	if reply, err := say(conn, reader, "ECHO hello"); err != nil || reply != "hello" {
		t.Fatalf("%q, %v", reply, err)
	}
	if conn.RemoteAddr().String() != l.addr() || conn.LocalAddr().String() == l.addr() {
		t.Errorf("%v to %v", conn.LocalAddr(), conn.RemoteAddr())
	}
	check(t, conn.Close())
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
	if _, err := conn.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
	if err := conn.Close(); !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
}

func TestDialerTellsWhyNot(t *testing.T) {
	l := startLab(t)
	other := startLab(t)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	closed.Close()
	short, cancel := context.WithTimeout(ctx, time.Millisecond)
	defer cancel()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	defer silent.Close()
	for _, at := range []struct {
		name    string
		ctx     context.Context
		options redlatch.Options
		addr    string
		want    error
	}{
		{"untrusted", ctx, redlatch.Options{CAFile: other.CAFile}, l.addr(), redlatch.ErrTLSUntrusted},
		{"wrong name", ctx, redlatch.Options{ExpectedName: "other.test"}, l.addr(), redlatch.ErrTLSNameMismatch},
		{"refused", ctx, redlatch.Options{}, closed.Addr().String(), redlatch.ErrNetRefused},
		{"nobody answers", short, redlatch.Options{}, silent.Addr().String(), context.DeadlineExceeded},
		{"handshake", ctx, redlatch.Options{HandshakeTimeout: 50 * time.Millisecond}, silent.Addr().String(), redlatch.ErrTLSTimeout},
		{"no password", ctx, redlatch.Options{Credentials: func(context.Context) (redlatch.Credentials, error) {
			return redlatch.Credentials{Secret: "wrong"}, nil
		}}, l.addr(), redlatch.ErrAuth},
		{"network", ctx, redlatch.Options{}, "no port", nil},
	} {
		t.Run(at.name, func(t *testing.T) {
			conn, err := l.dialer(t, at.options).DialContext(at.ctx, "tcp", at.addr)
			if conn != nil || err == nil || (at.want != nil && !errors.Is(err, at.want)) {
				t.Errorf("%v, %v", conn, err)
			}
		})
	}
	var refused *net.OpError
	_, err = l.dialer(t, redlatch.Options{}).DialContext(ctx, "tcp", closed.Addr().String())
	if !errors.As(err, &refused) || refused.Op != "dial" {
		t.Errorf("what the system said is lost: %v", err)
	}
	if _, err := l.dialer(t, redlatch.Options{}).DialContext(ctx, "unix", "/x"); !errors.As(err, new(net.UnknownNetworkError)) {
		t.Error(err)
	}
	if _, err := redlatch.NewDialer(&redlatch.Options{CAFile: l.CAFile, Verify: "none"}); !errors.Is(err, redlatch.ErrConfig) {
		t.Error(err)
	}
}

func TestDialerKeepsDeadlines(t *testing.T) {
	l := startLab(t)
	conn, err := l.dialer(t, redlatch.Options{}).DialContext(ctx, "tcp", l.addr())
	check(t, err)
	defer conn.Close()
	reader := bufio.NewReader(conn)
	check(t, conn.SetReadDeadline(time.Now().Add(10*time.Millisecond)))
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatal(err)
	}
	check(t, conn.SetDeadline(time.Time{}))
	if reply, err := say(conn, reader, "ECHO still"); err != nil || reply != "still" {
		t.Fatalf("%q, %v", reply, err)
	}
	// One that is set while somebody waits counts, too.
	waiting := make(chan error)
	go func() {
		_, err := conn.Read(make([]byte, 1))
		waiting <- err
	}()
	check(t, conn.SetReadDeadline(time.Unix(1, 0)))
	if err := <-waiting; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatal(err)
	}
}

// Clients set a deadline for each command, a little later every time.
func TestDialerMovesDeadlines(t *testing.T) {
	l := startLab(t)
	conn, err := l.dialer(t, redlatch.Options{}).DialContext(ctx, "tcp", l.addr())
	check(t, err)
	defer conn.Close()
	reader := bufio.NewReader(conn)
	answers := func(command, expected string) {
		t.Helper()
		if reply, err := say(conn, reader, command); err != nil || reply != expected {
			t.Fatalf("%q, %v", reply, err)
		}
	}
	short := time.Now().Add(20 * time.Millisecond)
	check(t, conn.SetDeadline(short))
	check(t, conn.SetDeadline(short.Add(time.Hour)))
	answers("EVAL \"local t=redis.call('TIME') repeat local n=redis.call('TIME') "+
		"until (n[1]-t[1])*1e6+n[2]-t[2]>50000 return 'late'\" 0", "late")
	if time.Now().Before(short) {
		t.Fatal("nobody waited for so long")
	}
	check(t, conn.SetReadDeadline(time.Now()))
	if _, err := reader.ReadByte(); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatal(err)
	}
	// One that has passed does not count any more when another is set, or none.
	for _, later := range []time.Time{time.Now().Add(time.Hour), {}} {
		check(t, conn.SetDeadline(later))
		answers("ECHO still", "still")
		check(t, conn.SetDeadline(time.Unix(1, 0)))
		if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatal(err)
		}
	}
	if _, err := io.WriteString(conn, "PING\r\n"); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatal(err)
	}
}

// The socket's timer may have ended long ago when a wire that nobody used for a while is closed.
func TestDialerSaysGoodbyeWithinItsLimit(t *testing.T) {
	l := startLab(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	defer listener.Close()
	said, over := atomic.Int64{}, make(chan struct{})
	go func() {
		defer close(over)
		client, err := listener.Accept()
		if err != nil {
			return
		}
		defer client.Close()
		server, err := net.Dial("tcp", l.addr())
		if err != nil {
			return
		}
		defer server.Close()
		go io.Copy(client, server)
		piece := make([]byte, 4096)
		for {
			count, err := client.Read(piece)
			if err != nil {
				return
			}
			said.Add(int64(count))
			_, _ = server.Write(piece[:count])
		}
	}()
	conn, err := l.dialer(t, redlatch.Options{}).DialContext(ctx, "tcp", listener.Addr().String())
	check(t, err)
	if reply, err := say(conn, bufio.NewReader(conn), "ECHO still"); err != nil || reply != "still" {
		t.Fatalf("%q, %v", reply, err)
	}
	before := said.Load()
	check(t, conn.SetWriteDeadline(time.Unix(1, 0)))
	check(t, conn.SetWriteDeadline(time.Now().Add(time.Hour)))
	check(t, conn.Close())
	<-over
	if said.Load() == before {
		t.Error("the server does not know that this was all")
	}
}

func TestDialerReadsAndWritesAtOnce(t *testing.T) {
	l := startLab(t)
	conn, err := l.dialer(t, redlatch.Options{}).DialContext(ctx, "tcp", l.addr())
	check(t, err)
	defer conn.Close()
	const count, size = 60, 300_000
	value := make([]byte, size)
	_, _ = rand.Read(value)
	go func() {
		for range count {
			fmt.Fprintf(conn, "*2\r\n$4\r\nECHO\r\n$%d\r\n%s\r\n", size, value)
		}
	}()
	reader := bufio.NewReaderSize(conn, 1000)
	answer := fmt.Sprintf("$%d\r\n%s\r\n", size, value)
	got := make([]byte, len(answer))
	for at := range count {
		if _, err := io.ReadFull(reader, got); err != nil || !bytes.Equal(got, []byte(answer)) {
			t.Fatalf("reply %d: %v", at, err)
		}
	}
}

func TestDialerFinishesItsHalf(t *testing.T) {
	l := startLab(t)
	conn, err := l.dialer(t, redlatch.Options{}).DialContext(ctx, "tcp", l.addr())
	check(t, err)
	defer conn.Close()
	_, err = conn.Write([]byte("ECHO last\r\n"))
	check(t, err)
	reader := bufio.NewReader(conn)
	line, err := reader.ReadString('\n')
	check(t, err)
	check(t, conn.(interface{ CloseWrite() error }).CloseWrite())
	rest, err := io.ReadAll(reader)
	if line != "$4\r\n" || err != nil || string(rest) != "last\r\n" {
		t.Fatalf("%q, %q, %v", line, rest, err)
	}
}

func TestDialerFollowsRotations(t *testing.T) {
	l := startLab(t)
	dialer := l.dialer(t, redlatch.Options{PollInterval: 20 * time.Millisecond, DistrustGrace: 500 * time.Millisecond})
	dial := func() (net.Conn, *bufio.Reader) {
		conn, err := dialer.DialContext(ctx, "tcp", l.addr())
		check(t, err)
		return conn, bufio.NewReader(conn)
	}
	idle, _ := dial()
	busy, reader := dial()
	_, err := busy.Write([]byte("BLPOP nothing 0\r\n"))
	check(t, err)
	l.run("add-ca")
	l.run("switch-leaf")
	l.run("drop-ca")
	// Nobody is owed a reply: it is left as if the server had closed it.
	if _, err := idle.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the idle one: %v", err)
	}
	if _, err := idle.Write([]byte("PING\r\n")); !errors.Is(err, io.EOF) {
		t.Errorf("the idle one: %v", err)
	}
	// This one ends with the grace.
	_, err = reader.ReadByte()
	if !errors.Is(err, redlatch.ErrTLSUntrusted) || !errors.Is(err, io.EOF) {
		t.Errorf("the busy one: %v", err)
	}
	fresh, reader := dial()
	if reply, err := say(fresh, reader, "ECHO again"); err != nil || reply != "again" {
		t.Errorf("%q, %v", reply, err)
	}
	status := dialer.Status()
	if len(status) != 3 {
		t.Errorf("%d connections", len(status))
	}
}

// Nobody looks at files for an hour, unless told to.
func TestDialerReloads(t *testing.T) {
	l := startLab(t)
	dialer := l.dialer(t, redlatch.Options{PollInterval: time.Hour, DistrustGrace: time.Hour})
	conn, err := dialer.DialContext(ctx, "tcp", l.addr())
	check(t, err)
	defer conn.Close()
	for _, step := range []string{"add-ca", "switch-leaf", "drop-ca"} {
		l.run(step)
	}
	dialer.Reload()
	if _, err := conn.Read(make([]byte, 1)); err != io.EOF {
		t.Error(err)
	}
}

func TestDialerLeavesNothingBehind(t *testing.T) {
	l := startLab(t)
	goroutines := runtime.NumGoroutine()
	files := openFiles(t)
	dialer := l.dialer(t, redlatch.Options{})
	var group sync.WaitGroup
	for range 20 {
		group.Add(1)
		go func() {
			defer group.Done()
			conn, err := dialer.DialContext(ctx, "tcp", l.addr())
			if err != nil {
				t.Error(err)
				return
			}
			// It waits for a reply that never comes, until the dialer is closed.
			_, err = conn.Read(make([]byte, 1))
			if !errors.Is(err, net.ErrClosed) {
				t.Error(err)
			}
		}()
	}
	for len(dialer.Status()) < 20 {
		runtime.Gosched()
	}
	for _, status := range dialer.Status() {
		for status.State != "ready" {
			status = dialer.Status()[0]
		}
	}
	check(t, dialer.Close())
	group.Wait()
	if _, err := dialer.DialContext(ctx, "tcp", l.addr()); !errors.Is(err, redlatch.ErrClientClosed) {
		t.Error(err)
	}
	for runtime.NumGoroutine() > goroutines {
		runtime.Gosched()
	}
	if now := openFiles(t); now > files {
		t.Errorf("%d files were open, now %d", files, now)
	}
}

func openFiles(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("no /proc")
	}
	return len(entries)
}

func TestDialerLeavesTheLoginToOthers(t *testing.T) {
	l := startLab(t)
	dialer := l.dialer(t, redlatch.Options{Username: "default"})
	conn, err := dialer.DialWithoutLogin(ctx, "tcp", l.addr())
	check(t, err)
	defer conn.Close()
	reader := bufio.NewReader(conn)
	if reply, err := say(conn, reader, "PING"); err != nil || !strings.HasPrefix(reply, "-NOAUTH") {
		t.Fatalf("%q, %v", reply, err)
	}
	username, password, err := dialer.Credentials(ctx)
	check(t, err)
	equal(t, dialer.HasCredentials(), true)
	equal(t, username, "default")
	if reply, err := say(conn, reader, "AUTH "+username+" "+password); err != nil || reply != "+OK" {
		t.Fatalf("%q, %v", reply, err)
	}
	l.run("rotate-password")
	if _, next, err := dialer.Credentials(ctx); err != nil || next == password {
		t.Fatalf("the same as before: %v", err)
	}

	none, err := redlatch.NewDialer(&redlatch.Options{CAFile: l.CAFile})
	check(t, err)
	defer none.Close()
	equal(t, none.HasCredentials(), false)
	username, password, err = none.Credentials(ctx)
	check(t, err)
	equal(t, username+password, "")
}

func TestDialerAsksItsProviders(t *testing.T) {
	l := startLab(t)
	var asked atomic.Int32
	answer := make(chan redlatch.Credentials)
	dialer := l.dialer(t, redlatch.Options{Credentials: func(ctx context.Context) (redlatch.Credentials, error) {
		asked.Add(1)
		select {
		case credentials := <-answer:
			return credentials, nil
		case <-ctx.Done():
			return redlatch.Credentials{}, ctx.Err()
		}
	}})
	// Two that log in by themselves and one that does not wait for one answer.
	results := make(chan error, 3)
	for range 2 {
		go func() {
			_, password, err := dialer.Credentials(ctx)
			if password != l.Password {
				err = errors.Join(err, errors.New("another password"))
			}
			results <- err
		}()
	}
	go func() {
		conn, err := dialer.DialContext(ctx, "tcp", l.addr())
		if err == nil {
			err = conn.Close()
		}
		results <- err
	}()
	answer <- redlatch.Credentials{Secret: l.Password}
	for range 3 {
		check(t, <-results)
	}
	equal(t, asked.Load(), 1)
	ended, cancel := context.WithCancel(ctx)
	cancel()
	hangs := l.dialer(t, redlatch.Options{Credentials: func(ctx context.Context) (redlatch.Credentials, error) {
		<-ctx.Done()
		return redlatch.Credentials{}, ctx.Err()
	}})
	if _, _, err := hangs.Credentials(ended); !errors.Is(err, redlatch.ErrClientCancelled) {
		t.Error(err)
	}
	if _, err := hangs.DialContext(ended, "tcp", l.addr()); !errors.Is(err, redlatch.ErrClientCancelled) {
		t.Error(err)
	}
}
