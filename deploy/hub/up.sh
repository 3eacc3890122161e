#!/usr/bin/env bash
# Starts the development hub: the cluster (unless it is up), JupyterHub and its proxy.
# Prints the URL and a login. Needs an installed PREFIX (install.sh and python.sh).
# Usage: up.sh [PREFIX]     down: deploy/hub/down.sh
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=../lib/common.sh
source "$HERE/../lib/common.sh"
# shellcheck source=../lib/daemon.sh
source "$HERE/../lib/daemon.sh"
# shellcheck source=../lib/folders.sh
source "$HERE/../lib/folders.sh"
# shellcheck source=../lib/prefix.sh
source "$HERE/../lib/prefix.sh"
# shellcheck source=../cluster/names.sh
source "$HERE/../cluster/names.sh"
# shellcheck source=names.sh
source "$HERE/names.sh"

hub_answers() {
    "$PREFIX/bin/python" - "http://127.0.0.1:$FERROLAB_HUB_PORT/hub/api/" <<'PY'
import sys, urllib.request
urllib.request.urlopen(sys.argv[1], timeout=2)
PY
}

hub_alive() { daemon_pid "$FERROLAB_HUB_DIR/hub.pid" "$FERROLAB_HUB_DIR/" >/dev/null; }

# A hub that ended is not waited for.
hub_settled() { hub_answers || ! hub_alive; }

port_free() { ! (exec 3<>"/dev/tcp/$1/$2") 2>/dev/null; }

# start_cluster: leaves a mark, before anything else, when the cluster is ours to remove.
start_cluster() {
    local status=0
    if [ "$(cluster_mode)" = down ]; then touch "$FERROLAB_HUB_DIR/started-cluster"; fi
    bash "$HERE/../cluster/up.sh" || status=$?
    case $status in
        0) ;;
        3) warn "no Slurm here: the hub starts servers on this machine (the local launcher)" ;;
        *) die "the cluster did not come up" ;;
    esac
}

need_user() {
    id "$FERROLAB_HUB_USER" >/dev/null 2>&1 && return 0
    say "creating the user $FERROLAB_HUB_USER"
    useradd --create-home --shell /bin/bash --comment "Ferrolab development hub" "$FERROLAB_HUB_USER"
}

# The account has no password; this one opens the hub only, and only from this machine.
write_password() { (umask 077 && head -c 15 /dev/urandom | base64 | tr '+/' '-_' >"$FERROLAB_HUB_DIR/password"); }

start_hub() {
    local mode
    mode=$(cluster_mode)
    echo "$PREFIX" >"$FERROLAB_HUB_DIR/prefix" # down.sh tells the proxy by it
    (cd "$FERROLAB_HUB_DIR" && daemon_start "$FERROLAB_HUB_DIR/hub.pid" "$FERROLAB_HUB_DIR/hub.log" \
        env -i PATH="$PREFIX/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin" HOME="$HOME" LANG=C.UTF-8 \
        ${FERROLAB_CONFIG:+FERROLAB_CONFIG="$FERROLAB_CONFIG"} \
        SLURM_CONF="$SLURM_CONF" FERROLAB_PREFIX="$PREFIX" FERROLAB_HUB_MODE="$mode" \
        FERROLAB_PROXY="$(proxy_in "$PREFIX")" \
        FERROLAB_HUB_DIR="$FERROLAB_HUB_DIR" FERROLAB_HUB_USER="$FERROLAB_HUB_USER" \
        FERROLAB_HUB_PORT="$FERROLAB_HUB_PORT" FERROLAB_HUB_API_PORT="$FERROLAB_HUB_API_PORT" \
        FERROLAB_PROXY_API_PORT="$FERROLAB_PROXY_API_PORT" FERROLAB_LOGIN_ADDR="$LOGIN_ADDR" \
        "$PREFIX/bin/jupyterhub" -f "$HERE/jupyterhub_config.py" \
        --JupyterHub.cookie_secret_file="$FERROLAB_HUB_DIR/cookie_secret")
}

explain_failure() {
    local code=$?
    [ $code -ne 0 ] || return 0
    show_tail "$FERROLAB_HUB_DIR/hub.log"
    warn "the hub did not come up; removing what was started"
    bash "$HERE/down.sh" || true
    exit $code
}

# The password itself goes to a terminal only, not into a log.
print_login() {
    local password="in $FERROLAB_HUB_DIR/password"
    [ ! -t 1 ] || password=$(cat "$FERROLAB_HUB_DIR/password")
    echo "  URL       http://127.0.0.1:$FERROLAB_HUB_PORT"
    echo "  user      $FERROLAB_HUB_USER"
    echo "  password  $password"
    echo "  logs      $FERROLAB_HUB_DIR/hub.log"
}

main() {
    local port
    use_prefix "${1:-}"
    with_sudo "$HERE/up.sh" "$PREFIX"
    claim_folder "$FERROLAB_HUB_DIR"
    trust_folders "$RUN_DIR"
    [ -x "$PREFIX/bin/jupyterhub" ] || die "no JupyterHub in $PREFIX: run deploy/python.sh (or make hub)"
    if hub_alive && hub_answers 2>/dev/null; then
        say "the hub is up already"
        print_login
        return 0
    fi
    bash "$HERE/down.sh" --keep-cluster
    for port in "$FERROLAB_HUB_PORT" "$FERROLAB_PROXY_API_PORT"; do
        port_free 127.0.0.1 "$port" || die "port $port is taken: set FERROLAB_HUB_PORT or FERROLAB_PROXY_API_PORT"
    done
    make_folder "$FERROLAB_HUB_DIR" 0700
    trap explain_failure EXIT
    start_cluster
    need_user
    write_password
    start_hub
    await 5 "the hub's process" hub_alive || die "JupyterHub did not start"
    await 60 "the hub's answer" hub_settled || true
    hub_answers 2>/dev/null || die "JupyterHub does not answer"
    trap - EXIT
    say "the hub is up"
    print_login
}

main "$@"
