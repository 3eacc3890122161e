#!/usr/bin/env bash
# Stops the development hub, whole or half-way up: servers, hub, proxy, and the cluster that
# `make hub` started. The demo user's home stays.
# Usage: down.sh [--keep-cluster]
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=../lib/common.sh
source "$HERE/../lib/common.sh"
# shellcheck source=../lib/daemon.sh
source "$HERE/../lib/daemon.sh"
# shellcheck source=../cluster/names.sh
source "$HERE/../cluster/names.sh"
# shellcheck source=names.sh
source "$HERE/names.sh"

# A hub that was killed leaves its servers' jobs behind.
cancel_servers() {
    have scancel && [ "$(cluster_mode)" != down ] || return 0
    is_root || return 0
    timeout 10 scancel --user="$FERROLAB_HUB_USER" 2>/dev/null || true
}

main() {
    local ours=0
    [ -d "$FERROLAB_HUB_DIR" ] || return 0
    [ ! -e "$FERROLAB_HUB_DIR/started-cluster" ] || ours=1
    # SIGTERM makes the hub end its servers and its proxy.
    daemon_stop "$FERROLAB_HUB_DIR/hub.pid" "$FERROLAB_HUB_DIR" 30
    daemon_stop "$FERROLAB_HUB_DIR/proxy.pid" configurable-http-proxy
    cancel_servers
    if [ "${1:-}" = --keep-cluster ]; then
        find "$FERROLAB_HUB_DIR" -mindepth 1 -not -name started-cluster -delete
        return 0
    fi
    [ $ours -eq 0 ] || bash "$HERE/../cluster/down.sh"
    rm -rf --one-file-system "$FERROLAB_HUB_DIR"
    say "the hub is gone"
}

main "$@"
