package redlatch

import "context"

// Ping asks for a sign of life.
func (c *commands) Ping(ctx context.Context) *StatusCmd {
	result := new(StatusCmd)
	c.call(ctx, result, "*1\r\n$4\r\nPING\r\n")
	return result
}

// Del deletes keys and tells how many there were.
func (c *commands) Del(ctx context.Context, keys ...string) *IntCmd {
	return send[IntCmd](ctx, c, say("DEL").text(keys...))
}

// Exists tells how many of the keys exist.
func (c *commands) Exists(ctx context.Context, keys ...string) *IntCmd {
	return send[IntCmd](ctx, c, say("EXISTS").text(keys...))
}
