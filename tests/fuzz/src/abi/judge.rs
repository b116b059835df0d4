//! What judges clients from outside: health, metrics, and the doctor.

use std::ptr;

use redlatch_c::*;

use super::{script::Step, server};

#[derive(Default)]
pub(super) struct Judge {
    doctor: Option<Box<Doctor>>,
    /// Settings of the fuzzer's own may name hosts and commands: they are not acted upon.
    is_known: bool,
    /// It waits for a server: once will do.
    has_examined: bool,
}

impl Judge {
    pub(super) fn call(&mut self, step: &Step<'_>, batch: Option<&mut Batch>) -> Bytes {
        let text = step.rest();
        let (data, length) = match step.bytes() {
            null if null.0.is_null() => null,
            _ => (text.as_ptr(), text.len()),
        };
        let doctor = self.doctor.as_deref().filter(|_| step.handles & 8 == 0);
        let material = u16::from(step.first() / 8 % 6);
        // SAFETY: pointers are good or NULL.
        unsafe {
            match step.first() % 8 {
                0 => redlatch_health_plan(batch),
                1 => redlatch_expose_metrics(data, length, batch),
                2 => {
                    let mut halves = text.splitn(2, |byte| *byte == b'\n');
                    let status = halves.next().unwrap_or_default();
                    let outcome = halves.next().unwrap_or_default();
                    redlatch_judge_health(
                        status.as_ptr(),
                        status.len(),
                        outcome.as_ptr(),
                        outcome.len(),
                        step.handles & 8 != 0,
                        batch,
                    )
                }
                3 => self.admit(step, batch),
                4 => redlatch_doctor_provide(doctor, batch, material, data, length),
                5 => redlatch_doctor_provide_failed(doctor, batch, material, data, length),
                6 if self.is_known && !self.has_examined => {
                    self.has_examined = true;
                    redlatch_doctor_examine(doctor, batch)
                }
                _ => {
                    redlatch_doctor_cancel(doctor);
                    redlatch_doctor_examine(None, batch)
                }
            }
        }
    }

    pub(super) fn end(self) {
        redlatch_doctor_free(self.doctor);
    }

    /// Another doctor.
    fn admit(&mut self, step: &Step<'_>, batch: Option<&mut Batch>) -> Bytes {
        let known = format!(r#"{{"url":"{}"}}"#, server::settings());
        let is_known = step.handles & 8 == 0;
        let (data, length) = if is_known { (known.as_ptr(), known.len()) } else { step.bytes() };
        let mut given = ptr::null_mut();
        let out = if step.handles & 0xe0 == 0xe0 { ptr::null_mut() } else { &raw mut given };
        // SAFETY: pointers are good or NULL.
        let view = unsafe { redlatch_doctor_new(data, length, false, is_known, batch, out) };
        if !given.is_null() {
            // SAFETY: it succeeded, so this is ours.
            let doctor = unsafe { Box::from_raw(given) };
            redlatch_doctor_free(self.doctor.replace(doctor));
            self.is_known = is_known;
        }
        view
    }
}
