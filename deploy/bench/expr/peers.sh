# shellcheck shell=bash
# The Python environments of the peers, kept in the user's cache for the next clone.

PEERS=${XDG_CACHE_HOME:-$HOME/.cache}/ferrolab/bench
NUMEXPR=2.14.2 # as in requirements-expr.txt

# peer_environment NAME REQUIREMENTS: PEERS/NAME holds exactly what the file says.
peer_environment() {
    local folder=$PEERS/$1 stamp=$PEERS/$1/.requirements
    cmp -s "$2" "$stamp" && return 0
    say "Python environment $folder"
    rm -rf "$folder"
    mkdir -p "$PEERS"
    python3 -m venv "$folder" || return 1
    timeout 900 "$folder/bin/pip" install --quiet --disable-pip-version-check -r "$2" || return 1
    cp "$2" "$stamp"
}

# numexpr_from_source FOLDER: its source, unpacked; the path is printed.
numexpr_from_source() {
    timeout 300 "$PEERS/vml/bin/pip" download --quiet --disable-pip-version-check --no-deps \
        --no-binary numexpr --no-build-isolation --dest "$1" "numexpr==$NUMEXPR" >&2 || return 1
    tar -xzf "$1/numexpr-$NUMEXPR.tar.gz" -C "$1" || return 1
    echo "$1/numexpr-$NUMEXPR"
}

# build_numexpr_with_vml WORK: the wheel on PyPI is built without Intel's vector mathematics.
build_numexpr_with_vml() {
    local source
    source=$(numexpr_from_source "$1") || return 1
    # The name that the linker looks for.
    ln -sf libmkl_rt.so.3 "$PEERS/vml/lib/libmkl_rt.so"
    printf '[mkl]\ninclude_dirs = %s\nlibrary_dirs = %s\nlibraries = mkl_rt\n' \
        "$PEERS/vml/include" "$PEERS/vml/lib" >"$source/site.cfg"
    timeout 900 "$PEERS/vml/bin/pip" install --quiet --disable-pip-version-check --no-deps \
        --no-build-isolation "$source"
}

# vml_environment: PEERS/vml with such a numexpr. Fails where MKL or a compiler cannot be had.
vml_environment() {
    local work status=0
    have g++ || return 1
    peer_environment vml "$DEPLOY/bench/requirements-mkl.txt" || return 1
    has_vml && return 0
    say "building numexpr $NUMEXPR with MKL's VML"
    work=$(mktemp -d)
    build_numexpr_with_vml "$work" || status=1
    rm -rf "$work"
    [ $status -eq 0 ] && has_vml
}

has_vml() {
    LD_LIBRARY_PATH=$PEERS/vml/lib "$PEERS/vml/bin/python" -c \
        'import sys, numexpr; sys.exit(not numexpr.use_vml)' 2>/dev/null
}
