"""What the tests share: a kernel, the program, a cluster, a shared folder."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from kernels import drain, started_kernel


@pytest.fixture(scope="session", autouse=True)
def history_of_the_tests(tmp_path_factory):
    """Cells of tests do not belong into the history of whoever runs them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FERROLAB_HISTORY", str(tmp_path_factory.mktemp("history") / "history.sqlite"))
        yield


@pytest.fixture(scope="module")
def kernel():
    """A kernel and its client, for all the tests of a file."""
    with started_kernel() as pair:
        yield pair


@pytest.fixture
def client(kernel):
    """The client, with nothing left over from the test before."""
    _, client = kernel
    drain(client)
    return client


@pytest.fixture(scope="session")
def prefix():
    """The install prefix."""
    return Path(os.environ.get("FERROLAB_PREFIX", sys.prefix))


@pytest.fixture(scope="session")
def slurm_environment():
    """The environment of Slurm's commands, on a cluster that answers."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("SBATCH")
    }
    development = Path("/run/ferrolab-dev/slurm.conf")
    if "SLURM_CONF" not in environment and development.exists():
        environment["SLURM_CONF"] = str(development)
    if shutil.which("sinfo") is None:
        pytest.skip("no Slurm on this machine: jobs are not tested")
    answer = subprocess.run(
        ["sinfo", "--noheader"], env=environment, capture_output=True, text=True, timeout=30
    )
    if answer.returncode != 0:
        pytest.skip(f"no cluster is up: jobs are not tested ({answer.stderr.strip()[:200]})")
    return environment


@pytest.fixture
def slurm(slurm_environment):
    """Runs one of Slurm's commands and gives what it wrote."""

    def run(*command):
        return subprocess.run(
            command, env=slurm_environment, capture_output=True, text=True, timeout=60
        ).stdout

    return run


@pytest.fixture
def shared_folder():
    """A folder that the nodes see too: each node has a /tmp of its own."""
    folder = tempfile.mkdtemp(prefix=".ferrolab-test-", dir=Path.home())
    yield Path(folder)
    shutil.rmtree(folder, ignore_errors=True)
