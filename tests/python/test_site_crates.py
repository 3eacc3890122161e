"""Crates that a site has built for everyone."""

import json
import os
import shutil
import subprocess
import time
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
    wanted = tmp_path / "crates.toml"
    wanted.write_text(f"[dependencies]\nshout = {{ path = {json.dumps(str(source))} }}\n")
    kernel = shutil.which("ferrolab-kernel")
    subprocess.run(
        [kernel, "--prepare-crates", wanted],
        env={**os.environ, "FERROLAB_LIB": str(lib)},
        check=True,
        timeout=120,
    )
    return lib


def test_a_crate_of_the_site_is_there_at_once(site):
    with started_kernel(env={**os.environ, "FERROLAB_LIB": str(site)}) as (_, client):
        done(client, "1")
        started = time.monotonic()
        published = done(client, ':dep shout = "1"')
        assert "Compiling" not in streamed(published, "stderr")
        assert time.monotonic() - started < 1
        assert value(client, 'shout::loud("quiet")') == '"QUIET"'


def test_a_version_that_the_site_does_not_have_is_asked_of_cargo(site):
    with started_kernel(env={**os.environ, "FERROLAB_LIB": str(site)}) as (_, client):
        reply, _ = run(client, ':dep shout = "7"')
        assert reply["content"]["status"] == "error"
        assert "shout" in plain("\n".join(reply["content"]["traceback"]))
