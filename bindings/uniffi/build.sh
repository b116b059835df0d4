#!/bin/sh
# Generates a language's sources and packs them for this platform, into target/uniffi/LANGUAGE.
# Usage: build.sh kotlin|ruby|swift [--test]
#   --test   also compiles and runs the language's tests, against `redlatch lab`
#   PROFILE  of cargo: release, unless the environment says another one
set -eu
cd "$(dirname "$0")/../.."
language=${1:-} test=${2:-}
profile=${PROFILE:-release}
built=target/$profile made=target/uniffi/$language

case $(uname -s) in
  Darwin) library=libredlatch_uniffi.dylib jna=darwin ;;
  Linux) library=libredlatch_uniffi.so jna=linux ;;
  *) echo "there is no package for $(uname -s)" >&2; exit 1 ;;
esac
case $(uname -m) in
  x86_64 | amd64) jna=$jna-x86-64 ;;
  arm64 | aarch64) jna=$jna-aarch64 ;;
  *) jna=$jna-$(uname -m) ;;
esac

generate() { # FOLDER
  cargo build --quiet --locked --manifest-path bindings/uniffi/bindgen/Cargo.toml --target-dir target/bindgen
  mkdir -p "$1"
  target/bindgen/debug/uniffi-bindgen generate "$built/$library" --language "$language" \
    --out-dir "$1" --no-format
}

rm -rf "$made"
mkdir -p "$made"
# Of this kind alone: only then the whole is optimised together.
case $language in
  kotlin | ruby) cargo rustc --quiet --locked --profile "$profile" -p redlatch-uniffi --lib --crate-type cdylib ;;
  swift) cargo build --quiet --locked --profile "$profile" -p redlatch-uniffi --lib ;;
  *) sed -n 's/^# Usage: //p' "$0" >&2; exit 2 ;;
esac

case $language in
  kotlin)
    sh tests/package.sh javac default-jdk-headless
    sh tests/package.sh mvn maven
    generate "$made/generated"
    # Else it is of the same name as the face's file.
    mv "$made/generated/io/github/redlatch/redlatch.kt" "$made/generated/io/github/redlatch/Native.kt"
    mkdir -p "$made/book" "$made/native/$jna"
    awk -f bindings/uniffi/kotlin/book.awk docs/start/uniffi.md > "$made/book/Book.kt"
    cp "$built/$library" "$made/native/$jna/"
    skip=-DskipTests
    [ -z "$test" ] || skip=
    mvn --quiet --batch-mode --file bindings/uniffi/kotlin/pom.xml package $skip || failed=1
    # Tests run: 10, Failures: 0, Errors: 0, Skipped: 0, …
    [ -z "$test" ] || cat "$made"/maven/surefire-reports/*.txt | awk -F '[:,]' '
      /^Tests run/ { run += $2; bad += $4 + $6 }
      END { print "\n" bad + 0 " failed, " run - bad " passed" }'
    [ -z "${failed:-}" ] || exit 1
    ls -1 "$made"/maven/redlatch-*.jar
    ;;
  ruby)
    sh tests/package.sh ruby ruby
    ruby -e 'require "ffi"' 2>/dev/null || sh tests/package.sh ruby-ffi ruby-ffi 2>/dev/null || true
    ruby -e 'require "ffi"' || { echo "please install ffi (gem install ffi, apt-get install ruby-ffi)" >&2; exit 1; }
    cp -r bindings/uniffi/ruby/lib bindings/uniffi/ruby/redlatch.gemspec LICENSE-MIT LICENSE-APACHE "$made/"
    generate "$made/lib/redlatch"
    mv "$made/lib/redlatch/redlatch.rb" "$made/lib/redlatch/generated.rb"
    cp "$built/$library" "$made/lib/redlatch/"
    (cd "$made" && gem build --quiet redlatch.gemspec)
    [ -z "$test" ] || ruby -W1 -I "$made/lib" -I bindings/uniffi/ruby/test bindings/uniffi/ruby/test/test_redlatch.rb
    ls -1 "$made"/redlatch-*.gem
    ;;
  swift)
    generate "$made/generated"
    mkdir -p "$made/Sources/Redlatch" "$made/Sources/RedlatchFFI"
    mv "$made/generated/Redlatch.swift" "$made/Sources/Redlatch/"
    mv "$made/generated/RedlatchFFI.h" "$made/Sources/RedlatchFFI/"
    mv "$made/generated/RedlatchFFI.modulemap" "$made/Sources/RedlatchFFI/module.modulemap"
    rmdir "$made/generated"
    cp bindings/uniffi/swift/Package.swift "$made/"
    cp -r bindings/uniffi/swift/Sources/. "$made/Sources/"
    mkdir -p "$made/lib"
    cp "$built/libredlatch_uniffi.a" "$made/lib/"
    if command -v swift >/dev/null 2>&1; then
      (cd "$made" && swift build -Xlinker -Llib)
    else
      echo "there is no Swift compiler here: the sources are generated, not compiled" >&2
    fi
    ls -1d "$made"/Package.swift
    ;;
esac
