#!/bin/sh
# Runs each fuzz target for some seconds: sh tests/fuzz/run.sh SECONDS [TARGET ...]
#
# What is found goes to target/fuzz: a crash to artifacts, to be fixed and kept as an input of the
# corpus; new inputs to corpora that grow from run to run and are not committed.
set -eu
cd "$(dirname "$0")/../.."
seconds=$1
shift
[ $# -gt 0 ] || set -- abi bundle config resp session

tool=target/tools/bin/cargo-fuzz
if ! [ -x "$tool" ]; then
	echo "installing cargo-fuzz"
	cargo install --quiet --locked --root target/tools cargo-fuzz
fi

failed=0
for target in "$@"; do
	mkdir -p "target/fuzz/corpus/$target" "target/fuzz/artifacts/$target"
	echo "fuzzing $target for $seconds s"
	log="target/fuzz/$target.log"
	# Without a sanitizer: the core is safe Rust, and stable compilers can build this. The C
	# interface's corpus runs under valgrind in `make test-all`.
	if CARGO_TARGET_DIR=target/fuzz/build "$tool" fuzz run --fuzz-dir tests/fuzz/libfuzzer \
		--sanitizer none "$target" "target/fuzz/corpus/$target" "tests/fuzz/corpus/$target" -- \
		-max_total_time="$seconds" -timeout=10 -rss_limit_mb=4096 -print_final_stats=1 \
		-artifact_prefix="target/fuzz/artifacts/$target/" >"$log" 2>&1; then
		grep -E "stat::(number_of_executed_units|new_units_added|peak_rss_mb)" "$log"
	else
		failed=$((failed + 1))
		tail -n 40 "$log"
	fi
done
echo "$(($# - failed)) passed, $failed failed"
[ "$failed" -eq 0 ]
