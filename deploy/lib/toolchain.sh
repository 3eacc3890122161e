# shellcheck shell=bash
# The Rust toolchain that rust-toolchain.toml names, and where builds go.

# Programs that are built for the tests are kept for the next clone.
RUST_TOOLS=${XDG_CACHE_HOME:-$HOME/.cache}/ferrolab/tools
PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin:$RUST_TOOLS/bin

# A target directory outside the checkout survives a fresh clone and saves the long build of evcxr.
CARGO_TARGET_DIR=${FERROLAB_TARGET_DIR:-${CARGO_TARGET_DIR:-$REPO/target}}
mkdir -p "$CARGO_TARGET_DIR"
CARGO_TARGET_DIR=$(cd "$CARGO_TARGET_DIR" && pwd)
export PATH CARGO_TARGET_DIR
# A crate of rust-analyzer looks at this variable when it is compiled: with it set in one build and
# not in the next, the thirty crates that depend on it would be compiled again.
unset CI

NEXTEST=0.9.143 # builds with the Rust of rust-toolchain.toml

wanted_rust() { sed -n 's/^channel *= *"\(.*\)"/\1/p' "$REPO/rust-toolchain.toml"; }

rust_fits() { [ "$(cd "$REPO" && rustc --version 2>/dev/null | cut -d' ' -f2)" = "$(wanted_rust)" ]; }

# installed_name: a toolchain of the wanted version under another name, as `stable` may be.
installed_name() {
    local name
    rustup toolchain list 2>/dev/null | cut -d' ' -f1 | while read -r name; do
        if [ "$(RUSTUP_TOOLCHAIN=$name rustc --version 2>/dev/null | cut -d' ' -f2)" = "$(wanted_rust)" ]; then
            echo "$name"
            break
        fi
    done
}

# need_toolchain: after it `cargo` and `rustc` are the wanted version, and SYSROOT is set.
need_toolchain() {
    local name
    if ! rust_fits; then
        have rustup || have cargo || die "no Rust toolchain: install rustup (https://rustup.rs), then run this again"
        have rustup || die "rustc is not $(wanted_rust): install that version, or rustup (https://rustup.rs)"
        name=$(installed_name)
        if [ -n "$name" ]; then
            export RUSTUP_TOOLCHAIN=$name
        else
            say "installing Rust $(wanted_rust)"
            timeout 900 rustup toolchain install "$(wanted_rust)" --profile minimal -c clippy -c rustfmt ||
                die "rustup could not install Rust $(wanted_rust)"
        fi
        rust_fits || die "rustc is not $(wanted_rust), which rust-toolchain.toml asks for"
    fi
    SYSROOT=$(cd "$REPO" && rustc --print sysroot)
    export SYSROOT
}

# have_nextest: the runner of the tests, built from its sources when it is not there.
have_nextest() {
    cargo nextest --version >/dev/null 2>&1 && return 0
    say "building cargo-nextest in $RUST_TOOLS (once, some minutes)"
    timeout 900 env -u CARGO_TARGET_DIR cargo install --quiet --locked "cargo-nextest@$NEXTEST" --root "$RUST_TOOLS"
}

# Compilers that cargo and cells need to link.
need_compiler() {
    if ! have cc || ! have make; then need_packages gcc libc6-dev make; fi
}
