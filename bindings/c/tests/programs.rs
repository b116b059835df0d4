//! C programs compiled against an installed library, static and shared, as pkg-config says; and what
//! of the library they can see.
#![cfg(all(target_os = "linux", feature = "blocking"))]
#![expect(clippy::unwrap_used, reason = "a test")]

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::OnceLock,
};

use redlatch_lab::Lab;

/// What a table of the process still reaches at its end is not lost.
const KINDS: &str = "--errors-for-leak-kinds=definite,indirect,possible";

const WAYS: [&str; 2] = ["static", "shared"];

#[test]
fn a_host_of_the_driver_contract_links_and_runs() {
    for way in WAYS {
        let program = compiled("tests/smoke.c", way, &[]);
        assert_eq!(printed(&mut linked(&program)), "ok\n");
    }
}

#[test]
fn the_example_does_what_it_shows() {
    let lab = Lab::up();
    for (way, visits) in WAYS.into_iter().zip(1..) {
        let program = compiled("examples/greeting.c", way, &[]);
        let said = printed(linked(&program).arg(lab.url()));
        let lines: Vec<_> = said.lines().collect();
        assert_eq!(lines[..2], ["greeting: hello", &format!("visits: {visits}")]);
        assert!(lines[2].starts_with("refused: server.wrong_type: "), "{said}");
        assert_eq!(lines[3], "  Use a command for the type of the key.");
        assert!(lines[4].contains(r#""state":"ready""#), "{said}");
    }
    let failed = linked(&compiled("examples/greeting.c", "static", &[]))
        .env("REDIS_URL", lab.url().replace(&lab.password(), "wrong"))
        .output()
        .unwrap();
    assert_eq!(failed.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&failed.stderr).starts_with("SET: auth.rejected: "));
}

#[test]
fn what_the_documents_show_compiles() {
    let mut count = 0;
    for readme in ["README.md", "../../README.md", "../../docs/start/c.md"] {
        let text = fs::read_to_string(source(readme)).unwrap();
        for block in text.split("```c\n").skip(1) {
            let block = block.split("```").next().unwrap();
            let program = match block.contains("int main(") {
                true => block.to_owned(),
                false => format!("{BEFORE}{block}{AFTER}"),
            };
            let path = folder("readmes").join(format!("{count}.c"));
            fs::write(&path, program).unwrap();
            compiled(path.to_str().unwrap(), "shared", &[]);
            count += 1;
        }
    }
    assert!(count >= 4, "{count}");
}

#[test]
fn only_what_the_header_declares_can_be_seen() {
    let header = fs::read_to_string(source("include/redlatch.h")).unwrap();
    let names = |output: String| -> Vec<String> {
        let names = output.lines().filter_map(|line| line.split(' ').nth(2)).map(str::to_owned);
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    };
    let lib = prefix().join("lib");
    let of_static = names(printed(
        Command::new("nm").args(["-g", "--defined-only"]).arg(lib.join("libredlatch.a")),
    ));
    let of_shared = names(printed(
        Command::new("nm").args(["-D", "--defined-only"]).arg(lib.join("libredlatch.so")),
    ));
    assert_eq!(of_static, of_shared);
    for name in &of_static {
        assert!(header.contains(&format!("{name}(")), "{name} is no name of the header");
    }
    assert_eq!(of_static.len(), header.matches(");\n").count());
    let dynamic = printed(Command::new("readelf").arg("-dW").arg(lib.join("libredlatch.so")));
    assert!(dynamic.contains("Library soname: [libredlatch.so.0.1]"), "{dynamic}");
    assert!(!dynamic.contains("TEXTREL"), "{dynamic}");
}

#[test]
fn it_stands_beside_another_rust_library_and_openssl() {
    let folder = folder("beside");
    let other = folder.join("other.rs");
    fs::write(&other, OTHER).unwrap();
    let rustc = env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let archive = folder.join("libother.a");
    let arguments = ["--edition=2024", "--crate-type=staticlib", "-Cpanic=unwind", "-o"];
    printed(Command::new(rustc).args(arguments).arg(&archive).arg(&other));
    let program = compiled("tests/beside.c", "static", &[archive.to_str().unwrap()]);
    assert_eq!(printed(linked(&program).arg(Lab::up().url())), "ok\n");
}

#[test]
#[ignore = "takes a minute, and valgrind"]
fn programs_lose_no_memory_and_read_none_that_is_not_theirs() {
    let lab = Lab::up();
    let smoke = compiled("tests/smoke.c", "static", &[]);
    assert_eq!(under_valgrind(&smoke, &[]), "ok\n");
    let greeting = compiled("examples/greeting.c", "static", &[]);
    let said = under_valgrind(&greeting, &[&lab.url()]);
    assert!(said.starts_with("greeting: hello\nvisits: 1\nrefused: server.wrong_type"), "{said}");
}

/// What a program prints in which valgrind finds nothing.
fn under_valgrind(program: &Path, arguments: &[&str]) -> String {
    let output = Command::new("valgrind")
        .args(["--error-exitcode=9", "--leak-check=full", KINDS])
        .arg(format!("--suppressions={}", source("valgrind.supp").display()))
        .arg(program)
        .args(arguments)
        .output()
        .expect("valgrind starts");
    let report = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{report}");
    assert!(report.contains("ERROR SUMMARY: 0 errors"), "{report}");
    println!("{report}");
    text(output)
}

/// A program of this package and how it is linked.
fn compiled(path: &str, way: &str, more: &[&str]) -> PathBuf {
    let name = Path::new(path).file_stem().unwrap().to_str().unwrap();
    let program = folder("programs").join(format!("{name}-{way}-{}", std::process::id()));
    let libs = pkg_config(match way {
        "static" => &["--static", "--libs"],
        _ => &["--libs"],
    });
    let libs = match way {
        "static" => libs.replace("-lredlatch", "-l:libredlatch.a"),
        _ => libs,
    };
    let compiler = env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    printed(
        Command::new(compiler)
            .args(["-std=c99", "-g", "-Wall", "-Wextra", "-Wpedantic", "-Werror"])
            .args(pkg_config(&["--cflags"]).split_whitespace())
            .arg(source(path))
            .args(more)
            .args(libs.split_whitespace())
            .arg("-o")
            .arg(&program),
    );
    program
}

fn linked(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.env("LD_LIBRARY_PATH", prefix().join("lib"));
    command
}

fn pkg_config(what: &[&str]) -> String {
    printed(
        Command::new("pkg-config")
            .args(what)
            .arg("redlatch")
            .env("PKG_CONFIG_PATH", prefix().join("lib/pkgconfig")),
    )
}

/// Where the library of this build is installed.
fn prefix() -> &'static Path {
    static PREFIX: OnceLock<PathBuf> = OnceLock::new();
    PREFIX.get_or_init(|| {
        // target/PROFILE/deps/programs-HASH; cargo puts the library beside it.
        let library = env::current_exe().unwrap().with_file_name("libredlatch_c.a");
        let prefix = folder("prefix");
        printed(Command::new("sh").arg(source("install.sh")).arg(library).arg(&prefix));
        prefix
    })
}

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn source(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn printed(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {:?} {complaint}", output.status);
    text(output)
}

fn text(output: Output) -> String {
    String::from_utf8(output.stdout).unwrap()
}

/// What an example of two lines stands between.
const BEFORE: &str = "#include <redlatch.h>\n\
    int main(void) { redlatch *redis = NULL; redlatch_value *reply = NULL;\n";
const AFTER: &str = "return error != NULL; }\n";

/// Has the names that every Rust library has, and unwinds.
const OTHER: &str = r#"
#[unsafe(no_mangle)]
pub extern "C" fn other_catches() -> bool {
    std::panic::set_hook(Box::new(|_| {}));
    std::panic::catch_unwind(|| panic!("on purpose")).is_err()
}
"#;
