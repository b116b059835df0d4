package redlatch

import (
	"context"
	"time"
)

// XAddArgs are an entry to add.
type XAddArgs struct {
	Stream string
	// NoMkStream adds nothing if there is no stream.
	NoMkStream bool
	// MaxLen and MinID trim the stream: to so many entries, or from an ID on.
	MaxLen int64
	MinID  string
	// Approx trims only what is cheap to, and no more than Limit at a time: 0 is the server's own limit,
	// negative none.
	Approx bool
	Limit  int64
	// ID is the entry's; empty for one of the server.
	ID string
	// Values are fields and values in turns ([]any, []string) or a map.
	Values any
}

// XAdd adds an entry and gives its ID; Nil if there is no stream and NoMkStream is set.
func (c *commands) XAdd(ctx context.Context, entry *XAddArgs) *StringCmd {
	args := say("XADD", entry.Stream).when(entry.NoMkStream, "NOMKSTREAM")
	switch {
	case entry.MaxLen > 0:
		args.trim("MAXLEN", entry.Approx, decimal(entry.MaxLen), entry.Limit)
	case entry.MinID != "":
		args.trim("MINID", entry.Approx, entry.MinID, entry.Limit)
	}
	id := entry.ID
	if id == "" {
		id = "*"
	}
	return send[StringCmd](ctx, c, args.text(id).spread(entry.Values))
}

func (w *words) trim(strategy string, approx bool, threshold string, limit int64) *words {
	w.text(strategy).when(approx, "~").when(!approx, "=").text(threshold)
	return w.when(limit != 0, "LIMIT", decimal(max(limit, 0)))
}

// XTrimMaxLen removes all but the last so many entries and tells how many they were.
func (c *commands) XTrimMaxLen(ctx context.Context, key string, maxLen int64) *IntCmd {
	return send[IntCmd](ctx, c, say("XTRIM", key).trim("MAXLEN", false, decimal(maxLen), 0))
}

// XTrimMaxLenApprox is XTrimMaxLen of what is cheap to remove, see XAddArgs.
func (c *commands) XTrimMaxLenApprox(ctx context.Context, key string, maxLen, limit int64) *IntCmd {
	return send[IntCmd](ctx, c, say("XTRIM", key).trim("MAXLEN", true, decimal(maxLen), limit))
}

// XTrimMinID removes the entries before an ID and tells how many they were.
func (c *commands) XTrimMinID(ctx context.Context, key string, minID string) *IntCmd {
	return send[IntCmd](ctx, c, say("XTRIM", key).trim("MINID", false, minID, 0))
}

// XTrimMinIDApprox is XTrimMinID of what is cheap to remove, see XAddArgs.
func (c *commands) XTrimMinIDApprox(ctx context.Context, key string, minID string, limit int64) *IntCmd {
	return send[IntCmd](ctx, c, say("XTRIM", key).trim("MINID", true, minID, limit))
}

// XDel removes entries and tells how many there were.
func (c *commands) XDel(ctx context.Context, stream string, ids ...string) *IntCmd {
	return send[IntCmd](ctx, c, say("XDEL", stream).text(ids...))
}

// XLen tells how many entries there are.
func (c *commands) XLen(ctx context.Context, stream string) *IntCmd {
	return run[IntCmd](ctx, c, "XLEN", stream)
}

// XRange gives entries from start to stop; - and + are the ends.
func (c *commands) XRange(ctx context.Context, stream, start, stop string) *XMessageSliceCmd {
	return run[XMessageSliceCmd](ctx, c, "XRANGE", stream, start, stop)
}

// XRangeN is XRange of up to so many.
func (c *commands) XRangeN(ctx context.Context, stream, start, stop string, count int64) *XMessageSliceCmd {
	return run[XMessageSliceCmd](ctx, c, "XRANGE", stream, start, stop, "COUNT", decimal(count))
}

// XRevRange gives entries from start back to stop.
func (c *commands) XRevRange(ctx context.Context, stream string, start, stop string) *XMessageSliceCmd {
	return run[XMessageSliceCmd](ctx, c, "XREVRANGE", stream, start, stop)
}

// XRevRangeN is XRevRange of up to so many.
func (c *commands) XRevRangeN(ctx context.Context, stream string, start, stop string, count int64) *XMessageSliceCmd {
	return run[XMessageSliceCmd](ctx, c, "XREVRANGE", stream, start, stop, "COUNT", decimal(count))
}

// XReadArgs are what to read.
type XReadArgs struct {
	// Streams are keys, then for each the ID after which to read: $ for what is new.
	Streams []string
	// ID is that of all, if Streams are keys only.
	ID string
	// Count is how many entries to give of each; 0 for all.
	Count int64
	// Block is how long to wait for one: 0 for ever, negative not at all.
	Block time.Duration
}

// XRead gives entries of streams, or Nil. One that waits has a connection to itself.
func (c *commands) XRead(ctx context.Context, what *XReadArgs) *XStreamSliceCmd {
	args := say("XREAD").when(what.Count > 0, "COUNT", decimal(what.Count))
	args.when(what.Block >= 0, "BLOCK", wholeMilliseconds(what.Block))
	args.text("STREAMS").text(what.Streams...)
	for range what.Streams {
		args.when(what.ID != "", what.ID)
	}
	return send[XStreamSliceCmd](ctx, c, args)
}

// XReadStreams is XRead that does not wait.
func (c *commands) XReadStreams(ctx context.Context, streams ...string) *XStreamSliceCmd {
	return c.XRead(ctx, &XReadArgs{Streams: streams, Block: -1})
}
