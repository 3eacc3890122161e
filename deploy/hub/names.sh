# shellcheck shell=bash
# Places and ports of the development hub.

: "${FERROLAB_HUB_DIR:=$RUN_DIR-hub}" # mode 0700: database, cookie secret, password, logs
: "${FERROLAB_HUB_PORT:=8000}"        # for the browser, on 127.0.0.1 only
: "${FERROLAB_HUB_API_PORT:=8081}"    # for the nodes, on the login address
: "${FERROLAB_PROXY_API_PORT:=8001}"  # between hub and proxy, on 127.0.0.1
if is_root; then
    : "${FERROLAB_HUB_USER:=ferrolab-demo}"
else
    FERROLAB_HUB_USER=$(id -un) # without root a hub can start servers only for itself
fi
export FERROLAB_HUB_DIR FERROLAB_HUB_PORT FERROLAB_HUB_API_PORT FERROLAB_PROXY_API_PORT FERROLAB_HUB_USER
