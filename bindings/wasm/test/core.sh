#!/bin/sh
# Builds the core alone for WebAssembly, and looks at what it asks of its host.
set -eu
cd "$(dirname "$0")/.."
MODULE=$(sh build.sh redlatch-bare)
export MODULE
exec node --test test/core.mjs
