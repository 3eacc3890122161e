#!/usr/bin/env bash
# Runs every test there is: formatting, lints, Rust, Python, and on real parts Slurm, the hub and
# a browser. Installs what is missing, removes what it started, says what it skipped and why.
# Usage: test.sh [PREFIX]
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=lib/common.sh
source "$HERE/lib/common.sh"
# shellcheck source=lib/packages.sh
source "$HERE/lib/packages.sh"
# shellcheck source=lib/toolchain.sh
source "$HERE/lib/toolchain.sh"
# shellcheck source=lib/prefix.sh
source "$HERE/lib/prefix.sh"
# shellcheck source=lib/node.sh
source "$HERE/lib/node.sh"
# shellcheck source=lib/folders.sh
source "$HERE/lib/folders.sh"
# shellcheck source=lib/steps.sh
source "$HERE/lib/steps.sh"
# shellcheck source=cluster/names.sh
source "$HERE/cluster/names.sh"
# shellcheck source=hub/names.sh
source "$HERE/hub/names.sh"

OUR_CLUSTER=0
OUR_HUB=0
HUB_PASSWORD=

# take_down: stops what this run started; run on every way out.
take_down() {
    trap - EXIT INT TERM
    rm -f "$HUB_PASSWORD"
    [ $OUR_HUB -eq 0 ] || bash "$HERE/hub/down.sh"
    [ $OUR_CLUSTER -eq 0 ] || bash "$HERE/cluster/down.sh"
}

# LLDB, before the kernelspec is written, which tells whether there is a debugger.
debugger_package() {
    if have lldb-dap || have lldb-dap-19; then return 0; fi
    (need_packages lldb-19) || skip debugger "no LLDB 19 here, and none to be installed"
}

# start_cluster: the nodes' state for the tests; without one, what is skipped and why.
start_cluster() {
    local status=0
    if [ "$(cluster_mode)" = down ]; then OUR_CLUSTER=1; fi
    bash "$HERE/cluster/up.sh" || status=$?
    case $status in
        0)
            export FERROLAB_TEST_CLUSTER
            FERROLAB_TEST_CLUSTER=$(cluster_mode)
            [ "$FERROLAB_TEST_CLUSTER" = namespaces ] ||
                skip namespaces "no root or no network namespaces: nodes share this host, no MPI between them"
            ;;
        3)
            unset SLURM_CONF
            skip slurm "no Slurm here and no root to install it"
            ;;
        *) STEPS+=("cluster      FAILED   it did not come up") && FAILED=$((FAILED + 1)) ;;
    esac
}

rust_tests() {
    if have_nextest; then
        step rust 2400 cargo nextest run --release --locked --workspace --no-fail-fast
    else
        warn "no cargo-nextest: cargo test runs the same tests, several in one process"
        step rust 2400 cargo test --release --locked --workspace --no-fail-fast --lib --bins --tests
    fi
    # Of the workspace, so that the crates have the features that they were just compiled with.
    step doctests 1500 cargo test --release --locked --workspace --doc
}

# start_hub: for the Python tests of the hub and for the browser.
start_hub() {
    [ -n "${FERROLAB_TEST_CLUSTER:-}" ] || return 0
    [ -d "$FERROLAB_HUB_DIR" ] || OUR_HUB=1
    step hub 180 bash "$HERE/hub/up.sh" "$PREFIX"
    [ "$STEP_STATUS" -eq 0 ] || return 0
    export FERROLAB_HUB_URL=http://127.0.0.1:$FERROLAB_HUB_PORT
    # A copy that we can read when the hub is root's.
    HUB_PASSWORD=$(mktemp)
    hub_file password >"$HUB_PASSWORD"
    export FERROLAB_HUB_PASSWORD_FILE=$HUB_PASSWORD
}

# Debian's own reader of traces; without it, one test is skipped.
need_otf2_print() {
    have otf2-print && return
    if ! can_be_root || ! (need_packages otf2-tools); then
        skip otf2-print "no otf2-print here and otf2-tools cannot be installed"
    fi
}

# What opens pages; without it, the tests of pages are skipped.
need_browser() {
    local browser=$REPO/tests/browser
    if ! have chromium && { ! can_be_root || ! (need_packages chromium); }; then
        skip pages "no chromium here and it cannot be installed"
    elif ! [ -e "$browser/node_modules/playwright-core" ] && ! (use_node && npm_ci "$browser"); then
        skip pages "npm cannot install what drives the browser"
    fi
}

python_tests() {
    need_otf2_print
    need_browser
    step python 1500 "$PREFIX/bin/python" -m pytest tests/python -ra --color=no
}

browser_test() {
    if [ -z "${FERROLAB_TEST_CLUSTER:-}" ]; then
        skip browser "it needs Slurm"
    elif [ -z "${FERROLAB_HUB_URL:-}" ]; then
        skip browser "the hub did not come up"
    else
        step browser 300 bash "$REPO/tests/browser/run.sh" "$PREFIX"
        hub_file hub.log >"$STEP_LOGS/jupyterhub.log"
    fi
}

gpu_tests() {
    if ! have nvidia-smi; then skip gpu "no NVIDIA GPU on this machine"; fi
}

# What tests read: where the installed parts are.
export_places() {
    export FERROLAB_PREFIX=$PREFIX FERROLAB_LIB=$LIB FERROLAB_TEST_PYTHON=$PREFIX/bin/python
    export PATH=$PREFIX/bin:$PATH
    # Jupyter looks into PREFIX first, not into what the user has installed elsewhere.
    export JUPYTER_PREFER_ENV_PATH=1
}

give_up() {
    skip rest "$1"
    summary || exit 1
}

main() {
    use_prefix "${1:-}"
    cd "$REPO"
    trap take_down EXIT
    trap 'exit 130' INT TERM
    rm -rf "$STEP_LOGS"
    need_compiler
    need_packages libgmp-dev libmpfr-dev libmpc-dev # the reference for vector mathematics
    need_toolchain
    step fmt 120 bash "$HERE/lint.sh" fmt
    step shellcheck 300 bash "$HERE/lint.sh" shell
    debugger_package
    step install 2700 bash "$HERE/install.sh" "$PREFIX"
    [ "$STEP_STATUS" -eq 0 ] || give_up "nothing is installed to test"
    step packages 1800 bash "$HERE/python.sh" "$PREFIX" --tests
    [ "$STEP_STATUS" -eq 0 ] || give_up "the Python environment is missing"
    export_places
    step clippy 1800 bash "$HERE/lint.sh" clippy
    start_cluster
    rust_tests
    start_hub
    python_tests
    browser_test
    step demo 120 bash "$HERE/demo.sh" "$PREFIX"
    gpu_tests
    step teardown 120 take_down
    trap - EXIT
    summary
}

main "$@"
