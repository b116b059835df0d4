#!/bin/sh
# Builds a WebAssembly module of this folder, and says where it is.
# Usage: build.sh redlatch-wasm | redlatch-bare
#
# The standard library is built along, for size: it is what panics and formats. That needs its source,
# which is a component of rustup or a package of Debian; no target has to be installed.
set -eu
package=$1
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)
target=${REDLATCH_WASM_TARGET:-$root/target/wasm}
library=lib/rustlib/src/rust/library/std/Cargo.toml

has_source() { # RUSTC
  command -v "$1" >/dev/null 2>&1 && [ -e "$("$1" --print sysroot)/$library" ]
}
debian() {
  [ -x /usr/bin/cargo ] && has_source /usr/bin/rustc
}

if ! has_source rustc && ! debian; then
  rustup component add rust-src >/dev/null 2>&1 || {
    sh "$root/tests/package.sh" wasm-ld lld >&2
    # Its programs may be there under other names, but not its source: all three are asked for.
    for part in rustc-web cargo-web rust-web-src; do
      sh "$root/tests/package.sh" "/nowhere/$part" "$part" >/dev/null 2>&1 || true
    done
  }
fi
if has_source rustc; then
  cargo=cargo
elif debian; then
  cargo=/usr/bin/cargo
  export RUSTC=/usr/bin/rustc
  sh "$root/tests/package.sh" wasm-ld lld >&2
  export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld
else
  echo "WebAssembly needs the standard library's source: rustup component add rust-src," >&2
  echo "or apt-get install rustc-web cargo-web rust-web-src" >&2
  exit 1
fi
# For ring's C.
sh "$root/tests/package.sh" clang clang >&2

# A panic is a trap, without words: they are a tenth of all code. Nor does `Debug` say anything: what is
# told has names. RUSTC_BOOTSTRAP lets a stable compiler build its own standard library.
CARGO_TARGET_DIR=$target RUSTC_BOOTSTRAP=1 \
RUSTFLAGS='-Zunstable-options -Cpanic=immediate-abort -Zfmt-debug=none --cfg sha2_backend_soft="compact"' \
  $cargo build --quiet --locked --release --package "$package" --target wasm32-unknown-unknown \
  -Zbuild-std=std,panic_abort -Zbuild-std-features=optimize_for_size >&2
echo "$target/wasm32-unknown-unknown/release/$(echo "$package" | tr - _).wasm"
