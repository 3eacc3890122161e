"""Crates that a site has built for everyone."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from kernels import done, eventually, plain, run, shell_reply, started_kernel, streamed, value

LIB = Path(os.environ.get("FERROLAB_LIB", "/opt/ferrolab/lib/ferrolab"))


@pytest.fixture
def site(tmp_path):
    """A copy of the installation, linked, with a crate `libm` of its own."""
    lib = tmp_path / "lib"
    lib.mkdir()
    for part in LIB.iterdir():
        if part.name != "crates":
            (lib / part.name).symlink_to(part)
    source = tmp_path / "shout"
    (source / "src").mkdir(parents=True)
    (source / "Cargo.toml").write_text('[package]\nname = "shout"\nversion = "1.4.0"\nedition = "2024"\n')
    (source / "src/lib.rs").write_text("pub fn loud(t: &str) -> String { t.to_uppercase() }\n")
    settings = tmp_path / "ferrolab.toml"
    settings.write_text(
        f"[policy]\nmax_nodes = 4\n\n[crates]\nshout = {{ path = {json.dumps(str(source))} }}\n"
    )
    kernel = shutil.which("ferrolab-kernel")
    subprocess.run(
        [kernel, "--prepare-crates", settings],
        env={**os.environ, "FERROLAB_LIB": str(lib)},
        check=True,
        timeout=120,
    )
    return lib


def test_a_crate_of_the_site_is_there_at_once(site):
    with started_kernel(env={**os.environ, "FERROLAB_LIB": str(site)}) as (_, client):
        done(client, "1")
        published = done(client, ":dep shout")
        assert streamed(published, "stderr") == ""
        assert value(client, 'shout::loud("quiet")') == '"QUIET"'


def test_a_version_that_the_site_does_not_have_is_asked_of_cargo(site):
    with started_kernel(env={**os.environ, "FERROLAB_LIB": str(site)}) as (_, client):
        reply, _ = run(client, ':dep shout = "7"')
        assert reply["content"]["status"] == "error"
        assert "shout" in plain("\n".join(reply["content"]["traceback"]))


def test_crates_of_another_compiler_are_not_used(site):
    crates = site / "crates/crates.json"
    listed = json.loads(crates.read_text())
    crates.write_text(json.dumps({**listed, "compiler": "1.0.0"}))
    with started_kernel(env={**os.environ, "FERROLAB_LIB": str(site)}) as (_, client):
        # So Cargo is asked, which knows of no such crate.
        reply, _ = run(client, ':dep shout = "=1.4.0"')
        assert reply["content"]["status"] == "error"


def test_settings_without_a_list_are_refused(site, tmp_path):
    settings = tmp_path / "empty.toml"
    settings.write_text("[policy]\nmax_nodes = 4\n")
    refused = subprocess.run(
        [shutil.which("ferrolab-kernel"), "--prepare-crates", settings],
        env={**os.environ, "FERROLAB_LIB": str(site)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert refused.returncode != 0
    assert "no section [crates]" in refused.stderr


@pytest.fixture
def vendored(tmp_path):
    """A folder of crates, as `cargo vendor` makes one, and Cargo's settings that name it."""
    source = tmp_path / "vendor/whisper"
    (source / "src").mkdir(parents=True)
    (source / "Cargo.toml").write_text('[package]\nname = "whisper"\nversion = "2.1.0"\nedition = "2024"\n')
    (source / "src/lib.rs").write_text("pub fn low(t: &str) -> String { t.to_lowercase() }\n")
    (source / ".cargo-checksum.json").write_text('{"files": {}}')
    return (
        '[source.crates-io]\nreplace-with = "mirror"\n'
        f"[source.mirror]\ndirectory = {json.dumps(str(source.parent))}\n"
    )


@pytest.mark.parametrize("place", ["of the user", "of the site"])
def test_crates_come_from_a_folder_where_there_is_no_network(site, vendored, tmp_path, place):
    home = tmp_path / "cargo"
    settings = home if place == "of the user" else site / ".cargo"
    settings.mkdir()
    (settings / "config.toml").write_text(vendored)
    nowhere = {name: "http://127.0.0.1:1" for name in ("http_proxy", "https_proxy")}
    environment = {**os.environ, **nowhere, "CARGO_HOME": str(home), "FERROLAB_LIB": str(site)}
    environment["XDG_CACHE_HOME"] = str(tmp_path / "cache")
    with started_kernel(env=environment) as (_, client):
        done(client, ':dep whisper = "2"')
        assert value(client, 'whisper::low("LOUD")') == '"loud"'


@pytest.fixture
def trap(tmp_path):
    """A temporary folder where somebody else has put what Cargo would read, and the mark of its having done so."""
    temporary = tmp_path / "t"
    (temporary / ".cargo").mkdir(parents=True)
    mark = tmp_path / "hacked"
    evil = tmp_path / "evil"
    evil.write_text(f"#!/bin/sh\ntouch {mark}\nexec \"$@\"\n")
    evil.chmod(0o755)
    settings = f"[build]\nrustc-wrapper = {json.dumps(str(evil))}\n"
    (temporary / ".cargo/config.toml").write_text(settings)
    # A workspace that knows nothing of the packages below it: Cargo refuses them if it finds this.
    (temporary / "Cargo.toml").write_text("[workspace]\nmembers = []\n")
    return temporary, mark


def test_settings_of_cargo_in_the_temporary_folder_are_not_read_for_crates(site, tmp_path, trap):
    """It may be writable for everyone."""
    temporary, mark = trap
    source = tmp_path / "plain"
    (source / "src").mkdir(parents=True)
    (source / "Cargo.toml").write_text('[package]\nname = "plain"\nedition = "2024"\n')
    (source / "src/lib.rs").write_text("pub fn one() -> u8 { 1 }\n")
    environment = {**os.environ, "FERROLAB_LIB": str(site), "TMPDIR": str(temporary)}
    with started_kernel(env=environment) as (_, client):
        done(client, f":dep {source}")
        assert value(client, "plain::one()") == "1"
        assert not mark.exists()


@pytest.mark.parametrize("proxies", ["with Rust of their own", "without"])
def test_settings_of_cargo_in_the_temporary_folder_are_not_read_for_questions(tmp_path, trap, proxies):
    """rust-analyzer asks Cargo about a package there."""
    temporary, mark = trap
    home = tmp_path / "cargo"
    (home / "bin").mkdir(parents=True)
    if proxies == "with Rust of their own":
        # rust-analyzer prefers it to all others.
        (home / "bin/cargo").symlink_to(LIB / "toolchain/bin/cargo")
    environment = {**os.environ, "CARGO_HOME": str(home), "TMPDIR": str(temporary)}
    with started_kernel(env=environment) as (_, client):
        client.kernel_info()

        def completed():
            msg_id = client.complete("let words = vec![String::new()]; words[0].to_upperc")
            return shell_reply(client, msg_id)["content"]["matches"]

        # What rust-analyzer alone knows: it has read the package, and the standard library's sources.
        found = eventually(completed, "rust-analyzer answers", 60)
        assert any(match.startswith("to_uppercase") for match in found)
        assert not mark.exists()
        # Cells have the user's variables, not the kernel's.
        assert value(client, 'std::env::var("CARGO_HOME").unwrap()') == f'"{home}"'
        assert value(client, 'std::env::var("RUST_SRC_PATH").is_err()') == "true"


def test_the_settings_of_evcxr_that_somebody_else_has_put_there_are_refused(tmp_path):
    if os.getuid() != 0:
        pytest.skip("only root can make files that belong to somebody else")
    settings = tmp_path / "evcxr.toml"
    settings.write_text(f'[evcxr]\ntmpdir = "{tmp_path}/elsewhere"\n')
    os.chown(settings, 12345, 12345)
    with started_kernel(cwd=str(tmp_path)) as (_, client):
        done(client, "let text = String::new();")
        msg_id = client.complete("text.to_upperc")
        assert shell_reply(client, msg_id)["content"]["matches"] == []
        assert value(client, "text.len()") == "0"
        assert not (tmp_path / "elsewhere").exists()
