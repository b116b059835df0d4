#!/bin/sh
# Makes one object of a static library, in which only what the header declares can be seen: a program
# may link another Rust library, or OpenSSL, beside it. Usage: seal.sh libredlatch_c.a OUT.a
#
# For ELF, with GNU's or LLVM's tools; LD, OBJCOPY and AR name others.
set -eu
library=$1 out=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
grep -oE 'redlatch_[a-z_]+\(' "$(dirname "$0")/include/redlatch.h" | tr -d '(' | sort -u >"$folder/names"
roots=$(sed 's/^/-u /' "$folder/names")
# What no function of the header needs is left out, and so is the bitcode that rustc leaves in.
# shellcheck disable=SC2086
"${LD:-ld}" -r --gc-sections --force-group-allocation $roots -o "$folder/whole.o" "$library"
"${OBJCOPY:-objcopy}" --strip-debug -R .llvmbc -R .llvmcmd \
  --keep-global-symbols="$folder/names" "$folder/whole.o" "$folder/redlatch.o"
rm -f "$out"
"${AR:-ar}" crsD "$out" "$folder/redlatch.o"
