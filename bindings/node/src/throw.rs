//! Errors to exceptions.

use std::{any::Any, ffi::CString};

use napi_sys as sys;
use redlatch_core::{Code, Error};

/// Makes a call end in an exception that carries the code.
pub(crate) fn throw(env: sys::napi_env, error: &Error) {
    let text = |text: &str| CString::new(text.replace('\0', "")).unwrap_or_default();
    let (code, message) = (text(error.code().name()), text(&error.to_string()));
    // SAFETY: both are C strings that outlive the call; Node refuses if it cannot run JavaScript.
    unsafe { sys::napi_throw_error(env, code.as_ptr(), message.as_ptr()) };
}

pub(crate) fn throw_panic(env: sys::napi_env, panic: &(dyn Any + Send)) {
    let message = match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => (*text).to_owned(),
        (_, Some(text)) => text.clone(),
        _ => String::new(),
    };
    throw(env, &Error::with_detail(Code::InternalPanic, message));
}
