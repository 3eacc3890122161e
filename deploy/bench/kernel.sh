#!/usr/bin/env bash
# Measures the kernel of this checkout against evcxr_jupyter, which is built once into a cache
# outside the checkout, and prints a table with the target of each row.
# Usage: bench/kernel.sh [PREFIX] [ARGUMENT...]     arguments of bench/kernel.py: --json, --rounds N, ...
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=../lib/common.sh
source "$HERE/../lib/common.sh"
# shellcheck source=../lib/prefix.sh
source "$HERE/../lib/prefix.sh"
# shellcheck source=../lib/toolchain.sh
source "$HERE/../lib/toolchain.sh"

EVCXR_JUPYTER=0.22.0 # the version that the targets were set against

# evcxr_program: its path, or nothing when it cannot be had. Without --locked it does not build.
evcxr_program() {
    local root=$RUST_TOOLS/evcxr_jupyter-$EVCXR_JUPYTER
    if [ ! -x "$root/bin/evcxr_jupyter" ]; then
        say "building evcxr_jupyter $EVCXR_JUPYTER in $root (once, some minutes)" >&2
        if ! timeout 1800 env -u CARGO_TARGET_DIR cargo install --quiet --locked evcxr_jupyter \
            --version "$EVCXR_JUPYTER" --root "$root" >&2; then
            warn "evcxr_jupyter could not be built: the kernel is measured alone"
            return 0
        fi
    fi
    echo "$root/bin/evcxr_jupyter"
}

main() {
    local prefix='' evcxr
    if [ $# -gt 0 ] && [[ $1 != -* ]]; then
        prefix=$1
        shift
    fi
    use_prefix "$prefix"
    # The table is all that goes to stdout.
    bash "$DEPLOY/install.sh" "$PREFIX" >&2
    bash "$DEPLOY/python.sh" "$PREFIX" >&2
    need_toolchain
    evcxr=$(evcxr_program)
    export JUPYTER_PREFER_ENV_PATH=1
    "$PREFIX/bin/python" "$HERE/kernel.py" --prefix "$PREFIX" ${evcxr:+--evcxr "$evcxr"} "$@"
}

main "$@"
