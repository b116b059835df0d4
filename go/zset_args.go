package redlatch

// ZAddArgs are members to add, and when to do so.
type ZAddArgs struct {
	// NX adds those that are new; XX sets those that are there.
	NX, XX bool
	// LT and GT only lower or raise scores.
	LT, GT bool
	// Ch counts those that have changed, too.
	Ch      bool
	Members []Z
}

func (a ZAddArgs) words(key, mode string) *words {
	args := say("ZADD", key).when(a.NX, "NX").when(a.XX && !a.NX, "XX")
	args.when(a.GT && !a.NX, "GT").when(a.LT && !a.NX && !a.GT, "LT")
	args.when(a.Ch, "CH").when(mode != "", mode)
	for _, member := range a.Members {
		args.float(member.Score).value(member.Member)
	}
	return args
}

// ZRangeBy are members between two scores or two texts. A score may be -inf or +inf, and exclusive:
// "(1.5". A text starts with [ if it is included and with ( if not; - and + are the ends.
type ZRangeBy struct {
	Min, Max string
	// Offset and Count are the part to give; both 0 for all.
	Offset, Count int64
}

// ZRangeArgs are members between two places, scores or texts.
type ZRangeArgs struct {
	Key string
	// Start and Stop are included. With Rev the higher one of scores and texts comes first; see ZRangeBy.
	Start, Stop any
	// ByScore and ByLex tell what Start and Stop are: places if neither is set.
	ByScore, ByLex bool
	// Rev starts with the highest.
	Rev bool
	// Offset and Count are the part to give; both 0 for all.
	Offset, Count int64
}

func (a ZRangeArgs) words(command ...string) *words {
	args := say(command...).text(a.Key).value(a.Start).value(a.Stop)
	args.when(a.ByScore, "BYSCORE").when(a.ByLex && !a.ByScore, "BYLEX")
	return args.when(a.Rev, "REV").limit(a.Offset, a.Count)
}

// ZStore are sets to combine.
type ZStore struct {
	Keys []string
	// Weights are what scores of each set are multiplied with: 1 unless set.
	Weights []float64
	// Aggregate is SUM (default), MIN or MAX.
	Aggregate string
}

func (s ZStore) words(command ...string) *words {
	args := say(command...).counted(s.Keys).when(len(s.Weights) > 0, "WEIGHTS")
	for _, weight := range s.Weights {
		args.float(weight)
	}
	return args.when(s.Aggregate != "", "AGGREGATE", s.Aggregate)
}
