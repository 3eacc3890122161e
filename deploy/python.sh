#!/usr/bin/env bash
# Makes PREFIX a Python environment with JupyterHub, JupyterLab and our Python package, and puts
# the hub's proxy into PREFIX/js.
# Usage: python.sh [PREFIX] [--tests]     --tests adds what the tests need
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=lib/common.sh
source "$HERE/lib/common.sh"
# shellcheck source=lib/packages.sh
source "$HERE/lib/packages.sh"
# shellcheck source=lib/prefix.sh
source "$HERE/lib/prefix.sh"
# shellcheck source=lib/node.sh
source "$HERE/lib/node.sh"

# The system's Python is preferred: one below somebody's home cannot be read by other users.
choose_python() {
    local python
    for python in /usr/bin/python3 "$(command -v python3 || true)"; do
        if [ -x "$python" ] && "$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
            echo "$python"
            return
        fi
    done
    die "no Python 3.10 or newer: apt-get install python3 python3-venv"
}

make_venv() {
    local python
    [ ! -x "$PREFIX/bin/pip" ] || return 0
    have dpkg-query && need_packages python3 python3-venv
    python=$(choose_python)
    say "Python environment of $python"
    "$python" -m venv "$PREFIX"
}

# unless_done NAME FILE... -- COMMAND...: runs COMMAND when the files differ from its last success.
unless_done() {
    local stamp=$PREFIX/lib/ferrolab/.done-$1 files=() sum
    shift
    while [ "$1" != -- ]; do
        files+=("$1")
        shift
    done
    shift
    sum=$(find "${files[@]}" -type f -not -path '*/__pycache__/*' -not -path '*.egg-info/*' -exec sha256sum {} + | sort)
    [ "$(cat "$stamp" 2>/dev/null)" != "$sum" ] || return 0
    "$@"
    mkdir -p "$(dirname "$stamp")"
    echo "$sum" >"$stamp"
}

pip_install() {
    say "pip install $*"
    timeout 900 "$PREFIX/bin/pip" install --quiet --disable-pip-version-check "$@"
}

install_own_package() {
    # A copy, because building in place would leave files in the checkout.
    local work
    work=$(mktemp -d)
    cp -a "$REPO/spawner/python" "$work/ferrolab"
    pip_install --no-deps --force-reinstall "$work/ferrolab"
    rm -rf "$work"
}

install_proxy() {
    say "configurable-http-proxy"
    mkdir -p "$PREFIX/js"
    cp "$HERE/js/package.json" "$HERE/js/package-lock.json" "$PREFIX/js/"
    use_node
    npm_ci "$PREFIX/js"
    ln -sfn "$(command -v node)" "$PREFIX/js/node"
}

main() {
    local prefix='' tests=0 argument
    for argument in "$@"; do
        case $argument in
            --tests) tests=1 ;;
            *) prefix=$argument ;;
        esac
    done
    use_prefix "$prefix"
    make_venv
    unless_done python "$HERE/requirements.txt" -- pip_install -r "$HERE/requirements.txt"
    [ $tests -eq 0 ] ||
        unless_done python-tests "$HERE/requirements-test.txt" -- pip_install -r "$HERE/requirements-test.txt"
    unless_done own-package "$REPO/spawner/python" -- install_own_package
    unless_done proxy "$HERE/requirements.txt" "$HERE/js/package.json" "$HERE/js/package-lock.json" -- install_proxy
    # Nodes have no internet: JupyterLab must not ask for news or updates.
    put_file "$HERE/hub/overrides.json" "$PREFIX/share/jupyter/lab/settings/overrides.json" 0644
    say "Python environment ready: $PREFIX/bin"
}

main "$@"
