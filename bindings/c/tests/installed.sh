#!/bin/sh
# Some of Go's tests with a shared library that pkg-config finds, in place of the
# one that the package brings.
set -eu
cd "$(dirname "$0")/../../.."
built=$(dirname "${REDLATCH_CLI:-$PWD/target/fast/redlatch}")
prefix=$built/installed
sh bindings/c/install.sh "$built/libredlatch_c.a" "$prefix"
export PKG_CONFIG_PATH="$prefix/lib/pkgconfig" LD_LIBRARY_PATH="$prefix/lib"
cd go
go test -count=1 -v -tags redlatch_system -run 'TestCommands|TestUntrusted|TestRotationsUnderLoad' .
go test -c -o "$prefix/linked.test" -tags redlatch_system .
# Linked, not carried along.
readelf -d "$prefix/linked.test" | grep -q 'NEEDED.*libredlatch\.so' ||
  { echo "the library is not linked by name" >&2; exit 1; }
