package redlatch

import (
	"context"
	"time"
)

// SlowLog is a command that took long.
type SlowLog struct {
	ID         int64
	Time       time.Time
	Duration   time.Duration
	Args       []string
	ClientAddr string
	ClientName string
}

// SlowLogCmd is the result of SlowLogGet.
type SlowLogCmd struct{ result[[]SlowLog] }

// SlowLogGet gives the last so many commands that took long.
func (c *commands) SlowLogGet(ctx context.Context, num int64) *SlowLogCmd {
	return run[SlowLogCmd](ctx, c, "SLOWLOG", "GET", decimal(num))
}

// SlowLogLen tells how many there are.
func (c *commands) SlowLogLen(ctx context.Context) *IntCmd {
	return run[IntCmd](ctx, c, "SLOWLOG", "LEN")
}

// SlowLogReset forgets them.
func (c *commands) SlowLogReset(ctx context.Context) *StatusCmd {
	return run[StatusCmd](ctx, c, "SLOWLOG", "RESET")
}

func (c *SlowLogCmd) receive(tokens []byte) {
	c.val, c.err = decode(tokens, func(r *reply) []SlowLog {
		return listOf(r, func(r *reply) (entry SlowLog) {
			r.tuple(6, func() {
				entry.ID, entry.Time = r.integer(), time.Unix(r.integer(), 0)
				entry.Duration = time.Duration(r.integer()) * time.Microsecond
				entry.Args, entry.ClientAddr, entry.ClientName = r.texts(), r.text(), r.text()
			})
			return entry
		})
	})
}
