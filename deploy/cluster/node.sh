#!/usr/bin/env bash
# Becomes one slurmd. Runs inside the node's own network, mount and host-name namespaces, gives
# it a private /tmp and host names, then turns into slurmd.
# Usage: node.sh NODE SLURM_CONF PRIVATE_TMP HOSTS [SHARED_DIR...]
set -euo pipefail
node=$1 conf=$2 private_tmp=$3 hosts=$4
shift 4

hostname "$node"
mount --bind "$hosts" /etc/hosts
# Directories below /tmp that all nodes share (a checkout there, say) stay visible.
for shared in "$@"; do
    mkdir -p "$private_tmp/${shared#/tmp/}"
    mount --bind "$shared" "$private_tmp/${shared#/tmp/}"
done
mount --rbind "$private_tmp" /tmp
exec slurmd -D -N "$node" -f "$conf"
