//! Folders of certificates, volumes of Kubernetes, and single files that never change.

use std::sync::Arc;

use redlatch_core::{
    Code, EventKind, Materials, Profile, Role,
    config::Source,
    material::{Kind, Look, Material},
};

use crate::{
    Bench, PACE, heard, kind, kinds, listener,
    world::{certs::Ca, config, disk::Disk, start},
};

fn folder(files: &[(&str, &str)]) -> Bench {
    let disk = Arc::new(Disk::default());
    for (path, content) in files {
        disk.write(path, content);
    }
    let kind = Kind { folders: true, ..kind() };
    let source = Source::Files(vec!["/cas".into()]);
    let material = Material::new(kind, source, disk.clone(), PACE);
    Bench { disk, material, now: start() }
}

fn parts(bench: &Bench) -> Vec<String> {
    bench.material.current().unwrap().value.clone()
}

#[test]
fn a_folder_is_read_by_ending_and_in_order() {
    let bench = folder(&[
        ("/cas/b.crt", "b"),
        ("/cas/a.pem", "a"),
        ("/cas/5ed36f99.0", "hashed"),
        ("/cas/c.cer", "c"),
        ("/cas/d.crl", "d"),
        ("/cas/.hidden.pem", "no"),
        ("/cas/README", "no"),
        ("/cas/tls.key", "no"),
        ("/cas/a.pem.bak", "no"),
    ]);
    bench.poll(Look::WhenDue);
    assert_eq!(parts(&bench), ["hashed", "a", "b", "c", "d"]);
}

#[test]
fn files_come_to_a_folder_and_go() {
    let mut bench = folder(&[("/cas/a.pem", "a")]);
    bench.poll(Look::WhenDue);
    bench.disk.write("/cas/b.pem", "b");
    bench.advance(10.0);
    assert_eq!(parts(&bench), ["a", "b"]);
    bench.disk.remove("/cas/a.pem");
    bench.advance(10.0);
    assert_eq!(parts(&bench), ["b"]);
    bench.disk.looks();
    bench.advance(100.0);
    assert_eq!(bench.disk.looks(), (20, 0), "the folder and its file, once each time");
    // Emptied: what was good stays.
    bench.disk.write("/cas/README", "nothing");
    bench.disk.remove("/cas/b.pem");
    bench.advance(60.0);
    assert_eq!(
        (parts(&bench), bench.refused()),
        (vec!["b".to_owned()], Some(Code::TrustUnreadable))
    );
}

/// One file of several may grow old; a broken one is no reason to trust less.
#[test]
fn several_files_are_one_bundle() {
    let (disk, a, b) = (Arc::new(Disk::default()), Ca::new("A"), Ca::new("B"));
    let old = Ca::until("O", crate::world::certs::EPOCH - 10);
    let materials = Materials::new(disk.clone());
    disk.write("/a.pem", &a.pem);
    disk.write("/more/b.pem", [b.pem.as_str(), &a.pem].concat());
    disk.write("/more/old.pem", &old.pem);
    let settings = [("host", "a.test"), ("ca_files", "/a.pem,/more"), ("poll_interval", "1")];
    let mut client = listener(&materials, &settings, start());
    let events = heard(&mut client, start());
    assert_eq!(kinds(&events), [EventKind::Rotation]);
    assert_eq!(events[0].field("certificates"), Some("2"));
    disk.write("/more/b.pem", "half of a");
    let mut now = start();
    let mut told = Vec::new();
    for _ in 0..5 {
        now = crate::world::later(now, 1.0);
        told.extend(heard(&mut client, now));
    }
    assert_eq!(kinds(&told), [EventKind::Rejected]);
    let evidence = client.profile().trust().unwrap().last_error().unwrap();
    assert!(evidence.to_string().contains("file_number=2"), "{evidence}");
}

/// A volume with everything in it, in two generations.
fn volume() -> (Arc<Disk>, [Ca; 2], Profile) {
    let (disk, cas) = (Arc::new(Disk::default()), [Ca::new("A"), Ca::new("B")]);
    for (number, ca) in cas.iter().enumerate() {
        let leaf = ca.client();
        let folder = format!("/v/..{number}");
        disk.write(&format!("{folder}/ca.pem"), &ca.pem);
        disk.write(&format!("{folder}/tls.crt"), &leaf.cert_pem);
        disk.write(&format!("{folder}/tls.key"), &leaf.key_pem);
        disk.write(&format!("{folder}/password"), format!("secret-{number}-secret"));
    }
    disk.swap("/v", "..0");
    let settings = config(&[
        ("host", "a.test"),
        ("ca_file", "/v/ca.pem"),
        ("cert_file", "/v/tls.crt"),
        ("key_file", "/v/tls.key"),
        ("password_file", "/v/password"),
        ("poll_interval", "1"),
    ]);
    let profile = Profile::new(settings, &Materials::new(disk.clone())).unwrap();
    (disk, cas, profile)
}

#[test]
fn a_volume_is_of_one_generation() {
    let (disk, cas, profile) = volume();
    // Swapped after the first file was read: CA, certificate and password must not be mixed.
    disk.swap_while_reading("/v", "..1");
    let profile = Arc::new(profile);
    let mut client = redlatch_core::Client::new(profile.clone(), Role::Shared, 1, start());
    heard(&mut client, start());
    let trust = profile.trust().unwrap().current().unwrap();
    assert_eq!(trust.value.all()[0].certificate.sha256_hex(), cas[1].sha256);
    let identity = profile.identity().unwrap().current().unwrap();
    assert_eq!((trust.number, identity.number), (2, 2), "first the old ones, then the new ones");
    assert_eq!(profile.credentials().unwrap().material.current().unwrap().number, 2);
    // Each file costs one stat per interval, as anywhere.
    disk.looks();
    for second in 1..=10 {
        heard(&mut client, crate::world::later(start(), f64::from(second)));
    }
    assert_eq!(disk.looks(), (40, 0));
}

#[test]
fn a_single_mounted_file_never_changes() {
    let (disk, ca) = (Arc::new(Disk::default()), Ca::new("A"));
    disk.write("/mounted/ca.pem", &ca.pem);
    disk.mount_file("/mounted/ca.pem");
    let materials = Materials::new(disk);
    let settings = [("host", "a.test"), ("ca_file", "/mounted/ca.pem")];
    let mut client = listener(&materials, &settings, start());
    let events = heard(&mut client, start());
    assert_eq!(kinds(&events), [EventKind::Rotation, EventKind::Warning]);
    assert!(events[1].field("text").unwrap().contains("subPath"), "{:?}", events[1]);
    assert!(heard(&mut client, crate::world::later(start(), 10.0)).is_empty(), "said once");
}
