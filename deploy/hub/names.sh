# shellcheck shell=bash
# Places and ports of the development hub.

: "${FERROLAB_HUB_DIR:=$RUN_DIR-hub}" # mode 0700: database, cookie secret, password, logs
: "${FERROLAB_HUB_PORT:=8000}"        # for the browser, on 127.0.0.1 only
: "${FERROLAB_HUB_API_PORT:=8081}"    # for the nodes, on the login address
: "${FERROLAB_PROXY_API_PORT:=8001}"  # between hub and proxy, on 127.0.0.1
if is_root; then
    : "${FERROLAB_HUB_USER:=ferrolab-demo}"
else
    # Without root a hub can start servers only for itself; with sudo, PREFIX is in the home of
    # the one who called, which others need not be able to read.
    FERROLAB_HUB_USER=$(id -un)
fi
check_folder_name FERROLAB_HUB_DIR "$FERROLAB_HUB_DIR"
export FERROLAB_HUB_DIR FERROLAB_HUB_PORT FERROLAB_HUB_API_PORT FERROLAB_PROXY_API_PORT FERROLAB_HUB_USER

# proxy_in PREFIX: the proxy's program.
proxy_in() { echo "$1/js/node_modules/configurable-http-proxy/bin/configurable-http-proxy"; }

# hub_file NAME: prints a file of the hub's directory, which is root's alone when the hub is.
hub_file() {
    if [ -r "$FERROLAB_HUB_DIR/$1" ]; then cat "$FERROLAB_HUB_DIR/$1"; else as_root cat "$FERROLAB_HUB_DIR/$1"; fi
}
