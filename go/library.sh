#!/bin/sh
# Puts the library and its header where cgo looks for them. Usage: library.sh libredlatch_c.a
#
# Go notices changes of files in a package, not of libraries: the header carries a sum of both.
set -eu
library=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
cd "$(dirname "$0")"
folder=lib/$(go env GOOS)_$(go env GOARCH)
header=internal/core/redlatch.h
mkdir -p "$folder"
if [ "$(go env GOOS)" = linux ]; then
  # A program may link other Rust libraries; and it needs no more than what is called here.
  sh ../bindings/c/seal.sh "$library" "$folder/libredlatch_c.a" internal/core/*.go
else
  cp "$library" "$folder/"
fi
{ cat ../bindings/c/include/redlatch.h && printf '/* %s */\n' "$(cksum <"$library")"; } >"$header.new"
if cmp -s "$header.new" "$header"; then rm "$header.new"; else mv "$header.new" "$header"; fi
