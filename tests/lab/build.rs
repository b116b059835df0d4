//! Exists so that `OUT_DIR` does: it tells the library where this build's programs are.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
}
