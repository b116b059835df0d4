#!/bin/sh
# The Go module as it is published: got by `go get` into a fresh project, vendored, and built from the
# vendor folder alone. And what the compiler says where it cannot be built.
set -eu
cd "$(dirname "$0")/../../.."
cli=${REDLATCH_CLI:-$PWD/target/fast/redlatch}
platform=$(go env GOOS)_$(go env GOARCH)
sh go/release.sh "$platform"
proxy=$PWD/target/go-module/proxy
folder=$(mktemp -d)
trap 'exec 4>&-; wait; rm -rf "$folder"' EXIT
mkfifo "$folder/alive" "$folder/ready"

passed=0
passes() { passed=$((passed + 1)); }
fail() {
  echo "$*" >&2
  echo "$passed passed, 1 failed"
  exit 1
}

# Nothing of this version stays in the cache of other projects, and nothing comes from this checkout.
GOPROXY=file://$proxy,file://$(go env GOMODCACHE)/cache/download,$(go env GOPROXY)
GOMODCACHE=$folder/cache GOFLAGS=-modcacherw GONOSUMDB=github.com/redlatch/redlatch/go GOWORK=off CGO_ENABLED=1
export GOPROXY GOMODCACHE GOFLAGS GONOSUMDB GOWORK CGO_ENABLED

mkdir "$folder/project"
cd "$folder/project"
cat >main.go <<'END_GO'
package main

import (
	"context"
	"fmt"

	redlatch "github.com/redlatch/redlatch/go"
)

func main() {
	rdb, err := redlatch.FromEnv()
	if err != nil {
		panic(err)
	}
	fmt.Println(rdb.Ping(context.Background()).Val())
}
END_GO
go mod init example >/dev/null 2>&1
go get github.com/redlatch/redlatch/go@latest >"$folder/got" 2>&1 || fail "$(cat "$folder/got")"
! grep -rl '^replace' "$proxy/github.com/redlatch" --include='*.mod' || fail "published with replace"
passes

go mod vendor
cmp "$folder/cache/github.com/redlatch/redlatch/go@"*"/lib/$platform/libredlatch_c.a" \
  "vendor/github.com/redlatch/redlatch/go/lib/$platform/libredlatch_c.a" ||
  fail "the library is not vendored"
passes

# All there is.
rm -rf "$folder/cache"
GOPROXY=off
"$cli" lab up --until-eof --dir "$folder/lab" <"$folder/alive" >"$folder/ready" &
exec 4>"$folder/alive" 3<"$folder/ready"
read -r ready <&3 && [ "$ready" = ready ] || fail "the lab does not start"
go build -mod=vendor -o example .
said=$(. "$folder/lab/env" && ./example)
[ "$said" = PONG ] || fail "a vendored program says: $said"
passes

# Where it cannot be built, one line tells what to do.
says() { # WORD VARIABLE=VALUE ...
  word=$1
  shift
  ! env "$@" go build -mod=vendor . 2>"$folder/why" || fail "built with $*"
  grep -v '^# ' "$folder/why" >"$folder/lines"
  [ "$(wc -l <"$folder/lines")" = 1 ] && grep -q "$word" "$folder/lines" || fail "$* says: $(cat "$folder/why")"
  passes
}
says redlatch_needs_cgo__set_CGO_ENABLED_to_1_and_install_a_C_compiler CGO_ENABLED=0
says redlatch_brings_no_library_for_this_platform GOOS=windows CGO_ENABLED=0
says redlatch_brings_no_library_for_this_platform GOARCH=riscv64 CGO_ENABLED=0
echo "$passed passed, 0 failed"
