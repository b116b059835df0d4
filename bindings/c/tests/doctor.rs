//! The doctor as a host sees it.
#![expect(clippy::unwrap_used, reason = "a test")]

mod host;

use std::{net::TcpListener, ptr, thread};

use host::*;
use redlatch_c::*;

fn prepare(settings: &str, batch: &mut Batch) -> Box<Doctor> {
    let mut doctor = ptr::null_mut();
    // SAFETY: the bytes and the room are those of this function.
    let view = unsafe {
        redlatch_doctor_new(
            settings.as_ptr(),
            settings.len(),
            false,
            false,
            Some(batch),
            &raw mut doctor,
        )
    };
    assert!(records(view).is_empty());
    assert!(!doctor.is_null());
    // SAFETY: it was just made.
    unsafe { Box::from_raw(doctor) }
}

fn report(doctor: &Doctor, batch: &mut Batch) -> String {
    let told = records(redlatch_doctor_examine(Some(doctor), Some(batch)));
    assert_eq!((told.len(), told[0].kind), (1, REDLATCH_TEXT));
    String::from_utf8(told[0].body.clone()).unwrap()
}

#[test]
fn settings_that_cannot_be_used_are_a_finding() {
    let mut batch = Batch::default();
    for settings in [r#"{"port":"many"}"#, "no JSON"] {
        let doctor = prepare(settings, &mut batch);
        let found = report(&doctor, &mut batch);
        assert!(found.contains(r#""code":"config.invalid""#), "{found}");
        redlatch_doctor_free(Some(doctor));
    }
}

#[test]
fn what_providers_gave_is_used() {
    let mut batch = Batch::default();
    let doctor = prepare(r#"{"provide_credentials":true,"port":1}"#, &mut batch);
    let why = "the vault is sealed";
    // SAFETY: the bytes are those of the text.
    let view = unsafe {
        redlatch_doctor_provide_failed(
            Some(&doctor),
            Some(&mut batch),
            REDLATCH_CREDENTIALS,
            why.as_ptr(),
            why.len(),
        )
    };
    assert!(records(view).is_empty());
    let found = report(&doctor, &mut batch);
    assert!(found.contains("auth.unavailable") && found.contains(why), "{found}");

    let parts = [&7_u64.to_le_bytes()[..], b"hidden!"].concat();
    // SAFETY: the bytes are those of the vector.
    let view = unsafe {
        redlatch_doctor_provide(
            Some(&doctor),
            Some(&mut batch),
            REDLATCH_CREDENTIALS,
            parts.as_ptr(),
            parts.len(),
        )
    };
    assert!(records(view).is_empty());
    let found = report(&doctor, &mut batch);
    assert!(found.contains(r#""secret":"loaded""#) && !found.contains("hidden!"), "{found}");
    redlatch_doctor_free(Some(doctor));
}

#[test]
fn another_thread_ends_it() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let mut batch = Batch::default();
    let settings =
        format!(r#"{{"host":"127.0.0.1","port":{port},"tls":true,"handshake_timeout":"1h"}}"#);
    let doctor = prepare(&settings, &mut batch);
    let found = thread::scope(|scope| {
        let silence = scope.spawn(|| {
            let both = [silent.accept().unwrap(), silent.accept().unwrap()];
            redlatch_doctor_cancel(Some(&doctor));
            both
        });
        let found = report(&doctor, &mut batch);
        // Until here neither connection ends by itself.
        silence.join().unwrap();
        found
    });
    assert!(found.contains(r#""code":"client.cancelled""#), "{found}");
    redlatch_doctor_free(Some(doctor));
}

#[test]
fn a_null_is_misuse() {
    let mut batch = Batch::default();
    assert_eq!(fault(redlatch_doctor_examine(None, Some(&mut batch))), "client.misuse");
    // SAFETY: NULLs are refused.
    unsafe {
        let view = redlatch_doctor_provide(None, Some(&mut batch), 1, ptr::null(), 0);
        assert_eq!(fault(view), "client.misuse");
        let view =
            redlatch_doctor_new(ptr::null(), 0, false, false, Some(&mut batch), ptr::null_mut());
        assert_eq!(fault(view), "client.misuse");
    }
    redlatch_doctor_cancel(None);
    redlatch_doctor_free(None);
}
