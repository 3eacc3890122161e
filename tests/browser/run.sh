#!/usr/bin/env bash
# The browser test against the hub that deploy/hub/up.sh started.
# Usage: run.sh [PREFIX]     screenshots: build/browser/
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=../../deploy/lib/common.sh
source "$HERE/../../deploy/lib/common.sh"
# shellcheck source=../../deploy/lib/folders.sh
source "$HERE/../../deploy/lib/folders.sh"
# shellcheck source=../../deploy/lib/packages.sh
source "$HERE/../../deploy/lib/packages.sh"
# shellcheck source=../../deploy/lib/prefix.sh
source "$HERE/../../deploy/lib/prefix.sh"
# shellcheck source=../../deploy/lib/node.sh
source "$HERE/../../deploy/lib/node.sh"
# shellcheck source=../../deploy/cluster/names.sh
source "$HERE/../../deploy/cluster/names.sh"
# shellcheck source=../../deploy/hub/names.sh
source "$HERE/../../deploy/hub/names.sh"

# Where test.sh put a copy; else the hub's own.
: "${FERROLAB_HUB_PASSWORD_FILE:=$FERROLAB_HUB_DIR/password}"
export FERROLAB_HUB_PASSWORD_FILE
[ -r "$FERROLAB_HUB_PASSWORD_FILE" ] || die "cannot read $FERROLAB_HUB_PASSWORD_FILE: is the hub up (deploy/hub/up.sh), and is it yours?"
have chromium || need_packages chromium
use_prefix "${1:-}"
use_node
[ -e "$HERE/node_modules/playwright-core" ] || npm_ci "$HERE"

export FERROLAB_HUB_URL=http://127.0.0.1:$FERROLAB_HUB_PORT
export FERROLAB_SCREENSHOTS=$REPO/build/browser
CHROMIUM=$(command -v chromium)
export CHROMIUM
rm -rf "$FERROLAB_SCREENSHOTS"
mkdir -p "$FERROLAB_SCREENSHOTS"
timeout --kill-after=10 240 node "$HERE/hub.mjs"
