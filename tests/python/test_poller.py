"""What spawners ask, and how often: the poller that they share, the form, the node of a job."""

import asyncio
import logging
from types import SimpleNamespace

import pytest

pytest.importorskip("ferrolab")
from ferrolab import form
from ferrolab.helper import HelperError
from ferrolab.poller import LONGEST_BACKOFF, Poller


class Slurm:
    """Answers, counts the questions, and fails on demand."""

    def __init__(self):
        self.questions = []
        self.silent = False
        self.over = set()

    async def ask(self, question):
        self.questions.append(question)
        await asyncio.sleep(0.01)
        if self.silent:
            raise HelperError("slurm", "no answer")
        over = [(job["user"], job["job"]) in self.over for job in question["jobs"]]
        return {"jobs": [{"phase": "over" if ended else "running", "why": ""} for ended in over]}


def test_five_hundred_servers_are_one_question():
    async def scenario():
        slurm = Slurm()
        poller = Poller(slurm.ask)
        views = await asyncio.gather(*(poller.look(("ada", str(job)), 5) for job in range(500)))
        return slurm, views

    slurm, views = asyncio.run(scenario())
    assert all(view.phase == "running" for view in views)
    assert len(slurm.questions) == 1
    assert len(slurm.questions[0]["jobs"]) == 500


def test_a_fresh_answer_is_not_asked_for_again():
    async def scenario():
        slurm = Slurm()
        poller = Poller(slurm.ask)
        for _ in range(20):
            await poller.look(("ada", "1"), 60)
        return slurm

    assert len(asyncio.run(scenario()).questions) == 1


def test_silence_is_unknown_and_is_met_with_patience():
    async def scenario():
        slurm = Slurm()
        slurm.silent = True
        poller = Poller(slurm.ask)
        pauses = []
        for _ in range(12):
            before = poller._clock()
            poller._next_time = 0.0
            view = await poller.look(("ada", "1"), 0)
            pauses.append(poller._next_time - before)
            assert view.phase == "unknown" and view.why == "no answer"
        slurm.silent = False
        poller._next_time = 0.0
        return pauses, await poller.look(("ada", "1"), 0)

    pauses, view = asyncio.run(scenario())
    assert pauses[0] < 2 and pauses[-1] == pytest.approx(LONGEST_BACKOFF, abs=1)
    assert view.phase == "running"


def test_a_job_that_is_over_is_no_longer_asked_for():
    async def scenario():
        slurm = Slurm()
        slurm.over.add(("ada", "1"))
        poller = Poller(slurm.ask)
        assert (await poller.look(("ada", "1"), 5)).phase == "over"
        # The same number, used again for someone else's job.
        assert (await poller.look(("bob", "1"), 5)).phase == "running"
        poller.forget(("ada", "1"))
        poller._next_time = 0.0
        await poller.look(("bob", "2"), 5)
        return slurm

    jobs = asyncio.run(scenario()).questions[-1]["jobs"]
    assert jobs == [{"user": "bob", "job": "1"}, {"user": "bob", "job": "2"}]


def test_forms_opened_at_once_ask_once_and_a_failure_is_remembered():
    async def scenario(failing):
        asked, now = [], [0.0]

        async def ask():
            asked.append(now[0])
            await asyncio.sleep(0.01)
            if failing:
                raise HelperError("slurm", "no answer")
            return {"partitions": ["debug"]}

        facts = form.Facts(ask, clock=lambda: now[0])
        first = await asyncio.gather(*(facts.get() for _ in range(50)))
        now[0] = form.FACTS_AGE - 1
        await facts.get()
        now[0] = form.FACTS_AGE
        await facts.get()
        return asked, first[-1]

    asked, answer = asyncio.run(scenario(failing=False))
    assert asked == [0.0, form.FACTS_AGE] and answer == ({"partitions": ["debug"]}, None)
    asked, answer = asyncio.run(scenario(failing=True))
    assert asked == [0.0, form.FACTS_AGE] and answer == ({}, "no answer")


def test_a_silence_of_slurm_at_the_last_step_does_not_end_a_spawn(monkeypatch):
    spawner = pytest.importorskip("ferrolab.spawner")
    monkeypatch.setattr(spawner, "SILENCE_PAUSE", 0)
    asked = []

    def fake(*problems):
        left = list(problems)

        async def ask(question):
            asked.append(question)
            if left:
                raise HelperError(left.pop(0), "problem")
            return {"node": "n1", "address": "10.0.0.1"}

        user = SimpleNamespace(name="ada")
        return SimpleNamespace(ask=ask, user=user, job="7", log=logging.getLogger("test"))

    find = spawner.Spawner._find_place
    assert asyncio.run(find(fake("slurm", "slurm")))["node"] == "n1"
    assert asked == [{"ask": "address", "user": "ada", "job": "7"}] * 3
    with pytest.raises(HelperError):
        asyncio.run(find(fake("internal")))
    monkeypatch.setattr(spawner, "SILENCE_LIMIT", -1)
    with pytest.raises(HelperError):
        asyncio.run(find(fake("slurm")))
