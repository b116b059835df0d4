//! One call from JavaScript: its guard and its arguments.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    ptr, slice,
};

use napi_sys as sys;
use redlatch_core::{Error, Secret};

use crate::{
    client::Clients,
    error::{Result, misuse},
    instance::Instance,
    primitive::{Value, Values},
    throw::{throw, throw_panic},
};

/// Most arguments that any function takes.
const ARGUMENTS: usize = 6;
const ARRAY: &str = "a Uint8Array";

/// Runs the body of a function: its errors and panics become exceptions.
///
/// # Safety
/// `env` and `info` are those of a call that Node is making.
pub(crate) unsafe fn guard(
    env: sys::napi_env,
    info: sys::napi_callback_info,
    body: fn(&Call) -> Result<Value>,
) -> Value {
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let mut arguments = [ptr::null_mut(); ARGUMENTS];
        let mut count = ARGUMENTS;
        // SAFETY: `arguments` has room for `count` values; Node fills the rest with undefined.
        unsafe {
            sys::napi_get_cb_info(
                env,
                info,
                &mut count,
                arguments.as_mut_ptr(),
                ptr::null_mut(),
                ptr::null_mut(),
            );
        }
        body(&Call { env, arguments })
    }));
    match outcome {
        Ok(Ok(value)) => return value,
        Ok(Err(error)) => throw(env, &error),
        Err(panic) => throw_panic(env, &*panic),
    }
    ptr::null_mut()
}

/// The arguments of one call. Values live as long as the call.
pub(crate) struct Call {
    pub(crate) env: sys::napi_env,
    arguments: [Value; ARGUMENTS],
}

impl Call {
    /// What belongs to this thread of JavaScript.
    pub(crate) fn instance(&self) -> Result<&Instance> {
        let mut data = ptr::null_mut();
        // SAFETY: `data` takes the pointer set at registration.
        unsafe { sys::napi_get_instance_data(self.env, &mut data) };
        // SAFETY: the box lives until the environment ends, which is after this call; it is only
        // ever borrowed shared.
        unsafe { data.cast::<Instance>().as_ref() }
            .ok_or_else(|| misuse("the extension is not loaded"))
    }

    /// The clients of this thread of JavaScript.
    pub(crate) fn clients(&self) -> Result<&Clients> {
        Ok(&self.instance()?.clients)
    }

    /// Makes values of this call.
    pub(crate) fn values(&self) -> Result<Values> {
        let mut convert = ptr::null_mut();
        let reference = self.instance()?.convert.get();
        if reference.is_null() {
            return Err(misuse("install must be called first"));
        }
        // SAFETY: the reference lives as long as the instance.
        unsafe { sys::napi_get_reference_value(self.env, reference, &mut convert) };
        Ok(Values { env: self.env, convert })
    }

    /// Makes plain values, before there is a `convert`.
    pub(crate) fn bare(&self) -> Values {
        Values::bare(self.env)
    }

    pub(crate) fn argument(&self, at: usize) -> Value {
        self.arguments[at]
    }

    /// The type of an argument, as Node-API numbers it.
    pub(crate) fn kind(&self, at: usize) -> sys::napi_valuetype {
        let mut kind = sys::ValueType::napi_undefined;
        // SAFETY: the argument is a value of this call, or null, which is refused.
        unsafe { sys::napi_typeof(self.env, self.arguments[at], &mut kind) };
        kind
    }

    /// A whole number that a double holds exactly.
    pub(crate) fn integer(&self, at: usize) -> Result<u64> {
        let mut number = f64::NAN;
        // SAFETY: as above; anything but a number is refused.
        let status =
            unsafe { sys::napi_get_value_double(self.env, self.arguments[at], &mut number) };
        let whole = number as u64;
        if status == sys::Status::napi_ok && whole < 1 << 53 && whole as f64 == number {
            return Ok(whole);
        }
        Err(wrong(at, "a whole number"))
    }

    pub(crate) fn flag(&self, at: usize) -> Result<bool> {
        let mut flag = false;
        // SAFETY: as above; anything but a boolean is refused.
        match unsafe { sys::napi_get_value_bool(self.env, self.arguments[at], &mut flag) } {
            sys::Status::napi_ok => Ok(flag),
            _ => Err(wrong(at, "a boolean")),
        }
    }

    pub(crate) fn text(&self, at: usize) -> Result<String> {
        let value = self.arguments[at];
        let mut length = 0;
        // SAFETY: as above; without a buffer only the length is told.
        let status = unsafe {
            sys::napi_get_value_string_utf8(self.env, value, ptr::null_mut(), 0, &mut length)
        };
        if status != sys::Status::napi_ok {
            return Err(wrong(at, "a string"));
        }
        let mut bytes = vec![0_u8; length + 1];
        // SAFETY: the buffer has the length that is passed; Node adds a NUL.
        unsafe {
            sys::napi_get_value_string_utf8(
                self.env,
                value,
                bytes.as_mut_ptr().cast(),
                bytes.len(),
                &mut length,
            );
        }
        bytes.truncate(length);
        String::from_utf8(bytes).map_err(|_| wrong(at, "well-formed text"))
    }

    /// The first `length` bytes of a `Uint8Array`; `length` is the argument behind it.
    ///
    /// The bytes are JavaScript's: they must be read before any JavaScript runs.
    pub(crate) fn bytes(&self, at: usize) -> Result<&[u8]> {
        let length = usize::try_from(self.integer(at + 1)?).unwrap_or(usize::MAX);
        let bytes = self.contents(self.arguments[at]).ok_or_else(|| wrong(at, ARRAY))?;
        bytes.get(..length).ok_or_else(|| wrong(at + 1, "at most the length of the array"))
    }

    /// Writes to the front of a `Uint8Array`. Whether there is room.
    pub(crate) fn fill(&self, at: usize, bytes: &[u8]) -> Result<bool> {
        let (data, size) = self.memory(self.arguments[at]).ok_or_else(|| wrong(at, ARRAY))?;
        if bytes.is_empty() || bytes.len() > size {
            return Ok(bytes.is_empty());
        }
        // SAFETY: Node vouches for `size` bytes at `data`; no JavaScript runs while they are
        // written, and bytes of Rust are not among them.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), data, bytes.len()) };
        Ok(true)
    }

    /// Copies of the `Uint8Array`s in an array.
    pub(crate) fn parts(&self, at: usize) -> Result<Vec<Secret>> {
        let array = self.arguments[at];
        let (mut is_array, mut count) = (false, 0);
        // SAFETY: as above; the length is read of arrays only.
        unsafe {
            sys::napi_is_array(self.env, array, &mut is_array);
            if is_array {
                sys::napi_get_array_length(self.env, array, &mut count);
            }
        }
        if !is_array {
            return Err(wrong(at, "an array"));
        }
        let part = |index| {
            let mut part = ptr::null_mut();
            // SAFETY: an array of this call; what a getter of it throws is refused below, and Node
            // ends the call with it.
            unsafe { sys::napi_get_element(self.env, array, index, &mut part) };
            let bytes = self.contents(part).ok_or_else(|| wrong(at, "an array of Uint8Arrays"))?;
            Ok(Secret::new(bytes))
        };
        (0..count).map(part).collect()
    }

    /// The bytes of a `Uint8Array`.
    fn contents(&self, array: Value) -> Option<&[u8]> {
        let (data, size) = self.memory(array)?;
        if size == 0 || data.is_null() {
            return Some(&[]);
        }
        // SAFETY: Node vouches for `size` bytes at `data`; no JavaScript runs while they are read.
        Some(unsafe { slice::from_raw_parts(data, size) })
    }

    /// Where the bytes of a `Uint8Array` are, and how many.
    fn memory(&self, array: Value) -> Option<(*mut u8, usize)> {
        let (mut kind, mut size, mut data) = (-1, 0, ptr::null_mut());
        // SAFETY: a value of this call, or null, which is refused like anything but a typed array.
        let status = unsafe {
            sys::napi_get_typedarray_info(
                self.env,
                array,
                &mut kind,
                &mut size,
                &mut data,
                ptr::null_mut(),
                ptr::null_mut(),
            )
        };
        let is_bytes = status == sys::Status::napi_ok && kind == sys::TypedarrayType::uint8_array;
        is_bytes.then_some((data.cast(), size))
    }
}

fn wrong(at: usize, wanted: &str) -> Error {
    misuse("an argument has the wrong type").with("argument", at).with("wanted", wanted)
}
