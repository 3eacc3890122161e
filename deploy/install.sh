#!/usr/bin/env bash
# Builds Ferrolab and installs it: binaries, libhpc.so and its engines, the Rust toolchain that
# cells use, the standard library's sources, hpc's sources, the kernelspec.
# Usage: install.sh [PREFIX]     default: /opt/ferrolab for root, else ~/.local/share/ferrolab
# Running it again takes seconds when nothing changed.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=lib/common.sh
source "$HERE/lib/common.sh"
# shellcheck source=lib/packages.sh
source "$HERE/lib/packages.sh"
# shellcheck source=lib/toolchain.sh
source "$HERE/lib/toolchain.sh"
# shellcheck source=lib/build.sh
source "$HERE/lib/build.sh"
# shellcheck source=lib/rust_src.sh
source "$HERE/lib/rust_src.sh"
# shellcheck source=lib/prefix.sh
source "$HERE/lib/prefix.sh"

install_binaries() {
    local name
    for name in ferrolab ferrolab-kernel; do
        put_file "$CARGO_TARGET_DIR/release/$name" "$PREFIX/bin/$name" 0755
    done
}

# install_hpc LIST: libhpc.so, and beside it what rustc looks up in its metadata.
install_hpc() {
    local path deps
    deps=$(mktemp -d)
    while read -r path; do
        case $path in
            */libhpc.so) put_file "$path" "$LIB/libhpc.so" 0755 ;;
            */libhpc.*) ;;
            *) cp "$path" "$deps/" ;;
        esac
    done <"$1"
    put_tree "$deps" "$LIB/deps"
    rm -rf "$deps"
    [ -f "$LIB/libhpc.so" ] || die "cargo did not name libhpc.so among what it built"
    # It is looked for beside libhpc.so.
    put_file "$CARGO_TARGET_DIR/release/libhpc_engines.so" "$LIB/libhpc_engines.so" 0755
}

# What completion and inspection read: hpc without its dependencies.
install_hpc_for_analysis() {
    local work
    work=$(mktemp -d)
    copy_tree "$REPO/hpc-lib/src" "$work/src"
    cat >"$work/Cargo.toml" <<TOML
[package]
name = "hpc"
version = "$(workspace_version)"
edition = "2024"

[workspace]
TOML
    put_tree "$work" "$LIB/hpc"
    rm -rf "$work"
}

workspace_version() { sed -n '/^\[workspace.package\]/,/^\[/s/^version *= *"\(.*\)"/\1/p' "$REPO/Cargo.toml"; }

# What exported projects depend on by path: the crates behind `hpc` as a workspace of their own.
install_hpc_sources() {
    local work crate members=()
    work=$(mktemp -d)
    for crate in hpc-lib hpc-lib/channel hpc-lib/engines hpc-lib/macros hpc-lib/profile; do
        [ -f "$REPO/$crate/Cargo.toml" ] || continue
        members+=("$crate")
        mkdir -p "$work/$crate"
        copy_tree "$REPO/$crate/Cargo.toml" "$REPO/$crate/src" "$work/$crate/"
    done
    awk -v members="$(printf '"%s", ' "${members[@]}")" '
        /^members *= *\[/ { print "members = [" members "]"; skipping = !/\]/; next }
        skipping { if (/\]/) skipping = 0; next }
        { print }
    ' "$REPO/Cargo.toml" >"$work/Cargo.toml"
    # Exported projects begin with the versions that the notebooks ran with.
    cp "$REPO/Cargo.lock" "$work/"
    put_tree "$work" "$LIB/src"
    rm -rf "$work"
}

install_toolchain() {
    local target=$LIB/toolchain stamp part
    stamp="$(rustc -vV) from $SYSROOT"
    if [ "$(cat "$target/.source" 2>/dev/null)" != "$stamp" ] || ! is_safe "$target"; then
        say "Rust toolchain"
        rm -rf "$target.new"
        mkdir -p "$target.new/bin" "$target.new/lib/rustlib"
        for part in bin/rustc bin/cargo "lib/lib*" libexec lib/rustlib/etc "lib/rustlib/$(host_triple)"; do
            copy_parts "$target.new" "$part"
        done
        "$target.new/bin/rustc" -vV >/dev/null || die "the copied Rust compiler does not run"
        echo "$stamp" >"$target.new/.source"
        swap_in "$target.new" "$target"
    fi
    install_rust_src "$target/lib/rustlib/src/rust/library"
}

# copy_parts TARGET GLOB: copies, or hard links where the originals are as they should be here: a
# link has the owner and the mode of the original.
copy_parts() {
    local path relative
    for path in "$SYSROOT"/$2; do
        [ -e "$path" ] || continue
        relative=$(dirname "${path#"$SYSROOT"/}")
        mkdir -p "$1/$relative"
        if ! { may_be_linked "$path" && cp -R -P -l "$path" "$1/$relative/" 2>/dev/null; }; then
            copy_tree "$path" "$1/$relative/"
        fi
    done
}

# may_be_linked PATH: ours, readable by all, and nobody else can write to it.
may_be_linked() {
    [ -z "$(find "$1" ! -type l \( ! -user "$(id -u)" -o -perm /06022 -o ! -perm -444 -o -perm /111 ! -perm -111 \) -print -quit)" ]
}

main() {
    local built
    use_prefix "${1:-}"
    need_compiler
    need_toolchain
    built=$(mktemp)
    say "building (target directory $CARGO_TARGET_DIR; the first time takes about ten minutes on two cores)"
    build_binaries
    build_hpc "$built"
    build_engines
    say "installing to $PREFIX"
    install_binaries
    install_hpc "$built"
    rm -f "$built"
    install_hpc_for_analysis
    install_hpc_sources
    install_toolchain
    "$PREFIX/bin/ferrolab" install --prefix "$PREFIX"
    say "installed: $PREFIX"
}

main "$@"
