package redlatch

import (
	"context"
	"time"
)

// XGroupCreate makes a group that reads a stream from after an ID: $ for what is new.
func (c *commands) XGroupCreate(ctx context.Context, stream, group, start string) *StatusCmd {
	return run[StatusCmd](ctx, c, "XGROUP", "CREATE", stream, group, start)
}

// XGroupCreateMkStream is XGroupCreate that makes the stream, too.
func (c *commands) XGroupCreateMkStream(ctx context.Context, stream, group, start string) *StatusCmd {
	return run[StatusCmd](ctx, c, "XGROUP", "CREATE", stream, group, start, "MKSTREAM")
}

// XGroupSetID sets where a group goes on.
func (c *commands) XGroupSetID(ctx context.Context, stream, group, start string) *StatusCmd {
	return run[StatusCmd](ctx, c, "XGROUP", "SETID", stream, group, start)
}

// XGroupDestroy removes a group; 1 if there was one.
func (c *commands) XGroupDestroy(ctx context.Context, stream, group string) *IntCmd {
	return run[IntCmd](ctx, c, "XGROUP", "DESTROY", stream, group)
}

// XGroupCreateConsumer adds a consumer; 1 if it is new.
func (c *commands) XGroupCreateConsumer(ctx context.Context, stream, group, consumer string) *IntCmd {
	return run[IntCmd](ctx, c, "XGROUP", "CREATECONSUMER", stream, group, consumer)
}

// XGroupDelConsumer removes a consumer and tells how many entries it had not acknowledged.
func (c *commands) XGroupDelConsumer(ctx context.Context, stream, group, consumer string) *IntCmd {
	return run[IntCmd](ctx, c, "XGROUP", "DELCONSUMER", stream, group, consumer)
}

// XReadGroupArgs are what to read as one of a group.
type XReadGroupArgs struct {
	Group, Consumer string
	// Streams are keys, then for each an ID: > for what nobody was given, else after which to give what
	// this consumer has not acknowledged.
	Streams []string
	// Count is how many entries to give of each; 0 for all.
	Count int64
	// Block is how long to wait for one: 0 for ever, negative not at all.
	Block time.Duration
	// NoAck takes entries as acknowledged.
	NoAck bool
}

// XReadGroup gives entries of streams to one of a group, or Nil. One that waits has a connection to
// itself.
func (c *commands) XReadGroup(ctx context.Context, what *XReadGroupArgs) *XStreamSliceCmd {
	args := say("XREADGROUP", "GROUP", what.Group, what.Consumer)
	args.when(what.Count > 0, "COUNT", decimal(what.Count))
	args.when(what.Block >= 0, "BLOCK", wholeMilliseconds(what.Block)).when(what.NoAck, "NOACK")
	return send[XStreamSliceCmd](ctx, c, args.text("STREAMS").text(what.Streams...))
}

// XAck acknowledges entries and tells how many were not before.
func (c *commands) XAck(ctx context.Context, stream, group string, ids ...string) *IntCmd {
	return send[IntCmd](ctx, c, say("XACK", stream, group).text(ids...))
}

// XPending sums up what a group has not acknowledged.
func (c *commands) XPending(ctx context.Context, stream, group string) *XPendingCmd {
	return run[XPendingCmd](ctx, c, "XPENDING", stream, group)
}

// XPendingExtArgs are entries that are not acknowledged.
type XPendingExtArgs struct {
	Stream, Group string
	// Idle is how long ago they were delivered at least.
	Idle time.Duration
	// Start and End are IDs, - and + the ends.
	Start, End string
	Count      int64
	// Consumer has them; empty for all.
	Consumer string
}

// XPendingExt gives entries that are not acknowledged.
func (c *commands) XPendingExt(ctx context.Context, what *XPendingExtArgs) *XPendingExtCmd {
	args := say("XPENDING", what.Stream, what.Group).when(what.Idle != 0, "IDLE", wholeMilliseconds(what.Idle))
	args.text(what.Start, what.End, decimal(what.Count))
	return send[XPendingExtCmd](ctx, c, args.when(what.Consumer != "", what.Consumer))
}

// XClaimArgs are entries to take over.
type XClaimArgs struct {
	Stream, Group string
	// Consumer takes them over.
	Consumer string
	// MinIdle is how long ago they were delivered at least.
	MinIdle time.Duration
	// Messages are their IDs.
	Messages []string
}

func (a *XClaimArgs) words() *words {
	args := say("XCLAIM", a.Stream, a.Group, a.Consumer, wholeMilliseconds(a.MinIdle))
	return args.text(a.Messages...)
}

// XClaim takes over entries from other consumers.
func (c *commands) XClaim(ctx context.Context, what *XClaimArgs) *XMessageSliceCmd {
	return send[XMessageSliceCmd](ctx, c, what.words())
}

// XClaimJustID is XClaim that gives IDs only.
func (c *commands) XClaimJustID(ctx context.Context, what *XClaimArgs) *StringSliceCmd {
	return send[StringSliceCmd](ctx, c, what.words().text("JUSTID"))
}

// XAutoClaimArgs are entries to take over.
type XAutoClaimArgs struct {
	Stream, Group string
	// MinIdle is how long ago they were delivered at least.
	MinIdle time.Duration
	// Start is the first ID to look at.
	Start string
	// Count is how many to take over; 0 for the server's own limit.
	Count int64
	// Consumer takes them over.
	Consumer string
}

func (a *XAutoClaimArgs) words() *words {
	args := say("XAUTOCLAIM", a.Stream, a.Group, a.Consumer, wholeMilliseconds(a.MinIdle), a.Start)
	return args.when(a.Count > 0, "COUNT", decimal(a.Count))
}

// XAutoClaim takes over entries from an ID on, and tells where to go on: 0-0 at the end.
func (c *commands) XAutoClaim(ctx context.Context, what *XAutoClaimArgs) *XAutoClaimCmd {
	return send[XAutoClaimCmd](ctx, c, what.words())
}

// XAutoClaimJustID is XAutoClaim that gives IDs only.
func (c *commands) XAutoClaimJustID(ctx context.Context, what *XAutoClaimArgs) *XAutoClaimJustIDCmd {
	return send[XAutoClaimJustIDCmd](ctx, c, what.words().text("JUSTID"))
}
