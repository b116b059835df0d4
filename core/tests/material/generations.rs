//! What becomes a generation, what is refused, and who hears of it.

use std::sync::Arc;

use redlatch_core::{Code, EventKind, Materials, config::Source, material::Look};

use crate::{
    Bench, heard, kinds, listener,
    world::{certs::Ca, disk::Disk, seconds, start},
};

#[test]
fn the_first_load_is_a_generation_like_any_other() {
    let mut bench = Bench::new(&[("/a", "one")]);
    assert_eq!(bench.material.current().unwrap_err().code(), Code::TrustUnreadable);
    let before = bench.material.revision();
    bench.poll(Look::WhenDue);
    bench.assert_current(1, "one");
    assert_ne!(bench.material.revision(), before);
    bench.disk.write("/a", "two");
    bench.advance(10.0);
    bench.assert_current(2, "two");
    assert_eq!(bench.material.current().unwrap().since, bench.now.wall);
}

#[test]
fn bad_content_never_replaces_good() {
    for (bad, code) in [("", Code::TrustEmpty), ("bad", Code::TrustMalformed)] {
        let mut bench = Bench::new(&[("/a", "one")]);
        bench.poll(Look::WhenDue);
        bench.disk.write("/a", bad);
        bench.advance(60.0);
        bench.assert_current(1, "one");
        assert_eq!(bench.refused(), Some(code));
        // Its repair is no news: what is in force is what is published.
        let revision = bench.material.revision();
        bench.disk.write("/a", "one");
        bench.advance(10.0);
        bench.assert_current(1, "one");
        assert_eq!((bench.refused(), bench.material.revision()), (None, revision));
        // And the same refusal after it is one.
        bench.disk.write("/a", bad);
        bench.advance(60.0);
        assert_eq!(bench.refused(), Some(code));
    }
}

#[test]
fn files_that_cannot_be_read() {
    let mut bench = Bench::new(&[("/a", "one")]);
    bench.poll(Look::WhenDue);
    bench.disk.remove("/a");
    bench.advance(60.0);
    bench.assert_current(1, "one");
    assert_eq!(bench.refused(), Some(Code::TrustUnreadable));
    bench.disk.write("/a", "two");
    bench.advance(11.0);
    bench.assert_current(2, "two");
    let mut missing = Bench::of(Source::Files(vec!["/none".into()]));
    missing.advance(60.0);
    let error = missing.material.current().unwrap_err();
    assert_eq!(error.code(), Code::TrustUnreadable);
    assert!(error.evidence().contains(&("path", "/none".to_owned())));
}

/// A writer that truncates first is seen in the middle: nobody is alarmed unless it stays so.
#[test]
fn a_half_written_file_is_read_again_before_anybody_is_alarmed() {
    let mut bench = Bench::new(&[("/a", "one")]);
    bench.poll(Look::WhenDue);
    bench.disk.write("/a", "");
    bench.advance(10.0);
    assert_eq!(bench.refused(), None);
    bench.disk.write("/a", "two");
    bench.advance(0.2);
    bench.assert_current(2, "two");
    assert_eq!(bench.refused(), None);
    bench.disk.write("/a", "bad");
    bench.advance(10.2);
    assert_eq!(bench.refused(), Some(Code::TrustMalformed));
}

#[test]
fn parts_of_one_material_are_of_one_moment() {
    let mut bench = Bench::new(&[("/cert", "cert one"), ("/key", "key one")]);
    // The whole pair is replaced between the two reads.
    bench.disk.replace_after_read("/cert", "cert two");
    bench.disk.write("/key", "key two");
    bench.poll(Look::WhenDue);
    let current = bench.material.current().unwrap();
    assert_eq!(current.value, ["cert two", "key two"]);
    // One that changes at each read is left alone for a moment.
    bench.disk.write("/key", "key three");
    for round in 0..3 {
        bench.disk.replace_after_read("/cert", format!("cert three {round}"));
    }
    bench.advance(10.0);
    assert_eq!((bench.current().0, bench.refused()), (1, None));
    bench.advance(0.2);
    assert_eq!(bench.material.current().unwrap().value, ["cert three 2", "key three"]);
}

/// What the clock decides may become good as it stands.
#[test]
fn what_is_only_early_is_tried_again() {
    let mut files = Bench::new(&[("/a", "late")]);
    let mut bytes = Bench::of(Source::Bytes(vec![redlatch_core::Secret::new("late")]));
    for bench in [&mut files, &mut bytes] {
        bench.poll(Look::WhenDue);
        assert_eq!(bench.material.current().unwrap_err().code(), Code::TrustExpired);
        bench.advance(30.0);
        let revision = bench.material.revision();
        bench.advance(20.0);
        // Told once, though its evidence holds the time.
        assert_eq!(bench.material.revision(), revision);
        bench.advance(20.0);
        bench.assert_current(1, "late");
    }
}

#[test]
fn refusals_are_told_once() {
    let (disk, ca) = (Arc::new(Disk::default()), Ca::new("A"));
    let materials = Materials::new(disk.clone());
    let settings = [("host", "redis.test"), ("ca_file", "/ca.pem")];
    disk.write("/ca.pem", &ca.pem);
    let mut now = start();
    let mut client = listener(&materials, &settings, now);
    let mut step = |client: &mut _, by| {
        now.monotonic += seconds(by);
        now.wall += seconds(by);
        heard(client, now)
    };
    let events = step(&mut client, 0.0);
    assert_eq!(kinds(&events), [EventKind::Rotation]);
    assert_eq!(events[0].field("sha256"), Some(ca.sha256.as_str()));
    disk.write("/ca.pem", "");
    let told: Vec<_> = (0..200).flat_map(|_| step(&mut client, 1.0)).collect();
    assert_eq!(kinds(&told), [EventKind::Rejected]);
    assert_eq!(told[0].field("kept_generation"), Some("1"));
    assert_eq!(told[0].field("code"), Some("trust.empty"));
    // Another reason is news.
    disk.write("/ca.pem", "-----BEGIN CERTIFICATE-----");
    let told: Vec<_> = (0..200).flat_map(|_| step(&mut client, 1.0)).collect();
    assert_eq!(told[0].field("code"), Some("trust.malformed"));
    assert_eq!(told.len(), 1);
}
