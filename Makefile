# The words people type. `make help` lists them.
.PHONY: help docs demo test test-all conformance lint bench bench-deps build deps gen clean format fuzz soak sim mutants peers python-package c-install go-package
.DEFAULT_GOAL := help

# A profile that is optimised but links quickly; packages are built with `release`.
PROFILE ?= fast
FUZZ_SECONDS ?= 60
VENV := $(CURDIR)/.venv
PYTHON := $(VENV)/bin/python
CLI = $(CURDIR)/target/$(PROFILE)/redlatch
export REDLATCH_CLI = $(CLI)
export PYO3_PYTHON := $(PYTHON)

help: ## list these words
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

WORKERS := --worker "python-sync=$(PYTHON) tests/demo/worker_sync.py" \
  --worker "python-asyncio=$(PYTHON) tests/demo/worker_asyncio.py" \
  --worker "node=node tests/demo/worker.mjs" \
  --worker "go=target/demo-go"

demo: build ## rotate CA, certificate and password under four busy workers
	@$(PYTHON) tests/demo/demo.py --cli $(CLI) $(WORKERS) \
	  --idle "python-idle=$(PYTHON) tests/demo/worker_sync.py --idle"

MINUTES ?= 10
soak: build ## random rotations and faults for MINUTES=10; SEED=N repeats a sequence
	@$(PYTHON) tests/soak/soak.py --cli $(CLI) $(WORKERS) \
	  --minutes $(MINUTES) $(if $(SEED),--seed $(SEED)) $(SOAK_OPTIONS)

test: build ## every test of every language, and the linters
	@$(PYTHON) tests/run.py

test-all: build ## test, and the long suites: broken policies, redis-py's tests, a minute of soak
	@$(PYTHON) tests/run.py --all

conformance: build ## the same vectors through every language, and a table of who passes
	@$(PYTHON) tests/conformance.py

sim: ## simulated worlds: fresh ones, or SEEDS=12345 with every step, or SEEDS=1..100000
	@SEEDS=$(or $(SEEDS),x20000) cargo test --quiet --locked --profile fast -p redlatch-core \
	  --test sim worlds -- --nocapture

mutants: ## break policies on purpose, one at a time: the simulator must notice each
	@python3 tests/mutants.py

peers: build ## redis-py's own tests on redlatch's clients, and ours on each redis-py; REDIS=8 MODE=3
	@$(PYTHON) tests/peers/redis_py/run.py $(if $(REDIS),--redis $(REDIS)) $(if $(MODE),--mode $(MODE))
	@$(PYTHON) tests/peers/redis_py/own.py $(if $(REDIS),--redis $(REDIS))

lint: deps ## formatters and linters of every language
	@$(PYTHON) tests/run.py lint

# As it is published: optimised as a whole.
bench: PROFILE = release
bench: build bench-deps ## each language beside the clients a user would pick instead
	@$(PYTHON) tests/bench/bench.py --cli $(CLI) $(BENCH_OPTIONS)

bench-deps:
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check -r tests/bench/requirements.txt
	@npm --prefix tests/bench/node install --silent --no-save --no-audit --no-fund
	@cargo rustc --quiet --locked --release -p redlatch-c --lib --crate-type staticlib
	@sh go/library.sh target/release/libredlatch_c.a
	@cd tests/bench/go && go build -o ../../../target/bench-go .
	@# Tests go on with their own.
	@if [ -e target/fast/libredlatch_c.a ]; then sh go/library.sh target/fast/libredlatch_c.a; fi
	@cargo build --quiet --locked --release --manifest-path tests/bench/rust/Cargo.toml \
	  --target-dir target/bench-rust

fuzz: ## each fuzz target for FUZZ_SECONDS (60); crashes stay in target/fuzz/artifacts
	@sh tests/fuzz/run.sh $(FUZZ_SECONDS)

build: deps ## the command, the packages, the demo's workers and the vectors' drivers
	@echo "building: the first time takes some minutes"
	@cargo build --quiet --locked --profile $(PROFILE) -p redlatch-cli -p redlatch-c -p redlatch-node
	@# Apart, since it asks for more features, which the others would get too.
	@cargo build --quiet --locked --profile $(PROFILE) -p redlatch-vectors
	@$(MAKE) --no-print-directory python-package PROFILE=$(PROFILE)
	@npm --prefix node run --silent build -- --profile $(PROFILE)
	@sh go/library.sh target/$(PROFILE)/libredlatch_c.a
	@cd tests/demo/go && go build -o ../../../target/demo-go .
	@cd tests/vectors/drivers/go && go build -o ../../../../target/vectors-go .

python-package:
	@cd python && $(VENV)/bin/maturin build --quiet --locked --profile $(PROFILE) \
	  -i $(PYTHON) -o ../target/wheels
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check --no-deps --force-reinstall \
	  --no-index --find-links target/wheels redlatch

deps: ## install what is missing
	@sh tests/deps.sh $(VENV)

PREFIX ?= /usr/local
c-install: ## the C library, header and pkg-config file, below PREFIX=/usr/local
	@# Of this kind alone: only then the whole is optimised together.
	@cargo rustc --quiet --locked --release -p redlatch-c --lib --crate-type staticlib
	@sh bindings/c/install.sh target/release/libredlatch_c.a $(PREFIX)

go-package: ## the Go module as it is published, for this platform, in target/go-module
	@cargo rustc --quiet --locked --release -p redlatch-c --lib --crate-type staticlib
	@sh go/library.sh target/release/libredlatch_c.a
	@sh go/release.sh $(shell go env GOOS)_$(shell go env GOARCH)

docs: deps ## the book, into target/docs
	@$(VENV)/bin/python -m mkdocs build --strict --config-file .mkdocs.yml
	@echo "target/docs/index.html"

gen: deps ## generated files: C header, Go error list, stub of Python's errors, pages of the book
	@REDLATCH_GEN=1 cargo test --quiet --locked -p redlatch-c --test header
	@cargo build --quiet --locked --profile $(PROFILE) -p redlatch-c -p redlatch-cli
	@$(PYTHON) tests/docs/generate.py
	@sh go/library.sh target/$(PROFILE)/libredlatch_c.a
	@cd go && go generate ./...
	@$(MAKE) --no-print-directory python-package
	@cd python && REDLATCH_GEN=1 $(VENV)/bin/pytest -q tests/test_stub.py

format: deps ## format every language
	@cargo fmt --all
	@$(VENV)/bin/ruff format -q . && $(VENV)/bin/ruff check -q --fix .
	@gofmt -w go deploy tests/demo/go tests/deploy tests/examples/go tests/examples/go_redis tests/vectors/drivers/go tests/peers/go_redis tests/docs/go
	@npm --prefix node run --silent format

clean: ## remove what was built
	@rm -rf target .venv node/node_modules node/dist tests/examples/node/node_modules deploy/app/node_modules go/lib/*/*.a go/internal/core/redlatch.h
