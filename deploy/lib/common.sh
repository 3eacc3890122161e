# shellcheck shell=bash
# Helpers that every script here sources: messages, time limits, root.
# The caller has said `set -euo pipefail`.

umask 022

REPO=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
DEPLOY=$REPO/deploy
export REPO DEPLOY

# say TEXT: progress, with the seconds since the script began.
say() { printf '[%4ds] %s\n' "$SECONDS" "$*"; }

# warn TEXT: something the reader should know, on stderr.
warn() { printf '[%4ds] note: %s\n' "$SECONDS" "$*" >&2; }

# die TEXT: one clear message, exit code 1.
die() {
    printf '[%4ds] error: %s\n' "$SECONDS" "$*" >&2
    exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

is_root() { [ "$(id -u)" -eq 0 ]; }

# can_be_root: root already, or sudo that asks for no password.
can_be_root() { is_root || { have sudo && sudo -n true 2>/dev/null; }; }

# as_root COMMAND...: runs it as root, or explains that it cannot.
as_root() {
    if is_root; then
        "$@"
    elif have sudo && sudo -n true 2>/dev/null; then
        sudo -n -- "$@"
    else
        die "this needs root: $* (run it as root, or allow sudo without a password)"
    fi
}

# with_sudo SCRIPT ARGS...: the script again as root, with our variables, when that is possible.
with_sudo() {
    local name variables=()
    ! is_root && can_be_root || return 0
    for name in "${!FERROLAB_@}"; do variables+=("$name=${!name}"); done
    exec sudo -n -- env "${variables[@]}" bash "$@"
}

# await SECONDS WHAT COMMAND...: repeats COMMAND until it succeeds; fails after SECONDS.
await() {
    local limit=$1 what=$2
    shift 2
    local start=$SECONDS
    until "$@" >/dev/null 2>&1; do
        if [ $((SECONDS - start)) -ge "$limit" ]; then
            warn "$what: not after $limit s"
            return 1
        fi
        sleep 0.1
    done
}

# show_tail FILE...: the last lines of logs that exist, for the reader of a failure.
show_tail() {
    local file
    for file in "$@"; do
        [ -s "$file" ] || continue
        printf -- '---- last lines of %s ----\n' "$file" >&2
        tail -n 25 "$file" >&2
    done
}
