package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"
	"github.com/redis/rueidis"
	glide "github.com/valkey-io/valkey-glide/go/v2"
	"github.com/valkey-io/valkey-glide/go/v2/config"
	"github.com/valkey-io/valkey-glide/go/v2/pipeline"

	"github.com/redlatch/redlatch/go"
)

// client is what is compared, behind the same few words.
type client struct {
	get      func(ctx context.Context, key string) string
	set      func(ctx context.Context, key, value string)
	pipeline func(ctx context.Context, key string, count int)
	ping     func(ctx context.Context)
	close    func()
}

// maker connects a client. It is told whether its TLS sessions may go on where earlier ones ended: a CA
// handed in as text is nobody else's for redlatch.
type maker func(again bool) client

var (
	host, port = os.Getenv("REDIS_HOST"), os.Getenv("REDIS_PORT")
	addr       = net.JoinHostPort(host, port)
	caFile     = os.Getenv("REDIS_SSL_CA_CERTS")
	ca         = read(caFile)
	password   = strings.TrimSpace(string(read(os.Getenv("REDIS_PASSWORD_FILE"))))
	sessions   = tls.NewLRUClientSessionCache(32)
)

var makers = map[string]maker{
	"redlatch": func(again bool) client {
		c := redlatch.NewClient(trust(again, &redlatch.Options{Addr: addr, Password: password}))
		return client{
			func(ctx context.Context, key string) string { return value(c.Get(ctx, key).Result()) },
			func(ctx context.Context, key, value string) { check(c.Set(ctx, key, value, 0).Err()) },
			func(ctx context.Context, key string, count int) {
				pipe := c.Pipeline()
				for range count {
					pipe.Get(ctx, key)
				}
				_, err := pipe.Exec(ctx)
				check(err)
			},
			func(ctx context.Context) { check(c.Ping(ctx).Err()) },
			func() { check(c.Close()) },
		}
	},
	"redlatch under go-redis": func(again bool) client {
		dialer, err := redlatch.NewDialer(trust(again, &redlatch.Options{Password: password}))
		check(err)
		c := goRedis(&redis.Options{Addr: addr, Dialer: dialer.DialContext})
		end := c.close
		c.close = func() {
			end()
			check(dialer.Close())
		}
		return c
	},
	"go-redis": func(again bool) client {
		return goRedis(&redis.Options{Addr: addr, Password: password, TLSConfig: tlsConfig(again)})
	},
	"go-redis autopipe": func(again bool) client {
		c := redis.NewClient(&redis.Options{Addr: addr, Password: password, TLSConfig: tlsConfig(again)})
		piped, err := c.AutoPipeline()
		check(err)
		other := goRedisOf(c)
		other.get = func(ctx context.Context, key string) string { return value(piped.Get(ctx, key).Result()) }
		other.set = func(ctx context.Context, key, value string) { check(piped.Set(ctx, key, value, 0).Err()) }
		other.ping = func(ctx context.Context) { check(piped.Ping(ctx).Err()) }
		return other
	},
	"rueidis": func(again bool) client {
		c, err := rueidis.NewClient(rueidis.ClientOption{
			InitAddress: []string{addr}, Password: password, TLSConfig: tlsConfig(again), DisableCache: true,
		})
		check(err)
		return client{
			func(ctx context.Context, key string) string {
				return value(c.Do(ctx, c.B().Get().Key(key).Build()).ToString())
			},
			func(ctx context.Context, key, value string) {
				check(c.Do(ctx, c.B().Set().Key(key).Value(value).Build()).Error())
			},
			func(ctx context.Context, key string, count int) {
				commands := make(rueidis.Commands, 0, count)
				for range count {
					commands = append(commands, c.B().Get().Key(key).Build())
				}
				for _, reply := range c.DoMulti(ctx, commands...) {
					value(reply.ToString())
				}
			},
			func(ctx context.Context) { check(c.Do(ctx, c.B().Ping().Build()).Error()) },
			c.Close,
		}
	},
	"valkey-glide": func(bool) client {
		number, err := strconv.Atoi(port)
		check(err)
		settings := config.NewClientConfiguration().WithUseTLS(true).
			WithAddress(&config.NodeAddress{Host: host, Port: number}).
			WithCredentials(config.NewServerCredentialsWithDefaultUsername(password)).
			WithAdvancedConfiguration(config.NewAdvancedClientConfiguration().
				WithTlsConfiguration(config.NewTlsConfiguration().WithRootCertificates(ca)))
		c, err := glide.NewClient(settings)
		check(err)
		return client{
			func(ctx context.Context, key string) string {
				got, err := c.Get(ctx, key)
				return value(got.Value(), err)
			},
			func(ctx context.Context, key, value string) {
				_, err := c.Set(ctx, key, value)
				check(err)
			},
			func(ctx context.Context, key string, count int) {
				batch := pipeline.NewStandaloneBatch(false)
				for range count {
					batch.Get(key)
				}
				_, err := c.Exec(ctx, *batch, true)
				check(err)
			},
			func(ctx context.Context) {
				_, err := c.Ping(ctx)
				check(err)
			},
			c.Close,
		}
	},
}

func goRedis(options *redis.Options) client { return goRedisOf(redis.NewClient(options)) }

func goRedisOf(c *redis.Client) client {
	return client{
		func(ctx context.Context, key string) string { return value(c.Get(ctx, key).Result()) },
		func(ctx context.Context, key, value string) { check(c.Set(ctx, key, value, 0).Err()) },
		func(ctx context.Context, key string, count int) {
			pipe := c.Pipeline()
			for range count {
				pipe.Get(ctx, key)
			}
			_, err := pipe.Exec(ctx)
			check(err)
		},
		func(ctx context.Context) { check(c.Ping(ctx).Err()) },
		func() { check(c.Close()) },
	}
}

func trust(again bool, options *redlatch.Options) *redlatch.Options {
	if again {
		options.CAFile = caFile
	} else {
		options.CAPEM = string(ca)
	}
	return options
}

func tlsConfig(again bool) *tls.Config {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	config := &tls.Config{RootCAs: roots, ServerName: host}
	if again {
		config.ClientSessionCache = sessions
	}
	return config
}

func value(text string, err error) string {
	check(err)
	return text
}

func read(file string) []byte {
	content, err := os.ReadFile(file)
	check(err)
	return content
}
