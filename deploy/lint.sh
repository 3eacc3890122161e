#!/usr/bin/env bash
# Formatting, clippy and shellcheck; a warning is an error.
# Usage: lint.sh [fmt] [clippy] [shell]     default: all three
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=lib/common.sh
source "$HERE/lib/common.sh"
# shellcheck source=lib/packages.sh
source "$HERE/lib/packages.sh"
# shellcheck source=lib/toolchain.sh
source "$HERE/lib/toolchain.sh"

lint_fmt() { cargo fmt --all --check; }

# The release profile, because its build scripts and macros are compiled already.
lint_clippy() {
    need_packages libgmp-dev libmpfr-dev libmpc-dev # tests of vector mathematics link to them
    cargo clippy --release --locked --workspace --all-targets -- -D warnings
}

lint_shell() {
    have shellcheck || need_packages shellcheck
    find deploy tests .ci/run -name node_modules -prune -o -type f \( -name '*.sh' -o -path .ci/run \) -print0 | xargs -0 shellcheck -x
}

need_toolchain
cd "$REPO"
[ $# -gt 0 ] || set -- fmt clippy shell
for part in "$@"; do
    "lint_$part"
done
