"""Kernels under measurement: started as a Jupyter server would, timed by what arrives."""

import os
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import zmq
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import KernelManager

TIMEOUT = 180


class WrongResult(Exception):
    """A cell did not give what it must; its time says nothing."""


class Unheard(Exception):
    """A cell was answered, but what it published went out before this client was subscribed."""


@dataclass
class Outcome:
    """What came of a cell."""

    seconds: float
    status: str
    result: str | None
    stdout: str
    complaint: str = ""


@dataclass
class Contender:
    """A kernel that can be started again and again."""

    name: str
    spec: KernelSpec
    environment: dict[str, str] = field(default_factory=dict)

    def start(self):
        return Kernel(self)


def ours(kernelspec):
    """The kernel that is installed."""
    return Contender("ferrolab", KernelSpecManager().get_kernel_spec(kernelspec))


def evcxr_jupyter(program, toolchain, empty):
    """evcxr_jupyter at its best: cargo and rustc themselves on PATH instead of rustup's proxies
    (which cost it 30 ms a call), the standard library's sources beside them, no network to wait
    for, no settings of the user's."""
    spec = KernelSpec(
        argv=[str(program), "--control_file", "{connection_file}"],
        display_name="evcxr_jupyter",
        language="rust",
        interrupt_mode="message",
    )
    environment = {
        "PATH": f"{toolchain / 'bin'}:/usr/local/bin:/usr/bin:/bin",
        "CARGO_NET_OFFLINE": "true",
        "EVCXR_CONFIG_DIR": str(empty),
    }
    return Contender("evcxr_jupyter", spec, environment)


class Kernel:
    """A running kernel. Use it in a `with` statement: its process ends there."""

    def __init__(self, contender):
        self.name = contender.name
        self._folder = tempfile.TemporaryDirectory(prefix="ferrolab-bench-")
        context = zmq.Context()
        # A client that tries again only after libzmq's 100 ms would measure its own waiting.
        context.setsockopt(zmq.RECONNECT_IVL, 5)
        # A flood must be lost by a kernel if it is lost, not by us.
        context.setsockopt(zmq.RCVHWM, 0)
        self._context = context
        self._manager = KernelManager(context=context)
        self._manager._kernel_spec = contender.spec
        environment = {**os.environ, **contender.environment}
        self.began = time.perf_counter()
        self._manager.start_kernel(
            env=environment, cwd=self._folder.name, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._client = self._manager.client()
        self._client.start_channels(hb=False, stdin=False)
        self._shell = self._client.shell_channel.socket
        self._iopub = self._client.iopub_channel.socket
        self._poller = zmq.Poller()
        self._poller.register(self._shell, zmq.POLLIN)
        self._poller.register(self._iopub, zmq.POLLIN)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)
        self._context.destroy(linger=0)
        self._folder.cleanup()

    def info(self):
        """The kernel_info_reply, asked for at once."""
        asked = self._client.kernel_info()
        deadline = time.monotonic() + TIMEOUT
        while time.monotonic() < deadline:
            for socket, frames in self._received(deadline):
                message = self._parse(frames)
                if socket is self._shell and message["parent_header"].get("msg_id") == asked:
                    return message["content"]
        raise WrongResult(f"{self.name}: no kernel_info_reply in {TIMEOUT} s")

    def cell(self, code):
        """Runs a cell. Its time ends when the reply, the result and `idle` have all arrived; messages
        are looked into only afterwards, so that a flood is not slowed down by this client."""
        began = time.perf_counter()
        msg_id = self._client.execute(code, allow_stdin=False)
        deadline = time.monotonic() + TIMEOUT
        mark = msg_id.encode()
        published, reply, idle = [], None, False
        while not (reply and idle):
            if time.monotonic() > deadline:
                if reply and not published:
                    raise Unheard
                raise WrongResult(f"{self.name}: no end of this cell in {TIMEOUT} s:\n{code}")
            for socket, frames in self._received(deadline):
                if not any(mark in frame for frame in frames[-4:]):
                    continue
                if socket is self._shell:
                    reply = frames
                    if not published:
                        deadline = time.monotonic() + 2
                else:
                    published.append(frames)
                    idle |= b'"idle"' in frames[-1] and len(frames[-1]) < 100
        seconds = time.perf_counter() - began
        return self._outcome(seconds, self._parse(reply), [self._parse(f) for f in published])

    def checked(self, code, expected):
        """The seconds of a cell whose result, or else printed text, is `expected`."""
        outcome = self.cell(code)
        got = outcome.result if outcome.result is not None else outcome.stdout
        if outcome.status != "ok" or got != expected:
            raise WrongResult(
                f"{self.name}: {got!r} instead of {expected!r} ({outcome.status} {outcome.complaint}):\n{code}"
            )
        return outcome.seconds

    def _received(self, deadline):
        wait = max(0, deadline - time.monotonic())
        for socket, _ in self._poller.poll(wait * 1000):
            yield socket, socket.recv_multipart()

    def _parse(self, frames):
        session = self._client.session
        _, frames = session.feed_identities(frames)
        return session.deserialize(frames)

    @staticmethod
    def _outcome(seconds, reply, published):
        result, stdout, complaint = None, [], ""
        for message in published:
            content = message["content"]
            match message["msg_type"]:
                case "execute_result":
                    result = content["data"].get("text/plain")
                case "stream" if content["name"] == "stdout":
                    stdout.append(content["text"])
                case "error":
                    complaint = f"{content['ename']}: {content['evalue']}"
        return Outcome(seconds, reply["content"]["status"], result, "".join(stdout), complaint)


def compile_seconds(rustc, optimisation):
    """The machine's own floor: one rustc run, with the link, of a library as small as a cell."""
    with tempfile.TemporaryDirectory(prefix="ferrolab-bench-") as folder:
        source = Path(folder, "cell.rs")
        source.write_text(
            '#[unsafe(no_mangle)]\npub extern "C" fn cell(x: i32) -> i32 {\n    println!("{x}");\n    x + 1\n}\n'
        )
        command = [rustc, "--edition=2024", "--crate-type=cdylib", "-Cprefer-dynamic"]
        command += [f"-Copt-level={optimisation}", source, "--out-dir", folder]
        began = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True, timeout=TIMEOUT)
        return time.perf_counter() - began
