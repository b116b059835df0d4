//go:build unix

package redlatch

import (
	"io"
	"net"
	"runtime"
	"syscall"
)

// direct writes to a socket without waiting for it, and reads what answers to that.
type direct struct {
	raw   syscall.RawConn
	send  func(fd uintptr) bool
	bytes []byte
	sent  int
	err   error

	take   func(fd uintptr) bool
	room   []byte
	came   int
	mishap error
	// Whether to wait for bytes.
	waits bool

	// Below so many bytes the system does not wake who waits for some.
	least   int
	atLeast func(fd uintptr)
}

func (d *direct) init(conn net.Conn) {
	if socket, ok := conn.(syscall.Conn); ok {
		d.raw, _ = socket.SyscallConn()
	}
	d.send = func(fd uintptr) bool {
		for d.sent < len(d.bytes) {
			count, err := syscall.Write(int(fd), d.bytes[d.sent:])
			switch {
			case err == syscall.EINTR:
			case err == syscall.EAGAIN:
				return true
			case err != nil:
				d.err = err
				return true
			default:
				d.sent += count
			}
		}
		return true
	}
	d.least = 1
	d.atLeast = func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVLOWAT, d.least)
	}
	d.take = func(fd uintptr) bool {
		for {
			switch d.came, d.mishap = syscall.Read(int(fd), d.room); d.mishap {
			case syscall.EINTR:
			case syscall.EAGAIN:
				return !d.waits
			default:
				return true
			}
		}
	}
}

// canRead tells whether read works.
func (d *direct) canRead() bool { return d.raw != nil }

// read reads what there is, and waits for it if asked to.
func (d *direct) read(room []byte, waits bool) (int, error) {
	if d.raw == nil {
		return 0, nil
	}
	d.room, d.waits = room, waits
	err := d.raw.Read(d.take)
	d.room = nil
	switch {
	case err != nil:
		return 0, err
	case d.mishap == syscall.EAGAIN:
		return 0, nil
	case d.mishap != nil:
		return 0, d.mishap
	case d.came == 0:
		return 0, io.EOF
	}
	return d.came, nil
}

// find reads what there is, or comes in a moment, if it is worth to look for it.
func (d *direct) find(room []byte, look *look) (int, error) {
	return look.find(func() (int, error) { return d.read(room, false) })
}

// await has the system wake whoever waits for the rest of a long reply when more of it is there: a
// megabyte that arrives record by record woke it twenty times, which took a fifth of all its time.
func (d *direct) await(due int) {
	least := max(1, min(due, mostAwaited))
	if runtime.GOOS != "linux" || d.raw == nil || least == d.least {
		return
	}
	d.least = least
	_ = d.raw.Control(d.atLeast)
}

// write sends what the socket takes at once.
func (d *direct) write(bytes []byte) (int, error) {
	if d.raw == nil {
		return 0, nil
	}
	d.bytes, d.sent, d.err = bytes, 0, nil
	err := d.raw.Write(d.send)
	d.bytes = nil
	if err == nil {
		err = d.err
	}
	return d.sent, err
}

// The last of it is decrypted while nobody else does anything.
const mostAwaited = 128 << 10
