//! Callbacks of Python that provide material, and content that is handed in.

use std::{cell::RefCell, sync::Arc};

use pyo3::{prelude::*, types::PyString};
use redlatch::{
    Code, Error, Providers, Result,
    core::{MaterialKind, Secret},
};

/// Providers that call `ask` with the word of a material, in the thread that needs it.
pub(crate) fn providers(ask: Option<Py<PyAny>>) -> Providers {
    let Some(ask) = ask.map(Arc::new) else { return Providers::new() };
    MaterialKind::ALL.into_iter().fold(Providers::new(), |providers, kind| {
        let ask = ask.clone();
        providers.with(kind, move || {
            Python::attach(|py| match ask.call1(py, (kind.name(),)) {
                Ok(given) => answer(kind, given.bind(py)),
                Err(error) => {
                    // No failure to provide, but the end of the call: Ctrl-C, say.
                    let why = error.get_type(py).name().map(|name| name.to_string());
                    RAISED.replace(Some(error));
                    Err(kind.unavailable(&why.unwrap_or_default()))
                }
            })
        })
    })
}

/// What went through a provider of this thread that is none of its failures.
pub(crate) fn raised_within() -> Option<PyErr> {
    RAISED.take()
}

/// Whether something did.
pub(crate) fn has_raised() -> bool {
    RAISED.with_borrow(Option::is_some)
}

/// A provider's answer: a list of bytes, or the text that says why there is none.
pub(crate) fn answer(kind: MaterialKind, given: &Bound<'_, PyAny>) -> Result<Vec<Secret>> {
    match given.cast::<PyString>() {
        Ok(why) => Err(kind.unavailable(&why.to_string_lossy())),
        Err(_) => parts(given).map_err(|_| kind.unavailable("it gave no list of bytes")),
    }
}

/// A list of bytes as content.
pub(crate) fn parts(given: &Bound<'_, PyAny>) -> PyResult<Vec<Secret>> {
    given.extract::<Vec<Vec<u8>>>().map(|parts| parts.into_iter().map(Secret::new).collect())
}

/// The error of a provider that uses its own client.
pub(crate) fn within() -> Error {
    Error::with_detail(Code::ClientMisuse, "a provider must not use the client it provides for")
}

thread_local! {
    static RAISED: RefCell<Option<PyErr>> = const { RefCell::new(None) };
}
