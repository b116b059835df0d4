package redlatch

import "context"

// Eval runs a Lua script.
func (c *commands) Eval(ctx context.Context, script string, keys []string, args ...any) *Cmd {
	return send[Cmd](ctx, c, say("EVAL", script).counted(keys).values(args))
}

// EvalRO is Eval of a script that only reads.
func (c *commands) EvalRO(ctx context.Context, script string, keys []string, args ...any) *Cmd {
	return send[Cmd](ctx, c, say("EVAL_RO", script).counted(keys).values(args))
}

// EvalSha runs a Lua script that the server knows by its SHA-1; ErrServerNoScript if it does not. See
// Script.
func (c *commands) EvalSha(ctx context.Context, sha1 string, keys []string, args ...any) *Cmd {
	return send[Cmd](ctx, c, say("EVALSHA", sha1).counted(keys).values(args))
}

// EvalShaRO is EvalSha of a script that only reads.
func (c *commands) EvalShaRO(ctx context.Context, sha1 string, keys []string, args ...any) *Cmd {
	return send[Cmd](ctx, c, say("EVALSHA_RO", sha1).counted(keys).values(args))
}

// ScriptLoad makes a script known to the server and gives its SHA-1.
func (c *commands) ScriptLoad(ctx context.Context, script string) *StringCmd {
	return run[StringCmd](ctx, c, "SCRIPT", "LOAD", script)
}

// ScriptExists tells which scripts the server knows.
func (c *commands) ScriptExists(ctx context.Context, hashes ...string) *BoolSliceCmd {
	return send[BoolSliceCmd](ctx, c, say("SCRIPT", "EXISTS").text(hashes...))
}

// ScriptFlush makes the server forget all scripts.
func (c *commands) ScriptFlush(ctx context.Context) *StatusCmd {
	return run[StatusCmd](ctx, c, "SCRIPT", "FLUSH")
}

// ScriptKill ends the script that is running, unless it has written something.
func (c *commands) ScriptKill(ctx context.Context) *StatusCmd {
	return run[StatusCmd](ctx, c, "SCRIPT", "KILL")
}

// FCall calls a function of a library.
func (c *commands) FCall(ctx context.Context, function string, keys []string, args ...any) *Cmd {
	return send[Cmd](ctx, c, say("FCALL", function).counted(keys).values(args))
}

// FCallRO is FCall of a function that only reads.
func (c *commands) FCallRO(ctx context.Context, function string, keys []string, args ...any) *Cmd {
	return send[Cmd](ctx, c, say("FCALL_RO", function).counted(keys).values(args))
}

// FunctionLoad adds a library and gives its name.
func (c *commands) FunctionLoad(ctx context.Context, code string) *StringCmd {
	return run[StringCmd](ctx, c, "FUNCTION", "LOAD", code)
}

// FunctionLoadReplace adds a library, in place of one of that name.
func (c *commands) FunctionLoadReplace(ctx context.Context, code string) *StringCmd {
	return run[StringCmd](ctx, c, "FUNCTION", "LOAD", "REPLACE", code)
}

// FunctionDelete removes a library.
func (c *commands) FunctionDelete(ctx context.Context, library string) *StringCmd {
	return run[StringCmd](ctx, c, "FUNCTION", "DELETE", library)
}

// FunctionFlush removes all libraries.
func (c *commands) FunctionFlush(ctx context.Context) *StringCmd {
	return run[StringCmd](ctx, c, "FUNCTION", "FLUSH")
}
