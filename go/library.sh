#!/bin/sh
# Puts the library and its header where cgo looks for them. Usage: library.sh libredlatch_c.a [PLATFORM]
#
# Go links again when what it compiled is new, not when a library is: the header carries a sum of it,
# which becomes part of what is compiled.
set -eu
library=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
cd "$(dirname "$0")"
platform=${2:-$(go env GOOS)_$(go env GOARCH)}
folder=lib/$platform
header=internal/core/redlatch.h
[ -e "$folder/library.go" ] || { echo "there is no package for $platform in go/lib" >&2; exit 1; }
case $platform in
linux_*)
  # A program may link other Rust libraries; and it needs no more than what is called here.
  sh ../bindings/c/seal.sh "$library" "$folder/libredlatch_c.a" internal/core/*.go ;;
*) cp "$library" "$folder/" ;;
esac
{ cat ../bindings/c/include/redlatch.h && printf '#define REDLATCH_SUM "%s"\n' "$(cksum <"$library")"; } >"$header.new"
if cmp -s "$header.new" "$header"; then rm "$header.new"; else mv "$header.new" "$header"; fi
