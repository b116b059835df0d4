// Package goredis runs go-redis on redlatch's connections: its TLS, trust that rotates under live
// traffic, pins and errors, for single, sentinel, cluster and ring clients.
//
//	dialer, err := redlatch.NewDialer(&redlatch.Options{
//		CAFile: "/etc/redis-tls/ca.pem", PasswordFile: "/etc/redis-tls/password",
//	})
//	rdb := redis.NewClient(goredis.Use(&redis.Options{Addr: "10.0.0.3:6378"}, dialer))
package goredis

import (
	"context"
	"crypto/tls"
	"errors"
	"net"

	"github.com/redis/go-redis/v9"

	redlatch "github.com/redlatch/redlatch/go"
)

// Options are those of any client of go-redis.
type Options interface {
	*redis.Options | *redis.FailoverOptions | *redis.ClusterOptions | *redis.RingOptions | *redis.UniversalOptions
}

// ErrConflict is the error of each connection whose options name TLS settings or a secret that the
// dialer has, too: one of them would be ignored.
var ErrConflict = errors.New("redlatch/goredis: options conflict with the dialer's")

// Use makes options connect through the dialer, and gives them back. New connections log in with the
// dialer's secret in force, those to sentinels with SentinelPassword. Options that name a secret keep
// it if the dialer has none.
//
// The dialer may serve any number of clients. It is the caller's to close, after them.
func Use[O Options](options O, dialer *redlatch.Dialer) O {
	switch o := any(options).(type) {
	case *redis.Options:
		use(dialer, given{o.TLSConfig, o.Username, o.Password, o.CredentialsProvider != nil, o.StreamingCredentialsProvider != nil},
			&o.Dialer, &o.CredentialsProviderContext)
	case *redis.FailoverOptions:
		use(dialer, given{o.TLSConfig, o.Username, o.Password, o.CredentialsProvider != nil, o.StreamingCredentialsProvider != nil},
			&o.Dialer, &o.CredentialsProviderContext)
	case *redis.ClusterOptions:
		use(dialer, given{o.TLSConfig, o.Username, o.Password, o.CredentialsProvider != nil, o.StreamingCredentialsProvider != nil},
			&o.Dialer, &o.CredentialsProviderContext)
	case *redis.RingOptions:
		use(dialer, given{o.TLSConfig, o.Username, o.Password, o.CredentialsProvider != nil, o.StreamingCredentialsProvider != nil},
			&o.Dialer, &o.CredentialsProviderContext)
	case *redis.UniversalOptions:
		use(dialer, given{o.TLSConfig, o.Username, o.Password, o.CredentialsProvider != nil, o.StreamingCredentialsProvider != nil},
			&o.Dialer, &o.CredentialsProviderContext)
	}
	return options
}

// given is what options say of TLS and secrets by themselves.
type given struct {
	tls                *tls.Config
	username, password string
	provider, streams  bool
}

type (
	dial        = func(ctx context.Context, network, addr string) (net.Conn, error)
	credentials = func(ctx context.Context) (username, password string, err error)
)

func use(dialer *redlatch.Dialer, given given, dials *dial, provides *credentials) {
	hasSecret := given.password != "" || given.provider || given.streams || *provides != nil
	if given.tls != nil || (dialer.HasCredentials() && (hasSecret || given.username != "")) {
		*dials = func(context.Context, string, string) (net.Conn, error) { return nil, ErrConflict }
		return
	}
	*dials = func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := dialer.DialWithoutLogin(ctx, network, addr)
		if wire, ok := c.(interface{ Pending() (bool, error) }); ok {
			return &conn{c, wire.Pending}, nil
		}
		return c, err
	}
	if dialer.HasCredentials() {
		*provides = dialer.Credentials
	}
}
