//! `redlatch bundle merge`: one clean PEM, written in one step or not at all.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::process::Output;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use redlatch::read_bundle;

use crate::program::{Folder, ca, gcloud, json, redlatch, text};

fn merge(arguments: &[&str], input: &str) -> Output {
    redlatch(&[&["bundle", "merge"], arguments].concat(), input.as_bytes())
}

fn names(pem: &[u8]) -> Vec<String> {
    let bundle = read_bundle(pem).expect("a bundle");
    assert!(bundle.rejected.is_empty() && bundle.notes.is_empty(), "{bundle:?}");
    bundle.certificates.into_iter().map(|one| one.subject).collect()
}

#[test]
fn what_gcloud_prints_becomes_a_file() {
    let (old, new, gone) = (ca("old", 2040), ca("new", 2041), ca("gone", 2021));
    let output = merge(&["-"], &gcloud(&[&old, &new, &old, &gone]));
    assert!(output.status.success());
    assert_eq!(names(&output.stdout), ["CN=old", "CN=new"]);
    let told = text(output.stderr);
    assert!(told.contains("left out CN=gone: it expired on 2021-01-01"), "{told}");
    assert_eq!(told.lines().count(), 1);
    let pem = text(output.stdout);
    assert_eq!(pem.matches("# CN=new\n# not after 2041-01-01T00:00:00Z, sha256 ").count(), 1);
}

#[test]
fn the_output_may_be_an_input() {
    let folder = Folder::new();
    let (old, new) = (ca("old", 2040), ca("new", 2041));
    let file = folder.write("ca.pem", &old);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).expect("a mode");
    let link = folder.path("link.pem");
    symlink("ca.pem", &link).expect("a link");
    let output = merge(&[&file, "-", "-o", &link], &gcloud(&[&new]));
    assert!(output.status.success());
    assert_eq!(output.stdout, b"");
    assert_eq!(names(&fs::read(&file).expect("a file")), ["CN=old", "CN=new"]);
    let before = fs::metadata(&file).expect("a file");
    assert_eq!(before.mode() & 0o7777, 0o640);
    assert!(fs::symlink_metadata(&link).expect("a link").is_symlink());
    // Who watches it is not disturbed when nothing changes.
    let output = merge(&[&file, "-", "--output", &link], &gcloud(&[&new]));
    assert!(text(output.stderr).contains("already holds"));
    assert_eq!(fs::metadata(&file).expect("a file").ino(), before.ino());
    assert_eq!(folder.names(), ["ca.pem", "link.pem"]);

    let made = folder.path("made.pem");
    assert!(merge(&["-", "-o", &made], &old).status.success());
    assert_eq!(fs::metadata(&made).expect("a file").mode() & 0o7777, 0o644);
}

#[test]
fn nothing_is_written_when_an_input_is_bad() {
    let folder = Folder::new();
    let (old, new) = (ca("old", 2040), ca("new", 2041));
    let file = folder.write("ca.pem", &old);
    let key = rcgen::KeyPair::generate().expect("a key").serialize_pem();
    let with_key = format!("{new}{key}");
    let cases = [
        ("", "trust.empty"),
        (&new[..300], "trust.malformed"),
        (with_key.as_str(), "trust.private_key"),
    ];
    for (input, code) in cases {
        let output = merge(&["--json", &file, "-", "-o", &file], input);
        assert_eq!(output.status.code(), Some(1), "{code}");
        assert_eq!(output.stdout, b"");
        let error = json(&output.stderr);
        assert_eq!((&error["code"], &error["evidence"]["path"]), (&code.into(), &"-".into()));
        assert_eq!(fs::read_to_string(&file).expect("a file"), old);
    }
    let gone = ca("gone", 2021);
    let output = merge(&["--json", "-", "-o", &file], &gone);
    assert_eq!(json(&output.stderr)["code"], "trust.expired");
    assert_eq!(fs::read_to_string(&file).expect("a file"), old);
    // A pipe or a device cannot be replaced in one step.
    assert_eq!(merge(&["-", "-o", "/dev/null"], &new).status.code(), Some(1));
    assert_eq!(folder.names(), ["ca.pem"]);
}

#[test]
fn who_reads_meanwhile_never_finds_half_a_bundle() {
    let folder = Folder::new();
    let many: Vec<_> = (0..40).map(|number| ca(&format!("CA {number}"), 2040)).collect();
    let (few, all) = (folder.write("few.pem", &many[0]), folder.write("all.pem", many.concat()));
    let file = folder.path("ca.pem");
    assert!(merge(&[&few, "-o", &file], "").status.success());
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut sizes = [0; 2];
            while !done.load(Ordering::Relaxed) {
                match names(&fs::read(&file).expect("always a file")).len() {
                    1 => sizes[0] += 1,
                    40 => sizes[1] += 1,
                    other => panic!("{other} certificates"),
                }
            }
            sizes
        });
        let written = (0..30).all(|turn| {
            let source = if turn % 2 == 0 { &all } else { &few };
            merge(&[source, "-o", &file], "").status.success()
        });
        done.store(true, Ordering::Relaxed);
        let sizes = reader.join().expect("a reader");
        assert!(written && sizes.iter().all(|count| *count > 0), "{sizes:?}");
    });
}
