# shellcheck shell=bash
# Builds: the binaries, hpc-lib once as the shared library that cells link to, and its engines.

# The whole workspace, so that the tests find every dependency built with the same features.
build_binaries() {
    (cd "$REPO" && cargo build --release --locked --workspace --bins)
}

# build_hpc LIST: writes the paths of libhpc.so and of what its metadata names (metadata of crates,
# procedural macros) to the file LIST. Their objects are inside libhpc.so.
# Cells link to it dynamically, so it must use the shared standard library too, and its symbols
# must differ from those of the static hpc that exported programs use. It finds the standard
# library in the toolchain that is installed beside it. Without the feature `engines` it loads
# libhpc_engines.so: cells do not feel crates that their compiler does not see.
build_hpc() {
    local flags="-Cprefer-dynamic -Cmetadata=ferrolab"
    flags+=" -Clink-arg=-Wl,-rpath,\$ORIGIN/toolchain/lib/rustlib/$(host_triple)/lib"
    (cd "$REPO" && RUSTFLAGS=$flags cargo build --release --locked \
        -p hpc --lib --no-default-features --target-dir "$CARGO_TARGET_DIR/dylib" --message-format=json-render-diagnostics) |
        grep '"reason":"compiler-artifact"' | grep -v '"kind":\["custom-build"\]' |
        grep -oE '"/[^"]*\.(rmeta|so)"' | tr -d '"' | sort -u >"$1"
}

# build_engines: libhpc_engines.so, beside the binaries. Only its table of functions is used from
# outside, so it has a standard library of its own.
build_engines() {
    (cd "$REPO" && cargo rustc --release --locked -p hpc-engines --lib --features linked --crate-type cdylib)
}

host_triple() { rustc -vV | sed -n 's/^host: //p'; }
