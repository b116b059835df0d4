package redlatch

import "time"

// XMessage is an entry of a stream.
type XMessage struct {
	ID string
	// Values are strings; nil if the entry was deleted.
	Values map[string]any
}

// XStream is a stream with entries.
type XStream struct {
	Stream   string
	Messages []XMessage
}

// XPending is what a group has not acknowledged.
type XPending struct {
	Count int64
	// Lower and Higher are the first and the last ID.
	Lower, Higher string
	// Consumers have so many each.
	Consumers map[string]int64
}

// XPendingExt is an entry that is not acknowledged.
type XPendingExt struct {
	ID       string
	Consumer string
	// Idle is how long ago it was delivered.
	Idle time.Duration
	// RetryCount is how often it was.
	RetryCount int64
}

// XMessageSliceCmd is the result of a command that answers with entries of a stream.
type XMessageSliceCmd struct{ result[[]XMessage] }

// XStreamSliceCmd is the result of a command that answers with streams.
type XStreamSliceCmd struct{ result[[]XStream] }

// XPendingCmd is the result of XPending.
type XPendingCmd struct{ result[*XPending] }

// XPendingExtCmd is the result of XPendingExt.
type XPendingExtCmd struct{ result[[]XPendingExt] }

// XAutoClaimCmd is the result of XAutoClaim.
type XAutoClaimCmd struct {
	err   error
	start string
	val   []XMessage
}

// Result gives entries and where to go on, or why there are none.
func (c *XAutoClaimCmd) Result() (messages []XMessage, start string, err error) {
	return c.val, c.start, c.err
}

// Val gives entries and where to go on.
func (c *XAutoClaimCmd) Val() (messages []XMessage, start string) { return c.val, c.start }

// Err tells why there are none.
func (c *XAutoClaimCmd) Err() error { return c.err }

// XAutoClaimJustIDCmd is the result of XAutoClaimJustID.
type XAutoClaimJustIDCmd struct {
	err   error
	start string
	val   []string
}

// Result gives IDs and where to go on, or why there are none.
func (c *XAutoClaimJustIDCmd) Result() (ids []string, start string, err error) {
	return c.val, c.start, c.err
}

// Val gives IDs and where to go on.
func (c *XAutoClaimJustIDCmd) Val() (ids []string, start string) { return c.val, c.start }

// Err tells why there are none.
func (c *XAutoClaimJustIDCmd) Err() error { return c.err }

func (c *XAutoClaimCmd) fail(err error)       { c.err = err }
func (c *XAutoClaimJustIDCmd) fail(err error) { c.err = err }

func (c *XMessageSliceCmd) receive(tokens []byte) { c.val, c.err = decode(tokens, (*reply).messages) }

func (c *XStreamSliceCmd) receive(tokens []byte) {
	c.val, c.err = decode(tokens, func(r *reply) []XStream {
		streams := []XStream{}
		r.pairs(func() { streams = append(streams, XStream{r.text(), r.messages()}) })
		return streams
	})
}

func (c *XPendingCmd) receive(tokens []byte) {
	c.val, c.err = decode(tokens, func(r *reply) *XPending {
		pending := &XPending{Consumers: map[string]int64{}}
		r.tuple(4, func() {
			pending.Count, pending.Lower, pending.Higher = r.integer(), r.word(), r.word()
			if !r.isNil() {
				pending.Consumers = r.integersByName()
			}
		})
		return pending
	})
}

func (c *XPendingExtCmd) receive(tokens []byte) {
	c.val, c.err = decode(tokens, func(r *reply) []XPendingExt {
		return listOf(r, func(r *reply) (entry XPendingExt) {
			r.tuple(4, func() {
				entry = XPendingExt{r.text(), r.text(), r.idle(), r.integer()}
			})
			return entry
		})
	})
}

func (c *XAutoClaimCmd) receive(tokens []byte) {
	c.val, c.err = decode(tokens, func(r *reply) (messages []XMessage) {
		r.tuple(2, func() { c.start, messages = r.text(), r.messages() })
		return messages
	})
}

func (c *XAutoClaimJustIDCmd) receive(tokens []byte) {
	c.val, c.err = decode(tokens, func(r *reply) (ids []string) {
		r.tuple(2, func() { c.start, ids = r.text(), r.texts() })
		return ids
	})
}

func (r *reply) messages() []XMessage { return listOf(r, (*reply).message) }

// message is an entry. Servers before 7 answer a null for one that was deleted.
func (r *reply) message() (message XMessage) {
	if r.isNil() {
		return message
	}
	r.tuple(2, func() {
		message.ID = r.text()
		if !r.isNil() {
			message.Values = tableOf(r, func(r *reply) any { return r.text() })
		}
	})
	return message
}

func (r *reply) idle() time.Duration { return time.Duration(r.integer()) * time.Millisecond }
