"""Kernels as Slurm job steps and as jobs, started by Jupyter's own kernel manager.

The kernel is ipykernel, which has CURVE as ours has: what is tested is how it gets to its node.
"""

import asyncio
import json
import os
import subprocess
import sys
import textwrap

import pytest

pytest.importorskip("ferrolab")
pytest.importorskip("ipykernel")
from ferrolab.provisioner import KernelProvisioner

LIMIT = 120

# Runs as a process of its own, on the login node or in a job, and prints one line of JSON.
SESSION = """
import asyncio, json, os, sys
from jupyter_client.manager import AsyncKernelManager

async def ask(client, code):
    texts = []
    hook = lambda message: texts.append(message["content"].get("text", ""))
    await client.execute_interactive(code, timeout=60, output_hook=hook)
    return "".join(texts).strip()

async def main(node):
    seen = {}
    manager = AsyncKernelManager(kernel_name="stepped")
    manager.kernel_spec.metadata["kernel_provisioner"]["config"]["node"] = node
    await manager.start_kernel()
    client = manager.client()
    client.start_channels()
    await client.wait_for_ready(timeout=60)
    seen["encrypted"] = manager.curve_publickey is not None
    seen["node"] = await ask(client, "import os; print(os.environ['SLURMD_NODENAME'])")
    seen["job"] = await ask(client, "print(os.environ['SLURM_JOB_ID'])")
    seen["folder"] = await ask(client, "print(os.getcwd())")
    ports = manager.ports
    client.execute("import time; time.sleep(100)")
    await asyncio.sleep(1)
    await manager.interrupt_kernel()
    seen["interrupted"] = (await client.get_shell_msg(timeout=30))["content"].get("ename")
    await manager.restart_kernel(now=True)
    await client.wait_for_ready(timeout=60)
    seen["same_ports"] = manager.ports == ports
    seen["after_restart"] = await ask(client, "print('os' in globals())")
    file = await ask(client, "import ipykernel, sys; print(ipykernel.get_connection_file())")
    there = os.path.exists(file)
    await manager.shutdown_kernel()
    # From another node neither can be seen.
    seen["keys_removed"] = there and not os.path.exists(file)
    seen["alive"] = await manager.is_alive()
    print(json.dumps(seen))

asyncio.run(main(sys.argv[1]))
"""


@pytest.fixture
def session(prefix, shared_folder, slurm_environment):
    """Runs the session above and gives what it saw."""
    if not (prefix / "bin/ferrolab").exists():
        pytest.skip(f"ferrolab is not installed in {prefix}")
    spec = {
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "stepped",
        "language": "python",
        "metadata": {
            "supported_encryption": ["curve"],
            "kernel_provisioner": {
                "provisioner_name": "ferrolab-slurm",
                "config": {
                    "helper": str(prefix / "bin/ferrolab"),
                    "request": {"partition": "debug", "time": "5"},
                },
            },
        },
    }
    kernels = shared_folder / "kernels/stepped"
    kernels.mkdir(parents=True)
    (kernels / "kernel.json").write_text(json.dumps(spec))
    script = shared_folder / "session.py"
    script.write_text(textwrap.dedent(SESSION))
    environment = {**slurm_environment, "JUPYTER_PATH": str(shared_folder)}

    def run(*launcher, node=""):
        done = subprocess.run(
            [*launcher, sys.executable, script, node],
            env=environment,
            cwd=shared_folder,
            capture_output=True,
            text=True,
            timeout=LIMIT,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    return run


def check(seen):
    assert seen["encrypted"]
    assert seen["interrupted"] == "KeyboardInterrupt"
    assert seen["same_ports"] and seen["after_restart"] == "False"
    assert not seen["alive"]


def test_outside_a_job_a_kernel_is_a_job(session, slurm):
    seen = session()
    check(seen)
    assert slurm("squeue", "-h", "-t", "R,PD", "-j", seen["job"]) == ""


def test_inside_a_job_a_kernel_is_a_step_on_the_same_node(session):
    seen = session("srun", "--nodes=1", "--ntasks=1", "--time=5", "--mpi=none", "--nodelist=n1")
    check(seen)
    assert seen["node"] == "n1" and seen["keys_removed"]


def test_inside_a_job_a_kernel_can_run_on_another_node(session, shared_folder):
    seen = session(
        "salloc", "--quiet", "--nodes=2", "--time=5",
        "srun", "--nodes=1", "--ntasks=1", "--mpi=none", "--overlap", "--nodelist=n1",
        node="n2",
    )  # fmt: skip
    check(seen)
    assert seen["node"] == "n2"
    assert os.path.samefile(seen["folder"], shared_folder)


def test_a_start_that_is_given_up_leaves_no_srun():
    async def scenario(srun):
        wait = asyncio.ensure_future(KernelProvisioner()._wait_for_report(srun))
        await asyncio.sleep(0.2)
        wait.cancel()
        with pytest.raises(asyncio.CancelledError):
            await wait

    # Stands in for an srun that waits for resources.
    with subprocess.Popen(["sleep", "60"], stdout=subprocess.PIPE) as srun:
        asyncio.run(scenario(srun))
        assert srun.wait(timeout=10) != 0
