package redlatch

import (
	"context"
	"time"
)

// Del deletes keys and tells how many there were.
func (c *commands) Del(ctx context.Context, keys ...string) *IntCmd {
	return send[IntCmd](ctx, c, say("DEL").text(keys...))
}

// Unlink is Del that leaves the work to the server's background.
func (c *commands) Unlink(ctx context.Context, keys ...string) *IntCmd {
	return send[IntCmd](ctx, c, say("UNLINK").text(keys...))
}

// Exists tells how many of the keys exist.
func (c *commands) Exists(ctx context.Context, keys ...string) *IntCmd {
	return send[IntCmd](ctx, c, say("EXISTS").text(keys...))
}

// Touch notes that keys are in use, and tells how many exist.
func (c *commands) Touch(ctx context.Context, keys ...string) *IntCmd {
	return send[IntCmd](ctx, c, say("TOUCH").text(keys...))
}

// Type tells what a key holds: string, hash, list and so on, or none.
func (c *commands) Type(ctx context.Context, key string) *StatusCmd {
	return run[StatusCmd](ctx, c, "TYPE", key)
}

// Keys gives all keys that match a pattern. It holds up the server; see Scan.
func (c *commands) Keys(ctx context.Context, pattern string) *StringSliceCmd {
	return run[StringSliceCmd](ctx, c, "KEYS", pattern)
}

// RandomKey gives one of the keys, or Nil.
func (c *commands) RandomKey(ctx context.Context) *StringCmd {
	return run[StringCmd](ctx, c, "RANDOMKEY")
}

// Rename gives a key another name, which may be taken.
func (c *commands) Rename(ctx context.Context, key, newkey string) *StatusCmd {
	return run[StatusCmd](ctx, c, "RENAME", key, newkey)
}

// RenameNX gives a key another name if that is free.
func (c *commands) RenameNX(ctx context.Context, key, newkey string) *BoolCmd {
	return run[BoolCmd](ctx, c, "RENAMENX", key, newkey)
}

// Move moves a key to another database.
func (c *commands) Move(ctx context.Context, key string, db int) *BoolCmd {
	return run[BoolCmd](ctx, c, "MOVE", key, decimal(int64(db)))
}

// Copy copies a key, to a database; 1 if it was copied.
func (c *commands) Copy(ctx context.Context, sourceKey, destKey string, db int, replace bool) *IntCmd {
	args := say("COPY", sourceKey, destKey, "DB", decimal(int64(db)))
	return send[IntCmd](ctx, c, args.when(replace, "REPLACE"))
}

// Dump gives what a key holds, in the server's own form; see Restore.
func (c *commands) Dump(ctx context.Context, key string) *StringCmd {
	return run[StringCmd](ctx, c, "DUMP", key)
}

// Restore makes a key of what Dump gave; ttl 0 means for ever.
func (c *commands) Restore(ctx context.Context, key string, ttl time.Duration, value string) *StatusCmd {
	return run[StatusCmd](ctx, c, "RESTORE", key, wholeMilliseconds(ttl), value)
}

// RestoreReplace is Restore of a key that may exist.
func (c *commands) RestoreReplace(ctx context.Context, key string, ttl time.Duration, value string) *StatusCmd {
	return run[StatusCmd](ctx, c, "RESTORE", key, wholeMilliseconds(ttl), value, "REPLACE")
}

// ObjectEncoding tells how the server stores a key.
func (c *commands) ObjectEncoding(ctx context.Context, key string) *StringCmd {
	return run[StringCmd](ctx, c, "OBJECT", "ENCODING", key)
}

// ObjectFreq tells how often a key is used, if the server counts that.
func (c *commands) ObjectFreq(ctx context.Context, key string) *IntCmd {
	return run[IntCmd](ctx, c, "OBJECT", "FREQ", key)
}

// ObjectIdleTime tells for how long a key was not used.
func (c *commands) ObjectIdleTime(ctx context.Context, key string) *DurationCmd {
	return c.duration(ctx, time.Second, "OBJECT", "IDLETIME", key)
}

// ObjectRefCount tells how many references to a value there are.
func (c *commands) ObjectRefCount(ctx context.Context, key string) *IntCmd {
	return run[IntCmd](ctx, c, "OBJECT", "REFCOUNT", key)
}

// MemoryUsage tells how many bytes a key takes; samples is how many elements are looked at.
func (c *commands) MemoryUsage(ctx context.Context, key string, samples ...int) *IntCmd {
	args := say("MEMORY", "USAGE", key)
	for _, count := range samples {
		args.text("SAMPLES", decimal(int64(count)))
	}
	return send[IntCmd](ctx, c, args)
}

// Sort tells how to sort, and what to give.
type Sort struct {
	// By is a pattern of keys that hold the weights, or empty.
	By string
	// Offset and Count are the part to give; both 0 for all.
	Offset, Count int64
	// Get are patterns of keys whose values are given; # is the element itself.
	Get []string
	// Order is ASC, DESC or empty.
	Order string
	// Alpha sorts by text.
	Alpha bool
}

// words are a command; nil stands for the defaults.
func (s *Sort) words(command, key string) *words {
	args := say(command, key)
	if s == nil {
		return args
	}
	args.when(s.By != "", "BY", s.By).limit(s.Offset, s.Count)
	for _, pattern := range s.Get {
		args.text("GET", pattern)
	}
	return args.when(s.Order != "", s.Order).when(s.Alpha, "ALPHA")
}

// Sort gives the elements of a list, set or sorted set in order.
func (c *commands) Sort(ctx context.Context, key string, sort *Sort) *StringSliceCmd {
	return send[StringSliceCmd](ctx, c, sort.words("SORT", key))
}

// SortRO is Sort that a replica takes.
func (c *commands) SortRO(ctx context.Context, key string, sort *Sort) *StringSliceCmd {
	return send[StringSliceCmd](ctx, c, sort.words("SORT_RO", key))
}

// SortStore is Sort into a list.
func (c *commands) SortStore(ctx context.Context, key, store string, sort *Sort) *IntCmd {
	return send[IntCmd](ctx, c, sort.words("SORT", key).when(store != "", "STORE", store))
}

// SortInterfaces is Sort with nil for what Get does not find.
func (c *commands) SortInterfaces(ctx context.Context, key string, sort *Sort) *SliceCmd {
	return send[SliceCmd](ctx, c, sort.words("SORT", key))
}
