# shellcheck shell=bash
# The standard library's sources with its own dependencies beside them, so that types are
# inferred on a node without a network and without ~/.cargo.

# library_source DIR: copies the `library` folder of the Rust sources to DIR/library.
library_source() {
    local component=$SYSROOT/lib/rustlib/src/rust/library
    if [ ! -f "$component/Cargo.toml" ] && have rustup; then
        (cd "$REPO" && timeout 300 rustup component add rust-src >/dev/null 2>&1) || true
    fi
    if [ -f "$component/Cargo.toml" ]; then
        copy_tree "$component" "$1/library"
    else
        debian_library_source "$1"
    fi
}

# Debian packs the sources of the Rust that builds its browsers; they are close enough for types.
debian_library_source() {
    local deb
    have apt-get || die "no Rust sources: rustup component add rust-src"
    (cd "$1" && { apt-get -qq download rust-web-src || { apt_get update && apt-get -qq download rust-web-src; }; } >/dev/null 2>&1) ||
        die "no Rust sources: neither 'rustup component add rust-src' nor the package rust-web-src could be had"
    deb=$(echo "$1"/rust-web-src_*.deb)
    dpkg --fsys-tarfile "$deb" | tar -x --no-same-owner -C "$1" --strip-components=4 --wildcards './usr/src/rustc-*/library'
    rm -rf "$deb" "$1/library/vendor"
}

# install_rust_src LIBRARY: fills it when it is not there yet.
install_rust_src() {
    local target=$1 work
    [ ! -f "$target/.cargo/config.toml" ] || return 0
    say "standard library sources, with their dependencies"
    mkdir -p "$(dirname "$target")"
    work=$(mktemp -d "$(dirname "$target")/new.XXXXXX")
    chmod 0755 "$work"
    library_source "$work"
    # The manifest uses an unstable key, which only this variable allows here.
    (cd "$work/library" && RUSTC_BOOTSTRAP=1 timeout 600 "$SYSROOT/bin/cargo" vendor --quiet --locked vendor >/dev/null) ||
        die "could not fetch the standard library's dependencies: is the network there?"
    mkdir "$work/library/.cargo"
    cat >"$work/library/.cargo/config.toml" <<'CONF'
[source.crates-io]
replace-with = "vendored"

[source.vendored]
directory = "vendor"
CONF
    resolves_offline "$work/library" || die "the standard library's sources do not resolve without a network"
    open_tree "$work/library"
    swap_in "$work/library" "$target"
    rm -rf "$work"
}

# resolves_offline LIBRARY: with an empty home, and without a network where that can be taken away.
resolves_offline() {
    local home isolated=() status=0
    home=$(mktemp -d)
    unshare -n true 2>/dev/null && isolated=(unshare -n)
    (cd "$1" && "${isolated[@]}" env -i HOME="$home" CARGO_HOME="$home/cargo" RUSTC_BOOTSTRAP=1 \
        PATH="$SYSROOT/bin:/usr/bin:/bin" cargo metadata --offline --locked --format-version 1 >/dev/null) || status=1
    rm -rf "$home"
    return $status
}
