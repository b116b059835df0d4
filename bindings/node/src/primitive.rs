//! Strings, numbers and lists of JavaScript, one Node-API call each.

use std::{ffi::c_void, ptr};

use napi_sys as sys;

use crate::value::Values;

impl Values {
    #[inline]
    pub(crate) fn text(&self, bytes: &[u8]) -> sys::napi_value {
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
        self.too_long(bytes.len())
    }

    pub(crate) fn buffer(&self, bytes: &[u8]) -> sys::napi_value {
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
            true => self.too_long(bytes.len()),
            false => value,
        }
    }

    /// A Buffer that takes a long vector over without copying it.
    pub(crate) fn buffer_of(&self, bytes: Vec<u8>) -> sys::napi_value {
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
    pub(crate) fn integer(&self, number: i64) -> sys::napi_value {
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

    pub(crate) fn double(&self, number: f64) -> sys::napi_value {
        let mut value = ptr::null_mut();
        // SAFETY: a plain number.
        unsafe { sys::napi_create_double(self.env, number, &mut value) };
        value
    }

    pub(crate) fn boolean(&self, truth: bool) -> sys::napi_value {
        let mut value = ptr::null_mut();
        // SAFETY: a plain boolean.
        unsafe { sys::napi_get_boolean(self.env, truth, &mut value) };
        value
    }

    pub(crate) fn null(&self) -> sys::napi_value {
        let mut value = ptr::null_mut();
        // SAFETY: no input.
        unsafe { sys::napi_get_null(self.env, &mut value) };
        value
    }

    pub(crate) fn undefined(&self) -> sys::napi_value {
        let mut value = ptr::null_mut();
        // SAFETY: no input.
        unsafe { sys::napi_get_undefined(self.env, &mut value) };
        value
    }

    pub(crate) fn array(&self) -> sys::napi_value {
        let mut value = ptr::null_mut();
        // SAFETY: no input.
        unsafe { sys::napi_create_array(self.env, &mut value) };
        value
    }

    #[inline]
    pub(crate) fn set(&self, array: sys::napi_value, at: u32, value: sys::napi_value) {
        // SAFETY: values of this call, or null, which Node refuses.
        unsafe { sys::napi_set_element(self.env, array, at, value) };
    }
}

unsafe extern "C" fn release_bytes(_: sys::napi_env, _: *mut c_void, owner: *mut c_void) {
    // SAFETY: the box that `buffer_of` gave away, handed back once.
    drop(unsafe { Box::from_raw(owner.cast::<Vec<u8>>()) });
}

/// Below this a copy is cheaper than a finalizer.
const WORTH_SHARING: usize = 1 << 16;
