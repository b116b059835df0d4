package redlatch

// Z is a member of a sorted set.
type Z struct {
	Score float64
	// Member is a string in results.
	Member any
}

// ZWithKey is a member with the key of its set.
type ZWithKey struct {
	Z
	Key string
}

// RankScore is where a member stands.
type RankScore struct {
	Rank  int64
	Score float64
}

// ZSliceCmd is the result of a command that answers with members and scores.
type ZSliceCmd struct{ result[[]Z] }

// ZWithKeyCmd is the result of a command that answers with one member of one of several sets.
type ZWithKeyCmd struct{ result[*ZWithKey] }

// RankWithScoreCmd is the result of a command that answers with a rank and a score.
type RankWithScoreCmd struct{ result[RankScore] }

// ZSliceWithKeyCmd is the result of a command that answers with a key and members of its set.
type ZSliceWithKeyCmd struct {
	err error
	key string
	val []Z
}

// Result gives key and members, or why there are none.
func (c *ZSliceWithKeyCmd) Result() (key string, members []Z, err error) { return c.key, c.val, c.err }

// Val gives key and members, if there are some.
func (c *ZSliceWithKeyCmd) Val() (key string, members []Z) { return c.key, c.val }

// Err tells why there are none.
func (c *ZSliceWithKeyCmd) Err() error { return c.err }

func (c *ZSliceWithKeyCmd) fail(err error) { c.err = err }

func (c *ZSliceCmd) receive(tokens []byte) { c.val, c.err = decode(tokens, (*reply).scored) }

func (c *ZWithKeyCmd) receive(tokens []byte) {
	c.val, c.err = decode(tokens, func(r *reply) *ZWithKey {
		member := new(ZWithKey)
		r.tuple(3, func() { member.Key, member.Member, member.Score = r.text(), r.text(), r.float() })
		return member
	})
}

func (c *RankWithScoreCmd) receive(tokens []byte) {
	c.val, c.err = decode(tokens, func(r *reply) (found RankScore) {
		r.tuple(2, func() { found = RankScore{r.integer(), r.float()} })
		return found
	})
}

func (c *ZSliceWithKeyCmd) receive(tokens []byte) {
	c.val, c.err = decode(tokens, func(r *reply) (members []Z) {
		r.tuple(2, func() { c.key, members = r.text(), r.scored() })
		return members
	})
}

// scored reads members and their scores.
func (r *reply) scored() []Z {
	members := []Z{}
	r.pairs(func() {
		member := r.text()
		members = append(members, Z{r.float(), member})
	})
	return members
}
