package redlatch

import "context"

//go:generate go run ./internal/gen/cmdable cmdable_gen.go

// commands are what clients and pipelines have in common: a client runs each at once, a pipeline
// keeps it for later.
type commands struct {
	engine *engine
	// Why there is no engine.
	err error
	// The connection that a transaction has to itself.
	lane *lane
	// Who hears of them, if anybody.
	observer *observer
	// Who keeps the commands, if they wait.
	pipeline *Pipeline
}

// Cmder is the result of a command of any type.
type Cmder interface {
	// Err tells why there is no value: the server's refusal, Nil, or why there was no reply.
	Err() error
	receiver
}

// Do runs any command: its name, in as many words as it has, then its arguments.
func (c *commands) Do(ctx context.Context, args ...any) *Cmd {
	if len(args) == 0 {
		result := new(Cmd)
		c.refuse(result, newError(clientMisuse, "a command has a name"))
		return result
	}
	w := new(words)
	for _, arg := range args {
		w.value(arg)
	}
	return send[Cmd](ctx, c, w)
}

// call runs a command, or keeps it. Head is what is packed of it already, or empty.
func (c *commands) call(ctx context.Context, result Cmder, head string, args ...string) {
	switch {
	case c.pipeline != nil:
		c.pipeline.add(result, head, args)
	case c.err != nil:
		result.fail(c.err)
	case c.observer != nil:
		end := c.observer.begin(ctx, operationName(head, args), 1)
		c.send(ctx, result, head, args)
		end(result.Err())
	default:
		c.send(ctx, result, head, args)
	}
}

func (c *commands) send(ctx context.Context, result Cmder, head string, args []string) {
	if c.lane != nil {
		c.lane.call(ctx, result, head, args...)
	} else {
		c.engine.call(ctx, result, head, args...)
	}
}

// exchange runs several packed commands.
func (c *commands) exchange(ctx context.Context, result receiver, count int, packed ...[]byte) {
	if c.lane != nil {
		c.lane.exchange(ctx, result, count, packed...)
	} else {
		c.engine.exchange(ctx, result, count, packed...)
	}
}

// refuse fails a command that cannot be sent, and the pipeline that it is part of.
func (c *commands) refuse(result Cmder, err error) {
	result.fail(err)
	if c.pipeline != nil {
		c.pipeline.refuse(result, err)
	}
}

// resultOf is a pointer to a result.
type resultOf[T any] interface {
	*T
	Cmder
}

// run runs a command with a result of type T.
func run[T any, P resultOf[T]](ctx context.Context, c *commands, args ...string) *T {
	result := new(T)
	c.call(ctx, P(result), "", args...)
	return result
}

// send runs a command that was put together.
func send[T any, P resultOf[T]](ctx context.Context, c *commands, args *words) *T {
	result := new(T)
	fill(ctx, c, P(result), args)
	return result
}

// fill runs a command whose result is there already.
func fill(ctx context.Context, c *commands, result Cmder, args *words) {
	if args.err != nil {
		c.refuse(result, args.err)
		return
	}
	c.call(ctx, result, "", args.list...)
}
