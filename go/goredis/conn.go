package goredis

import (
	"errors"
	"net"
	"sync"
	"syscall"
)

// conn lets go-redis's pool see that a connection has ended before it sends a command on it. Otherwise
// an idle pool is full of connections that a rotation ended, and a command that meets one after the
// other has no retries left.
//
// go-redis looks by peeking at the socket. What that tells of TLS is of no use, so it gets another one
// to look at.
type conn struct {
	net.Conn
	pending func() (bool, error)
}

func (c *conn) SyscallConn() (syscall.RawConn, error) { return (*state)(c), nil }

// state is a conn as a socket that can only be looked at.
type state conn

// Read calls f with a socket that has a byte to read, if the connection has; else not at all.
func (s *state) Read(f func(fd uintptr) bool) error {
	pending, err := s.pending()
	if err != nil || !pending {
		return err
	}
	fd, err := readable()
	if err == nil {
		f(fd)
	}
	return err
}

func (s *state) Write(func(fd uintptr) bool) error { return errors.ErrUnsupported }

func (s *state) Control(func(fd uintptr)) error { return errors.ErrUnsupported }

// readable is a socket that has a byte to read, one for the whole process.
var readable = sync.OnceValues(func() (uintptr, error) {
	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		return 0, err
	}
	syscall.CloseOnExec(pair[0])
	syscall.CloseOnExec(pair[1])
	_, err = syscall.Write(pair[1], []byte{0})
	return uintptr(pair[0]), err
})
