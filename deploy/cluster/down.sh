#!/usr/bin/env bash
# Removes the development cluster, whole or half-way up: jobs, daemons, namespaces, bridge, files.
# Ends only processes that are recorded as ours or live in the nodes' own namespaces.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=../lib/common.sh
source "$HERE/../lib/common.sh"
# shellcheck source=../lib/daemon.sh
source "$HERE/../lib/daemon.sh"
# shellcheck source=../lib/folders.sh
source "$HERE/../lib/folders.sh"
# shellcheck source=names.sh
source "$HERE/names.sh"
PATH=$PATH:/usr/sbin:/sbin

quiet=${1:-}

cancel_jobs() {
    daemon_pid "$CLUSTER_PIDS/slurmctld" "$RUN_DIR/" >/dev/null || return 0
    have squeue || return 0
    local jobs
    jobs=$(timeout 5 squeue -h -a -o %A 2>/dev/null) || return 0
    [ -n "$jobs" ] || return 0
    # shellcheck disable=SC2086 # one word a job
    timeout 10 scancel $jobs 2>/dev/null || true
    await 8 "jobs to end" no_jobs || true
}

no_jobs() { [ -z "$(timeout 5 squeue -h -a -t R,CG,PD,S,CF -o %A)" ]; }

# node_processes NODE: every process in the node's network namespace.
node_processes() {
    [ -e "/run/netns/$(netns_of "$1")" ] || return 0
    ip netns pids "$(netns_of "$1")" 2>/dev/null || true
}

# job_processes: what Slurm jobs of this cluster left on a shared host.
job_processes() {
    local environ
    for environ in /proc/[0-9]*/environ; do
        if grep -qzxF "SLURM_CONF=$SLURM_CONF" "$environ" 2>/dev/null &&
            grep -qzE '^SLURM_STEP_ID=|^SLURM_TASK_PID=' "$environ" 2>/dev/null; then
            basename "$(dirname "$environ")"
        fi
    done
}

# end_nodes: slurmd of every node, with whatever jobs left behind.
end_nodes() {
    local pids=() node pid
    for node in "${NODES[@]}"; do
        if pid=$(daemon_pid "$CLUSTER_PIDS/slurmd-$node" "$RUN_DIR/"); then pids+=("$pid"); fi
        mapfile -t -O ${#pids[@]} pids < <(node_processes "$node")
    done
    [ "$(cluster_mode)" != shared ] || mapfile -t -O ${#pids[@]} pids < <(job_processes)
    end_processes 5 "${pids[@]}" || true
}

remove_network() {
    local node
    have ip && is_root || return 0
    for node in "${NODES[@]}" probe; do
        ip link del "$(link_of "$node")" 2>/dev/null || true
        ip netns del "$(netns_of "$node")" 2>/dev/null || true
    done
    ip link del "$FERROLAB_BRIDGE" 2>/dev/null || true
    # `ip netns` mounts its folder on itself; an empty one is of no use to anybody.
    if [ -d /run/netns ] && [ -z "$(ls -A /run/netns)" ]; then
        umount /run/netns 2>/dev/null || true
        rmdir /run/netns 2>/dev/null || true
    fi
}

# leftovers: one line for each thing that should be gone and is not.
leftovers() {
    local name
    for name in munged slurmctld "${NODES[@]/#/slurmd-}"; do
        ! daemon_pid "$CLUSTER_PIDS/$name" "$RUN_DIR/" >/dev/null || echo "process $name"
    done
    networks
    grep -oE " ($RUN_DIR|$SPOOL_DIR)(/[^ ]*)? " /proc/mounts | sed 's/^/mount/' || true
}

# take_down: without the mark nothing here was started by us, and names may be another cluster's.
take_down() {
    local left
    cancel_jobs
    end_nodes
    daemon_stop "$CLUSTER_PIDS/slurmctld" "$RUN_DIR/"
    daemon_stop "$CLUSTER_PIDS/munged" "$RUN_DIR/"
    remove_network
    left=$(leftovers)
    [ -z "$left" ] || die "still there: $(echo "$left" | paste -sd, -)"
}

with_sudo "$HERE/down.sh" "$@"
claim_folder "$RUN_DIR"
claim_folder "$SPOOL_DIR"
! folder_is_ours "$RUN_DIR" || take_down
# The run directory goes last: its mark says that there is something to remove.
remove_folders "$SPOOL_DIR" "$RUN_DIR"
[ ! -d /var/spool/ferrolab ] || rmdir --ignore-fail-on-non-empty /var/spool/ferrolab
[ "$quiet" = --quiet ] || say "the cluster is gone"
