//! Writes a language's sources from the compiled library.

fn main() {
    uniffi::uniffi_bindgen_main();
}
