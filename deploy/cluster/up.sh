#!/usr/bin/env bash
# Starts the development cluster: munge, slurmctld and two slurmd, each slurmd in its own
# network, mount and host-name namespace, without a route to anything but the login side.
# Without network namespaces: two slurmd on one host. Without Slurm: exit code 3.
# Running it again does nothing when the cluster is well. Down: deploy/cluster/down.sh
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=../lib/common.sh
source "$HERE/../lib/common.sh"
# shellcheck source=../lib/packages.sh
source "$HERE/../lib/packages.sh"
# shellcheck source=../lib/daemon.sh
source "$HERE/../lib/daemon.sh"
# shellcheck source=../lib/folders.sh
source "$HERE/../lib/folders.sh"
# shellcheck source=names.sh
source "$HERE/names.sh"
# shellcheck source=slurm_conf.sh
source "$HERE/slurm_conf.sh"
PATH=$PATH:/usr/sbin:/sbin

install_slurm() {
    have slurmctld && have slurmd && have munged && have srun && have ip && have mpicc && return 0
    if ! { can_be_root && have apt-get; }; then
        warn "no Slurm here and no root to install it: only the local launcher is available"
        exit 3
    fi
    need_packages slurm-wlm slurm-client munge openmpi-bin libopenmpi-dev iproute2 procps
}

make_bridge() {
    ip link show "$FERROLAB_BRIDGE" >/dev/null 2>&1 || ip link add "$FERROLAB_BRIDGE" type bridge
    ip addr replace "$LOGIN_ADDR/24" dev "$FERROLAB_BRIDGE"
    ip link set "$FERROLAB_BRIDGE" up
}

make_network() {
    local node=$1 netns link
    netns=$(netns_of "$node")
    link=$(link_of "$node")
    ip netns add "$netns"
    ip link add "$link" type veth peer name eth0 netns "$netns"
    ip link set "$link" master "$FERROLAB_BRIDGE" up
    ip -n "$netns" addr add "$(node_addr "$node")/24" dev eth0
    ip -n "$netns" link set lo up
    ip -n "$netns" link set eth0 up
}

# choose_mode: `namespaces` when a network of our own can be made here, else `shared`.
choose_mode() {
    if is_root && unshare -m -u true 2>/dev/null &&
        { make_bridge && ip netns add "${FERROLAB_NETNS_PREFIX}probe"; } 2>/dev/null; then
        ip netns del "${FERROLAB_NETNS_PREFIX}probe"
        echo namespaces
    else
        echo shared
    fi
}

make_directories() {
    local node
    make_folder "$RUN_DIR" 0755
    make_folder "$SPOOL_DIR" 0755
    mkdir -p "$RUN_DIR/munge" "$CLUSTER_LOGS" "$CLUSTER_PIDS" "$SPOOL_DIR/ctld"
    for node in "${NODES[@]}"; do
        mkdir -p "$SPOOL_DIR/slurmd-$node"
        mkdir -p "$SPOOL_DIR/tmp-$node"
        chmod 1777 "$SPOOL_DIR/tmp-$node" # everyone writes to a node's /tmp
    done
    : >"$RUN_DIR/jobcomp.log"
}

# A munge of our own: its key and socket touch nothing of the machine's.
start_munge() {
    local dir=$RUN_DIR/munge command=(munged --foreground)
    (umask 077 && head -c 128 /dev/urandom >"$dir/key")
    command+=(--key-file "$dir/key" --socket "$dir/socket" --pid-file "$dir/pid"
        --log-file "$dir/log" --seed-file "$dir/seed")
    if is_root; then
        chown -R munge: "$dir"
        command=(setpriv --reuid munge --regid munge --clear-groups "${command[@]}")
    fi
    daemon_start "$CLUSTER_PIDS/munged" "$CLUSTER_LOGS/munged.log" "${command[@]}"
    await 10 "munge" munge_works
}

munge_works() { munge -n -S "$RUN_DIR/munge/socket" | unmunge -S "$RUN_DIR/munge/socket"; }

start_slurmctld() {
    daemon_start "$CLUSTER_PIDS/slurmctld" "$CLUSTER_LOGS/slurmctld.out" \
        slurmctld -D -c -f "$SLURM_CONF"
}

write_hosts() {
    local node
    {
        echo "127.0.0.1 localhost"
        echo "$LOGIN_ADDR $(hostname)"
        for node in "${NODES[@]}"; do
            echo "$(node_addr "$node") $node"
        done
    } >"$RUN_DIR/hosts"
}

# shared_directories: what must stay visible below a node's private /tmp.
shared_directories() {
    local dir
    for dir in "$REPO" "$RUN_DIR" ${FERROLAB_SHARED:+"$FERROLAB_SHARED"}; do
        case $dir in /tmp/*) echo "$dir" ;; esac
    done
}

start_slurmd() {
    local mode=$1 node=$2 shared log=$CLUSTER_LOGS/slurmd-$2.out
    if [ "$mode" = namespaces ]; then
        mapfile -t shared < <(shared_directories)
        # Not `ip netns exec`: it mounts a fresh /sys, and slurmd then misses the cgroup files.
        daemon_start "$CLUSTER_PIDS/slurmd-$node" "$log" \
            nsenter "--net=/run/netns/$(netns_of "$node")" unshare -m -u \
            bash "$HERE/node.sh" "$node" "$SLURM_CONF" "$SPOOL_DIR/tmp-$node" "$RUN_DIR/hosts" \
            "${shared[@]}"
    else
        daemon_start "$CLUSTER_PIDS/slurmd-$node" "$log" slurmd -D -N "$node" -f "$SLURM_CONF"
    fi
}

nodes_idle() {
    [ "$(timeout 5 sinfo -h -N -p debug -o '%N %T' | grep -cE ' (idle|mixed|allocated)$')" -eq ${#NODES[@]} ]
}

# cluster_well: the daemons of the record live and the nodes answer.
cluster_well() {
    local name
    for name in munged slurmctld "${NODES[@]/#/slurmd-}"; do
        daemon_pid "$CLUSTER_PIDS/$name" "$RUN_DIR/" >/dev/null || return 1
    done
    nodes_idle
}

# sbatch and srun work for whoever sources this file.
write_environment() {
    cat >"$RUN_DIR/env" <<ENV
export SLURM_CONF=$SLURM_CONF
export FERROLAB_RUN_DIR=$RUN_DIR
ENV
}

explain_failure() {
    local code=$?
    [ $code -ne 0 ] || return 0
    show_tail "$CLUSTER_LOGS"/*.log "$CLUSTER_LOGS"/*.out "$RUN_DIR/munge/log"
    warn "the cluster did not come up; removing what was started"
    bash "$HERE/down.sh" || true
    exit $code
}

main() {
    local mode node used
    with_sudo "$HERE/up.sh"
    claim_folder "$RUN_DIR"
    claim_folder "$SPOOL_DIR"
    install_slurm
    if cluster_well; then
        say "the cluster is up already ($(cluster_mode)): export SLURM_CONF=$SLURM_CONF"
        return 0
    fi
    bash "$HERE/down.sh" --quiet
    used=$(networks)
    [ -z "$used" ] || die "in use by another cluster: $(echo "$used" | paste -sd, -); set FERROLAB_NETNS_PREFIX, FERROLAB_BRIDGE, FERROLAB_SUBNET and FERROLAB_SLURM_PORT to others"
    trap explain_failure EXIT
    make_directories
    mode=$(choose_mode)
    echo "$mode" >"$RUN_DIR/mode"
    case $mode in
        namespaces) say "two nodes, each in its own network, mount and host-name namespace" ;;
        *) say "no network namespaces here: two slurmd on one host, without MPI between them" ;;
    esac
    write_slurm_conf "$mode"
    write_hosts
    write_environment
    start_munge || die "munge does not answer"
    start_slurmctld
    for node in "${NODES[@]}"; do
        [ "$mode" = shared ] || make_network "$node"
        start_slurmd "$mode" "$node"
    done
    await 60 "both nodes idle" nodes_idle || die "slurmd did not register"
    timeout 60 srun -N2 -n2 --chdir=/ hostname | sort | paste -sd' ' | sed 's/^/srun ran on: /' ||
        die "srun -N2 failed"
    trap - EXIT
    say "the cluster is up: export SLURM_CONF=$SLURM_CONF (or: . $RUN_DIR/env)"
}

main
