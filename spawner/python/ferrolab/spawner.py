"""Notebook servers as Slurm jobs."""

from __future__ import annotations

import asyncio
import hmac
import html
import secrets
import sys
import time
from pathlib import Path
from typing import Any

from jupyterhub.spawner import Spawner as BaseSpawner
from jupyterhub.spawner import SpawnException
from traitlets import Float, Integer, Unicode, default

from . import form, handler  # noqa: F401 - importing the handler registers it
from .helper import HelperError, ask, default_helper
from .poller import Job, Poller, View

# How long a question may take, in seconds; stopping waits for the job's end.
QUESTION_LIMIT = 60.0
STOP_LIMIT = 180.0
# Slurm may take its time to accept a job, and the job is looked for after it gave no answer.
SUBMIT_LIMIT = 120.0
# How long, and how far apart, the node of a job is asked for while Slurm is silent.
SILENCE_LIMIT = 90.0
SILENCE_PAUSE = 3.0
# How often a starting server is looked at: at first, while it waits in the queue for long, and
# once it runs.
FIRST_LOOK = 0.5
LONGEST_LOOK = 15.0
RUNNING_LOOK = 2.0
FORM_QUESTION = {"ask": "form"}
# How long the hub goes on trying to end a job whose end could not be confirmed.
RETRY_PAUSE = 30.0
RETRIES = 120


async def check_options(spawner: Spawner, user_options: dict[str, Any]) -> None:
    """The one validator, for the form, the query and the REST API alike."""
    try:
        answer = await spawner.ask({"ask": "check", "request": user_options})
    except HelperError as error:
        status = 400 if error.reason == "options" else 503
        raise SpawnException(str(error), reason=error.reason, status_code=status) from error
    spawner.request = answer["request"]


class Spawner(BaseSpawner):
    """Starts each notebook server as a Slurm job of its owner."""

    helper = Unicode(help="The program `ferrolab`.").tag(config=True)
    notebook_folder = Unicode("", help="Where servers start; empty for the home folder.").tag(
        config=True
    )
    grace = Integer(10, help="How long a server may take to end by itself, in seconds.").tag(
        config=True
    )
    poll_age = Float(10.0, help="How old an answer of Slurm may be for `poll`, in seconds.").tag(
        config=True
    )

    _pollers: dict[str, Poller] = {}
    _form_facts: dict[str, form.Facts] = {}
    _loose_ends: set[asyncio.Task] = set()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.request: dict[str, Any] = {}
        self.job = ""
        self.key = ""
        self._nonce = ""
        self._report: asyncio.Future | None = None
        self._submission: asyncio.Task | None = None
        self._view: View | None = None
        self._adopted = False

    @default("helper")
    def _default_helper(self):
        return default_helper()

    @default("cmd")
    def _default_command(self):
        # The job has no PATH of the hub's.
        return [str(Path(sys.prefix) / "bin" / "jupyterhub-singleuser")]

    @default("apply_user_options")
    def _default_apply_user_options(self):
        return check_options

    @default("options_form")
    def _default_options_form(self):
        return type(self).render_form

    @default("options_from_form")
    def _default_options_from_form(self):
        return form.from_form

    @property
    def _owned_job(self) -> Job:
        return self.user.name, self.job

    @property
    def poller(self) -> Poller:
        """The poller that all servers of this helper share."""
        if self.helper not in self._pollers:
            helper = self.helper
            self._pollers[helper] = Poller(lambda question: ask(helper, question, QUESTION_LIMIT))
        return self._pollers[self.helper]

    async def ask(self, question: dict[str, Any], limit: float = QUESTION_LIMIT) -> dict[str, Any]:
        """Asks the helper; see `spawner/src/hub/question.rs`."""
        return await ask(self.helper, question, limit)

    async def render_form(self) -> str:
        """The form, from what Slurm says now or said lately."""
        if self.helper not in self._form_facts:
            helper = self.helper
            self._form_facts[helper] = form.Facts(lambda: ask(helper, FORM_QUESTION, QUESTION_LIMIT))
        facts, problem = await self._form_facts[self.helper].get()
        return form.render(facts, self.user_options or {}, problem)

    def get_args(self) -> list[str]:
        # Other users of the node reach the ports of its kernels, and what a kernel says is
        # authenticated but can be read by all: encrypt it for each kernel that can.
        return ["--KernelManager.transport_encryption=auto", *super().get_args()]

    # What survives a restart of the hub.

    def load_state(self, state):
        super().load_state(state)
        self.job = state.get("job", "")
        self.key = state.get("key", "")

    def get_state(self):
        state = super().get_state()
        if self.job:
            state.update(job=self.job, key=self.key)
        return state

    def clear_state(self):
        super().clear_state()
        if self.job:
            self.poller.forget(self._owned_job)
        self.job = self.key = ""
        self._view = None

    # Start.

    async def start(self):
        self._nonce = secrets.token_urlsafe(24)
        self._report = asyncio.get_running_loop().create_future()
        # A cancelled start must not lose the number of a job that Slurm is about to take.
        self._submission = asyncio.ensure_future(self._submit())
        try:
            await asyncio.shield(self._submission)
            port, node = await self._wait_for_report()
            place = await self._find_place()
        except HelperError as error:
            status = {"user": 403, "options": 400}.get(error.reason, 503)
            raise SpawnException(str(error), reason=error.reason, status_code=status) from error
        finally:
            self._report = None
        if place["node"] != node:
            raise SpawnException(
                f"Job {self.job} runs on {place['node']}, but another node answered.",
                reason="node",
                status_code=502,
            )
        self.log.info("Server %s is job %s on %s", self._log_name, self.job, node)
        return place["address"], port

    async def _submit(self) -> None:
        order = {
            "server": self.name,
            "request": self.request,
            "command": [*self.cmd, *self.get_args()],
            "environment": {name: str(value) for name, value in self.get_env().items()},
            "nonce": self._nonce,
            "folder": self.notebook_folder or None,
        }
        question = {"ask": "submit", "user": self.user.name, "order": order}
        answer = await self.ask(question, SUBMIT_LIMIT)
        self.job, self.key = answer["job"], answer["key"]
        self._adopted = answer["adopted"]
        self._view = View(phase="waiting", why="just submitted")
        self.log.info(
            "%s job %s for server %s",
            "Took over" if self._adopted else "Submitted",
            self.job,
            self._log_name,
        )

    async def _wait_for_report(self) -> tuple[int, str]:
        pause = FIRST_LOOK
        while True:
            done, _ = await asyncio.wait({self._report}, timeout=pause)
            if done:
                return self._report.result()
            self._view = await self.poller.look(self._owned_job, pause)
            if self._view.phase == "over":
                await self._raise_over()
            # Once it runs, the report is a matter of seconds.
            waits = self._view.phase == "waiting"
            pause = min(LONGEST_LOOK, pause * 1.2) if waits else RUNNING_LOOK

    async def _find_place(self) -> dict[str, Any]:
        """Where the job runs. It may have waited for days: a silence of Slurm does not end it."""
        question = {"ask": "address", "user": self.user.name, "job": self.job}
        deadline = time.monotonic() + SILENCE_LIMIT
        while True:
            try:
                return await self.ask(question)
            except HelperError as error:
                if error.reason != "slurm" or time.monotonic() > deadline:
                    raise
                self.log.warning("Job %s: %s; asking again", self.job, error)
                await asyncio.sleep(SILENCE_PAUSE)

    async def _raise_over(self):
        """The job ended before its server was there: says why, with the end of its log."""
        why = self._view.why
        try:
            question = {"ask": "log", "user": self.user.name, "key": self.key}
            lines = (await self.ask(question))["lines"]
        except HelperError:
            lines = []
        message = f"Job {self.job} ended before the notebook server was ready: {why}."
        log = "\n".join(lines)
        message_html = html.escape(message)
        if log:
            message_html += f"<pre>{html.escape(log)}</pre>"
        self.poller.forget(self._owned_job)
        raise SpawnException(
            f"{message}\n{log}".strip(),
            reason="job-ended",
            message_html=message_html,
            log_message=message,
            status_code=500,
        )

    def accept_report(self, port: int, node: str, nonce: str) -> bool:
        """Takes the report of the job that is waited for: once, and of no other."""
        expected = self._report
        if expected is None or expected.done():
            return False
        if not hmac.compare_digest(nonce.encode(), self._nonce.encode()):
            return False
        expected.set_result((port, node))
        return True

    async def progress(self):
        last = None
        while True:
            event = self._event()
            if event != last:
                yield event
                last = event
            await asyncio.sleep(0.3)

    def _event(self) -> dict[str, Any]:
        view = self._view
        if view is None:
            return {"progress": 5, "message": "Submitting the job"}
        if view.phase == "waiting":
            text = f"Job {self.job} waits: {view.why}"
            if self._adopted:
                text = f"Job {self.job} kept its place in the queue: {view.why}"
            left = view.start - time.time() if view.start else 0
            if left > 60:
                text += f". Slurm expects it to start in {left / 60:.0f} minutes"
            return {"progress": 20, "message": text}
        if view.phase == "running":
            return {
                "progress": 60,
                "message": f"Job {self.job} runs on {view.node}; its server is starting",
            }
        if view.phase == "unknown":
            return {"progress": 20, "message": f"Job {self.job}: no news from Slurm ({view.why})"}
        return {"progress": 90, "message": f"Job {self.job} has ended: {view.why}"}

    # Poll and stop.

    async def poll(self):
        if not self.job:
            return None if self._submission and not self._submission.done() else 0
        self._view = await self.poller.look(self._owned_job, self.poll_age)
        if self._view.phase != "over":
            return None
        self.log.info("Job %s of %s is over: %s", self.job, self._log_name, self._view.why)
        self.poller.forget(self._owned_job)
        return 0 if self._view.state in (None, "COMPLETED", "CANCELLED") else 1

    async def stop(self, now=False):
        if self._submission:
            await asyncio.wait({self._submission})
            self._submission = None
        if not self.job:
            return
        question = {
            "ask": "stop",
            "user": self.user.name,
            "key": self.key,
            "job": self.job,
            "grace_seconds": 0 if now else self.grace,
        }
        job = self._owned_job
        if await self._is_stopped(question):
            self.poller.forget(job)
            return
        # The hub forgets the server after this; the job must not outlive it for long.
        retry = asyncio.ensure_future(self._stop_later(question))
        self._loose_ends.add(retry)
        retry.add_done_callback(self._loose_ends.discard)

    async def _is_stopped(self, question: dict[str, Any]) -> bool:
        try:
            answer = await self.ask(question, STOP_LIMIT)
        except HelperError as error:
            answer = {"over": False, "why": str(error)}
        if not answer["over"]:
            self.log.warning("Job %s is not ended yet: %s", question["job"], answer["why"])
        return answer["over"]

    async def _stop_later(self, question: dict[str, Any]) -> None:
        for _ in range(RETRIES):
            await asyncio.sleep(RETRY_PAUSE)
            if await self._is_stopped({**question, "grace_seconds": 0}):
                return
        self.log.error("Gave up on ending job %s", question["job"])
