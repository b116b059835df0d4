//! `redlatch bundle diff`.

use std::process::Output;

use crate::program::{Folder, ca, gcloud, json, redlatch, subjects, text};

fn diff(arguments: &[&str], input: &str) -> Output {
    redlatch(&[&["bundle", "diff"], arguments].concat(), input.as_bytes())
}

#[test]
fn the_exit_code_tells_whether_they_trust_the_same() {
    let folder = Folder::new();
    let (one, two) = (ca("one", 2040), ca("two", 2040));
    let old = folder.write("old.pem", format!("{one}{two}"));
    let same = diff(&[&old, "-"], &gcloud(&[&two, &one, &two]));
    assert_eq!(same.status.code(), Some(0));
    assert!(text(same.stdout).ends_with("0 added, 0 removed, 2 kept, 0 about to expire\n"));

    let three = ca("three", 2041);
    let other = diff(&["--json", &old, "-"], &gcloud(&[&two, &three]));
    assert_eq!(other.status.code(), Some(1));
    let document = json(&other.stdout);
    assert_eq!(document["same"], false);
    assert_eq!(subjects(&document["added"]), ["CN=three"]);
    assert_eq!(subjects(&document["removed"]), ["CN=one"]);
    assert_eq!(subjects(&document["kept"]), ["CN=two"]);
    assert_eq!(subjects(&document["expiring"]), [""; 0]);
    let shown = text(diff(&[&old, "-"], &gcloud(&[&two, &three])).stdout);
    for line in ["- CN=one, ", "+ CN=three, ", "= CN=two, "] {
        assert!(shown.lines().any(|it| it.starts_with(line)), "{line}: {shown}");
    }
}

#[test]
fn what_cannot_be_read_is_neither_same_nor_different() {
    let folder = Folder::new();
    let old = folder.write("old.pem", ca("one", 2040));
    for bad in ["", "no certificate"] {
        let output = diff(&["--json", &old, "-"], bad);
        assert_eq!(output.status.code(), Some(2));
        assert_eq!((output.stdout, &json(&output.stderr)["code"]), (vec![], &"trust.empty".into()));
    }
    // An old bundle that expired is what a rotation replaces.
    let gone = folder.write("gone.pem", ca("gone", 2021));
    assert_eq!(diff(&[&gone, &old], "").status.code(), Some(1));
}
