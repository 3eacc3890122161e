"""Crates that a site has built for everyone."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from kernels import done, plain, run, started_kernel, streamed, value

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


def test_settings_of_cargo_in_the_temporary_folder_are_not_read(site, tmp_path):
    """It may be writable for everyone."""
    temporary = tmp_path / "t"
    (temporary / ".cargo").mkdir(parents=True)
    evil = tmp_path / "evil"
    evil.write_text(f"#!/bin/sh\ntouch {tmp_path}/hacked\nexec \"$@\"\n")
    evil.chmod(0o755)
    (temporary / ".cargo/config.toml").write_text(f"[build]\nrustc-wrapper = {json.dumps(str(evil))}\n")
    source = tmp_path / "plain"
    (source / "src").mkdir(parents=True)
    (source / "Cargo.toml").write_text('[package]\nname = "plain"\nedition = "2024"\n')
    (source / "src/lib.rs").write_text("pub fn one() -> u8 { 1 }\n")
    environment = {**os.environ, "FERROLAB_LIB": str(site), "TMPDIR": str(temporary)}
    with started_kernel(env=environment) as (_, client):
        # rust-analyzer, which a question would load, asks Cargo in that folder.
        done(client, f":dep {source}")
        assert value(client, "plain::one()") == "1"
        assert not (tmp_path / "hacked").exists()
