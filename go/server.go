package redlatch

import (
	"context"
	"time"
)

// Ping asks for a sign of life.
func (c *commands) Ping(ctx context.Context) *StatusCmd {
	result := new(StatusCmd)
	c.call(ctx, result, "*1\r\n$4\r\nPING\r\n")
	return result
}

// Echo gives back a message.
func (c *commands) Echo(ctx context.Context, message any) *StringCmd {
	return send[StringCmd](ctx, c, say("ECHO").value(message))
}

// Time gives the server's time.
func (c *commands) Time(ctx context.Context) *TimeCmd { return run[TimeCmd](ctx, c, "TIME") }

// DBSize tells how many keys there are.
func (c *commands) DBSize(ctx context.Context) *IntCmd { return run[IntCmd](ctx, c, "DBSIZE") }

// Info tells about the server, or sections of that.
func (c *commands) Info(ctx context.Context, sections ...string) *StringCmd {
	return send[StringCmd](ctx, c, say("INFO").text(sections...))
}

// ConfigGet gives the server's settings that match a pattern.
func (c *commands) ConfigGet(ctx context.Context, parameter string) *MapStringStringCmd {
	return run[MapStringStringCmd](ctx, c, "CONFIG", "GET", parameter)
}

// ConfigSet changes one of the server's settings.
func (c *commands) ConfigSet(ctx context.Context, parameter, value string) *StatusCmd {
	return run[StatusCmd](ctx, c, "CONFIG", "SET", parameter, value)
}

// ConfigResetStat sets the server's counters to 0.
func (c *commands) ConfigResetStat(ctx context.Context) *StatusCmd {
	return run[StatusCmd](ctx, c, "CONFIG", "RESETSTAT")
}

// ConfigRewrite writes the server's settings to its file.
func (c *commands) ConfigRewrite(ctx context.Context) *StatusCmd {
	return run[StatusCmd](ctx, c, "CONFIG", "REWRITE")
}

// FlushDB deletes all keys of the database.
func (c *commands) FlushDB(ctx context.Context) *StatusCmd { return run[StatusCmd](ctx, c, "FLUSHDB") }

// FlushDBAsync is FlushDB that leaves the work to the server's background.
func (c *commands) FlushDBAsync(ctx context.Context) *StatusCmd {
	return run[StatusCmd](ctx, c, "FLUSHDB", "ASYNC")
}

// FlushAll deletes all keys of all databases.
func (c *commands) FlushAll(ctx context.Context) *StatusCmd {
	return run[StatusCmd](ctx, c, "FLUSHALL")
}

// FlushAllAsync is FlushAll that leaves the work to the server's background.
func (c *commands) FlushAllAsync(ctx context.Context) *StatusCmd {
	return run[StatusCmd](ctx, c, "FLUSHALL", "ASYNC")
}

// Save writes the data to disk, while everybody waits.
func (c *commands) Save(ctx context.Context) *StatusCmd { return run[StatusCmd](ctx, c, "SAVE") }

// BgSave writes the data to disk in the background.
func (c *commands) BgSave(ctx context.Context) *StatusCmd { return run[StatusCmd](ctx, c, "BGSAVE") }

// BgRewriteAOF rewrites the append-only file in the background.
func (c *commands) BgRewriteAOF(ctx context.Context) *StatusCmd {
	return run[StatusCmd](ctx, c, "BGREWRITEAOF")
}

// LastSave tells when data was written to disk, in seconds since 1970.
func (c *commands) LastSave(ctx context.Context) *IntCmd { return run[IntCmd](ctx, c, "LASTSAVE") }

// FilterBy tells which commands CommandList gives: of a module, of an ACL category, or by pattern; the
// first that is set.
type FilterBy struct{ Module, ACLCat, Pattern string }

// CommandList gives the names of the server's commands, all if there is no filter.
func (c *commands) CommandList(ctx context.Context, filter *FilterBy) *StringSliceCmd {
	args := say("COMMAND", "LIST")
	switch {
	case filter == nil:
	case filter.Module != "":
		args.text("FILTERBY", "MODULE", filter.Module)
	case filter.ACLCat != "":
		args.text("FILTERBY", "ACLCAT", filter.ACLCat)
	case filter.Pattern != "":
		args.text("FILTERBY", "PATTERN", filter.Pattern)
	}
	return send[StringSliceCmd](ctx, c, args)
}

// CommandGetKeys gives the keys of a command.
func (c *commands) CommandGetKeys(ctx context.Context, command ...any) *StringSliceCmd {
	return send[StringSliceCmd](ctx, c, say("COMMAND", "GETKEYS").values(command))
}

// ClientGetName gives the connection's name; see Options.ClientName.
func (c *commands) ClientGetName(ctx context.Context) *StringCmd {
	return run[StringCmd](ctx, c, "CLIENT", "GETNAME")
}

// ClientID gives the number of the connection that is in use just now.
func (c *commands) ClientID(ctx context.Context) *IntCmd {
	return run[IntCmd](ctx, c, "CLIENT", "ID")
}

// ClientList tells about all connections of the server.
func (c *commands) ClientList(ctx context.Context) *StringCmd {
	return run[StringCmd](ctx, c, "CLIENT", "LIST")
}

// ClientKill ends a connection by its address.
func (c *commands) ClientKill(ctx context.Context, address string) *StatusCmd {
	return run[StatusCmd](ctx, c, "CLIENT", "KILL", address)
}

// ClientKillByFilter ends connections by filters, as ID and 5, and tells how many.
func (c *commands) ClientKillByFilter(ctx context.Context, filters ...string) *IntCmd {
	return send[IntCmd](ctx, c, say("CLIENT", "KILL").text(filters...))
}

// ClientPause keeps all clients of the server waiting for so long.
func (c *commands) ClientPause(ctx context.Context, duration time.Duration) *BoolCmd {
	return run[BoolCmd](ctx, c, "CLIENT", "PAUSE", wholeMilliseconds(duration))
}

// ClientUnpause ends ClientPause.
func (c *commands) ClientUnpause(ctx context.Context) *BoolCmd {
	return run[BoolCmd](ctx, c, "CLIENT", "UNPAUSE")
}

// ClientUnblock ends the waiting of a connection's command; 1 if there was one.
func (c *commands) ClientUnblock(ctx context.Context, id int64) *IntCmd {
	return run[IntCmd](ctx, c, "CLIENT", "UNBLOCK", decimal(id))
}

// ClientUnblockWithError is ClientUnblock that lets the command fail.
func (c *commands) ClientUnblockWithError(ctx context.Context, id int64) *IntCmd {
	return run[IntCmd](ctx, c, "CLIENT", "UNBLOCK", decimal(id), "ERROR")
}

// Publish sends a message to those who listen to a channel, and tells how many there are.
func (c *commands) Publish(ctx context.Context, channel string, message any) *IntCmd {
	return send[IntCmd](ctx, c, say("PUBLISH", channel).value(message))
}

// SPublish is Publish to a shard's channel.
func (c *commands) SPublish(ctx context.Context, channel string, message any) *IntCmd {
	return send[IntCmd](ctx, c, say("SPUBLISH", channel).value(message))
}

// PubSubChannels gives the channels that somebody listens to; those that match a pattern, if given.
func (c *commands) PubSubChannels(ctx context.Context, pattern string) *StringSliceCmd {
	return send[StringSliceCmd](ctx, c, say("PUBSUB", "CHANNELS").when(pattern != "", pattern))
}

// PubSubNumSub tells how many listen to channels.
func (c *commands) PubSubNumSub(ctx context.Context, channels ...string) *MapStringIntCmd {
	return send[MapStringIntCmd](ctx, c, say("PUBSUB", "NUMSUB").text(channels...))
}

// PubSubNumPat tells how many patterns somebody listens to.
func (c *commands) PubSubNumPat(ctx context.Context) *IntCmd {
	return run[IntCmd](ctx, c, "PUBSUB", "NUMPAT")
}
