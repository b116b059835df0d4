#!/bin/sh
# Makes one object of a static library, in which only what the header declares can be seen: a program
# may link another Rust library, or OpenSSL, beside it. Usage: seal.sh libredlatch_c.a OUT.a [SOURCE ...]
#
# With sources, only what they call is kept. For ELF, with GNU's or LLVM's tools; LD, OBJCOPY and AR
# name others.
set -eu
library=$1 out=$2
shift 2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
[ $# -gt 0 ] || set -- "$(dirname "$0")/include/redlatch.h"
grep -ohE 'redlatch_[a-z_]+\(' "$@" | tr -d '(' | sort -u >"$folder/names"
roots=$(sed 's/^/-u /' "$folder/names")
# What no function of the header needs is left out, and so is the bitcode that rustc leaves in.
# shellcheck disable=SC2086
"${LD:-ld}" -r --gc-sections --force-group-allocation $roots -o "$folder/whole.o" "$library"
"${OBJCOPY:-objcopy}" --strip-debug -R .llvmbc -R .llvmcmd \
  --keep-global-symbols="$folder/names" "$folder/whole.o" "$folder/redlatch.o"
rm -f "$out"
"${AR:-ar}" crsD "$out" "$folder/redlatch.o"
