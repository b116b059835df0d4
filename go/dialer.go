package redlatch

import (
	"context"
	"encoding/json"
	"maps"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/redlatch/redlatch/go/internal/core"
)

// Dialer connects other Redis clients: TLS with trust that rotates, pins, client certificates and the
// errors of this package, behind a net.Conn. Hand its DialContext to go-redis (Options.Dialer), rueidis
// (DialCtxFn) or redigo (DialContextFunc), and leave their own TLS settings empty.
//
// If the options name a secret, connections come logged in, with whatever secret is in force, and the
// client on top must not be given one. Connections whose server is no longer trusted are closed after
// DistrustGrace, and those that had better be left, by a rotation, as soon as no reply is owed: the
// client on top finds them closed, with an error that is io.EOF, and takes another one. A pool need not
// find out by a command that fails: each connection has a method Pending() (bool, error), which tells
// without waiting whether there is something to read, or with what error it has ended.
//
// A Dialer is safe for any number of goroutines and servers. Make one and keep it: what it knows of a
// server makes the next handshake shorter.
type Dialer struct {
	providers      providers
	hasCredentials bool
	events         events
	look           look
	ctx            context.Context
	cancel         context.CancelFunc

	mu sync.Mutex
	// Settings and materials, which all connections share; nil once closed.
	pattern *core.Client
	batch   *core.Batch
	nodes   map[string]*core.Client
	wires   map[*wire]struct{}
}

// NewDialer makes a Dialer. Addr and URL among the options only name a server to check the settings
// against: each connection goes where DialContext is told.
func NewDialer(options *Options) (*Dialer, error) {
	if options == nil {
		options = &Options{}
	}
	return newDialer(false, options)
}

// DialerFromEnv makes a Dialer of the environment, as FromEnv makes a client.
func DialerFromEnv(options ...*Options) (*Dialer, error) {
	return newDialer(true, options...)
}

func newDialer(fromEnv bool, layers ...*Options) (*Dialer, error) {
	settings, asked, err := merge(layers)
	if err != nil {
		return nil, err
	}
	document, err := json.Marshal(settings)
	if err != nil {
		return nil, newError(clientMisuse, err.Error())
	}
	batch := core.NewBatch()
	pattern, view := core.New(batch, document, fromEnv)
	if pattern == nil {
		defer batch.Free()
		return nil, fault(view)
	}
	d := &Dialer{
		providers: asked, pattern: pattern, batch: batch,
		nodes: map[string]*core.Client{}, wires: map[*wire]struct{}{},
	}
	var status Status
	record, _ := first(pattern.Status(batch), core.Text)
	if err := json.Unmarshal(record.Body, &status); err != nil {
		pattern.Free()
		batch.Free()
		return nil, newError(internalBug, err.Error())
	}
	d.hasCredentials = status.Credentials != nil
	d.look.poll = pattern.BusyPoll()
	d.ctx, d.cancel = context.WithCancel(context.Background())
	d.events.init(loggerOf(layers))
	return d, nil
}

// DialContext connects to addr, host:port, and returns when TLS and, if there is a secret, the login
// are done. The error is one of this package: what is permanent (a CA that does not sign the server, a
// refused password) and what may pass (ErrNet) can be told apart by Retry.
func (d *Dialer) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	return d.dial(ctx, network, addr, true)
}

// DialWithoutLogin is DialContext for clients that log in by themselves, with Credentials: those that
// talk to servers with other secrets, too, such as sentinels.
func (d *Dialer) DialWithoutLogin(ctx context.Context, network, addr string) (net.Conn, error) {
	return d.dial(ctx, network, addr, false)
}

func (d *Dialer) dial(ctx context.Context, network, addr string, login bool) (net.Conn, error) {
	if network != "tcp" && network != "tcp4" && network != "tcp6" {
		return nil, net.UnknownNetworkError(network)
	}
	if err := d.misuse(ctx); err != nil {
		return nil, err
	}
	host, service, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	port, err := net.DefaultResolver.LookupPort(ctx, network, service)
	if err != nil {
		return nil, err
	}
	w, err := d.wire(network, host, uint16(port), login)
	if err != nil {
		return nil, err
	}
	if err := w.connect(ctx); err != nil {
		w.Close()
		return nil, err
	}
	return w, nil
}

// wire makes a connection that is not up yet.
func (d *Dialer) wire(network, host string, port uint16, login bool) (*wire, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.pattern == nil {
		return nil, newError(clientClosed, "")
	}
	address := net.JoinHostPort(host, strconv.Itoa(int(port)))
	node := d.nodes[address]
	if node == nil {
		var view core.View
		if node, view = d.pattern.At(d.batch, host, port); node == nil {
			return nil, fault(view)
		}
		d.forgetSome()
		d.nodes[address] = node
	}
	client, view := node.Wire(d.batch, login)
	if client == nil {
		return nil, fault(view)
	}
	w := newWire(d, client, network)
	d.wires[w] = struct{}{}
	return w, nil
}

// forgetSome keeps a deployment whose nodes come and go from filling the memory.
func (d *Dialer) forgetSome() {
	for address, node := range d.nodes {
		if len(d.nodes) < mostNodes {
			return
		}
		node.Free()
		delete(d.nodes, address)
	}
}

// Close closes all connections. Later ones fail with ErrClientClosed.
func (d *Dialer) Close() error {
	d.mu.Lock()
	if d.pattern == nil {
		d.mu.Unlock()
		return nil
	}
	wires := d.wires
	for _, node := range d.nodes {
		node.Free()
	}
	d.pattern.Free()
	d.batch.Free()
	d.pattern, d.batch, d.nodes, d.wires = nil, nil, nil, nil
	d.mu.Unlock()
	d.cancel()
	for w := range wires {
		w.Close()
	}
	d.events.close()
	return nil
}

// Status is a snapshot of each open connection.
func (d *Dialer) Status() []Status {
	d.mu.Lock()
	wires := maps.Clone(d.wires)
	d.mu.Unlock()
	all := []Status{}
	for w := range wires {
		if document := w.ask((*core.Client).Status); document != nil {
			var status Status
			// A core that failed inside has no status.
			if json.Unmarshal(document, &status) == nil {
				all = append(all, status)
			}
		}
	}
	return all
}

// Events gives what happens to all connections, as Client.Events does.
func (d *Dialer) Events() <-chan Event { return d.events.listen() }

// Reload looks at all watched files now, and asks providers again.
func (d *Dialer) Reload() { d.answer((*core.Client).Reload) }

// Supply replaces a material now, as Client.Supply does.
func (d *Dialer) Supply(material Material, parts ...[]byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.pattern == nil {
		return newError(clientClosed, "")
	}
	return d.supplied(d.pattern.Supply(d.batch, materialNumbers[material], 0, pack(parts)))
}

// Credentials gives username and secret in force, both empty if the options have none. It fits
// go-redis's Options.CredentialsProviderContext. ErrAuthUnavailable tells why there are none.
func (d *Dialer) Credentials(ctx context.Context) (username, password string, err error) {
	if err := d.misuse(ctx); err != nil {
		return "", "", err
	}
	for {
		d.mu.Lock()
		if d.pattern == nil {
			d.mu.Unlock()
			return "", "", newError(clientClosed, "")
		}
		view := d.pattern.Credentials(d.batch)
		var known struct{ Username, Password string }
		record, found := first(view, core.Text)
		if found {
			err = json.Unmarshal(record.Body, &known)
		} else {
			err = d.take(view)
		}
		d.mu.Unlock()
		if found || err != nil {
			return known.Username, known.Password, err
		}
		select {
		case <-time.After(askAgain):
		case <-ctx.Done():
			return "", "", contextError(ctx.Err(), false)
		}
	}
}

// HasCredentials tells whether the options name a secret.
func (d *Dialer) HasCredentials() bool { return d.hasCredentials }

// take does what the pattern asks for. It tells what was refused. Called with mu held.
func (d *Dialer) take(view core.View) error {
	for actions := view.Actions(); len(actions) > 0; {
		var record core.Record
		if record, actions = core.Next(actions); record.Kind == core.Need {
			go d.provide(d.answer, record.Code, record.ID)
		}
	}
	return fault(view)
}

// supplied does what comes of new content, which is news to all connections. Called with mu held.
func (d *Dialer) supplied(view core.View) error {
	err := d.take(view)
	for w := range d.wires {
		w.wake()
	}
	return err
}

// answer hands in something new: what came of a question of the pattern, for example.
func (d *Dialer) answer(call func(*core.Client, *core.Batch) core.View) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.pattern != nil {
		_ = d.supplied(call(d.pattern, d.batch))
	}
}

// misuse tells that a context is that of a provider of this dialer, which would wait for itself.
func (d *Dialer) misuse(ctx context.Context) error {
	if len(d.providers) > 0 && ctx.Value(asked{}) == d {
		return newError(clientMisuse, "a provider must not use the dialer it provides for")
	}
	return nil
}

func (d *Dialer) forget(w *wire) {
	d.mu.Lock()
	delete(d.wires, w)
	d.mu.Unlock()
}

// provide answers a question. Close does not wait for it: a callback may hang.
func (d *Dialer) provide(input func(func(*core.Client, *core.Batch) core.View), material uint16, id uint64) {
	d.providers.ask(d.ctx, d, material, func(parts [][]byte, err error) {
		input(supply(material, id, parts, err))
	})
}

// fault is the error in a view, or nil.
func fault(view core.View) error {
	if record, found := first(view, core.Fault); found {
		return parseError(record.Body)
	}
	return nil
}

// first is the first outcome of a kind.
func first(view core.View, kind byte) (record core.Record, found bool) {
	for outcomes := view.Outcomes(); len(outcomes) > 0; {
		if record, outcomes = core.Next(outcomes); record.Kind == kind {
			return record, true
		}
	}
	return record, false
}

const (
	// Servers that are kept in mind.
	mostNodes = 1024
	// How soon it is looked whether a provider has answered somebody else.
	askAgain = 20 * time.Millisecond
)
