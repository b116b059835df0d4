//! `redlatch bundle watch`: each rotation is told, and what is bad does not replace what is good.

use std::fs;
use std::os::unix::fs::symlink;

use crate::program::{Folder, Running, ca, subjects};

const FAST: &[&str] = &["--json", "--interval", "50ms"];

fn follow(file: &str, more: &[&str]) -> Running {
    Running::start(&[&["bundle", "watch", file], FAST, more].concat())
}

#[test]
fn rotations_and_rejections_are_told() {
    let folder = Folder::new();
    let (old, new) = (ca("old", 2040), ca("new", 2041));
    let file = folder.write("ca.pem", &old);
    let mut watch = follow(&file, &[]);
    let first = watch.next(|line| line["kind"] == "rotation");
    assert_eq!(
        (&first["generation"], subjects(&first["difference"]["added"])),
        (&"1".into(), vec!["CN=old"])
    );

    folder.replace("ca.pem", format!("{old}{new}"));
    let second = watch.next(|line| line["kind"] == "rotation");
    assert_eq!(second["generation"], "2");
    assert_eq!(subjects(&second["difference"]["added"]), ["CN=new"]);
    assert_eq!(subjects(&second["difference"]["kept"]), ["CN=old"]);

    folder.replace("ca.pem", &new[..200]);
    let rejected = watch.next(|line| line["kind"] == "rejected");
    assert_eq!(
        (&rejected["code"], &rejected["kept_generation"]),
        (&"trust.malformed".into(), &"2".into())
    );

    folder.replace("ca.pem", &new);
    let third = watch.next(|line| line["kind"] == "rotation");
    assert_eq!(third["generation"], "3");
    assert_eq!(subjects(&third["difference"]["removed"]), ["CN=old"]);
    assert_eq!(watch.end("-INT"), (Some(0), vec![]));
}

#[test]
fn a_volume_of_kubernetes_is_followed_and_a_command_runs() {
    let folder = Folder::new();
    let publish = |generation: &str, content: &str| {
        fs::create_dir(folder.path(generation)).expect("a folder");
        folder.write(&format!("{generation}/ca.pem"), content);
        symlink(generation, folder.path("..next")).expect("a link");
        fs::rename(folder.path("..next"), folder.path("..data")).expect("a rename");
    };
    let (old, new) = (ca("old", 2040), ca("new", 2041));
    publish("..1", &old);
    symlink("..data/ca.pem", folder.path("ca.pem")).expect("a link");
    let note = folder.path("note");
    // Tells its generation where the test sees it, in one step.
    let script = format!("echo $REDLATCH_GENERATION > {note}.new; mv {note}.new {note}");
    let file = folder.path("ca.pem");
    let mut watch = follow(&file, &["--", "/bin/sh", "-c", &script]);
    watch.next(|line| line["generation"] == "1");
    publish("..2", &new);
    let second = watch.next(|line| line["kind"] == "rotation");
    assert_eq!(subjects(&second["difference"]["added"]), ["CN=new"]);
    // The next line comes after the command of the last one.
    publish("..3", &old);
    watch.next(|line| line["generation"] == "3");
    assert!(matches!(fs::read_to_string(&note).expect("a note").trim(), "2" | "3"));
    assert_eq!(watch.end("-TERM").0, Some(0));
}

#[test]
fn a_ca_that_is_about_to_expire_is_told() {
    let folder = Folder::new();
    let mut params = rcgen::CertificateParams::default();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    params.not_after = time::OffsetDateTime::now_utc() + time::Duration::days(5);
    let key = rcgen::KeyPair::generate().expect("a key");
    let soon = params.self_signed(&key).expect("a certificate").pem();
    let mut watch = follow(&folder.write("ca.pem", soon), &[]);
    let expiring = watch.next(|line| line["kind"] == "expiring");
    assert_eq!(expiring["material"], "trust");
}
