#!/usr/bin/env bash
# Measures array expressions of this checkout against NumPy, numexpr (as on PyPI and with Intel's
# VML) and JAX, and prints a table with the limits of the machine and the target of each row.
# Usage: bench/expr.sh [ARGUMENT...]     arguments of bench/expr/bench.py: --rows PATTERN, --quick, ...
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=../lib/common.sh
source "$HERE/../lib/common.sh"
# shellcheck source=../lib/toolchain.sh
source "$HERE/../lib/toolchain.sh"
# shellcheck source=expr/peers.sh
source "$HERE/expr/peers.sh"

main() {
    local vml=()
    need_toolchain
    peer_environment peers "$HERE/requirements-expr.txt" >&2 || die "pip could not install the peers: is the network there?"
    if vml_environment >&2; then
        vml=(--vml "$PEERS/vml")
    else
        warn "no numexpr with VML (it needs g++ and the packages of requirements-mkl.txt): that column stays empty"
    fi
    (cd "$REPO" && cargo build --release --locked -p hpc --example bench >&2)
    "$PEERS/peers/bin/python" "$HERE/expr/bench.py" --ours "$CARGO_TARGET_DIR/release/examples/bench" "${vml[@]}" "$@"
}

main "$@"
