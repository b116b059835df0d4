// Package redigo runs redigo on redlatch's connections: its TLS, trust that rotates under live traffic,
// pins and errors.
//
//	pool := &redis.Pool{
//		DialContext: redigo.Dial(dialer, "10.0.0.3:6378"),
//		// Or a command finds out which connections a rotation has ended.
//		TestOnBorrow: func(c redis.Conn, _ time.Time) error { _, err := c.Do("PING"); return err },
//	}
package redigo

import (
	"context"

	"github.com/gomodule/redigo/redis"

	redlatch "github.com/redlatch/redlatch/go"
)

// Dial gives what a pool connects with: connections through the dialer that log in with its secret in
// force. Options follow as for redis.DialContext; a secret among them wins.
//
// The dialer may serve any number of pools. It is the caller's to close, after them.
func Dial(dialer *redlatch.Dialer, addr string, options ...redis.DialOption) func(context.Context) (redis.Conn, error) {
	return func(ctx context.Context) (redis.Conn, error) {
		var all []redis.DialOption
		if dialer.HasCredentials() {
			username, password, err := dialer.Credentials(ctx)
			if err != nil {
				return nil, err
			}
			all = append(all, redis.DialUsername(username), redis.DialPassword(password))
		}
		all = append(all, options...)
		return redis.DialContext(ctx, "tcp", addr, append(all, redis.DialContextFunc(dialer.DialWithoutLogin))...)
	}
}
