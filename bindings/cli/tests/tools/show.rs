//! `redlatch bundle show` of several files.

use crate::program::{Folder, ca, json, redlatch, text};

#[test]
fn several_bundles_are_shown_and_one_that_is_refused_is_told() {
    let folder = Folder::new();
    let good = folder.write("good.pem", ca("good", 2040));
    let gone = folder.write("gone.pem", ca("gone", 2021));
    let output = redlatch(&["bundle", "show", &good, &gone, "-"], ca("third", 2041).as_bytes());
    assert_eq!(output.status.code(), Some(1));
    let shown = text(output.stdout);
    // What is refused is shown besides, so that people see what is wrong with it.
    for part in [&good, "root  CN=good", &gone, "rejected  CN=gone", "root  CN=third"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let told = text(output.stderr);
    assert!(told.starts_with("redlatch: trust.expired: ") && told.contains(&gone), "{told}");

    let output = redlatch(&["bundle", "show", "--json", &good, &gone], b"");
    let lines = text(output.stdout);
    assert_eq!(lines.lines().count(), 1);
    let shown = json(lines.as_bytes());
    assert_eq!(
        (shown["file"].as_str(), shown["certificates"].as_array().map(Vec::len)),
        (Some(&*good), Some(1))
    );
    assert_eq!(json(&output.stderr)["evidence"]["path"], *gone);
}

#[test]
fn standard_input_is_read_once() {
    let output = redlatch(&["bundle", "show", "-", "-"], ca("one", 2040).as_bytes());
    assert_eq!(output.status.code(), Some(1));
    assert!(text(output.stderr).contains("only once"));
}
