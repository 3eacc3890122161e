"""Kernels as Slurm job steps, or as jobs of their own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from typing import Any

import zmq
from jupyter_client.provisioning import KernelProvisionerBase
from traitlets import Dict, Float, Unicode, default

from .helper import default_helper

PORTS = ("shell_port", "iopub_port", "stdin_port", "control_port", "hb_port")
SIGNALS = {signal.SIGINT: "INT", signal.SIGTERM: "TERM", signal.SIGKILL: "KILL"}
# How long a step may take to end after SIGKILL, in seconds, before its srun is killed as well.
KILL_LIMIT = 10.0
# How long a signal may take to be delivered, in seconds.
SIGNAL_LIMIT = 30.0


class KernelProvisioner(KernelProvisionerBase):
    """Starts a kernel by `srun`: inside a job as a step of it, elsewhere as a job.

    Settings come from the kernelspec (`metadata.kernel_provisioner.config`) or the server's
    configuration. The kernel's keys go through the standard input of `srun`; its ports come back
    through the standard output, after they have been bound on the node.
    """

    helper = Unicode(help="The program `ferrolab`.").tag(config=True)
    node = Unicode("", help="The node of the job to run on; empty for the server's own.").tag(
        config=True
    )
    request = Dict(help="What a kernel outside a job asks for, as `ferrolab submit` names it.").tag(
        config=True
    )
    launch_timeout = Float(600.0, help="How long a kernel may wait for its node, in seconds.").tag(
        config=True
    )

    @default("helper")
    def _default_helper(self):
        return default_helper()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.process: subprocess.Popen | None = None
        self.step = ""
        self.ran_on = ""
        self.connection_info: dict[str, Any] = {}

    @property
    def has_process(self) -> bool:
        return self.process is not None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        manager = self.parent
        replaced = {"{resource_dir}": self.kernel_spec.resource_dir, "{prefix}": sys.prefix}
        command = [*self.kernel_spec.argv, *kwargs.pop("extra_arguments", [])]
        for name, value in replaced.items():
            command = [argument.replace(name, value) for argument in command]
        kwargs.pop("transport_encryption", None)
        if self._supports_curve() and manager.curve_publickey is None:
            # Whatever the server's policy: between nodes there is no other protection.
            manager.curve_publickey, manager.curve_secretkey = zmq.curve_keypair()
        return await super().pre_launch(cmd=command, **kwargs)

    def _supports_curve(self) -> bool:
        supported = (self.kernel_spec.metadata or {}).get("supported_encryption") or []
        names = [supported] if isinstance(supported, str) else supported
        return "curve" in names

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> dict[str, Any]:
        job = os.environ.get("SLURM_JOB_ID", "")
        here = os.environ.get("SLURMD_NODENAME", "")
        # A restart keeps node and ports, so that clients stay connected.
        node = self.ran_on or self.node or (here if job else "")
        local = bool(job) and node == here
        connection = self._connection()
        command = [self.helper, "node", "launch"]
        if job:
            command.append(f"--inside={job}")
        if node:
            command.append(f"--node={node}")
        command.append(f"--request={json.dumps(self.request)}")
        order = {
            "command": cmd,
            "connection": connection,
            "local": local,
            "folder": str(kwargs["cwd"]) if kwargs.get("cwd") else None,
        }
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=kwargs.get("env"),
            start_new_session=True,
        )
        self.process.stdin.write(json.dumps(order).encode())
        self.process.stdin.close()
        report = await self._wait_for_report(self.process)
        self.step, self.ran_on = report.get("step", ""), report["node"]
        self.log.info("Kernel %s is step %s on %s", self.kernel_id, self.step, self.ran_on)
        place = {name: report[name] for name in ("ip", *PORTS)}
        self.connection_info = {**connection, "transport": "tcp", **place}
        self.connection_info["key"] = connection["key"].encode()
        return self.connection_info

    def _connection(self) -> dict[str, Any]:
        """The connection file as far as it is known before the node is."""
        manager = self.parent
        connection = {
            "key": manager.session.key.decode(),
            "signature_scheme": manager.session.signature_scheme,
            "kernel_name": self.kernel_spec.name if hasattr(self.kernel_spec, "name") else "",
        }
        if manager.curve_publickey is not None:
            connection["curve_publickey"] = manager.curve_publickey.decode()
            connection["curve_secretkey"] = manager.curve_secretkey.decode()
        for name in PORTS:
            if name in self.connection_info:
                connection[name] = self.connection_info[name]
        return connection

    async def _wait_for_report(self, process: subprocess.Popen) -> dict[str, Any]:
        loop = asyncio.get_running_loop()
        found: asyncio.Future = loop.create_future()

        def settle(line: bytes) -> None:
            if not found.done():
                found.set_result(line)

        def read() -> None:
            line = process.stdout.readline()
            # The loop may be closed by then: nobody waits any more.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(settle, line)
            # What the kernel itself writes there belongs to the server's log.
            for rest in process.stdout:
                sys.stderr.buffer.write(rest)

        threading.Thread(target=read, daemon=True).start()
        try:
            line = await asyncio.wait_for(found, self.launch_timeout)
            report = json.loads(line)
            if report.get("ferrolab") != "kernel":
                raise ValueError("not a report")
            return report
        except BaseException as error:
            # Whatever ends the wait, a user who no longer wants the kernel included, must not
            # leave a job in the queue. srun takes it back when it is told to end.
            process.terminate()
            if isinstance(error, TimeoutError):
                said = f"The kernel got no node within {self.launch_timeout:.0f} s."
            elif isinstance(error, (ValueError, AttributeError)):
                said = "Slurm did not start the kernel; the server's log says why."
            else:
                raise
            await self._end(process)
            raise RuntimeError(said) from error

    async def poll(self) -> int | None:
        # srun ends with its step: no question to Slurm is needed.
        return self.process.poll() if self.process else 0

    async def wait(self) -> int | None:
        process = self.process
        if process is None:
            return 0
        while process.poll() is None:
            await asyncio.sleep(0.1)
        self.process = None
        return process.returncode

    async def send_signal(self, signum: int) -> None:
        name = SIGNALS.get(signum)
        if name is None or not self.step or self.process is None or self.process.poll() is not None:
            return
        sender = await asyncio.create_subprocess_exec(
            self.helper, "node", "signal", self.step, name
        )
        try:
            await asyncio.wait_for(sender.wait(), SIGNAL_LIMIT)
        except TimeoutError:
            sender.kill()

    async def terminate(self, restart: bool = False) -> None:
        await self.send_signal(signal.SIGTERM)

    async def kill(self, restart: bool = False) -> None:
        process = self.process
        if process is None:
            return
        await self.send_signal(signal.SIGKILL)
        for _ in range(int(KILL_LIMIT / 0.1)):
            if process.poll() is not None:
                return
            await asyncio.sleep(0.1)
        await self._end(process)

    async def _end(self, process: subprocess.Popen) -> None:
        """Ends srun itself, which takes a job of its own with it."""
        process.terminate()
        for _ in range(int(KILL_LIMIT / 0.1)):
            if process.poll() is not None:
                return
            await asyncio.sleep(0.1)
        process.kill()

    async def cleanup(self, restart: bool = False) -> None:
        if not restart:
            self.ran_on, self.connection_info = "", {}

    async def get_provisioner_info(self) -> dict[str, Any]:
        info = await super().get_provisioner_info()
        return {**info, "step": self.step, "ran_on": self.ran_on}

    async def load_provisioner_info(self, provisioner_info: dict[str, Any]) -> None:
        await super().load_provisioner_info(provisioner_info)
        self.step = provisioner_info["step"]
        self.ran_on = provisioner_info["ran_on"]
