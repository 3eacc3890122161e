#!/usr/bin/env bash
# Builds the crates in the section [crates] of the site's ferrolab.toml for all notebooks: `:dep` on one
# of them costs nothing and needs no network.
# Usage: crates.sh [PREFIX]     FERROLAB_CONFIG names another file than /etc/ferrolab/ferrolab.toml
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=lib/common.sh
source "$HERE/lib/common.sh"
# shellcheck source=lib/prefix.sh
source "$HERE/lib/prefix.sh"

main() {
    local settings=${FERROLAB_CONFIG:-/etc/ferrolab/ferrolab.toml}
    [ -f "$settings" ] || die "$settings is not there: write the crates into its section [crates]"
    use_prefix "${1:-}"
    [ -x "$PREFIX/bin/ferrolab-kernel" ] || die "nothing is installed in $PREFIX: run \`make install\` first"
    "$PREFIX/bin/ferrolab-kernel" --prepare-crates "$settings"
    say "ready: $LIB/crates"
}

main "$@"
