//! Errors of this side, and Node's system errors to codes.

use redlatch_core::{Code, Error};

pub(crate) type Result<T, E = Error> = redlatch_core::Result<T, E>;

pub(crate) fn misuse(why: &str) -> Error {
    Error::with_detail(Code::ClientMisuse, why)
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
