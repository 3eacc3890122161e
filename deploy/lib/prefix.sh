# shellcheck shell=bash
# The install prefix: one layout for demo, tests and hub.

default_prefix() {
    if [ -n "${FERROLAB_PREFIX:-}" ]; then
        echo "$FERROLAB_PREFIX"
    elif is_root; then
        echo /opt/ferrolab
    else
        echo "${XDG_DATA_HOME:-$HOME/.local/share}/ferrolab"
    fi
}

# use_prefix [PREFIX]: sets and checks PREFIX.
use_prefix() {
    PREFIX=${1:-$(default_prefix)}
    case $PREFIX in
        /tmp/* | /var/tmp/*) die "PREFIX $PREFIX is below a temporary directory, which every node has of its own" ;;
        /*) ;;
        *) die "PREFIX $PREFIX must be an absolute path" ;;
    esac
    mkdir -p "$PREFIX" 2>/dev/null || true
    [ -w "$PREFIX" ] || die "cannot write to $PREFIX: run as root, or name another folder"
    LIB=$PREFIX/lib/ferrolab
    export PREFIX LIB
}

# is_safe PATH: everything below belongs to us, and nobody else can write to it.
is_safe() { [ -z "$(find "$1" ! -type l \( ! -user "$(id -u)" -o -perm /022 \) -print -quit)" ]; }

# copy_tree SOURCE... TARGET: as our own, readable by all, whoever the source belongs to.
copy_tree() {
    cp -R -P --preserve=mode,timestamps,links "$@"
    open_tree "${!#}"
}

open_tree() { chmod -R a+rX,go-w,ug-s "$1"; }

# swap_in NEW TARGET: two renames; the old one is removed afterwards.
swap_in() {
    rm -rf "$2.old"
    [ ! -e "$2" ] || mv "$2" "$2.old"
    mv "$1" "$2"
    rm -rf "$2.old"
}

# put_file SOURCE TARGET MODE: replaces the target only when it differs, never in place, since a
# running program or library may be using it.
put_file() {
    cmp -s "$1" "$2" && is_safe "$2" && return 0
    install -D -m "$3" "$1" "$2.new"
    mv -f "$2.new" "$2"
}

# put_tree SOURCE TARGET: the same for a folder.
put_tree() {
    diff -rq "$1" "$2" >/dev/null 2>&1 && is_safe "$2" && return 0
    rm -rf "$2.new"
    mkdir -p "$(dirname "$2")"
    copy_tree "$1" "$2.new"
    swap_in "$2.new" "$2"
}
