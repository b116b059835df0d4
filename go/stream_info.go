package redlatch

import (
	"context"
	"time"
)

// XInfoStream is a stream.
type XInfoStream struct {
	Length          int64
	RadixTreeKeys   int64
	RadixTreeNodes  int64
	Groups          int64
	LastGeneratedID string
	// MaxDeletedEntryID is the last ID that was deleted.
	MaxDeletedEntryID string
	// EntriesAdded is how many entries there ever were.
	EntriesAdded         int64
	FirstEntry           XMessage
	LastEntry            XMessage
	RecordedFirstEntryID string
}

// XInfoGroup is a group that reads a stream.
type XInfoGroup struct {
	Name            string
	Consumers       int64
	Pending         int64
	LastDeliveredID string
	EntriesRead     int64
	// Lag is how many entries the group has not read; -1 if that is not known.
	Lag int64
}

// XInfoConsumer is one of a group.
type XInfoConsumer struct {
	Name    string
	Pending int64
	// Idle is how long ago it last tried to read, Inactive how long ago it was given something.
	Idle, Inactive time.Duration
}

// XInfoStreamCmd is the result of XInfoStream.
type XInfoStreamCmd struct{ result[*XInfoStream] }

// XInfoGroupsCmd is the result of XInfoGroups.
type XInfoGroupsCmd struct{ result[[]XInfoGroup] }

// XInfoConsumersCmd is the result of XInfoConsumers.
type XInfoConsumersCmd struct{ result[[]XInfoConsumer] }

// XInfoStream tells about a stream.
func (c *commands) XInfoStream(ctx context.Context, key string) *XInfoStreamCmd {
	return run[XInfoStreamCmd](ctx, c, "XINFO", "STREAM", key)
}

// XInfoGroups tells about the groups that read a stream.
func (c *commands) XInfoGroups(ctx context.Context, key string) *XInfoGroupsCmd {
	return run[XInfoGroupsCmd](ctx, c, "XINFO", "GROUPS", key)
}

// XInfoConsumers tells about the consumers of a group.
func (c *commands) XInfoConsumers(ctx context.Context, key string, group string) *XInfoConsumersCmd {
	return run[XInfoConsumersCmd](ctx, c, "XINFO", "CONSUMERS", key, group)
}

func (c *XInfoStreamCmd) receive(tokens []byte) {
	c.val, c.err = decode(tokens, func(r *reply) *XInfoStream {
		info := new(XInfoStream)
		r.pairs(func() { info.take(r, r.text()) })
		return info
	})
}

func (i *XInfoStream) take(r *reply, name string) {
	switch name {
	case "length":
		i.Length = r.integer()
	case "radix-tree-keys":
		i.RadixTreeKeys = r.integer()
	case "radix-tree-nodes":
		i.RadixTreeNodes = r.integer()
	case "groups":
		i.Groups = r.integer()
	case "last-generated-id":
		i.LastGeneratedID = r.text()
	case "max-deleted-entry-id":
		i.MaxDeletedEntryID = r.text()
	case "entries-added":
		i.EntriesAdded = r.integer()
	case "first-entry":
		i.FirstEntry = r.message()
	case "last-entry":
		i.LastEntry = r.message()
	case "recorded-first-entry-id":
		i.RecordedFirstEntryID = r.text()
	default:
		r.skip()
	}
}

func (c *XInfoGroupsCmd) receive(tokens []byte) {
	c.val, c.err = decode(tokens, func(r *reply) []XInfoGroup { return listOf(r, (*reply).group) })
}

func (r *reply) group() (group XInfoGroup) {
	r.pairs(func() {
		switch r.text() {
		case "name":
			group.Name = r.text()
		case "consumers":
			group.Consumers = r.integer()
		case "pending":
			group.Pending = r.integer()
		case "last-delivered-id":
			group.LastDeliveredID = r.text()
		case "entries-read":
			group.EntriesRead = orZero(r, (*reply).integer)
		case "lag":
			group.Lag = -1
			if !r.isNil() {
				group.Lag = r.integer()
			}
		default:
			r.skip()
		}
	})
	return group
}

func (c *XInfoConsumersCmd) receive(tokens []byte) {
	c.val, c.err = decode(tokens, func(r *reply) []XInfoConsumer { return listOf(r, (*reply).consumer) })
}

func (r *reply) consumer() (consumer XInfoConsumer) {
	r.pairs(func() {
		switch r.text() {
		case "name":
			consumer.Name = r.text()
		case "pending":
			consumer.Pending = r.integer()
		case "idle":
			consumer.Idle = r.idle()
		case "inactive":
			consumer.Inactive = r.idle()
		default:
			r.skip()
		}
	})
	return consumer
}
