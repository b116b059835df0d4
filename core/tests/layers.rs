//! The order of modules in `lib.rs` is the architecture: what this crate promises about its shape.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
const MOST_LINES: usize = 500;

/// Every source file, by the module of the crate's root that it belongs to.
fn files() -> Vec<(String, PathBuf)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => walk(&path, found),
                false => found.push(path),
            }
        }
    }
    let mut found = Vec::new();
    walk(Path::new(SOURCE), &mut found);
    found
        .into_iter()
        .map(|path| {
            let first = path.strip_prefix(SOURCE).unwrap().iter().next().unwrap();
            (first.to_str().unwrap().trim_end_matches(".rs").to_owned(), path)
        })
        .collect()
}

/// The modules of `lib.rs`, in their order.
fn order() -> BTreeMap<String, usize> {
    let lib = fs::read_to_string(Path::new(SOURCE).join("lib.rs")).unwrap();
    lib.lines()
        .filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod "))
        .map(|line| line.trim_end_matches(';').to_owned())
        .enumerate()
        .map(|(at, name)| (name, at))
        .collect()
}

/// What follows each `crate::` of a source: names, also those in braces.
fn used(source: &str) -> Vec<String> {
    let code: Vec<&str> =
        source.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
    let code = code.join("\n");
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            None => found.push(word(rest)),
            Some(list) => {
                let (mut depth, mut start) = (0, true);
                for (at, letter) in list.char_indices() {
                    match letter {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => start = true,
                        _ if start && !letter.is_whitespace() => {
                            found.push(word(&list[at..]));
                            start = false;
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    found
}

fn word(text: &str) -> String {
    text.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect()
}

#[test]
fn a_module_uses_only_those_above_it() {
    let order = order();
    assert!(order.len() > 10, "lib.rs was not understood");
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (module, path) in files() {
        if module == "lib" {
            continue;
        }
        let own = *order.get(&module).unwrap_or_else(|| panic!("{module} is not in lib.rs"));
        for name in used(&fs::read_to_string(&path).unwrap()) {
            seen += 1;
            // Names of the root would hide which module they come from.
            if name != module && order.get(&name).is_none_or(|at| *at >= own) {
                wrong.push(format!("{}: crate::{name}", path.display()));
            }
        }
    }
    assert!(seen > 100, "only {seen} uses were found");
    assert!(wrong.is_empty(), "upward imports:\n{}", wrong.join("\n"));
}

#[test]
fn uses_are_understood() {
    let source =
        "use crate::{\n    a::{x, y::z},\n    b,\n};\nfn f() { crate::c::d() } // crate::e";
    assert_eq!(used(source), ["a", "b", "c"]);
}

#[test]
fn a_file_holds_one_idea() {
    for (_, path) in files() {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines <= MOST_LINES, "{} has {lines} lines", path.display());
    }
}
