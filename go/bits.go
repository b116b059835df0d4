package redlatch

import "context"

// BitCount is a part of a value.
type BitCount struct {
	// Start and End are included; negative ones count from the end.
	Start, End int64
	// Unit is BYTE (default) or BIT.
	Unit string
}

// GetBit gives a bit.
func (c *commands) GetBit(ctx context.Context, key string, offset int64) *IntCmd {
	return run[IntCmd](ctx, c, "GETBIT", key, decimal(offset))
}

// SetBit sets a bit and gives the one before.
func (c *commands) SetBit(ctx context.Context, key string, offset int64, value int) *IntCmd {
	return run[IntCmd](ctx, c, "SETBIT", key, decimal(offset), decimal(int64(value)))
}

// BitCount tells how many bits are set, in a part of the value if one is given.
func (c *commands) BitCount(ctx context.Context, key string, part *BitCount) *IntCmd {
	args := say("BITCOUNT", key)
	if part != nil {
		args.text(decimal(part.Start), decimal(part.End)).when(part.Unit != "", part.Unit)
	}
	return send[IntCmd](ctx, c, args)
}

// BitPos tells where the first bit is that is 0 or 1: in bytes from a start, to an end.
func (c *commands) BitPos(ctx context.Context, key string, bit int64, pos ...int64) *IntCmd {
	return send[IntCmd](ctx, c, say("BITPOS", key, decimal(bit)).numbers(pos))
}

// BitPosSpan is BitPos from start to end in BYTE or BIT.
func (c *commands) BitPosSpan(ctx context.Context, key string, bit int8, start, end int64, span string) *IntCmd {
	return run[IntCmd](ctx, c, "BITPOS", key, decimal(int64(bit)), decimal(start), decimal(end), span)
}

// BitOpAnd stores what all values have in common and gives its length.
func (c *commands) BitOpAnd(ctx context.Context, destKey string, keys ...string) *IntCmd {
	return send[IntCmd](ctx, c, say("BITOP", "AND", destKey).text(keys...))
}

// BitOpOr stores what any of the values has and gives its length.
func (c *commands) BitOpOr(ctx context.Context, destKey string, keys ...string) *IntCmd {
	return send[IntCmd](ctx, c, say("BITOP", "OR", destKey).text(keys...))
}

// BitOpXor stores where values differ and gives its length.
func (c *commands) BitOpXor(ctx context.Context, destKey string, keys ...string) *IntCmd {
	return send[IntCmd](ctx, c, say("BITOP", "XOR", destKey).text(keys...))
}

// BitOpNot stores the opposite of a value and gives its length.
func (c *commands) BitOpNot(ctx context.Context, destKey string, key string) *IntCmd {
	return run[IntCmd](ctx, c, "BITOP", "NOT", destKey, key)
}

// BitField reads and changes integers of any width: GET, SET, INCRBY and OVERFLOW with their
// arguments. 0 also stands for what OVERFLOW FAIL did not do.
func (c *commands) BitField(ctx context.Context, key string, values ...any) *IntSliceCmd {
	return send[IntSliceCmd](ctx, c, say("BITFIELD", key).values(values))
}

// BitFieldRO reads integers: in turns their types and offsets.
func (c *commands) BitFieldRO(ctx context.Context, key string, values ...any) *IntSliceCmd {
	args := say("BITFIELD_RO", key)
	for at, value := range values {
		args.when(at%2 == 0, "GET").value(value)
	}
	return send[IntSliceCmd](ctx, c, args)
}

// PFAdd adds to a HyperLogLog; 1 if that changed it.
func (c *commands) PFAdd(ctx context.Context, key string, elements ...any) *IntCmd {
	return send[IntCmd](ctx, c, say("PFADD", key).values(elements))
}

// PFCount estimates how many different elements HyperLogLogs have seen together.
func (c *commands) PFCount(ctx context.Context, keys ...string) *IntCmd {
	return send[IntCmd](ctx, c, say("PFCOUNT").text(keys...))
}

// PFMerge adds HyperLogLogs to another one.
func (c *commands) PFMerge(ctx context.Context, destination string, keys ...string) *StatusCmd {
	return send[StatusCmd](ctx, c, say("PFMERGE", destination).text(keys...))
}
