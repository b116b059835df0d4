// Package redlatch talks to Redis and Valkey over TLS while CAs, certificates and passwords rotate:
// no restart, no failed command, no byte exchanged with a server that is no longer trusted.
//
//	rdb := redlatch.NewClient(&redlatch.Options{Addr: "10.0.0.3:6378", CAFile: "/etc/redis-tls/ca.pem"})
//	defer rdb.Close()
//	value, err := rdb.Get(ctx, "key").Result()
//
// A client is one connection shared by all goroutines: commands of all of them travel together, and
// each reply finds its caller. Make one and keep it. Commands that wait, such as BLPop, get a
// connection to themselves; those that would change a shared one are refused with ErrClientMisuse.
//
// # Commands
//
// Commands and their results have the names and types of go-redis; what has no method of its own goes
// through Do. A context that ends gives up a command, which the server may run nevertheless. Pipelined
// and TxPipelined send several commands at once; functions that take a Cmdable work with a client and
// with a pipeline.
//
// Watch gives a function a connection to itself, whose transaction fails if a watched key was changed.
// Subscribe, PSubscribe and SSubscribe listen on connections that outlive rotations.
//
// # Failures
//
// Nil means that there is no value. All other failures are an *Error, with a code (ErrTLSUntrusted), a
// family (ErrTLS), evidence, and a remedy; the codes of the table are in Codes.
//
// # Other clients
//
// A Dialer makes the connections of other Redis clients: the packages goredis, rueidis and redigo, in
// modules of their own, hand it to theirs.
//
// # Watching it
//
// Health is for probes and Metrics for Prometheus. Status is a snapshot, Events what happens, and
// Options.Logger a log of that. Options.Observer hears of commands: see the package otel.
package redlatch

import (
	"encoding/json"
	"errors"
	"log/slog"
	"maps"

	"github.com/redlatch/redlatch/go/internal/core"
)

// Client is a client for any number of goroutines.
type Client struct{ commands }

// NewClient makes a client that connects when it is first used. Options that cannot be used are
// reported by each command; see Open.
func NewClient(options *Options) *Client {
	if options == nil {
		options = &Options{}
	}
	client, _ := open(false, options)
	return client
}

// open makes a client of options; later ones win.
func open(fromEnv bool, layers ...*Options) (*Client, error) {
	settings, asked, err := merge(layers)
	if err != nil {
		return &Client{commands{err: err}}, err
	}
	engine, err := newEngine(settings, asked, loggerOf(layers), fromEnv)
	client := &Client{commands{engine: engine, err: err}}
	if engine != nil {
		client.observer = observerOf(layers, engine.config)
	}
	return client, err
}

// merge joins options; later ones win.
func merge(layers []*Options) (map[string]any, providers, error) {
	settings, asked := map[string]any{}, providers{}
	for _, layer := range layers {
		callbacks, err := layer.providers()
		if err != nil {
			return nil, nil, err
		}
		maps.Copy(asked, callbacks)
		maps.Copy(settings, layer.settings())
	}
	return settings, asked, nil
}

// loggerOf is the last logger among options.
func loggerOf(layers []*Options) (logger *slog.Logger) {
	for _, layer := range layers {
		if layer.Logger != nil {
			logger = layer.Logger
		}
	}
	return logger
}

// Open makes a client, as NewClient does, but reports at once options that cannot be used.
func Open(options *Options) (*Client, error) {
	client := NewClient(options)
	return client, client.err
}

// FromEnv makes a client of the environment: REDIS_URL, REDIS_HOST, REDIS_PASSWORD_FILE,
// REDIS_SSL_CA_CERTS and so on. Options that are set win over it.
func FromEnv(options ...*Options) (*Client, error) {
	return open(true, options...)
}

// ParseURL checks a URL and gives the options that stand for it.
func ParseURL(url string) (*Options, error) {
	options := &Options{URL: url}
	client, err := Open(options)
	if err != nil {
		return nil, err
	}
	return options, client.Close()
}

// Close fails what is waiting, says goodbye to the server, and ends all goroutines of the client.
func (c *Client) Close() error {
	if c.engine != nil {
		c.engine.close()
	}
	return nil
}

// Config are the settings in force by their names in the table (ca_file, poll_interval and so on):
// durations in seconds, what is not set nil, secrets "***"; and address, warnings, dangers. It is
// nil if the options could not be used.
func (c *Client) Config() map[string]any {
	if c.engine == nil {
		return nil
	}
	config := map[string]any{}
	// The core's own document is JSON.
	_ = json.Unmarshal(c.engine.config, &config)
	return config
}

// Status is a snapshot of the client.
func (c *Client) Status() Status {
	status := Status{State: "closed"}
	if c.engine != nil {
		document := c.engine.ask(func(client *core.Client, batch *core.Batch) core.View {
			return client.Status(batch)
		})
		// A core that failed inside has no status; then the state remains.
		_ = json.Unmarshal(document, &status)
	}
	if c.err != nil {
		status.State = "failing"
		status.LastError = &StatusError{Text: c.err.Error()}
		var failure *Error
		if errors.As(c.err, &failure) {
			status.LastError = &StatusError{Code: failure.Code, Text: failure.Message}
		}
	}
	return status
}

// Events gives what happens to the client. Whoever reads too slowly misses the oldest. It is the
// same channel for all, and ends when the client is closed.
func (c *Client) Events() <-chan Event {
	if c.engine == nil {
		none := make(chan Event)
		close(none)
		return none
	}
	return c.engine.events.listen()
}

// Reload looks at all watched files now, and asks providers again.
func (c *Client) Reload() {
	if c.engine != nil {
		c.engine.input(func(client *core.Client, batch *core.Batch) core.View {
			return client.Reload(batch)
		})
	}
}
