package redlatch

import (
	"context"
	"sync"
	"time"

	"github.com/redlatch/redlatch/go/internal/core"
)

// Message is what somebody published.
type Message struct {
	Channel string
	// Pattern is the one that the channel matches, if that was subscribed to.
	Pattern string
	Payload string
}

// Subscription tells that a subscription began or ended.
type Subscription struct {
	// Kind is subscribe, unsubscribe, psubscribe, punsubscribe, ssubscribe or sunsubscribe.
	Kind    string
	Channel string
	// Count is how many subscriptions there are now.
	Count int
}

// PubSub is subscribed to channels, on a connection of its own that outlives rotations and losses: the
// next connection is subscribed before the old one is left, and what both hear is told once. Messages
// that were published while there was no connection are lost, as always with Redis; an event of kind
// gap tells when that may have been.
//
// Messages wait until Receive, ReceiveMessage or Channel takes them. Of more than 65536 the oldest are
// dropped, see Dropped. It is safe for any number of goroutines, which share the messages.
type PubSub struct {
	lane *lane
	// Why there is none.
	err error

	mu      sync.Mutex
	waiting []any
	dropped uint64
	closed  bool
	// Has room for one: something waits, or it was closed.
	signal chan struct{}
	// Closed with it.
	over    chan struct{}
	channel chan *Message
}

// Subscribe listens to channels, and returns once the server has confirmed. What went wrong is the
// error of Receive.
func (c *Client) Subscribe(ctx context.Context, channels ...string) *PubSub {
	return c.listen(ctx, (*PubSub).Subscribe, channels)
}

// PSubscribe listens to channels that match a pattern, as Subscribe does.
func (c *Client) PSubscribe(ctx context.Context, patterns ...string) *PubSub {
	return c.listen(ctx, (*PubSub).PSubscribe, patterns)
}

// SSubscribe listens to channels of a shard, as Subscribe does.
func (c *Client) SSubscribe(ctx context.Context, channels ...string) *PubSub {
	return c.listen(ctx, (*PubSub).SSubscribe, channels)
}

func (c *Client) listen(ctx context.Context, subscribe func(*PubSub, context.Context, ...string) error, names []string) *PubSub {
	p := &PubSub{err: c.err, signal: make(chan struct{}, 1), over: make(chan struct{})}
	if p.err == nil {
		p.lane, p.err = c.engine.openLane(core.LaneListening, p.heard, p.end)
	}
	if p.err == nil && len(names) > 0 {
		p.err = subscribe(p, ctx, names...)
	}
	return p
}

// Subscribe listens to more channels, and returns once the server has confirmed.
func (p *PubSub) Subscribe(ctx context.Context, channels ...string) error {
	return p.command(ctx, "SUBSCRIBE", channels)
}

// PSubscribe listens to more patterns.
func (p *PubSub) PSubscribe(ctx context.Context, patterns ...string) error {
	return p.command(ctx, "PSUBSCRIBE", patterns)
}

// SSubscribe listens to more channels of a shard.
func (p *PubSub) SSubscribe(ctx context.Context, channels ...string) error {
	return p.command(ctx, "SSUBSCRIBE", channels)
}

// Unsubscribe listens no more to channels, or to all of them if none is named.
func (p *PubSub) Unsubscribe(ctx context.Context, channels ...string) error {
	return p.command(ctx, "UNSUBSCRIBE", channels)
}

// PUnsubscribe listens no more to patterns, or to all of them if none is named.
func (p *PubSub) PUnsubscribe(ctx context.Context, patterns ...string) error {
	return p.command(ctx, "PUNSUBSCRIBE", patterns)
}

// SUnsubscribe listens no more to channels of a shard, or to all of them if none is named.
func (p *PubSub) SUnsubscribe(ctx context.Context, channels ...string) error {
	return p.command(ctx, "SUNSUBSCRIBE", channels)
}

// Ping asks for a sign of life.
func (p *PubSub) Ping(ctx context.Context) error { return p.command(ctx, "PING", nil) }

func (p *PubSub) command(ctx context.Context, name string, names []string) error {
	if p.lane == nil {
		return p.err
	}
	result := new(Cmd)
	p.lane.call(ctx, result, "", append([]string{name}, names...)...)
	return result.Err()
}

// Receive waits for what comes next: a *Message or a *Subscription. ErrClientClosed tells that it was
// closed.
func (p *PubSub) Receive(ctx context.Context) (any, error) {
	for {
		p.mu.Lock()
		err, closed := p.err, p.closed
		if err == nil && len(p.waiting) > 0 {
			next := p.waiting[0]
			p.waiting[0], p.waiting = nil, p.waiting[1:]
			if len(p.waiting) > 0 {
				p.wake()
			}
			p.mu.Unlock()
			return next, nil
		}
		p.mu.Unlock()
		switch {
		case err != nil:
			return nil, err
		case closed:
			return nil, newError(clientClosed, "")
		}
		select {
		case <-p.signal:
		case <-p.over:
		case <-ctx.Done():
			return nil, contextError(ctx.Err(), false)
		}
	}
}

// ReceiveTimeout is Receive for at most so long: ErrClientTimeout.
func (p *PubSub) ReceiveTimeout(ctx context.Context, timeout time.Duration) (any, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return p.Receive(ctx)
}

// ReceiveMessage waits for the next message.
func (p *PubSub) ReceiveMessage(ctx context.Context) (*Message, error) {
	for {
		next, err := p.Receive(ctx)
		if err != nil {
			return nil, err
		}
		if message, ok := next.(*Message); ok {
			return message, nil
		}
	}
}

// Channel gives the messages, until Close. It is the same channel for all.
func (p *PubSub) Channel() <-chan *Message {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.channel == nil {
		p.channel = make(chan *Message, channelSize)
		go p.feed(p.channel)
	}
	return p.channel
}

func (p *PubSub) feed(channel chan<- *Message) {
	defer close(channel)
	for {
		message, err := p.ReceiveMessage(context.Background())
		if err != nil {
			return
		}
		select {
		case channel <- message:
		case <-p.over:
			return
		}
	}
}

// Dropped tells how many messages were dropped because too many waited.
func (p *PubSub) Dropped() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dropped
}

// Close ends all subscriptions and the connection.
func (p *PubSub) Close() error {
	p.end()
	if p.lane != nil {
		p.lane.close()
	}
	return nil
}

func (p *PubSub) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		p.closed = true
		close(p.over)
	}
}

// heard keeps what was told. The engine's lock is held.
func (p *PubSub) heard(tokens []byte) {
	next, isKnown := told(tokens)
	if !isKnown {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	if len(p.waiting) == messagesKept {
		p.waiting[0], p.waiting = nil, p.waiting[1:]
		p.dropped++
	}
	p.waiting = append(p.waiting, next)
	p.wake()
}

func (p *PubSub) wake() {
	select {
	case p.signal <- struct{}{}:
	default:
	}
}

// told reads what a server says without being asked.
func told(tokens []byte) (any, bool) {
	r := reply{tokens: tokens}
	_, count, _ := r.next()
	if count < 3 {
		return nil, false
	}
	kind := r.text()
	switch kind {
	case "message", "smessage":
		message := &Message{Channel: r.text()}
		message.Payload = r.text()
		return message, r.err == nil
	case "pmessage":
		message := &Message{Pattern: r.text()}
		message.Channel = r.text()
		message.Payload = r.text()
		return message, r.err == nil
	case "subscribe", "unsubscribe", "psubscribe", "punsubscribe", "ssubscribe", "sunsubscribe":
		subscription := &Subscription{Kind: kind}
		if r.tokens[0] == '_' {
			// All had ended before.
			r.next()
		} else {
			subscription.Channel = r.text()
		}
		subscription.Count = int(r.integer())
		return subscription, r.err == nil
	}
	return nil, false
}

const (
	// A burst that nobody takes must not fill the memory.
	messagesKept = 1 << 16
	channelSize  = 100
)
