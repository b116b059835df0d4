//go:build !unix

package redlatch

import "net"

// direct writes nothing: a goroutine does it.
type direct struct{}

func (d *direct) init(net.Conn) {}

func (d *direct) write([]byte) (int, error) { return 0, nil }

func (d *direct) canRead() bool { return false }

func (d *direct) read([]byte, bool) (int, error) { return 0, nil }

func (d *direct) find([]byte, *look) (int, error) { return 0, nil }

func (d *direct) await(int) {}
