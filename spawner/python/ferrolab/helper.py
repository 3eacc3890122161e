"""Questions to the program `ferrolab`: JSON in, JSON out, one process each."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

# All that the program inherits. What belongs to the hub (its tokens above all) stays here.
INHERITED = ("FERROLAB_CONFIG", "FERROLAB_LIB", "LANG", "SLURM_CONF")
PLAIN_PATH = "/usr/local/bin:/usr/bin:/bin"


class HelperError(Exception):
    """No answer. `reason` is a word for programs, the text a sentence for people."""

    def __init__(self, reason: str, message: str):
        super().__init__(message)
        self.reason = reason


def default_helper() -> str:
    """The program beside this Python."""
    return str(Path(sys.prefix) / "bin" / "ferrolab")


def helper_environment() -> dict[str, str]:
    """The environment of the program."""
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return {"PATH": PLAIN_PATH, **inherited}


async def ask(helper: str, question: dict[str, Any], timeout: float) -> dict[str, Any]:
    """Asks one question. `timeout` is in seconds; a program that takes longer is killed."""
    try:
        process = await asyncio.create_subprocess_exec(
            helper,
            "hub",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=helper_environment(),
            cwd="/",
        )
    except OSError as error:
        raise HelperError("internal", f"cannot start {helper}: {error.strerror}") from error
    try:
        text = json.dumps(question).encode()
        out, err = await asyncio.wait_for(process.communicate(text), timeout)
    except TimeoutError as error:
        raise HelperError("slurm", f"no answer within {timeout:.0f} s") from error
    finally:
        if process.returncode is None:
            process.kill()
    return read_answer(out, err)


def read_answer(out: bytes, err: bytes) -> dict[str, Any]:
    """The answer in what the program wrote."""
    try:
        answer = json.loads(out)
    except ValueError as error:
        said = err.decode(errors="replace").strip()[-500:]
        raise HelperError("internal", said or "the helper gave no answer") from error
    if not isinstance(answer, dict):
        raise HelperError("internal", "the helper gave no answer")
    if "error" in answer:
        raise HelperError(answer["error"]["reason"], answer["error"]["message"])
    return answer
