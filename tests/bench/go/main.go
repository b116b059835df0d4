// One Go client under load. Usage: bench-go CLIENT TASKS SECONDS
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/rueidis"

	"github.com/redlatch/redlatch/go"
)

const warmUp = 500 * time.Millisecond

var value = strings.Repeat("x", 64)

func main() {
	tasks, err := strconv.Atoi(os.Args[2])
	check(err)
	seconds, err := strconv.ParseFloat(os.Args[3], 64)
	check(err)
	ctx := context.Background()
	set, get := open(os.Args[1])
	check(set(ctx))

	var over atomic.Bool
	counts := make([]struct {
		n atomic.Int64
		_ [56]byte
	}, tasks)
	var running sync.WaitGroup
	for at := range counts {
		running.Add(1)
		go func() {
			defer running.Done()
			for !over.Load() {
				check(get(ctx))
				counts[at].n.Add(1)
			}
		}()
	}
	total := func() (sum int64) {
		for at := range counts {
			sum += counts[at].n.Load()
		}
		return sum
	}
	time.Sleep(warmUp)
	before, cpu, start := total(), cpuTime(), time.Now()
	time.Sleep(time.Duration(seconds * float64(time.Second)))
	found := map[string]any{
		"commands":    total() - before,
		"seconds":     time.Since(start).Seconds(),
		"cpu_seconds": (cpuTime() - cpu).Seconds(),
	}
	over.Store(true)
	running.Wait()
	check(json.NewEncoder(os.Stdout).Encode(found))
}

type call func(context.Context) error

// open connects the client of that name.
func open(name string) (set, get call) {
	addr := net.JoinHostPort(os.Getenv("REDIS_HOST"), os.Getenv("REDIS_PORT"))
	secret, err := os.ReadFile(os.Getenv("REDIS_PASSWORD_FILE"))
	check(err)
	password := strings.TrimSpace(string(secret))
	pem, err := os.ReadFile(os.Getenv("REDIS_SSL_CA_CERTS"))
	check(err)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	config := &tls.Config{RootCAs: roots, ServerName: os.Getenv("REDIS_HOST")}
	switch name {
	case "redlatch":
		client := redlatch.NewClient(&redlatch.Options{
			Addr: addr, Password: password, CAFile: os.Getenv("REDIS_SSL_CA_CERTS"),
		})
		return func(ctx context.Context) error { return client.Set(ctx, "bench", value, 0).Err() },
			func(ctx context.Context) error { return client.Get(ctx, "bench").Err() }
	case "go-redis":
		client := redis.NewClient(&redis.Options{Addr: addr, Password: password, TLSConfig: config})
		return func(ctx context.Context) error { return client.Set(ctx, "bench", value, 0).Err() },
			func(ctx context.Context) error { return client.Get(ctx, "bench").Err() }
	case "redlatch under go-redis":
		dialer, err := redlatch.NewDialer(&redlatch.Options{
			Password: password, CAFile: os.Getenv("REDIS_SSL_CA_CERTS"),
		})
		check(err)
		client := redis.NewClient(&redis.Options{Addr: addr, Dialer: dialer.DialContext})
		return func(ctx context.Context) error { return client.Set(ctx, "bench", value, 0).Err() },
			func(ctx context.Context) error { return client.Get(ctx, "bench").Err() }
	case "go-redis autopipe":
		client := redis.NewClient(&redis.Options{Addr: addr, Password: password, TLSConfig: config})
		piped, err := client.AutoPipeline()
		check(err)
		return func(ctx context.Context) error { return piped.Set(ctx, "bench", value, 0).Err() },
			func(ctx context.Context) error { return piped.Get(ctx, "bench").Err() }
	case "rueidis":
		client, err := rueidis.NewClient(rueidis.ClientOption{
			InitAddress: []string{addr}, Password: password, TLSConfig: config, DisableCache: true,
		})
		check(err)
		return func(ctx context.Context) error {
				return client.Do(ctx, client.B().Set().Key("bench").Value(value).Build()).Error()
			}, func(ctx context.Context) error {
				return client.Do(ctx, client.B().Get().Key("bench").Build()).Error()
			}
	}
	panic("no client is called " + name)
}

func cpuTime() time.Duration {
	var usage syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
