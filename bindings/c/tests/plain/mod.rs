//! What a C program does with each call, in Rust.

use std::{
    ffi::{CStr, CString, c_char},
    ptr,
};

use redlatch_c::*;
use serde_json::Value as Json;

type Error = Box<Failure>;
type Give = unsafe extern "C" fn(Option<&Redis>, *mut *mut Value) -> Option<Error>;

pub(crate) fn open(settings: &str) -> Result<Box<Redis>, Error> {
    let settings = CString::new(settings).unwrap();
    // SAFETY: both pointers are good.
    given(|out| unsafe { redlatch_open(settings.as_ptr(), out) })
}

pub(crate) fn opened(settings: &str) -> Box<Redis> {
    open(settings).ok().unwrap()
}

pub(crate) fn call(redis: &Redis, command: &[&[u8]]) -> Result<Box<Value>, Error> {
    call_within(redis, command, 0)
}

pub(crate) fn call_within(
    redis: &Redis,
    command: &[&[u8]],
    limit: u32,
) -> Result<Box<Value>, Error> {
    let (parts, lengths) = arguments(command);
    let (parts, lengths, count) = (parts.as_ptr(), lengths.as_ptr(), command.len());
    // SAFETY: all pointers are good.
    given(|out| unsafe { redlatch_call(Some(redis), count, parts, lengths, limit, out) })
}

pub(crate) fn add(pipeline: &mut Pipeline, command: &[&[u8]]) -> Option<Error> {
    let (parts, lengths) = arguments(command);
    let (parts, lengths, count) = (parts.as_ptr(), lengths.as_ptr(), command.len());
    // SAFETY: all pointers are good.
    unsafe { redlatch_pipeline_add(Some(pipeline), count, parts, lengths) }
}

pub(crate) fn run(redis: &Redis, pipeline: &Pipeline) -> Result<Box<Value>, Error> {
    // SAFETY: the pointer is good.
    given(|out| unsafe { redlatch_pipeline_call(Some(redis), Some(pipeline), 0, out) })
}

pub(crate) fn supply(redis: &Redis, material: u16, part: &[u8]) -> Option<Error> {
    let (parts, lengths) = arguments(&[part]);
    // SAFETY: all pointers are good.
    unsafe { redlatch_supply(Some(redis), material, 1, parts.as_ptr(), lengths.as_ptr()) }
}

pub(crate) fn told(redis: &Redis, give: Give) -> Box<Value> {
    // SAFETY: the pointer is good.
    given(|out| unsafe { give(Some(redis), out) }).ok().unwrap()
}

pub(crate) fn kind(value: &Value) -> Kind {
    redlatch_value_kind(Some(value))
}

pub(crate) fn element(value: &Value, at: usize) -> &Value {
    redlatch_value_element(Some(value), at).unwrap()
}

pub(crate) fn text(value: &Value) -> Option<Vec<u8>> {
    let mut length = 0;
    // SAFETY: the pointer is good.
    let text = unsafe { redlatch_value_text(Some(value), &raw mut length) };
    // SAFETY: so many bytes are there, and a NUL.
    let bytes =
        (!text.is_null()).then(|| unsafe { std::slice::from_raw_parts(text.cast(), length + 1) });
    bytes.map(|bytes: &[u8]| {
        assert_eq!(bytes[length], 0);
        bytes[..length].to_vec()
    })
}

pub(crate) fn document(value: &Value) -> Json {
    serde_json::from_slice(&text(value).unwrap()).unwrap()
}

pub(crate) fn code(error: &Failure) -> String {
    said(redlatch_error_code(Some(error)))
}

pub(crate) fn said(text: *const c_char) -> String {
    // SAFETY: texts of errors end with a NUL.
    unsafe { CStr::from_ptr(text) }.to_str().unwrap().to_owned()
}

pub(crate) fn given<T>(call: impl FnOnce(*mut *mut T) -> Option<Error>) -> Result<Box<T>, Error> {
    let mut out = ptr::null_mut();
    match call(&raw mut out) {
        Some(error) => {
            assert!(out.is_null(), "written only on success");
            Err(error)
        }
        // SAFETY: it succeeded, so this is ours.
        None => Ok(unsafe { Box::from_raw(out) }),
    }
}

fn arguments(command: &[&[u8]]) -> (Vec<*const c_char>, Vec<usize>) {
    command.iter().map(|part| (part.as_ptr().cast(), part.len())).unzip()
}
