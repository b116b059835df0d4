package redlatch

import (
	"context"
	"strconv"
)

// ScanCmd is the result of a command that goes through a set of keys, fields or members page by page.
type ScanCmd struct {
	err    error
	page   []string
	cursor uint64

	// How to ask for another page, and which of the words is the cursor.
	client commands
	args   *words
	at     int
}

// Result gives a page and the cursor of the next one: 0 at the end. Fields and members come in turns
// with their values and scores.
func (c *ScanCmd) Result() (page []string, cursor uint64, err error) { return c.page, c.cursor, c.err }

// Val gives a page and the cursor of the next one.
func (c *ScanCmd) Val() (page []string, cursor uint64) { return c.page, c.cursor }

// Err tells why there is no page.
func (c *ScanCmd) Err() error { return c.err }

// Iterator goes on from the page, asking for further ones when they are needed.
func (c *ScanCmd) Iterator() *ScanIterator { return &ScanIterator{cmd: c} }

func (c *ScanCmd) fail(err error) { c.err = err }

func (c *ScanCmd) receive(tokens []byte) {
	c.page, c.err = decode(tokens, func(r *reply) (page []string) {
		r.tuple(2, func() {
			cursor, err := strconv.ParseUint(r.text(), 10, 64)
			if err != nil && r.err == nil {
				r.err = newError(protocolMalformed, "a cursor is a number")
			}
			c.cursor, page = cursor, r.texts()
		})
		return page
	})
}

// ScanIterator gives one element after the other.
type ScanIterator struct {
	cmd *ScanCmd
	pos int
}

// Next goes to the next element. Whether there is one; if not, see Err.
func (it *ScanIterator) Next(ctx context.Context) bool {
	for it.cmd.err == nil {
		if it.pos < len(it.cmd.page) {
			it.pos++
			return true
		}
		if it.cmd.cursor == 0 {
			return false
		}
		it.cmd = it.cmd.next(ctx)
		it.pos = 0
	}
	return false
}

// Val is the element that Next went to.
func (it *ScanIterator) Val() string {
	if it.pos == 0 {
		return ""
	}
	return it.cmd.page[it.pos-1]
}

// Err tells why there are no more elements; nil at the end.
func (it *ScanIterator) Err() error { return it.cmd.err }

// All gives what is left, for range (an iter.Seq2). An error comes last and alone.
//
//	for key, err := range rdb.Scan(ctx, 0, "user:*", 0).Iterator().All(ctx) {
func (it *ScanIterator) All(ctx context.Context) func(yield func(string, error) bool) {
	return func(yield func(string, error) bool) {
		for it.Next(ctx) {
			if !yield(it.Val(), nil) {
				return
			}
		}
		if err := it.Err(); err != nil {
			yield("", err)
		}
	}
}

func (c *ScanCmd) next(ctx context.Context) *ScanCmd {
	c.args.list[c.at] = strconv.FormatUint(c.cursor, 10)
	return c.client.scan(ctx, c.args, c.at)
}

func (c *commands) scan(ctx context.Context, args *words, at int) *ScanCmd {
	// Further pages are not for a pipeline to keep.
	result := &ScanCmd{client: commands{engine: c.engine, err: c.err, observer: c.observer}, args: args, at: at}
	fill(ctx, c, result, args)
	return result
}

// Scan gives a page of keys that match a pattern, all if it is empty; count is how much work the
// server does for it, about, 0 its own measure. Cursor 0 starts. What exists all the while comes at
// least once.
func (c *commands) Scan(ctx context.Context, cursor uint64, match string, count int64) *ScanCmd {
	return c.ScanType(ctx, cursor, match, count, "")
}

// ScanType is Scan of keys of one type.
func (c *commands) ScanType(ctx context.Context, cursor uint64, match string, count int64, keyType string) *ScanCmd {
	args := say("SCAN").page(cursor, match, count)
	return c.scan(ctx, args.when(keyType != "", "TYPE", keyType), 1)
}

// SScan is Scan of the members of a set.
func (c *commands) SScan(ctx context.Context, key string, cursor uint64, match string, count int64) *ScanCmd {
	return c.scan(ctx, say("SSCAN", key).page(cursor, match, count), 2)
}

// HScan is Scan of a hash: in turns fields and values.
func (c *commands) HScan(ctx context.Context, key string, cursor uint64, match string, count int64) *ScanCmd {
	return c.scan(ctx, say("HSCAN", key).page(cursor, match, count), 2)
}

// ZScan is Scan of a sorted set: in turns members and scores.
func (c *commands) ZScan(ctx context.Context, key string, cursor uint64, match string, count int64) *ScanCmd {
	return c.scan(ctx, say("ZSCAN", key).page(cursor, match, count), 2)
}

func (w *words) page(cursor uint64, match string, count int64) *words {
	w.text(strconv.FormatUint(cursor, 10)).when(match != "", "MATCH", match)
	return w.when(count > 0, "COUNT", decimal(count))
}
