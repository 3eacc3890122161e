# shellcheck shell=bash
# Writes slurm.conf, gres.conf and cgroup.conf of the development cluster.

# node_lines MODE: how slurmctld reaches each slurmd.
node_lines() {
    local node memory cpus place
    memory=$(awk '/^MemTotal/ { print int($2 / 1024 * 0.45) }' /proc/meminfo)
    cpus=$(nproc)
    [ "$cpus" -ge 2 ] || cpus=2
    for node in "${NODES[@]}"; do
        if [ "$1" = namespaces ]; then
            place="NodeAddr=$(node_addr "$node")"
        else
            place="NodeHostName=$(hostname) NodeAddr=127.0.0.1 Port=1700${node#n}"
        fi
        echo "NodeName=$node $place CPUs=$cpus RealMemory=$memory Gres=gpu:1 State=UNKNOWN"
    done
}

# write_slurm_conf MODE
write_slurm_conf() {
    local address=$LOGIN_ADDR mpi=pmix user
    user=$(id -un)
    if [ "$1" = shared ]; then
        address=127.0.0.1
        mpi=none # two slurmd that share /tmp get into each other's way with PMIx
    fi
    cat >"$SLURM_CONF" <<CONF
# Written by deploy/cluster/up.sh; a throwaway cluster for development and tests.
ClusterName=ferrolab
SlurmctldHost=$(hostname)($address)
SlurmctldPort=$FERROLAB_SLURM_PORT
SlurmUser=$user
SlurmdUser=$user
MailProg=/bin/true
AuthType=auth/munge
AuthInfo=socket=$RUN_DIR/munge/socket
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MpiDefault=$mpi
ReturnToService=2
GresTypes=gpu
SwitchType=switch/none
SlurmdParameters=config_overrides
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=2
EnforcePartLimits=ALL
KillWait=5
MinJobAge=300
JobCompType=jobcomp/filetxt
JobCompLoc=$RUN_DIR/jobcomp.log
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
StateSaveLocation=$SPOOL_DIR/ctld
SlurmctldPidFile=$RUN_DIR/slurmctld.pid
SlurmctldLogFile=$CLUSTER_LOGS/slurmctld.log
SlurmdSpoolDir=$SPOOL_DIR/slurmd-%n
SlurmdPidFile=$RUN_DIR/slurmd-%n.pid
SlurmdLogFile=$CLUSTER_LOGS/slurmd-%n.log
$(node_lines "$1")
PartitionName=debug Nodes=n1,n2 Default=YES MaxTime=30 DefaultTime=10 State=UP
PartitionName=long Nodes=n1,n2 MaxTime=1-00:00:00 DefaultTime=60 State=UP
CONF
    # One GPU that is none: enough for Slurm to hand it out and count it.
    echo "Name=gpu File=/dev/null" >"$RUN_DIR/gres.conf"
    # The v1 plugin touches no cgroup unless a plugin asks for one; autodetection may end slurmd.
    echo "CgroupPlugin=cgroup/v1" >"$RUN_DIR/cgroup.conf"
}
