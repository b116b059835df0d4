#!/bin/sh
# Makes what is published for Go: a commit of the module with its libraries, and of the adapters, tagged
# as the go command looks for them. Usage: release.sh [PLATFORM ...]
#
# The libraries are those that library.sh has put into lib; without PLATFORMs there must be all. In
# target/go-module are then `repository`, whose tags are to be pushed, and `proxy`, which is what module
# proxies make of it: GOPROXY=file://…/target/go-module/proxy.
#
# The commit has no parent, and no branch leads to it: libraries stay out of everybody's history.
set -eu
cd "$(dirname "$0")/.."
version=v$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml)
module=github.com/redlatch/redlatch/go
adapters=$(cd go && for file in */go.mod; do dirname "$file"; done)
out=$PWD/target/go-module
repository=$out/repository
[ $# -gt 0 ] || set -- $(ls go/lib)

rm -rf "$out"
mkdir -p "$repository"
git ls-files --cached --others --exclude-standard go ':!*.sh' ':!*.gitignore' ':!go/internal/core/sum_test.go' |
  tar -c -T - | tar -x -C "$repository"
for platform; do
  cp "go/lib/$platform/libredlatch_c.a" "$repository/go/lib/$platform/"
done
cp bindings/c/include/redlatch.h "$repository/go/internal/core/"
cp LICENSE-* "$repository/"
for folder in . $adapters; do cp LICENSE-* "$repository/go/$folder/"; done
for adapter in $adapters; do
  go mod edit -dropreplace="$module" -require="$module@$version" "$repository/go/$adapter/go.mod"
done

GIT_AUTHOR_NAME=$(git log -1 --format=%an) GIT_AUTHOR_EMAIL=$(git log -1 --format=%ae)
GIT_AUTHOR_DATE=$(git log -1 --format=%aI)
GIT_COMMITTER_NAME=$GIT_AUTHOR_NAME GIT_COMMITTER_EMAIL=$GIT_AUTHOR_EMAIL GIT_COMMITTER_DATE=$GIT_AUTHOR_DATE
export GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_AUTHOR_DATE
export GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL GIT_COMMITTER_DATE
message="go: $version of $(git rev-parse HEAD)"
git init -q "$repository"
commit() { # OPTION ...
  git -C "$repository" add --all --force
  git -C "$repository" -c commit.gpgsign=false commit -q --no-verify -m "$message" "$@"
  for folder in go $(printf 'go/%s ' $adapters); do git -C "$repository" tag --no-sign -f "$folder/$version" >/dev/null; done
}
# Nothing of a version that is yet to be published goes to the cache of other projects; what other
# projects need comes from there.
GOPROXY=file://$(go env GOMODCACHE)/cache/download,$(go env GOPROXY)
GOMODCACHE=$out/cache GOFLAGS=-modcacherw GONOSUMDB=$module
export GOPROXY GOMODCACHE GOFLAGS GONOSUMDB
# What the go command fetches from GitHub, it finds in the repository.
fetch() { # MODULE ...
  rm -rf "$out/cache"
  for wanted; do
    (cd "$out" && GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0="url.$repository.insteadOf" \
      GIT_CONFIG_VALUE_0="https://github.com/redlatch/redlatch" GOPROXY=direct go mod download "$wanted@$version")
  done
}
commit
fetch "$module"
# Adapters name the sum of what they are made for.
for adapter in $adapters; do
  (cd "$repository/go/$adapter" && go list -mod=mod -deps . >/dev/null)
done
commit --amend
fetch "$module" $(printf "$module/%s " $adapters)
mv "$out/cache/cache/download" "$out/proxy"
rm -rf "$out/cache"
du -h "$out/proxy/$module/@v/$version.zip"
