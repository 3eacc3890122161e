# shellcheck shell=bash
# Daemons that a script starts and a later script stops. Each one writes its own process id
# before it turns into the daemon, so a crash between start and record leaves nothing unknown.
# A process is ended only by a recorded id whose command line still names the run directory.

# daemon_start PIDFILE LOG COMMAND...: in a session of its own, detached from the terminal.
daemon_start() {
    local pidfile=$1 log=$2
    shift 2
    # shellcheck disable=SC2016 # the inner shell expands these
    setsid bash -c 'echo $$ >"$0"; exec "$@"' "$pidfile" "$@" </dev/null >>"$log" 2>&1 &
}

# daemon_pid PIDFILE MARK: prints the id if that process lives and MARK is in its command line.
daemon_pid() {
    local pid
    [ -s "$1" ] || return 1
    read -r pid <"$1"
    process_has_mark "$pid" "$2" || return 1
    echo "$pid"
}

process_has_mark() {
    [ -r "/proc/$1/cmdline" ] && tr '\0' ' ' <"/proc/$1/cmdline" 2>/dev/null | grep -qF -- "$2"
}

# daemon_stop PIDFILE MARK [SECONDS]: TERM, wait, then KILL; the record goes with the process.
daemon_stop() {
    local pid
    if pid=$(daemon_pid "$1" "$2"); then
        end_processes "${3:-10}" "$pid" || return 0
    fi
    rm -f "$1"
}

# end_processes SECONDS PID...: TERM to all, wait, KILL to those that stay.
end_processes() {
    local limit=$1 pid
    shift
    [ $# -gt 0 ] || return 0
    kill -TERM "$@" 2>/dev/null || true
    await "$limit" "processes $* to end" all_gone "$@" && return 0
    kill -KILL "$@" 2>/dev/null || true
    await 10 "killed processes $* to go" all_gone "$@"
}

all_gone() {
    local pid
    for pid in "$@"; do
        # A zombie has ended; only its parent has not looked yet.
        [ -d "/proc/$pid" ] && ! grep -q '^State:[[:space:]]*Z' "/proc/$pid/status" 2>/dev/null && return 1
    done
    return 0
}
