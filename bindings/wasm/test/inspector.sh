#!/bin/sh
# Builds the inspector and looks at it in a browser. PICTURE=file keeps the picture of the README.
set -eu
cd "$(dirname "$0")/.."
root=$(cd ../.. && pwd)
sh "$root/tests/package.sh" chromium chromium
sh package.sh
node inspector/build.mjs "$root/target/wasm/redlatch.wasm" "$root/target/inspector.html"
TOOLS=$(sh tools.sh playwright-core 1.65.1) PAGE=$root/target/inspector.html CHROMIUM=$(command -v chromium) \
  exec node --test inspector/inspector.test.mjs
