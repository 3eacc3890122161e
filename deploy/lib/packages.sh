# shellcheck shell=bash
# System packages (Debian and Ubuntu): installs only what is missing.

package_installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

apt_get() { as_root env DEBIAN_FRONTEND=noninteractive timeout 900 apt-get -qq "$@"; }

# need_packages NAME...: after it, every one is installed, or the script has ended with the list.
need_packages() {
    local name missing=()
    have dpkg-query || {
        warn "no dpkg here; these packages are taken as installed: $*"
        return 0
    }
    for name in "$@"; do
        package_installed "$name" || missing+=("$name")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    can_be_root || die "missing system packages, and no root to install them: apt-get install ${missing[*]}"
    say "installing ${missing[*]}"
    apt_get install -y --no-install-recommends "${missing[@]}" >/dev/null 2>&1 || {
        apt_get update >/dev/null || die "apt-get update failed: is the network there?"
        apt_get install -y --no-install-recommends "${missing[@]}" >/dev/null ||
            die "apt-get could not install ${missing[*]}"
    }
}
