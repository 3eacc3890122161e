"""The form of the spawn page."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from importlib.resources import files
from typing import Any

from jinja2 import Environment

from .helper import HelperError

NUMBERS = [
    ("nodes", "Nodes", "1"),
    ("ntasks", "Tasks", "1"),
    ("cpus_per_task", "CPUs per task", "1"),
    ("gpus", "GPUs", "none"),
]
TEXTS = [
    ("mem", "Memory per node", "the site's default; 4000M, 16G"),
    ("time", "Time", "the site's default; 30, 1:00:00, 2-00:00:00"),
]
REST = [
    ("account", "Account", "your default"),
    ("qos", "QOS", "your default"),
    ("reservation", "Reservation", "none"),
    ("constraint", "Node features", "any"),
]
FIELDS = ["partition", *(name for name, _, _ in NUMBERS + TEXTS + REST)]

# How long what is known of the partitions is good, and a failure to learn it, in seconds.
FACTS_AGE = 30.0

_TEMPLATE = Environment(autoescape=True).from_string(
    files("ferrolab").joinpath("form.html").read_text(encoding="utf-8")
)


class Facts:
    """What there is to choose from, asked for once for all forms that are open."""

    def __init__(
        self,
        ask: Callable[[], Awaitable[dict[str, Any]]],
        clock: Callable[[], float] = time.monotonic,
    ):
        self._ask = ask
        self._clock = clock
        self._facts: dict[str, Any] = {}
        self._problem: str | None = None
        self._good_until = float("-inf")
        self._question: asyncio.Task | None = None

    async def get(self) -> tuple[dict[str, Any], str | None]:
        """The facts, and why there are no newer ones if they could not be had."""
        if self._clock() >= self._good_until:
            if self._question is None or self._question.done():
                self._question = asyncio.ensure_future(self._learn())
            # Others wait for the same answer: one who leaves does not take it from them.
            await asyncio.shield(self._question)
        return self._facts, self._problem

    async def _learn(self) -> None:
        try:
            self._facts, self._problem = await self._ask(), None
        except HelperError as error:
            self._problem = str(error)
        self._good_until = self._clock() + FACTS_AGE


def render(facts: dict[str, Any], chosen: dict[str, Any], problem: str | None) -> str:
    """The form, with what there is to choose from and what was chosen the last time."""
    return _TEMPLATE.render(
        partitions=facts.get("partitions", []),
        chosen={name: chosen.get(name) for name in FIELDS},
        problem=problem,
        numbers=NUMBERS,
        texts=TEXTS,
        rest=REST,
    )


def from_form(data: dict[str, list[str]]) -> dict[str, str]:
    """The options in a form or a query, as text; the helper checks them."""
    return {
        name: values[0].strip() for name, values in data.items() if values and values[0].strip()
    }
