#!/bin/sh
# Installs a program of the npm registry for builds and tests, once, and says where its modules are.
# Usage: tools.sh NAME VERSION
set -eu
folder=$(cd "$(dirname "$0")/../.." && pwd)/target/tools/npm-$1-$2
if [ ! -e "$folder/.stamp" ]; then
  mkdir -p "$folder"
  [ -e "$folder/package.json" ] || echo '{ "private": true }' >"$folder/package.json"
  npm --prefix "$folder" install --silent --no-audit --no-fund --ignore-scripts "$1@$2" >&2
  touch "$folder/.stamp"
fi
echo "$folder"
