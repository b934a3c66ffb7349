#!/bin/bash
# A Slurm cluster of this one machine, for trials: all of it lives in a folder, nothing in /etc or /var.
#
#   one-node-slurm.sh start FOLDER [CORES]   starts munged, slurmctld and slurmd; some seconds
#   eval "$(one-node-slurm.sh env FOLDER)"   lets sbatch, squeue and Toil find it
#   one-node-slurm.sh stop FOLDER            ends them
#
# Needs Debian's packages slurm-wlm and munge. Real clusters have an administrator; this one has no accounting, no
# limits of memory and no security to speak of.
set -euo pipefail

usage() { sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 2; }
[ $# -ge 2 ] || usage
command=$1
# Where Debian puts the daemons.
PATH=$PATH:/usr/sbin:/sbin
case $command in start | stop | env) ;; *) usage ;; esac
[ "$command" = start ] && mkdir -p "$2"
folder=$(cd "$2" && pwd -P) || { echo "there is no folder $2" >&2; exit 1; }
cores=${3:-$(nproc)}

ended() { ! kill -0 "$1" 2>/dev/null; }
# free FIRST: the first port from FIRST on that nobody listens on.
free() { local p=$1; while (exec 3<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null; do p=$((p + 1)); done; echo "$p"; }

case $command in
env) echo "export SLURM_CONF='$folder/slurm.conf'" ;;
stop)
  # Each by its own number; the controller first, so that it starts nothing more.
  for name in slurmctld slurmd munged; do
    [ -s "$folder/$name.pid" ] || continue
    pid=$(cat "$folder/$name.pid")
    kill "$pid" 2>/dev/null || continue
    for _ in $(seq 100); do ended "$pid" && break; sleep 0.05; done
    ended "$pid" || kill -9 "$pid" 2>/dev/null || true
    rm -f "$folder/$name.pid"
  done
  ;;
start)
  for program in munged slurmctld slurmd scontrol; do
    command -v $program >/dev/null || { echo "$program is missing: apt install slurm-wlm munge" >&2; exit 1; }
  done
  if [ -s "$folder/slurmctld.pid" ] && ! ended "$(cat "$folder/slurmctld.pid")"; then
    echo "a cluster runs in $folder already" >&2; exit 1
  fi
  mkdir -p "$folder/state" "$folder/spool"
  [ -s "$folder/munge.key" ] || (umask 077; head -c 128 /dev/urandom >"$folder/munge.key")
  controller=$(free 16817)
  daemon=$(free $((controller + 1)))
  host=$(hostname -s)
  cat >"$folder/slurm.conf" <<CONF
ClusterName=one
SlurmctldHost=$host(127.0.0.1)
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=$folder/munge.socket
SlurmctldPort=$controller
SlurmdPort=$daemon
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=sched_interval=1,batch_sched_delay=0,defer_batch
MinJobAge=3600
ReturnToService=2
MpiDefault=none
NodeName=$host NodeAddr=127.0.0.1 CPUs=$cores RealMemory=$(awk '/MemTotal/ { print int($2 / 1024) }' /proc/meminfo) State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=INFINITE State=UP
CONF
  export SLURM_CONF=$folder/slurm.conf
  # --force: the folder may lie below one that others can write, such as /tmp.
  munged --force --key-file="$folder/munge.key" --socket="$folder/munge.socket" --pid-file="$folder/munged.pid" \
    --log-file="$folder/munged.log" --seed-file="$folder/munge.seed" --num-threads=2 2>>"$folder/munged.err"
  slurmctld -f "$SLURM_CONF"
  slurmd -f "$SLURM_CONF"
  for _ in $(seq 200); do
    case $(sinfo -h -o %T 2>/dev/null) in idle | mixed) echo "the cluster is up: $cores cores on $host"; exit 0 ;; esac
    sleep 0.1
  done
  echo "the cluster did not come up; see the logs in $folder" >&2
  tail -n 3 "$folder"/*.log >&2
  "$0" stop "$folder"
  exit 1
  ;;
esac
