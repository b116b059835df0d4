package redlatch

import "context"

// Pipeliner is a Pipeline.
type Pipeliner interface {
	Cmdable
	// Len tells how many commands wait.
	Len() int
	// Cmds are the results of the commands that wait, in order.
	Cmds() []Cmder
	// Discard forgets the commands that wait.
	Discard()
	// Exec sends the commands that wait, all at once, and fills in their results. It returns these, and
	// the first error among them, Nil included.
	Exec(ctx context.Context) ([]Cmder, error)
}

// Pipeline keeps commands until Exec sends them together: one round trip for all. Until then their
// results are empty. It may be used again afterwards, and by one goroutine at a time.
//
// Those of a plain pipeline run one after the other, whatever becomes of the others; commands of
// other callers may run in between. Those of a transaction (see TxPipeline) run all or none, with
// nothing in between. One that cannot be packed keeps the whole pipeline from being sent.
type Pipeline struct {
	commands
	transaction bool
	results     []Cmder
	packed      []byte
	// Why it cannot be sent.
	broken error
}

// Pipeline keeps commands that then travel together. Of a pipeline it is the pipeline itself.
func (c *commands) Pipeline() Pipeliner { return c.collect(false) }

// TxPipeline is Pipeline between MULTI and EXEC: a transaction. If the server refuses one of the
// commands before it runs any, the result of that one says why, those of all others say that the
// transaction was discarded, and Exec returns the former. If EXEC runs none because a watched key
// was changed, the error is ErrClientWatchChanged.
func (c *commands) TxPipeline() Pipeliner { return c.collect(true) }

// Pipelined runs what a function does with a pipeline. An error of the function is returned, and
// nothing sent.
func (c *commands) Pipelined(ctx context.Context, queue func(Pipeliner) error) ([]Cmder, error) {
	return c.collect(false).through(ctx, queue)
}

// TxPipelined runs what a function does with a pipeline as a transaction. An error of the function is
// returned, and nothing sent.
func (c *commands) TxPipelined(ctx context.Context, queue func(Pipeliner) error) ([]Cmder, error) {
	return c.collect(true).through(ctx, queue)
}

func (c *commands) collect(transaction bool) *Pipeline {
	if c.pipeline != nil {
		return c.pipeline
	}
	p := &Pipeline{commands: *c, transaction: transaction}
	p.pipeline = p
	return p
}

func (p *Pipeline) through(ctx context.Context, queue func(Pipeliner) error) ([]Cmder, error) {
	if err := queue(p); err != nil {
		return nil, err
	}
	return p.Exec(ctx)
}

// Len tells how many commands wait.
func (p *Pipeline) Len() int { return len(p.results) }

// Cmds are the results of the commands that wait, in order.
func (p *Pipeline) Cmds() []Cmder { return p.results }

// Discard forgets the commands that wait.
func (p *Pipeline) Discard() {
	p.results, p.broken = nil, nil
	p.packed = p.packed[:0]
	if cap(p.packed) > smallBytes {
		p.packed = nil
	}
}

// Exec sends the commands that wait, all at once, and fills in their results. It returns these, and
// the first error among them, Nil included. Without commands it does nothing.
//
// When the context ends first, results without a reply have ErrClientTimeout or ErrClientCancelled;
// the server may run their commands nevertheless.
func (p *Pipeline) Exec(ctx context.Context) ([]Cmder, error) {
	defer p.Discard()
	if len(p.results) == 0 {
		return nil, nil
	}
	replies := &replies{results: p.results, transaction: p.transaction}
	switch {
	case p.err != nil:
		replies.fail(p.err)
	case p.broken != nil:
		replies.fail(p.broken)
		return p.results, p.broken
	case p.observer != nil:
		name := "PIPELINE"
		if p.transaction {
			name = "MULTI"
		}
		end := p.observer.begin(ctx, name, len(p.results))
		p.flush(ctx, replies)
		end(replies.first())
	default:
		p.flush(ctx, replies)
	}
	return p.results, replies.first()
}

func (p *Pipeline) flush(ctx context.Context, replies *replies) {
	if p.transaction {
		p.exchange(ctx, replies, len(p.results)+2, packedMulti, p.packed, packedExec)
	} else {
		p.exchange(ctx, replies, len(p.results), p.packed)
	}
}

func (p *Pipeline) add(result Cmder, head string, args []string) {
	p.results = append(p.results, result)
	p.packed = appendCommand(p.packed, head, args)
}

func (p *Pipeline) refuse(result Cmder, err error) {
	p.results = append(p.results, result)
	if p.broken == nil {
		p.broken = err
	}
}

// replies hands the replies of a record to the results of its commands.
type replies struct {
	results     []Cmder
	transaction bool
	// Replies that came.
	came int
	// The first refusal within a transaction.
	refusal error
}

func (r *replies) receive(tokens []byte) {
	at := r.came
	r.came++
	switch {
	case !r.transaction:
		r.results[at].receive(tokens)
	case at > len(r.results):
		r.executed(tokens)
	case tokens[0] == '-':
		_, err := text(tokens)
		if r.refusal == nil {
			r.refusal = err
		}
		if at > 0 {
			r.results[at-1].fail(err)
		}
	}
}

func (r *replies) receiveText(text string) bool {
	if r.transaction {
		return false
	}
	to, ok := r.results[r.came].(textReceiver)
	if ok = ok && to.receiveText(text); ok {
		r.came++
	}
	return ok
}

// executed takes the reply of EXEC.
func (r *replies) executed(tokens []byte) {
	reply := reply{tokens: tokens}
	switch kind, count, _ := reply.next(); {
	case kind == '*' && count == uint64(len(r.results)):
		for _, result := range r.results {
			result.receive(reply.take())
		}
	case kind == '_':
		r.fail(newError(clientWatchChanged, ""))
	case kind == '-':
		_, err := text(tokens)
		r.fail(err)
	default:
		r.fail(newError(protocolMalformed, "EXEC answers with a reply for each command"))
	}
}

// fail ends the results that have no reply.
func (r *replies) fail(err error) {
	at := r.came
	if r.transaction {
		at = 0
	}
	for _, result := range r.results[at:] {
		if result.Err() == nil {
			result.fail(err)
		}
	}
}

func (r *replies) first() error {
	if r.refusal != nil {
		return r.refusal
	}
	for _, result := range r.results {
		if err := result.Err(); err != nil {
			return err
		}
	}
	return nil
}

var (
	packedMulti = []byte("*1\r\n$5\r\nMULTI\r\n")
	packedExec  = []byte("*1\r\n$4\r\nEXEC\r\n")
)
