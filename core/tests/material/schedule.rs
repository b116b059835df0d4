//! When files are looked at: seldom, and by one client for all.

use std::{sync::Arc, time::Duration};

use redlatch_core::{EventKind, Materials, material::Look};

use crate::{
    Bench, heard, kinds, listener,
    world::{certs::Ca, disk::Disk, start},
};

#[test]
fn an_unchanged_file_costs_a_stat_per_interval() {
    let mut bench = Bench::new(&[("/cert", "c"), ("/key", "k")]);
    bench.poll(Look::WhenDue);
    bench.disk.looks();
    for _ in 0..100 {
        bench.poll(Look::WhenDue);
    }
    assert_eq!(bench.disk.looks(), (0, 0));
    bench.advance(100.0);
    assert_eq!(bench.disk.looks(), (20, 0));
    // Before a connection, whatever the interval says.
    bench.poll(Look::Now);
    assert_eq!(bench.disk.looks(), (2, 0));
    bench.poll(Look::Reread);
    assert_eq!(bench.disk.looks(), (4, 2));
    bench.assert_current(1, "c");
}

#[test]
fn content_is_compared_every_five_minutes() {
    let mut bench = Bench::new(&[("/a", "one")]);
    bench.poll(Look::WhenDue);
    bench.disk.write_unseen("/a", "two");
    bench.advance(290.0);
    bench.assert_current(1, "one");
    bench.advance(20.0);
    bench.assert_current(2, "two");
    bench.disk.looks();
    bench.advance(600.0);
    assert_eq!(bench.disk.looks().1, 2);
}

/// A file that stays bad is not read for ever at the pace of its first refusal.
#[test]
fn a_bad_file_is_read_ever_more_seldom() {
    let mut bench = Bench::new(&[("/a", "one")]);
    bench.poll(Look::WhenDue);
    bench.disk.write("/a", "bad");
    bench.disk.looks();
    bench.advance(290.0);
    let (_, reads) = bench.disk.looks();
    assert!(reads <= 5, "{reads} reads");
    bench.disk.remove("/a");
    bench.disk.looks();
    bench.advance(290.0);
    let (stats, _) = bench.disk.looks();
    assert!(stats <= 50, "{stats} stats");
}

#[test]
fn a_reread_notices_what_the_stamp_does_not_tell() {
    let bench = Bench::new(&[("/a", "one")]);
    bench.poll(Look::WhenDue);
    bench.disk.write_unseen("/a", "two");
    bench.poll(Look::Now);
    bench.assert_current(1, "one");
    bench.poll(Look::Reread);
    bench.assert_current(2, "two");
}

#[test]
fn clients_of_one_file_share_it() {
    let (disk, ca) = (Arc::new(Disk::default()), Ca::new("A"));
    let materials = Materials::new(disk.clone());
    disk.write("/ca.pem", &ca.pem);
    disk.write("/secret", "a secret");
    let settings = [("host", "redis.test"), ("ca_file", "/ca.pem"), ("password_file", "/secret")];
    let mut now = start();
    let mut clients: Vec<_> = (0..50).map(|_| listener(&materials, &settings, now)).collect();
    let told: Vec<_> = clients.iter_mut().map(|client| kinds(&heard(client, now))).collect();
    assert_eq!(disk.looks(), (4, 2));
    assert!(told.iter().all(|kinds| *kinds == [EventKind::Rotation; 2]), "{told:?}");
    for _ in 0..10 {
        now.monotonic += Duration::from_secs(10);
        now.wall += Duration::from_secs(10);
        assert!(clients.iter_mut().all(|client| heard(client, now).is_empty()));
    }
    assert_eq!(disk.looks(), (20, 0));
    // Another interval, another poll.
    let other = [&settings[..], &[("poll_interval", "3")]].concat();
    heard(&mut listener(&materials, &other, now), now);
    assert_eq!(disk.looks().1, 2);
}

/// A material lives as long as its clients.
#[test]
fn materials_without_clients_are_forgotten() {
    let (disk, ca) = (Arc::new(Disk::default()), Ca::new("A"));
    let materials = Materials::new(disk.clone());
    disk.write("/ca.pem", &ca.pem);
    let settings = [("host", "redis.test"), ("ca_file", "/ca.pem")];
    for _ in 0..3 {
        disk.looks();
        heard(&mut listener(&materials, &settings, start()), start());
        assert_eq!(disk.looks().1, 1);
    }
}
