# shellcheck shell=bash
# Builds: the binaries, and hpc-lib once as the shared library that cells link to.

# The whole workspace, so that the tests find every dependency built with the same features.
build_binaries() {
    (cd "$REPO" && cargo build --release --locked --workspace --bins)
}

# build_hpc LIST: writes the paths of libhpc.so and of what its metadata names to the file LIST.
# Cells link to it dynamically, so it must use the shared standard library too, and its symbols
# must differ from those of the static hpc that exported programs use.
build_hpc() {
    (cd "$REPO" && RUSTFLAGS="-Cprefer-dynamic -Cmetadata=ferrolab" cargo build --release --locked \
        -p hpc --lib --target-dir "$CARGO_TARGET_DIR/dylib" --message-format=json-render-diagnostics) |
        grep '"reason":"compiler-artifact"' | grep -v '"kind":\["custom-build"\]' |
        grep -oE '"/[^"]*\.(rlib|rmeta|so)"' | tr -d '"' | sort -u >"$1"
}
