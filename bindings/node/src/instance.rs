//! What belongs to one thread of JavaScript.

use std::{cell::Cell, ffi::c_void, ptr};

use napi_sys as sys;

use crate::{
    call::Call,
    client::Clients,
    error::{Result, misuse},
    primitive::Value,
};

/// What belongs to one thread of JavaScript.
#[derive(Default)]
pub(crate) struct Instance {
    pub(crate) clients: Clients,
    pub(crate) convert: Cell<sys::napi_ref>,
}

/// Node calls this once, when the thread of JavaScript ends.
pub(crate) unsafe extern "C" fn release_instance(
    _: sys::napi_env,
    data: *mut c_void,
    _: *mut c_void,
) {
    // SAFETY: the box made at registration, handed back once.
    drop(unsafe { Box::from_raw(data.cast::<Instance>()) });
}

/// `install(convert)`: the function that makes errors, objects and BigInts.
pub(crate) fn install(call: &Call) -> Result<Value> {
    let instance = call.instance()?;
    if call.kind(0) != sys::ValueType::napi_function {
        return Err(misuse("install takes a function"));
    }
    let mut reference = ptr::null_mut();
    // SAFETY: a function of this call; the reference before is dropped once.
    unsafe {
        sys::napi_create_reference(call.env, call.argument(0), 1, &mut reference);
        let before = instance.convert.replace(reference);
        if !before.is_null() {
            sys::napi_delete_reference(call.env, before);
        }
    }
    Ok(ptr::null_mut())
}
