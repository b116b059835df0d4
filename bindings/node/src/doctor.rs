//! The doctor, in a thread of Node's pool: a promise of its report.

use std::{
    ffi::c_void,
    panic::{AssertUnwindSafe, catch_unwind},
    ptr,
};

use napi_sys as sys;
use redlatch::{
    Error,
    core::{MaterialKind, Secret},
    doctor::{Asked, Expected, examine_document},
};

use crate::{
    call::Call,
    error::{Result, misuse},
    primitive::Values,
};

/// An examination under way.
struct Examination {
    settings: Secret,
    from_env: bool,
    expected: Expected,
    provided: Vec<(MaterialKind, Result<Vec<Secret>>)>,
    report: Option<String>,
    deferred: sys::napi_deferred,
    work: sys::napi_async_work,
}

/// `examine(settings, fromEnv, readOnly, provided)`: a promise of the report, as JSON. `provided`
/// holds `Uint8Array`s: for each material its name, and how many parts follow, or `-` before the
/// text that says why there are none.
pub(crate) fn examine(call: &Call) -> Result<sys::napi_value> {
    let examination = Box::new(Examination {
        settings: Secret::new(call.text(0)?),
        from_env: call.flag(1)?,
        expected: Expected { read_only: call.flag(2)? },
        provided: provided(call.parts(3)?)?,
        report: None,
        deferred: ptr::null_mut(),
        work: ptr::null_mut(),
    });
    let name = Values::bare(call.env).text(b"redlatch doctor");
    let (mut promise, examination) = (ptr::null_mut(), Box::into_raw(examination));
    // SAFETY: the box lives until `complete`, which takes it back, and nobody else uses it after it
    // was queued; if it cannot be queued it is taken back here.
    unsafe {
        let made =
            sys::napi_create_promise(call.env, &raw mut (*examination).deferred, &mut promise);
        let created = sys::napi_create_async_work(
            call.env,
            ptr::null_mut(),
            name,
            Some(execute),
            Some(complete),
            examination.cast(),
            &raw mut (*examination).work,
        );
        let all_well = made == sys::Status::napi_ok
            && created == sys::Status::napi_ok
            && sys::napi_queue_async_work(call.env, (*examination).work) == sys::Status::napi_ok;
        if !all_well {
            drop(Box::from_raw(examination));
            return Err(misuse("the environment is about to end"));
        }
    }
    Ok(promise)
}

fn provided(parts: Vec<Secret>) -> Result<Vec<(MaterialKind, Result<Vec<Secret>>)>> {
    let (mut found, mut parts) = (Vec::new(), parts.into_iter());
    let text = |part: Option<Secret>| {
        let part = part.ok_or_else(|| misuse("a provided material is cut off"))?;
        Ok::<_, Error>(String::from_utf8_lossy(part.expose()).into_owned())
    };
    while let Some(name) = parts.next() {
        let kind = MaterialKind::parse(&text(Some(name))?)?;
        let given = match text(parts.next())?.parse::<usize>() {
            Ok(count) => Ok(parts.by_ref().take(count).collect()),
            Err(_) => Err(kind.unavailable(&text(parts.next())?)),
        };
        found.push((kind, given));
    }
    Ok(found)
}

unsafe extern "C" fn execute(_: sys::napi_env, examination: *mut c_void) {
    // SAFETY: the box that `examine` queued, used by this thread alone until `complete`.
    let examination = unsafe { &mut *examination.cast::<Examination>() };
    let made = catch_unwind(AssertUnwindSafe(|| {
        let settings = String::from_utf8_lossy(examination.settings.expose());
        let asked = Asked {
            expected: examination.expected,
            provided: std::mem::take(&mut examination.provided),
            ..Asked::default()
        };
        examine_document(&settings, examination.from_env, asked).to_json()
    }));
    examination.report = made.ok();
}

unsafe extern "C" fn complete(env: sys::napi_env, _: sys::napi_status, examination: *mut c_void) {
    // SAFETY: the box that `examine` gave away, handed back once.
    let examination = unsafe { Box::from_raw(examination.cast::<Examination>()) };
    let values = Values::bare(env);
    // SAFETY: promise and work are those of this examination; an environment that ends refuses them.
    unsafe {
        match &examination.report {
            Some(report) => {
                let report = values.text(report.as_bytes());
                sys::napi_resolve_deferred(env, examination.deferred, report);
            }
            None => {
                let why = values.text(b"internal.panic");
                sys::napi_reject_deferred(env, examination.deferred, why);
            }
        }
        sys::napi_delete_async_work(env, examination.work);
    }
}
