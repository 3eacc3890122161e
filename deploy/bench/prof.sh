#!/usr/bin/env bash
# Times regions of this checkout beside bare readings of the clock, and beside puffin, fastrace, tracing and, where
# they are installed, Score-P's Python bindings. Prints tables with the target of each row.
# Usage: bench/prof.sh [--check]     with --check it fails when a target is missed
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=../lib/common.sh
source "$HERE/../lib/common.sh"
# shellcheck source=../lib/toolchain.sh
source "$HERE/../lib/toolchain.sh"

# What `with scorep.user.region("region")` costs, on top of the loop.
score_p() {
    if ! command -v scorep >/dev/null || ! python3 -c 'import scorep' 2>/dev/null; then
        echo "Score-P's Python bindings are not installed (they need Score-P itself, which PyPI and Debian lack): no row for them"
        return
    fi
    local folder
    folder=$(mktemp -d)
    (cd "$folder" && SCOREP_EXPERIMENT_DIRECTORY="$folder/result" SCOREP_ENABLE_TRACING=false \
        python3 -m scorep --noinstrumenter --thread=default "$HERE/prof/score_p.py") ||
        warn "Score-P's bindings do not run here"
    rm -rf "$folder"
}

main() {
    need_toolchain
    cd "$REPO"
    echo "what recording costs"
    cargo run --quiet --release --locked -p hpc-profile --example hot_path -- "$@"
    echo
    echo "what cells write"
    cargo run --quiet --release --locked -p hpc --example region_cost -- "$@"
    echo
    echo "beside others"
    if cargo build --quiet --release --locked --manifest-path "$HERE/prof/Cargo.toml"; then
        "$CARGO_TARGET_DIR/release/bench-prof" "$@"
    else
        warn "the others could not be built (is the network there?): no rows for them"
    fi
    score_p
}

main "$@"
