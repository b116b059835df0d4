//! Replies to Python objects, straight from the wire form, with redis-py's shapes.

use pyo3::{
    IntoPyObjectExt,
    prelude::*,
    types::{PyBytes, PyDict, PyList, PyString},
};
use redlatch::core::resp::{Reply, Token, Tokens};

use crate::{codec::Codec, error::server_exception};

/// How strings of a reply become objects.
#[derive(Clone, Copy, Default)]
pub(crate) enum Strings {
    /// `bytes`.
    #[default]
    Raw,
    /// `str`, UTF-8, strict: bytes that are no UTF-8 raise.
    Decoded,
    /// `str`, UTF-8, bad bytes replaced by U+FFFD.
    Replaced,
    /// `str`, by any other codec of Python.
    By(&'static Codec),
}

/// A reply as an object; an error reply is an exception object, not raised.
pub(crate) fn value<'py>(
    py: Python<'py>,
    reply: Reply<'_>,
    strings: Strings,
) -> PyResult<Bound<'py, PyAny>> {
    let mut tokens = reply.tokens();
    match tokens.next() {
        Some(token) => build(py, token, &mut tokens, strings),
        None => Ok(py.None().into_bound(py)),
    }
}

fn build<'py>(
    py: Python<'py>,
    token: Token<'_>,
    tokens: &mut Tokens<'_>,
    strings: Strings,
) -> PyResult<Bound<'py, PyAny>> {
    match token {
        Token::Bulk(bytes) | Token::Simple(bytes) => string(py, bytes, strings),
        Token::Verbatim { text, .. } => string(py, text, strings),
        Token::Int(number) => number.into_bound_py_any(py),
        Token::Nil => Ok(py.None().into_bound(py)),
        Token::Error(text) => {
            Ok(server_exception(py, &String::from_utf8_lossy(text)).into_bound(py))
        }
        Token::Double(number) => number.into_bound_py_any(py),
        Token::Bool(value) => value.into_bound_py_any(py),
        Token::BigNumber(digits) => {
            let digits = PyString::new(py, &String::from_utf8_lossy(digits));
            py.get_type::<pyo3::types::PyInt>().call1((digits,))
        }
        // A set may hold what Python cannot hash, so redis-py makes a list of it, always.
        Token::Array(count) | Token::Push(count) | Token::Set(count) => {
            let list = PyList::empty(py);
            for _ in 0..count {
                list.append(next(py, tokens, strings)?)?;
            }
            Ok(list.into_any())
        }
        Token::Map(pairs) => {
            let map = PyDict::new(py);
            for _ in 0..pairs {
                let key = next(py, tokens, strings)?;
                let key = match key.hash() {
                    Ok(_) => key,
                    Err(_) => PyString::new(py, key.repr()?.to_str()?).into_any(),
                };
                map.set_item(key, next(py, tokens, strings)?)?;
            }
            Ok(map.into_any())
        }
        Token::Attribute(pairs) => {
            for _ in 0..pairs * 2 {
                next(py, tokens, strings)?;
            }
            next(py, tokens, strings)
        }
    }
}

fn next<'py>(
    py: Python<'py>,
    tokens: &mut Tokens<'_>,
    strings: Strings,
) -> PyResult<Bound<'py, PyAny>> {
    match tokens.next() {
        Some(token) => build(py, token, tokens, strings),
        None => Ok(py.None().into_bound(py)),
    }
}

fn string<'py>(py: Python<'py>, bytes: &[u8], strings: Strings) -> PyResult<Bound<'py, PyAny>> {
    match strings {
        Strings::Raw => Ok(PyBytes::new(py, bytes).into_any()),
        Strings::Decoded => match std::str::from_utf8(bytes) {
            Ok(text) => Ok(PyString::new(py, text).into_any()),
            // Python's own decoder raises the exception that callers know.
            Err(_) => PyBytes::new(py, bytes).call_method1("decode", ("utf-8",)),
        },
        Strings::Replaced => Ok(PyString::new(py, &String::from_utf8_lossy(bytes)).into_any()),
        Strings::By(codec) => codec.decode(py, bytes),
    }
}

impl Strings {
    /// Reads redis-py's `decode_responses`, and the codec of its `encoding` and `encoding_errors`.
    pub(crate) fn of(decode: bool, codec: Option<&'static Codec>) -> Self {
        match codec {
            _ if !decode => Self::Raw,
            None => Self::Decoded,
            Some(codec) if codec.replaces() => Self::Replaced,
            Some(codec) => Self::By(codec),
        }
    }
}
