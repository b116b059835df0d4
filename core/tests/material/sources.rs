//! Content that does not come from files: bytes, the host, the system's store.

use redlatch_core::{
    Code, Materials, Secret,
    config::Source,
    material::{Look, NoFiles},
};

use crate::{
    Bench, heard, kinds, listener,
    world::{certs::Ca, config, disk::Disk, start},
};

fn bytes(text: &str) -> Vec<Secret> {
    vec![Secret::new(text)]
}

#[test]
fn bytes_are_loaded_once() {
    let mut bench = Bench::of(Source::Bytes(bytes("one")));
    assert!(bench.material.next_poll().is_some());
    bench.advance(100.0);
    bench.assert_current(1, "one");
    assert_eq!(bench.material.next_poll(), None);
    let mut bad = Bench::of(Source::Bytes(bytes("bad")));
    bad.advance(100.0);
    assert_eq!((bad.refused(), bad.material.next_poll()), (Some(Code::TrustMalformed), None));
}

#[test]
fn a_host_supplies_generations() {
    let mut bench = Bench::new(&[("/a", "one")]);
    bench.poll(Look::WhenDue);
    bench.material.supply(bytes("two"), bench.now).unwrap();
    bench.assert_current(2, "two");
    // From now on the host is the source.
    bench.disk.write("/a", "three");
    bench.advance(600.0);
    bench.assert_current(2, "two");
    let revision = bench.material.revision();
    bench.material.supply(bytes("two"), bench.now).unwrap();
    assert_eq!((bench.current().0, bench.material.revision()), (2, revision));
    // It may come before anything was loaded.
    let early = Bench::of(Source::Files(vec!["/none".into()]));
    early.material.supply(bytes("one"), early.now).unwrap();
    early.assert_current(1, "one");
}

/// A host that errs changes nothing: not the generation in force, and not where it comes from.
#[test]
fn a_supply_that_is_refused() {
    let mut bench = Bench::new(&[("/a", "one")]);
    bench.poll(Look::WhenDue);
    for _ in 0..2 {
        let error = bench.material.supply(bytes("bad"), bench.now).unwrap_err();
        assert_eq!(error.code(), Code::TrustMalformed);
    }
    bench.assert_current(1, "one");
    assert_eq!(bench.refused(), Some(Code::TrustMalformed));
    bench.disk.write("/a", "two");
    bench.advance(10.0);
    bench.assert_current(2, "two");
    assert_eq!(bench.refused(), None);
}

#[test]
fn the_systems_store_is_read_once() {
    let mut bench = Bench::of(Source::System);
    bench.disk.set_roots(Some(vec![b"root".to_vec()]));
    bench.advance(600.0);
    bench.assert_current(1, "root");
    assert_eq!(bench.disk.roots_read(), 1);
    bench.disk.set_roots(Some(vec![b"other".to_vec()]));
    bench.poll(Look::Now);
    bench.assert_current(1, "root");
    bench.poll(Look::Reread);
    bench.assert_current(2, "other");
}

#[test]
fn a_store_that_is_missing_is_not_read_at_each_tick() {
    let mut bench = Bench::of(Source::System);
    for _ in 0..1000 {
        bench.advance(0.05);
        bench.poll(Look::WhenDue);
    }
    assert!(bench.disk.roots_read() < 20, "{} reads", bench.disk.roots_read());
    assert_eq!(bench.refused(), Some(Code::TrustUnreadable));
    bench.disk.set_roots(Some(vec![b"root".to_vec()]));
    bench.advance(10.0);
    bench.assert_current(1, "root");
}

/// What cannot be used is left out of the system's store, and nothing else.
#[test]
fn the_store_with_a_certificate_that_cannot_be_used() {
    let disk = std::sync::Arc::new(Disk::default());
    let ca = Ca::new("A");
    disk.set_roots(Some(vec![b"rubbish".to_vec(), ca.der().to_vec()]));
    let materials = Materials::new(disk.clone());
    let mut client = listener(&materials, &[("host", "a.test"), ("tls", "true")], start());
    let events = heard(&mut client, start());
    assert_eq!(events[0].field("sha256"), Some(ca.sha256.as_str()), "{:?}", kinds(&events));
}

#[test]
fn a_host_without_files() {
    let materials = Materials::new(std::sync::Arc::new(NoFiles));
    let settings = [("host", "a.test"), ("ca_file", "/ca.pem")];
    let mut client = listener(&materials, &settings, start());
    let events = heard(&mut client, start());
    assert_eq!(events[0].field("code"), Some("trust.unreadable"));
    let trust = client.profile().trust().unwrap().clone();
    trust.supply(bytes(&Ca::new("A").pem), start()).unwrap();
    assert_eq!(trust.current().unwrap().number, 1);
    assert!(config(&settings).tls.is_some());
}
