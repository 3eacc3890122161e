#!/usr/bin/env bash
# Builds and installs Ferrolab, then executes the quickstart notebook on this machine.
# Usage: demo.sh [PREFIX]
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=lib/common.sh
source "$HERE/lib/common.sh"
# shellcheck source=lib/prefix.sh
source "$HERE/lib/prefix.sh"

main() {
    local out=$REPO/build/demo
    use_prefix "${1:-}"
    bash "$HERE/install.sh" "$PREFIX"
    mkdir -p "$out"
    say "running notebooks/quickstart.ipynb"
    "$PREFIX/bin/ferrolab" run "$REPO/notebooks/quickstart.ipynb" \
        -o "$out/quickstart.ipynb" --html "$out/quickstart.html"
    say "executed notebook: $out/quickstart.ipynb"
    say "page for a browser: $out/quickstart.html"
}

main "$@"
