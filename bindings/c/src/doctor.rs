//! The doctor: why a connection cannot be made. The one part of the driver contract with sockets of
//! its own, and the one call that waits for the network.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use redlatch::{
    Result,
    core::{MaterialKind, Secret},
    doctor::{Asked, Expected, examine_document},
};

use crate::{
    Batch, Bytes,
    batch::material,
    bytes::{slice, text},
    guard::{guard, misuse, quiet},
    supply::split,
};

/// An examination to be made.
pub struct Doctor {
    settings: Secret,
    from_env: bool,
    expected: Expected,
    provided: Mutex<Vec<(MaterialKind, Result<Vec<Secret>>)>>,
    cancelled: AtomicBool,
}

/// Prepares an examination of the server of these settings, one JSON object, and, if `from_env`, of
/// the environment. With `read_only` a server that takes no writes will do. Settings that cannot be
/// used are what it finds, not an error of this call.
///
/// Ownership: the doctor is freed by `redlatch_doctor_free`; settings are borrowed for the call, the
/// view belongs to the batch.
/// NULL: settings may be NULL if their length is 0; a batch or `out` that is NULL is a `FAULT`.
/// Threads: any, with a batch of their own. Errors: `client.misuse`, as a `FAULT`.
///
/// # Safety
/// `settings` must point to `settings_len` bytes, and `out` to room for a pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn redlatch_doctor_new(
    settings: *const u8,
    settings_len: usize,
    from_env: bool,
    read_only: bool,
    batch: Option<&mut Batch>,
    out: *mut *mut Doctor,
) -> Bytes {
    guard(batch, |_| {
        if out.is_null() {
            return Err(misuse("out is NULL"));
        }
        // SAFETY: the caller vouches for the bytes.
        let settings = Secret::new(unsafe { text(settings, settings_len) }?);
        let doctor = Doctor {
            settings,
            from_env,
            expected: Expected { read_only },
            provided: Mutex::default(),
            cancelled: AtomicBool::new(false),
        };
        // SAFETY: not NULL, and the caller vouches for the room.
        unsafe { out.write(Box::into_raw(Box::new(doctor))) };
        Ok(())
    })
}

/// What a provider gave for a material that the settings leave to one; `parts` are packed as
/// `redlatch_client_supply` takes them.
///
/// Ownership: the bytes are borrowed for the call, the view belongs to the batch.
/// NULL: bytes may be NULL if there are none; a doctor or batch that is NULL is a `FAULT`.
/// Threads: any, with a batch of their own. Errors: `client.misuse`, as a `FAULT`.
///
/// # Safety
/// `parts` must point to `parts_len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn redlatch_doctor_provide(
    doctor: Option<&Doctor>,
    batch: Option<&mut Batch>,
    code: u16,
    parts: *const u8,
    parts_len: usize,
) -> Bytes {
    // SAFETY: the caller vouches for the bytes.
    provide(doctor, batch, code, |_| Ok(Ok(split(unsafe { slice(parts, parts_len) }?)?)))
}

/// Why a provider gave nothing; `why` is shown in the report, so it must hold no secret.
///
/// Ownership: the bytes are borrowed for the call, the view belongs to the batch.
/// NULL: bytes may be NULL if there are none; a doctor or batch that is NULL is a `FAULT`.
/// Threads: any, with a batch of their own. Errors: `client.misuse`, as a `FAULT`.
///
/// # Safety
/// `why` must point to `why_len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn redlatch_doctor_provide_failed(
    doctor: Option<&Doctor>,
    batch: Option<&mut Batch>,
    code: u16,
    why: *const u8,
    why_len: usize,
) -> Bytes {
    // SAFETY: the caller vouches for the bytes.
    provide(doctor, batch, code, |kind| Ok(Err(kind.unavailable(unsafe { text(why, why_len) }?))))
}

/// Makes the examination and waits for it; a `TEXT` record, JSON, as `redlatch doctor --json` prints
/// it. It takes as long as the settings allow each step.
///
/// Ownership: the view belongs to the batch. NULL: a `FAULT`. Threads: any, with a batch of their
/// own. Errors: `client.misuse`, as a `FAULT`; all others are what it finds.
#[unsafe(no_mangle)]
pub extern "C" fn redlatch_doctor_examine(
    doctor: Option<&Doctor>,
    batch: Option<&mut Batch>,
) -> Bytes {
    guard(batch, |batch| {
        let doctor = doctor.ok_or_else(|| misuse("the doctor is NULL"))?;
        let settings = String::from_utf8_lossy(doctor.settings.expose());
        let mut goes_on = || !doctor.cancelled.load(Ordering::Relaxed);
        let asked = Asked {
            expected: doctor.expected,
            provided: doctor.provided.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            goes_on: Some(&mut goes_on),
            ..Asked::default()
        };
        let report = examine_document(&settings, doctor.from_env, asked);
        batch.text(&report.to_json());
        Ok(())
    })
}

/// Ends an examination that another thread waits for: it finds `client.cancelled`.
///
/// Ownership: borrowed. NULL: fine. Threads: any, before the doctor is freed. Errors: none.
#[unsafe(no_mangle)]
pub extern "C" fn redlatch_doctor_cancel(doctor: Option<&Doctor>) {
    quiet(|| {
        if let Some(doctor) = doctor {
            doctor.cancelled.store(true, Ordering::Relaxed);
        }
    });
}

/// Frees a doctor. NULL is fine.
///
/// Ownership: takes the doctor; call it once. NULL: fine. Threads: any, after all calls of others
/// have returned. Errors: none.
#[unsafe(no_mangle)]
pub extern "C" fn redlatch_doctor_free(doctor: Option<Box<Doctor>>) {
    quiet(|| drop(doctor));
}

fn provide(
    doctor: Option<&Doctor>,
    batch: Option<&mut Batch>,
    code: u16,
    given: impl FnOnce(MaterialKind) -> Result<Result<Vec<Secret>>>,
) -> Bytes {
    guard(batch, |_| {
        let doctor = doctor.ok_or_else(|| misuse("the doctor is NULL"))?;
        let kind = material(code)?;
        let given = given(kind)?;
        let mut provided = doctor.provided.lock().unwrap_or_else(PoisonError::into_inner);
        provided.retain(|(known, _)| *known != kind);
        provided.push((kind, given));
        Ok(())
    })
}
