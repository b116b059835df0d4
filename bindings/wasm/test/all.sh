#!/bin/sh
# Builds the npm package and tests it against the lab, then with the conformance vectors.
set -eu
cd "$(dirname "$0")/.."
root=$(cd ../.. && pwd)
sh package.sh
node --test test/*.test.mjs
cd "$root" && exec "$root/.venv/bin/python" tests/conformance.py --face wasm
