#!/usr/bin/env bash
# Builds crates for all notebooks of a site: `:dep` on one of them costs nothing and needs no network.
# Usage: crates.sh FILE [PREFIX]     FILE has a section [dependencies], as a Cargo.toml has
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=lib/common.sh
source "$HERE/lib/common.sh"
# shellcheck source=lib/prefix.sh
source "$HERE/lib/prefix.sh"

main() {
    [ $# -ge 1 ] || die "which crates? Usage: crates.sh FILE [PREFIX]"
    [ -f "$1" ] || die "$1 is not there"
    use_prefix "${2:-}"
    [ -x "$PREFIX/bin/ferrolab-kernel" ] || die "nothing is installed in $PREFIX: run \`make install\` first"
    "$PREFIX/bin/ferrolab-kernel" --prepare-crates "$1"
    say "ready: $LIB/crates"
}

main "$@"
