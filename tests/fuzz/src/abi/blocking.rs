//! A C program that does with the blocking client what the bytes say.

use std::{
    ffi::{CStr, CString, c_char},
    ptr,
};

use redlatch_c::*;

use super::{script::Step, server};

#[derive(Default)]
pub(super) struct Program {
    redis: Option<Box<Redis>>,
    pipeline: Option<Box<Pipeline>>,
    #[expect(clippy::vec_box, reason = "each is given back as it was given")]
    values: Vec<Box<Value>>,
    /// Calls wait for a server: only so many.
    calls: u8,
}

type Error = Option<Box<Failure>>;

impl Program {
    pub(super) fn step(&mut self, step: &Step<'_>) {
        let words: Vec<_> = step.rest().split(|byte| *byte == b' ').collect();
        let (mut parts, mut lengths): (Vec<*const c_char>, Vec<usize>) =
            words.iter().map(|word| (word.as_ptr().cast(), word.len())).unzip();
        if step.handles & 16 != 0 {
            parts[0] = ptr::null();
        }
        if step.handles & 32 != 0 {
            lengths[0] = usize::MAX - usize::from(step.first());
            parts[0] = ptr::null();
        }
        let (argv, argvlen, argc) = (parts.as_ptr(), lengths.as_ptr(), parts.len());
        let mut text = step.argument.to_vec();
        text.retain(|byte| *byte != 0);
        let text = CString::new(text).unwrap_or_default();
        // Now and then a handle, or the room for what is given, is NULL.
        let redis = self.redis.as_deref().filter(|_| step.handles & 1 == 0);
        let mut given = ptr::null_mut();
        let out = if step.handles & 2 == 0 { &raw mut given } else { ptr::null_mut() };
        // SAFETY: pointers are good or NULL.
        let error: Error = unsafe {
            match step.call / 5 % 16 {
                0 => {
                    redlatch_close(self.redis.take());
                    let settings = CString::new(server::settings()).unwrap_or_default();
                    return self.open(|out| redlatch_open(settings.as_ptr(), out), true);
                }
                1 => return self.open(|out| redlatch_open(text.as_ptr(), out), false),
                2 => return self.open(|out| redlatch_open_from_env(text.as_ptr(), out), false),
                3..=5 if self.calls < 2 => {
                    self.calls += 1;
                    server::answer(step.rest());
                    let call = [c"FUZZ".as_ptr()];
                    redlatch_call(redis, 1, call.as_ptr(), ptr::null(), 20, out)
                }
                6 if self.calls < 2 => {
                    self.calls += 1;
                    redlatch_call(redis, argc, argv, argvlen, 20, out)
                }
                7 if self.calls < 2 => {
                    self.calls += 1;
                    redlatch_pipeline_call(redis, self.pipeline.as_deref(), 20, out)
                }
                8 => {
                    redlatch_pipeline_free(self.pipeline.take());
                    self.pipeline = redlatch_pipeline_new();
                    None
                }
                9 => redlatch_pipeline_add(self.pipeline.as_deref_mut(), argc, argv, argvlen),
                10 if step.handles & 64 != 0 && self.calls < 2 => {
                    self.calls += 1;
                    redlatch_health(redis, 20, step.handles & 128 != 0, out)
                }
                10 => redlatch_status(redis, out),
                11 if step.handles & 64 != 0 => {
                    let clients = [redis; 2];
                    let count = usize::from(step.first() % 3);
                    redlatch_metrics(clients.as_ptr(), count, out)
                }
                11 => redlatch_config(redis, out),
                12 => redlatch_events(redis, out),
                13 => redlatch_supply(redis, u16::from(step.first() % 6), argc, argv, argvlen),
                14 => redlatch_reload(redis),
                _ => {
                    if !self.values.is_empty() {
                        let at = usize::from(step.first()) % self.values.len();
                        redlatch_value_free(Some(self.values.swap_remove(at)));
                    }
                    None
                }
            }
        };
        assert!(error.is_none() || given.is_null(), "written though it failed");
        if !given.is_null() {
            // SAFETY: it succeeded, so this is ours.
            let value = unsafe { Box::from_raw(given) };
            read(&value);
            self.values.push(value);
        }
        tell(error);
    }

    pub(super) fn end(self) {
        redlatch_close(self.redis);
        redlatch_pipeline_free(self.pipeline);
        // Values outlive their client.
        self.values.iter().for_each(|value| read(value));
        self.values.into_iter().for_each(|value| redlatch_value_free(Some(value)));
    }

    /// Settings of the fuzzer's own may name hosts and commands: they are not acted upon.
    fn open(&mut self, open: impl FnOnce(*mut *mut Redis) -> Error, is_known: bool) {
        let mut out = ptr::null_mut();
        let error = open(&raw mut out);
        assert_eq!(error.is_some(), out.is_null());
        tell(error);
        if !out.is_null() {
            // SAFETY: it succeeded, so this is ours.
            let redis = unsafe { Box::from_raw(out) };
            match is_known {
                true => self.redis = Some(redis),
                false => redlatch_close(Some(redis)),
            }
        }
    }
}

/// Reads all of a value, by every accessor.
fn read(value: &Value) {
    let mut length = usize::MAX;
    // SAFETY: the pointer is good.
    let text = unsafe { redlatch_value_text(Some(value), &raw mut length) };
    let kind = redlatch_value_kind(Some(value));
    let has_text = matches!(kind, Kind::Status | Kind::String | Kind::BigNumber | Kind::Error);
    assert_eq!(has_text, !text.is_null());
    if has_text {
        // SAFETY: so many bytes are there, and a NUL.
        let bytes = unsafe { std::slice::from_raw_parts(text.cast::<u8>(), length + 1) };
        assert_eq!(bytes.last(), Some(&0));
    }
    let error = redlatch_value_error(Some(value));
    assert_eq!(kind == Kind::Error, error.is_some());
    look(error);
    let _ = (redlatch_value_integer(Some(value)), redlatch_value_double(Some(value)));
    let count = redlatch_value_count(Some(value));
    for at in 0..count {
        let key = redlatch_value_key(Some(value), at);
        assert_eq!(kind == Kind::Map, key.is_some());
        key.into_iter().chain(redlatch_value_element(Some(value), at)).for_each(read);
    }
    assert!(redlatch_value_element(Some(value), count).is_none());
}

/// Reads all of an error, and frees it.
fn tell(error: Error) {
    look(error.as_deref());
    redlatch_error_free(error);
}

fn look(error: Option<&Failure>) {
    let Some(error) = error else { return };
    assert!(redlatch_error_number(Some(error)) > 100);
    let _ = (redlatch_error_retry(Some(error)), redlatch_error_maybe_executed(Some(error)));
    for text in [
        redlatch_error_code(Some(error)),
        redlatch_error_message(Some(error)),
        redlatch_error_remedy(Some(error)),
        redlatch_error_json(Some(error)),
    ] {
        // SAFETY: texts of errors end with a NUL.
        let text = unsafe { CStr::from_ptr(text) }.to_str();
        assert!(text.is_ok_and(|text| !text.is_empty() && !text.contains(server::SECRET)));
    }
}
