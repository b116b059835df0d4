#!/bin/sh
# C programs, and the calls that the fuzzer found worth keeping, under valgrind.
set -eu
cd "$(dirname "$0")/../../.."
sh tests/package.sh valgrind valgrind
cargo test --locked -p redlatch-c --test programs -- --ignored
# Threads of the test itself are still there at its end: what they hold is only possibly lost.
cargo --config 'target."cfg(all())".runner = ["valgrind", "--error-exitcode=9", "--leak-check=full",
  "--errors-for-leak-kinds=definite,indirect"]' test --locked -p redlatch-fuzz --test replay calls
