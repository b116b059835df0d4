package redlatch

import (
	"net"
	"time"
)

// limit is until when one direction of a wire may wait. Clients set one for each command, a little later
// every time: the socket's own timer, which costs more than all else about it, is moved only when it
// would end too late, or has ended too early.
type limit struct {
	set   func(net.Conn, time.Time) error
	until time.Time
	// What the socket was told last.
	armed time.Time
}

// move sets a limit; the zero time is none.
func (l *limit) move(sock net.Conn, until time.Time) error {
	l.until = until
	if until.IsZero() || !l.armed.IsZero() && !until.Before(l.armed) {
		return nil
	}
	l.armed = until
	return l.set(sock, until)
}

// goesOn tells whether the socket's time was up before the limit, and gives it the rest.
func (l *limit) goesOn(sock net.Conn) bool {
	if l.armed.IsZero() || !l.until.IsZero() && !time.Now().Before(l.until) {
		return false
	}
	l.armed = l.until
	return l.set(sock, l.until) == nil
}
