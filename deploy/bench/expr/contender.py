"""Those who are measured: a process each, that answers requests in lines of JSON."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

PEER = Path(__file__).with_name("peer.py")


class Failed(Exception):
    """A contender could not do what it was asked for."""


class Missing(Exception):
    """A contender does not have that row."""


class Contender:
    """A process. Use it in a `with` statement: it ends there."""

    def __init__(self, name, command, environment, threads):
        self.name = name
        # Which inputs it has, by their letters.
        self.holds = {}
        # What each of them looks at; all of them get the same cores.
        count = str(threads)
        names = ("FERROLAB_THREADS", "NUMEXPR_NUM_THREADS", "NUMEXPR_MAX_THREADS", "OMP_NUM_THREADS")
        names += ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
        cores = sorted(os.sched_getaffinity(0))[:threads]
        self._complaints = tempfile.TemporaryFile("w+")
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            text=True,
            bufsize=1,
            env={**os.environ, **dict.fromkeys(names, count), **environment},
            preexec_fn=lambda: os.sched_setaffinity(0, cores),
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()
        self._complaints.close()

    def ask(self, do, **arguments):
        """The answer to a request; raises when there is none."""
        try:
            print(json.dumps({"do": do, **arguments}), file=self._process.stdin, flush=True)
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            self._complaints.seek(0)
            tail = self._complaints.read().strip().splitlines()[-3:]
            raise Failed(f"{self.name} ended in {do!r}: " + " | ".join(tail))
        answer = json.loads(line)
        if "missing" in answer:
            raise Missing(answer["missing"])
        if "error" in answer:
            raise Failed(f"{self.name}, {do!r}: {answer['error']}")
        return answer


class Field:
    """Everybody who takes part, and how each is started."""

    def __init__(self, ours, vml, threads):
        self.threads = threads
        python = [sys.executable, str(PEER)]
        self._commands = {
            "ours": ([str(ours)], {}),
            "limit": ([str(ours)], {}),
            "numpy": ([*python, "numpy"], {}),
            "numexpr": ([*python, "numexpr"], {}),
            "jax": ([*python, "jax"], {"JAX_PLATFORMS": "cpu"}),
        }
        if vml:
            environment = {"LD_LIBRARY_PATH": str(vml / "lib")}
            self._commands["numexpr+VML"] = ([str(vml / "bin/python"), str(PEER), "numexpr"], environment)

    def names(self):
        return list(self._commands)

    def start(self, name):
        command, environment = self._commands[name]
        return Contender(name, command, environment, self.threads)
