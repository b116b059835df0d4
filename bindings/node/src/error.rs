//! Errors to exceptions, and Node's system errors to codes.

use std::{any::Any, ffi::CString};

use napi_sys as sys;
use redlatch::{Code, Error};

pub(crate) type Result<T, E = Error> = redlatch::Result<T, E>;

pub(crate) fn misuse(why: &str) -> Error {
    Error::with_detail(Code::ClientMisuse, why)
}

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

/// The error of a socket by Node's name for it.
pub(crate) fn of_socket(name: &str, text: String) -> Error {
    let code = match name {
        "ECONNREFUSED" | "ENOENT" => Code::NetRefused,
        "ENOTFOUND"
        | "ENODATA"
        | "ESERVFAIL"
        | "EAI_AGAIN"
        | "EAI_FAIL"
        | "EAI_NONAME"
        | "EAI_NODATA"
        | "ERR_INVALID_IP_ADDRESS" => Code::NetDns,
        "ETIMEDOUT" | "ERR_SOCKET_CONNECTION_TIMEOUT" => Code::NetTimeout,
        "EHOSTUNREACH" | "ENETUNREACH" | "EADDRNOTAVAIL" | "EACCES" | "EPERM" | "EHOSTDOWN"
        | "ENETDOWN" => Code::NetUnreachable,
        _ => Code::NetClosed,
    };
    Error::with_detail(code, text)
}
