//! Strings, numbers and lists of JavaScript, one Node-API call each.

use std::{ffi::c_void, ptr};

use napi_sys as sys;

use crate::value::Convert;

/// A value of JavaScript. It lives as long as the call, or its scope.
pub(crate) type Value = sys::napi_value;

/// Makes values of one call.
#[derive(Clone, Copy)]
pub(crate) struct Values {
    pub(crate) env: sys::napi_env,
    /// `convert(what, value)` of node/src/native.ts.
    pub(crate) convert: Value,
}

impl Values {
    /// For plain values, before there is a `convert`.
    pub(crate) fn bare(env: sys::napi_env) -> Self {
        Self { env, convert: ptr::null_mut() }
    }

    #[inline]
    pub(crate) fn text(&self, bytes: &[u8]) -> Value {
        let (mut value, length) = (ptr::null_mut(), bytes.len() as isize);
        // SAFETY: pointer and length are of one slice; ASCII is Latin-1.
        let status = unsafe {
            match bytes.is_ascii() {
                true => sys::napi_create_string_latin1(
                    self.env,
                    bytes.as_ptr().cast(),
                    length,
                    &mut value,
                ),
                false => sys::napi_create_string_utf8(
                    self.env,
                    bytes.as_ptr().cast(),
                    length,
                    &mut value,
                ),
            }
        };
        if status == sys::Status::napi_ok {
            return value;
        }
        self.forget_exception();
        self.too_long(bytes.len())
    }

    pub(crate) fn buffer(&self, bytes: &[u8]) -> Value {
        let mut value = ptr::null_mut();
        // SAFETY: pointer and length are of one slice, which is copied.
        unsafe {
            sys::napi_create_buffer_copy(
                self.env,
                bytes.len(),
                bytes.as_ptr().cast(),
                ptr::null_mut(),
                &mut value,
            );
        }
        match value.is_null() {
            true => {
                self.forget_exception();
                self.too_long(bytes.len())
            }
            false => value,
        }
    }

    /// A Buffer that takes a long vector over without copying it.
    pub(crate) fn buffer_of(&self, bytes: Vec<u8>) -> Value {
        if bytes.len() < WORTH_SHARING {
            return self.buffer(&bytes);
        }
        let mut bytes = Box::new(bytes);
        let (data, length) = (bytes.as_mut_ptr(), bytes.len());
        let owner = Box::into_raw(bytes);
        let mut value = ptr::null_mut();
        // SAFETY: the box keeps `data` in place until Node calls `release_bytes`, once.
        let status = unsafe {
            sys::napi_create_external_buffer(
                self.env,
                length,
                data.cast(),
                Some(release_bytes),
                owner.cast(),
                &mut value,
            )
        };
        if status == sys::Status::napi_no_external_buffers_allowed {
            // SAFETY: Node did not take the box.
            let bytes = unsafe { Box::from_raw(owner) };
            return self.buffer(&bytes);
        }
        value
    }

    #[inline]
    pub(crate) fn integer(&self, number: i64) -> Value {
        let mut value = ptr::null_mut();
        // SAFETY: plain numbers.
        unsafe {
            match i32::try_from(number) {
                Ok(small) => sys::napi_create_int32(self.env, small, &mut value),
                Err(_) => sys::napi_create_double(self.env, number as f64, &mut value),
            }
        };
        value
    }

    pub(crate) fn double(&self, number: f64) -> Value {
        let mut value = ptr::null_mut();
        // SAFETY: a plain number.
        unsafe { sys::napi_create_double(self.env, number, &mut value) };
        value
    }

    pub(crate) fn boolean(&self, truth: bool) -> Value {
        let mut value = ptr::null_mut();
        // SAFETY: a plain boolean.
        unsafe { sys::napi_get_boolean(self.env, truth, &mut value) };
        value
    }

    pub(crate) fn null(&self) -> Value {
        let mut value = ptr::null_mut();
        // SAFETY: no input.
        unsafe { sys::napi_get_null(self.env, &mut value) };
        value
    }

    pub(crate) fn undefined(&self) -> Value {
        let mut value = ptr::null_mut();
        // SAFETY: no input.
        unsafe { sys::napi_get_undefined(self.env, &mut value) };
        value
    }

    pub(crate) fn array(&self) -> Value {
        let mut value = ptr::null_mut();
        // SAFETY: no input.
        unsafe { sys::napi_create_array(self.env, &mut value) };
        value
    }

    #[inline]
    pub(crate) fn set(&self, array: Value, at: u32, value: Value) {
        // SAFETY: values of this call, or null, which Node refuses.
        unsafe { sys::napi_set_element(self.env, array, at, value) };
    }

    /// Node keeps each value alive until its scope ends; for what makes many.
    pub(crate) fn scoped(&self, body: impl FnOnce()) {
        let mut scope = ptr::null_mut();
        // SAFETY: scopes are closed in reverse order, before this call ends.
        unsafe { sys::napi_open_handle_scope(self.env, &mut scope) };
        body();
        // SAFETY: as above.
        unsafe { sys::napi_close_handle_scope(self.env, scope) };
    }

    pub(crate) fn convert(&self, what: Convert, value: Value) -> Value {
        let arguments = [self.integer(what as i64), value];
        let mut result = ptr::null_mut();
        // SAFETY: values of this call; a function was checked when it was installed.
        let status = unsafe {
            sys::napi_call_function(
                self.env,
                self.undefined(),
                self.convert,
                arguments.len(),
                arguments.as_ptr(),
                &mut result,
            )
        };
        if status == sys::Status::napi_ok {
            return result;
        }
        self.forget_exception();
        self.null()
    }

    fn forget_exception(&self) {
        let mut exception = ptr::null_mut();
        // SAFETY: takes a pending exception, if there is one.
        unsafe { sys::napi_get_and_clear_last_exception(self.env, &mut exception) };
    }
}

unsafe extern "C" fn release_bytes(_: sys::napi_env, _: *mut c_void, owner: *mut c_void) {
    // SAFETY: the box that `buffer_of` gave away, handed back once.
    drop(unsafe { Box::from_raw(owner.cast::<Vec<u8>>()) });
}

/// Below this a copy is cheaper than a finalizer.
const WORTH_SHARING: usize = 1 << 16;
