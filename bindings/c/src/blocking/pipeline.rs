//! Commands that leave in one flight.

use std::ffi::c_char;

use super::{Failure, Redis, Value, alive, failure::attempt, packed};
use crate::guard::{misuse, or, quiet};

/// Commands to be sent together.
#[derive(Default)]
pub struct Pipeline {
    payload: Vec<u8>,
    commands: u32,
}

/// A pipeline without commands.
///
/// Ownership: to be freed by `redlatch_pipeline_free`. It belongs to no client. NULL: never returned.
/// Threads: one at a time. Errors: none.
#[unsafe(no_mangle)]
pub extern "C" fn redlatch_pipeline_new() -> Option<Box<Pipeline>> {
    or(None, || Some(Box::default()))
}

/// Adds a command: arguments as for `redlatch_call`.
///
/// Ownership: arguments are copied.
/// NULL: only `argvlen` may be NULL.
/// Threads: one at a time.
/// Errors: `client.misuse`, and the pipeline is as it was. NULL is success.
///
/// # Safety
/// `argv` must point to `argc` pointers, `argvlen`, unless NULL, to `argc` lengths.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn redlatch_pipeline_add(
    pipeline: Option<&mut Pipeline>,
    argc: usize,
    argv: *const *const c_char,
    argvlen: *const usize,
) -> Option<Box<Failure>> {
    attempt(|| {
        let pipeline = pipeline.ok_or_else(no_pipeline)?;
        // SAFETY: the caller vouches for the arguments.
        let command = unsafe { packed(argc, argv, argvlen) }?;
        pipeline.payload.extend_from_slice(&command);
        pipeline.commands += 1;
        Ok(())
    })
}

/// Runs all commands of a pipeline, and waits for all replies: an array, in the order of the
/// commands, in which an error of the server is an element. The pipeline stays as it is, and may be
/// run again. `MULTI` and `EXEC` belong into one pipeline.
///
/// Ownership: on success `*out` is the array, to be freed by `redlatch_value_free`.
/// NULL: `out` may be NULL if the replies are of no interest; client and pipeline may not.
/// Threads: as for `redlatch_call`; a pipeline may be run by several at once.
/// Errors: as for `redlatch_call`, except what the server answered. NULL is success.
///
/// # Safety
/// `out` must point to room for a pointer, or be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn redlatch_pipeline_call(
    redis: Option<&Redis>,
    pipeline: Option<&Pipeline>,
    timeout_ms: u32,
    out: *mut *mut Value,
) -> Option<Box<Failure>> {
    attempt(|| {
        let (redis, pipeline) = (alive(redis)?, pipeline.ok_or_else(no_pipeline)?);
        let Pipeline { payload, commands } = pipeline;
        let replies = match commands {
            0 => Vec::new(),
            _ => redis.shelf.run(payload.clone(), *commands, timeout_ms)?.into_all()?,
        };
        // SAFETY: the caller vouches for the room.
        unsafe { Value::list(replies).give(out) };
        Ok(())
    })
}

/// Frees a pipeline.
///
/// Ownership: takes the pipeline; call it once. NULL: fine. Threads: any, after all calls with it have
/// returned. Errors: none.
#[unsafe(no_mangle)]
pub extern "C" fn redlatch_pipeline_free(pipeline: Option<Box<Pipeline>>) {
    quiet(|| drop(pipeline));
}

fn no_pipeline() -> redlatch::Error {
    misuse("the pipeline is NULL")
}
