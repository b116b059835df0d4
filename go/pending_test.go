package redlatch_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	redlatch "github.com/redlatch/redlatch/go"
)

func pending(conn net.Conn) (bool, error) {
	return conn.(interface{ Pending() (bool, error) }).Pending()
}

func TestPoolsSeeWhatIsPending(t *testing.T) {
	l := startLab(t)
	dialer := l.dialer(t, redlatch.Options{PollInterval: 20 * time.Millisecond, DistrustGrace: time.Hour})
	dial := func() net.Conn {
		conn, err := dialer.DialContext(ctx, "tcp", l.addr())
		check(t, err)
		t.Cleanup(func() { conn.Close() })
		return conn
	}
	conn := dial()
	if some, err := pending(conn); some || err != nil {
		t.Fatal(some, err)
	}
	_, err := conn.Write([]byte("*2\r\n$4\r\nECHO\r\n$5\r\nhello\r\n"))
	check(t, err)
	eventually(t, "a reply", func() bool {
		some, err := pending(conn)
		check(t, err)
		return some
	})
	// Nothing is lost by looking.
	reader := bufio.NewReader(conn)
	for _, want := range []string{"$5\r\n", "hello\r\n"} {
		if line, err := reader.ReadString('\n'); err != nil || line != want {
			t.Fatalf("%q, %v", line, err)
		}
	}
	// A deadline that has passed is not the end of a connection.
	check(t, conn.SetReadDeadline(time.Unix(1, 0)))
	if some, err := pending(conn); some || err != nil {
		t.Error(some, err)
	}
	check(t, conn.SetReadDeadline(time.Time{}))

	for _, step := range []string{"add-ca", "switch-leaf", "drop-ca"} {
		l.run(step)
	}
	ends := func(conn net.Conn, want error) {
		t.Helper()
		eventually(t, "the end", func() bool {
			some, err := pending(conn)
			if some || err != nil && !errors.Is(err, want) {
				t.Fatal(some, err)
			}
			return err != nil
		})
	}
	ends(conn, io.EOF)
	another := dial()
	l.run("kill")
	ends(another, io.EOF)
	check(t, another.Close())
	ends(another, net.ErrClosed)
}
