# The index of every task. Each one is a script in deploy/ that can be run by itself.
# PREFIX says where things are installed: /opt/ferrolab for root, else ~/.local/share/ferrolab.
# BENCH are arguments of bench-expr: --quick, --tiny, --rows PATTERN, --json FILE, --threads N, --check.

PREFIX ?=
BENCH ?=
PREFIX_ARGUMENT = $(if $(PREFIX),"$(PREFIX)")
SHELL := /bin/bash
.DEFAULT_GOAL := help

.PHONY: help demo test test-math bench-kernel bench-expr bench-prof hub hub-down cluster cluster-down install crates build fmt lint docs clean

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## build, install and run notebooks/quickstart.ipynb on this machine
	@deploy/demo.sh $(PREFIX_ARGUMENT)

test: ## everything: formatting, lints, Rust, Python, real Slurm, real hub, real browser
	@deploy/test.sh $(PREFIX_ARGUMENT)

test-math: ## vector mathematics: every value of f32, and 10^8 of f64 for each function (hours)
	FERROLAB_MATH_SAMPLES=100000000 cargo test --release --locked -p hpc --lib simd::math -- --include-ignored --nocapture

bench-kernel: ## time the kernel against evcxr_jupyter and print a table with targets
	@deploy/bench/kernel.sh $(PREFIX_ARGUMENT)

bench-expr: ## time array expressions against NumPy, numexpr and JAX and print a table with targets
	@deploy/bench/expr.sh $(BENCH)

bench-prof: ## time regions beside bare readings of the clock and print a table with targets
	@deploy/bench/prof.sh $(BENCH)

hub: install ## JupyterHub in front of a two-node Slurm on this machine; prints URL and login
	@deploy/python.sh $(PREFIX_ARGUMENT)
	@deploy/hub/up.sh $(PREFIX_ARGUMENT)

hub-down: ## stop the hub and remove the cluster that it started
	@deploy/hub/down.sh

cluster: ## the two-node Slurm alone
	@deploy/cluster/up.sh

cluster-down: ## remove the two-node Slurm
	@deploy/cluster/down.sh

install: ## build and install to PREFIX
	@deploy/install.sh $(PREFIX_ARGUMENT)

crates: ## build the crates in the section [crates] of ferrolab.toml for all notebooks
	@deploy/crates.sh $(PREFIX_ARGUMENT)

build: ## build the binaries in release mode
	cargo build --release --locked --workspace --bins

fmt: ## format all Rust code
	cargo fmt --all

lint: ## formatting, clippy and shellcheck, without warnings
	@deploy/lint.sh

docs: ## API documentation into target/doc
	cargo doc --locked --workspace --no-deps

clean: ## remove build output (not what was installed)
	cargo clean
	rm -rf build tests/browser/node_modules
