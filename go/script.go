package redlatch

import (
	"context"
	"errors"

	"github.com/redlatch/redlatch/go/internal/core"
)

// Scripter is what a script needs: a client or a pipeline.
type Scripter interface {
	Eval(ctx context.Context, script string, keys []string, args ...any) *Cmd
	EvalRO(ctx context.Context, script string, keys []string, args ...any) *Cmd
	EvalSha(ctx context.Context, sha1 string, keys []string, args ...any) *Cmd
	EvalShaRO(ctx context.Context, sha1 string, keys []string, args ...any) *Cmd
	ScriptExists(ctx context.Context, hashes ...string) *BoolSliceCmd
	ScriptLoad(ctx context.Context, script string) *StringCmd
}

// Script is a Lua script that is sent only to servers that do not know it.
type Script struct{ source, hash string }

// NewScript makes a script of Lua.
func NewScript(source string) *Script {
	batch := core.NewBatch()
	defer batch.Free()
	// By the core: Go's crypto/sha1 makes a program 0.3 MB larger.
	record, _ := core.Next(core.ScriptHash(batch, []byte(source)).Outcomes())
	return &Script{source, string(record.Body)}
}

// Hash is the SHA-1 by which servers know the script.
func (s *Script) Hash() string { return s.hash }

// Load makes the script known to the server.
func (s *Script) Load(ctx context.Context, c Scripter) *StringCmd { return c.ScriptLoad(ctx, s.source) }

// Exists tells whether the server knows the script.
func (s *Script) Exists(ctx context.Context, c Scripter) *BoolSliceCmd {
	return c.ScriptExists(ctx, s.hash)
}

// Eval sends the script and runs it.
func (s *Script) Eval(ctx context.Context, c Scripter, keys []string, args ...any) *Cmd {
	return c.Eval(ctx, s.source, keys, args...)
}

// EvalRO sends the script, which only reads, and runs it.
func (s *Script) EvalRO(ctx context.Context, c Scripter, keys []string, args ...any) *Cmd {
	return c.EvalRO(ctx, s.source, keys, args...)
}

// EvalSha runs the script on a server that knows it.
func (s *Script) EvalSha(ctx context.Context, c Scripter, keys []string, args ...any) *Cmd {
	return c.EvalSha(ctx, s.hash, keys, args...)
}

// EvalShaRO runs the script, which only reads, on a server that knows it.
func (s *Script) EvalShaRO(ctx context.Context, c Scripter, keys []string, args ...any) *Cmd {
	return c.EvalShaRO(ctx, s.hash, keys, args...)
}

// Run runs the script, and sends it if the server does not know it. A pipeline cannot know that in
// time: it sends the script.
func (s *Script) Run(ctx context.Context, c Scripter, keys []string, args ...any) *Cmd {
	if _, waits := c.(Pipeliner); waits {
		return s.Eval(ctx, c, keys, args...)
	}
	result := s.EvalSha(ctx, c, keys, args...)
	if errors.Is(result.Err(), ErrServerNoScript) {
		return s.Eval(ctx, c, keys, args...)
	}
	return result
}

// RunRO is Run of a script that only reads.
func (s *Script) RunRO(ctx context.Context, c Scripter, keys []string, args ...any) *Cmd {
	if _, waits := c.(Pipeliner); waits {
		return s.EvalRO(ctx, c, keys, args...)
	}
	result := s.EvalShaRO(ctx, c, keys, args...)
	if errors.Is(result.Err(), ErrServerNoScript) {
		return s.EvalRO(ctx, c, keys, args...)
	}
	return result
}
