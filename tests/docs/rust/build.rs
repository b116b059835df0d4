//! Makes a module of each Rust example of the book and of the crate's README. Each is a program; texts that name the reader's
//! server become the lab's while they run.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

fn main() {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo's")).join("../../..");
    let book = root.join("docs");
    println!("cargo::rerun-if-changed={}", book.display());
    let mut pages = Vec::new();
    collect(&book, &mut pages);
    // What crates.io shows.
    let readme = root.join("bindings/rust/README.md");
    println!("cargo::rerun-if-changed={}", readme.display());
    pages.push(readme);
    pages.sort();
    let (mut modules, mut list) = (String::new(), String::new());
    for page in pages {
        let text = fs::read_to_string(&page).expect("a page");
        let blocks =
            text.split("\n```rust\n").skip(1).filter_map(|rest| rest.split("\n```").next());
        for (number, code) in blocks.enumerate() {
            let stem = page.file_stem().expect("a name").to_string_lossy().to_lowercase();
            let stem = stem.replace(['-', '.'], "_");
            let name = format!("{stem}_{number}");
            modules += &format!(
                "mod {name} {{\n{}\npub(super) fn run() {{ main().expect(\"{name}\") }}\n}}\n",
                hosted(code)
            );
            list += &format!("(\"{name}\", {name}::run as fn()), ");
        }
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo's"));
    let whole = format!("{modules}const EXAMPLES: &[(&str, fn())] = &[{list}];\n");
    fs::write(out.join("examples.rs"), whole).expect("a file");
}

fn collect(folder: &Path, pages: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the book").flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, pages);
        } else if path.extension().is_some_and(|it| it == "md") {
            pages.push(path);
        }
    }
}

fn hosted(code: &str) -> String {
    let parts = code.split('"').enumerate().map(|(at, part)| match at % 2 {
        1 if part.contains("10.0.0.3") || part.starts_with("/etc/redis") => {
            format!("crate::hosted(\"{part}\")")
        }
        1 => format!("\"{part}\""),
        _ => part.to_owned(),
    });
    parts.collect()
}
