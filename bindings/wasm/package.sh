#!/bin/sh
# Builds the npm package: the module, made small, and the JavaScript around it, in dist.
set -eu
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)
module=$(sh build.sh redlatch-wasm)
small=$root/target/wasm/redlatch.wasm
if [ ! -e "$small" ] || [ "$module" -nt "$small" ]; then
  tools=$(sh tools.sh binaryen 132.0.0)
  # What every engine has had since 2021, and rustc assumes.
  "$tools/node_modules/.bin/wasm-opt" -Oz --flatten --rereloop -Oz -Oz --enable-bulk-memory --enable-sign-ext \
    --enable-nontrapping-float-to-int --enable-mutable-globals --enable-reference-types \
    --enable-multivalue "$module" -o "$small.new"
  mv "$small.new" "$small"
fi
node build.mjs "$small"
