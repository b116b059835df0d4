//! Python arguments to packed commands, by redis-py's rules.

use pyo3::{
    prelude::*,
    types::{
        PyBool, PyByteArray, PyBytes, PyFloat, PyInt, PyList, PyMemoryView, PyString, PyTuple,
    },
};
use redlatch::{
    Code, Error,
    core::resp::{begin_command, push_argument},
};

use crate::{codec::Codec, error::raised};

/// Appends one command. The name may hold several words, as in `CLIENT LIST`. Text is UTF-8 unless
/// there is a codec.
pub(crate) fn pack(
    out: &mut Vec<u8>,
    args: &Bound<'_, PyTuple>,
    codec: Option<&Codec>,
) -> PyResult<()> {
    let start = out.len();
    let packed = pack_from(out, args, codec);
    if packed.is_err() {
        out.truncate(start);
    }
    packed
}

/// One packed command.
pub(crate) fn packed(args: &Bound<'_, PyTuple>, codec: Option<&Codec>) -> PyResult<Vec<u8>> {
    let mut payload = Vec::with_capacity(128);
    pack(&mut payload, args, codec)?;
    Ok(payload)
}

/// Packed commands, and how many they are.
pub(crate) fn packed_all(
    commands: &Bound<'_, PyList>,
    codec: Option<&Codec>,
) -> PyResult<(Vec<u8>, u32)> {
    let mut payload = Vec::with_capacity(64 * commands.len());
    let count = pack_all(&mut payload, commands, codec)?;
    Ok((payload, count))
}

/// Appends every command of a list, or nothing; tells how many.
pub(crate) fn pack_all(
    out: &mut Vec<u8>,
    commands: &Bound<'_, PyList>,
    codec: Option<&Codec>,
) -> PyResult<u32> {
    let start = out.len();
    let mut count = 0;
    for args in commands {
        let packed =
            args.cast::<PyTuple>().map_err(PyErr::from).and_then(|it| pack(out, it, codec));
        if let Err(error) = packed {
            out.truncate(start);
            return Err(error);
        }
        count += 1;
    }
    Ok(count)
}

fn pack_from(out: &mut Vec<u8>, args: &Bound<'_, PyTuple>, codec: Option<&Codec>) -> PyResult<()> {
    let Ok(first) = args.get_borrowed_item(0) else {
        return Err(misuse(args.py(), "a command needs a name", None));
    };
    let rest = args.len() - 1;
    if let Ok(name) = first.cast::<PyString>() {
        let name = name.to_str()?;
        let words = name.split(' ').filter(|word| !word.is_empty());
        let count = words.clone().count();
        if count == 0 {
            return Err(misuse(args.py(), "a command needs a name", None));
        }
        begin_command(out, rest + count);
        for word in words {
            push_argument(out, word.as_bytes());
        }
    } else {
        begin_command(out, rest + 1);
        push(out, &first, codec)?;
    }
    for at in 1..=rest {
        push(out, &*args.get_borrowed_item(at)?, codec)?;
    }
    Ok(())
}

fn push(out: &mut Vec<u8>, value: &Bound<'_, PyAny>, codec: Option<&Codec>) -> PyResult<()> {
    if let Ok(text) = value.cast::<PyString>() {
        match codec {
            None => push_argument(out, text.to_str()?.as_bytes()),
            Some(codec) => push_argument(out, codec.encode(text)?.as_bytes()),
        }
    } else if let Ok(bytes) = value.cast::<PyBytes>() {
        push_argument(out, bytes.as_bytes());
    } else if value.is_instance_of::<PyBool>() {
        return Err(misuse(
            value.py(),
            "convert True and False to bytes, str or int first",
            Some(value),
        ));
    } else if let Ok(number) = value.cast::<PyInt>() {
        match number.extract::<i64>() {
            Ok(number) => push_argument(out, number.to_string().as_bytes()),
            Err(_) => push_argument(out, number.str()?.to_str()?.as_bytes()),
        }
    } else if value.is_instance_of::<PyFloat>() {
        push_argument(out, value.repr()?.to_str()?.as_bytes());
    } else if value.is_instance_of::<PyMemoryView>() {
        let bytes = value.call_method0(pyo3::intern!(value.py(), "tobytes"))?;
        push_argument(out, bytes.cast::<PyBytes>()?.as_bytes());
    } else if let Ok(bytes) = value.cast::<PyByteArray>() {
        push_argument(out, &bytes.to_vec());
    } else {
        return Err(misuse(
            value.py(),
            "convert the argument to bytes, str, int or float first",
            Some(value),
        ));
    }
    Ok(())
}

/// Never shows the value: it may be a secret.
fn misuse(py: Python<'_>, why: &str, value: Option<&Bound<'_, PyAny>>) -> PyErr {
    let error = Error::with_detail(Code::ClientMisuse, why);
    let kind = value.and_then(|value| value.get_type().name().ok());
    raised(
        py,
        &match kind {
            Some(kind) => error.with("type", kind),
            None => error,
        },
    )
}
