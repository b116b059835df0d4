#!/bin/sh
# What redlatch adds to a stripped Go program that uses the network anyway: at most 6 MB.
set -eu
cd "$(dirname "$0")/../../.."
root=$PWD
most=6000000
built=$(dirname "${REDLATCH_CLI:-$PWD/target/fast/redlatch}")
folder=$(mktemp -d)
# The Go package gets back the library of this build.
trap 'cd "$root"; rm -rf "$folder"; sh go/library.sh "$built/libredlatch_c.a"' EXIT

cargo rustc --quiet --locked --release -p redlatch-c --lib --crate-type staticlib
sh go/library.sh target/release/libredlatch_c.a
mkdir "$folder/with" "$folder/without"
cat >"$folder/with/main.go" <<'END'
package main

import (
	"context"

	redlatch "github.com/redlatch/redlatch/go"
)

func main() {
	rdb := redlatch.NewClient(&redlatch.Options{Addr: "127.0.0.1:6379"})
	println(rdb.Set(context.Background(), "key", "value", 0).Err())
}
END
cat >"$folder/without/main.go" <<'END'
package main

import (
	"context"
	"encoding/json"
	"net"
)

func main() {
	var dialer net.Dialer
	_, err := dialer.DialContext(context.Background(), "tcp", "127.0.0.1:6379")
	text, _ := json.Marshal(err)
	println(text)
}
END
for program in with without; do
  cd "$folder/$program"
  printf 'module example\n\ngo 1.22\n\nrequire github.com/redlatch/redlatch/go v0.0.0\n\n%s\n' \
    "replace github.com/redlatch/redlatch/go => $root/go" >go.mod
  CGO_ENABLED=1 go build -mod=mod -ldflags "-s -w" -o ../$program.bin .
done
added=$(($(wc -c <"$folder/with.bin") - $(wc -c <"$folder/without.bin")))
echo "a stripped Go program grows by $added bytes"
[ "$added" -le "$most" ] || { echo "more than $most" >&2; exit 1; }
