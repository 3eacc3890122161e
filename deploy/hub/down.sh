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
# shellcheck source=../lib/folders.sh
source "$HERE/../lib/folders.sh"
# shellcheck source=../cluster/names.sh
source "$HERE/../cluster/names.sh"
# shellcheck source=names.sh
source "$HERE/names.sh"

# A hub that was killed leaves its servers' jobs behind. Other jobs of the user are none of ours.
cancel_servers() {
    local jobs
    have scancel && [ "$(cluster_mode)" != down ] || return 0
    jobs=$(timeout 10 squeue -h -u "$FERROLAB_HUB_USER" -o '%A %j' | sed -n 's/ fl-server-.*//p') || return 0
    # shellcheck disable=SC2086 # one word a job
    [ -z "$jobs" ] || timeout 10 scancel $jobs || true
}

main() {
    local ours=0
    with_sudo "$HERE/down.sh" "$@"
    claim_folder "$FERROLAB_HUB_DIR"
    trust_folders "$RUN_DIR"
    [ -d "$FERROLAB_HUB_DIR" ] || return 0
    [ ! -e "$FERROLAB_HUB_DIR/started-cluster" ] || ours=1
    # SIGTERM makes the hub end its servers and its proxy.
    daemon_stop "$FERROLAB_HUB_DIR/hub.pid" "$FERROLAB_HUB_DIR/" 30
    if [ -s "$FERROLAB_HUB_DIR/prefix" ]; then
        daemon_stop "$FERROLAB_HUB_DIR/proxy.pid" "$(proxy_in "$(cat "$FERROLAB_HUB_DIR/prefix")")"
    fi
    cancel_servers
    if [ "${1:-}" = --keep-cluster ]; then
        find "$FERROLAB_HUB_DIR" -xdev -mindepth 1 -not -name started-cluster -not -name "$FOLDER_MARK" -delete
        return 0
    fi
    [ $ours -eq 0 ] || bash "$HERE/../cluster/down.sh"
    remove_folders "$FERROLAB_HUB_DIR"
    say "the hub is gone"
}

main "$@"
