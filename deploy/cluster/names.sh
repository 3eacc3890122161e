# shellcheck shell=bash
# Names and addresses of the development cluster. Another value of these variables gives a
# second cluster beside the first. The caller has sourced common.sh and folders.sh.

: "${FERROLAB_NETNS_PREFIX:=ferrolab-}" # network namespaces: ferrolab-n1, ferrolab-n2
: "${FERROLAB_BRIDGE:=ferrolab0}"       # at most 11 characters: the links add 4
: "${FERROLAB_SUBNET:=10.77.0}"         # login side .1, nodes .11 and .12
: "${FERROLAB_SLURM_PORT:=16817}"       # slurmctld; not 6817, which a real one may have
if [ -z "${FERROLAB_RUN_DIR:-}" ]; then
    if can_be_root; then
        FERROLAB_RUN_DIR=/run/ferrolab-dev
    else
        FERROLAB_RUN_DIR=${XDG_RUNTIME_DIR:-/tmp}/ferrolab-dev-$(id -u)
    fi
fi
check_folder_name FERROLAB_RUN_DIR "$FERROLAB_RUN_DIR"
export FERROLAB_NETNS_PREFIX FERROLAB_BRIDGE FERROLAB_SUBNET FERROLAB_SLURM_PORT FERROLAB_RUN_DIR

RUN_DIR=$FERROLAB_RUN_DIR
# Batch scripts and node-local files: /run is often a small file system without execution.
if is_root; then
    SPOOL_DIR=/var/spool/ferrolab/$(basename "$RUN_DIR")
else
    SPOOL_DIR=/var/tmp/ferrolab-$(id -u)-$(basename "$RUN_DIR")
fi
CLUSTER_LOGS=$RUN_DIR/log
CLUSTER_PIDS=$RUN_DIR/pid
# shellcheck disable=SC2034 # used by those who source this file
NODES=(n1 n2)
LOGIN_ADDR=$FERROLAB_SUBNET.1
SLURM_CONF=$RUN_DIR/slurm.conf
export SLURM_CONF SPOOL_DIR CLUSTER_LOGS CLUSTER_PIDS LOGIN_ADDR

netns_of() { echo "$FERROLAB_NETNS_PREFIX$1"; }
link_of() { echo "$FERROLAB_BRIDGE-$1"; }
node_addr() { echo "$FERROLAB_SUBNET.1${1#n}"; }

cluster_mode() { cat "$RUN_DIR/mode" 2>/dev/null || echo down; }

# networks: a line for each network part that exists under our names; without root there is none.
networks() {
    local node
    is_root || return 0
    for node in "${NODES[@]}"; do
        [ ! -e "/run/netns/$(netns_of "$node")" ] || echo "network namespace $(netns_of "$node")"
    done
    [ ! -e "/sys/class/net/$FERROLAB_BRIDGE" ] || echo "bridge $FERROLAB_BRIDGE"
}
