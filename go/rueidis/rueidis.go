// Package rueidis runs rueidis on redlatch's connections: its TLS, trust that rotates under live
// traffic, pins and errors.
//
//	client, err := rueidis.NewClient(adapter.Use(rueidis.ClientOption{InitAddress: addresses}, dialer))
package rueidis

import (
	"context"
	"crypto/tls"
	"errors"
	"net"

	"github.com/redis/rueidis"

	redlatch "github.com/redlatch/redlatch/go"
)

// ErrConflict is the error of each connection whose options name TLS settings or a secret that the
// dialer has, too: one of them would be ignored.
var ErrConflict = errors.New("redlatch/rueidis: options conflict with the dialer's")

// Use gives options that connect through the dialer. New connections log in with the dialer's secret
// in force, those to sentinels with the secret of option.Sentinel. Options that name a secret keep it
// if the dialer has none.
//
// The dialer may serve any number of clients. It is the caller's to close, after them.
func Use(option rueidis.ClientOption, dialer *redlatch.Dialer) rueidis.ClientOption {
	hasSecret := option.Username != "" || option.Password != "" || option.AuthCredentialsFn != nil
	conflict := option.TLSConfig != nil || option.Sentinel.TLSConfig != nil || dialer.HasCredentials() && hasSecret
	option.DialCtxFn = func(ctx context.Context, addr string, _ *net.Dialer, _ *tls.Config) (net.Conn, error) {
		if conflict {
			return nil, ErrConflict
		}
		return dialer.DialWithoutLogin(ctx, "tcp", addr)
	}
	if dialer.HasCredentials() && !conflict {
		option.AuthCredentialsFn = func(rueidis.AuthCredentialsContext) (rueidis.AuthCredentials, error) {
			username, password, err := dialer.Credentials(context.Background())
			return rueidis.AuthCredentials{Username: username, Password: password}, err
		}
	}
	return option
}
