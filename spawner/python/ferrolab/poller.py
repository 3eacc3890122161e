"""One question to Slurm for the jobs of all users."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from .helper import HelperError

# The shortest time between two questions, in seconds, and how many times longer than the last
# question took: a controller under load is asked less often.
SHORTEST_INTERVAL = 0.5
INTERVAL_PER_QUERY = 5
# The longest time between two questions while none is answered.
LONGEST_BACKOFF = 60.0

# The user and the number of a job. Slurm uses numbers again: only both together are one job.
Job = tuple[str, str]
Ask = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]


@dataclass
class View:
    """What is known of a job. A phase of `unknown` is no proof of anything."""

    phase: str = "unknown"
    state: str | None = None
    why: str = "not asked for yet"
    node: str | None = None
    start: int | None = None
    seconds_left: int | None = None
    seen: float = field(default_factory=time.monotonic)


class Poller:
    """Answers each spawner from the last common question, or waits for the next."""

    def __init__(self, ask: Ask, clock: Callable[[], float] = time.monotonic):
        self._ask = ask
        self._clock = clock
        self._watched: set[Job] = set()
        self._views: dict[Job, View] = {}
        self._tick: asyncio.Task | None = None
        self._next_time = 0.0
        self._failures = 0

    async def look(self, job: Job, max_age: float) -> View:
        """The view of a job, at most `max_age` seconds old unless Slurm is out of reach."""
        self._watched.add(job)
        asked_at = self._clock()
        view = self._views.get(job)
        while view is None or view.seen < asked_at - max_age:
            if self._tick is None or self._tick.done():
                self._tick = asyncio.ensure_future(self._ask_for_all())
            # Somebody else may be waiting for the same answer.
            await asyncio.shield(self._tick)
            view = self._views.get(job)
        return view

    def forget(self, job: Job) -> None:
        """The job is over, or no longer of interest."""
        self._watched.discard(job)
        self._views.pop(job, None)

    async def _ask_for_all(self) -> None:
        await asyncio.sleep(max(0.0, self._next_time - self._clock()))
        jobs = sorted(self._watched)
        started = self._clock()
        try:
            asked = [{"user": user, "job": number} for user, number in jobs]
            answers = (await self._ask({"ask": "poll", "jobs": asked}))["jobs"]
        except HelperError as error:
            answers = [{"phase": "unknown", "why": str(error)}] * len(jobs)
        now = self._clock()
        for job, answer in zip(jobs, answers, strict=True):
            self._views[job] = View(**answer, seen=now)
        if all(self._views[job].phase == "unknown" for job in jobs):
            self._failures += 1
            pause = min(LONGEST_BACKOFF, SHORTEST_INTERVAL * 2**self._failures)
        else:
            self._failures = 0
            pause = max(SHORTEST_INTERVAL, INTERVAL_PER_QUERY * (now - started))
        self._next_time = now + pause
