package redlatch

import (
	"cmp"
	"context"
	"net"
	"strconv"
	"time"
)

// target is where the core wants a connection.
type target struct {
	unix    bool
	network string // tcp unless set
	host    string
	port    int
	attempt int
	// How long it may take.
	patience time.Duration
}

// dial connects. The first attempt lets the dialer choose among the addresses of a name (happy
// eyeballs); later ones start with another address each time.
func (t target) dial(ctx context.Context) (net.Conn, error) {
	dialer := net.Dialer{KeepAlive: keepAlive}
	if t.unix {
		return dialer.DialContext(ctx, "unix", t.host)
	}
	network := cmp.Or(t.network, "tcp")
	port := strconv.Itoa(t.port)
	if t.attempt == 0 || net.ParseIP(t.host) != nil {
		return dialer.DialContext(ctx, network, net.JoinHostPort(t.host, port))
	}
	addresses, err := net.DefaultResolver.LookupHost(ctx, t.host)
	if err != nil {
		return nil, err
	}
	var conn net.Conn
	for at := range addresses {
		address := addresses[(t.attempt+at)%len(addresses)]
		conn, err = t.try(ctx, dialer, net.JoinHostPort(address, port), len(addresses)-at)
		if err == nil || ctx.Err() != nil {
			break
		}
	}
	return conn, err
}

// try gives one address its share of the time that is left.
func (t target) try(ctx context.Context, dialer net.Dialer, address string, left int) (net.Conn, error) {
	if end, limited := ctx.Deadline(); limited {
		dialer.Timeout = time.Until(end) / time.Duration(left)
	}
	return dialer.DialContext(ctx, cmp.Or(t.network, "tcp"), address)
}

const keepAlive = 30 * time.Second
