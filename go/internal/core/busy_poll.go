package core

// #include "redlatch.h"
import "C"

import "time"

// BusyPoll says for how long to look for bytes before a sleep. One that is zero never does.
type BusyPoll struct{ of C.redlatch_busy_poll }

// BusyPoll is where to begin.
func (c *Client) BusyPoll() BusyPoll { return BusyPoll{C.redlatch_busy_poll_new(c.handle)} }

// Patience is for how long to look.
func (p BusyPoll) Patience() time.Duration { return time.Duration(p.of.patience) }

// Waited learns how long a wait took.
func (p BusyPoll) Waited(wait time.Duration) BusyPoll {
	return BusyPoll{C.redlatch_busy_poll_waited(p.of, C.uint64_t(wait))}
}
