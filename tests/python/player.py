"""Runs a notebook cell by cell, as a person would who interrupts some cells, and keeps what came
of each with the time of every message. `expectations` says what must have come."""

import json
import re
import time
from dataclasses import dataclass, field

import nbformat
import psutil
import zmq
from kernels import descendants, plain, started_kernel, streamed

CELL_LIMIT = 60
# How long a kernel may take after an interrupt before the player helps itself.
STUCK = 20


@dataclass
class Played:
    """A cell and what came of it. Times are seconds on one clock."""

    name: str
    sent: float
    interrupt: dict | None = None
    reply: dict | None = None
    replied: float = 0.0
    messages: list = field(default_factory=list)
    arrivals: list = field(default_factory=list)
    interrupts: list = field(default_factory=list)
    idle: bool = False
    still_computing: bool = False
    hung: bool = False

    @property
    def ended(self):
        return self.idle and self.reply is not None

    @property
    def taken(self):
        """When the kernel began with it."""
        for message, arrived in zip(self.messages, self.arrivals):
            if message["msg_type"] == "execute_input":
                return arrived
        return None

    @property
    def status(self):
        return self.reply["content"]["status"] if self.reply else "no reply"

    @property
    def count(self):
        return self.reply["content"].get("execution_count")

    @property
    def errors(self):
        return [m["content"] for m in self.messages if m["msg_type"] == "error"]

    @property
    def results(self):
        return [m["content"]["data"] for m in self.messages if m["msg_type"] == "execute_result"]

    @property
    def displays(self):
        return [m["content"]["data"] for m in self.messages if m["msg_type"] == "display_data"]

    def stream(self, name):
        return streamed(self.messages, name)

    def shown(self):
        """All the text that a reader of the notebook sees, pages included."""
        pages = [page.get("data", {}) for page in self.reply["content"].get("payload", [])]
        bundles = [self.stream("stdout"), self.stream("stderr")]
        for message in self.messages:
            if "data" in message["content"]:
                pages.append(message["content"]["data"])
        for page in pages:
            bundles += [value if isinstance(value, str) else json.dumps(value) for value in page.values()]
        for error in self.errors:
            bundles += [error["evalue"], *error["traceback"]]
        return plain("\n".join(part for part in bundles if part))


def code_cells(path):
    """The code cells of a notebook: name, code, what is expected."""
    notebook = nbformat.read(path, as_version=4)
    return [
        (cell["id"], cell["source"], cell["metadata"].get("expect", {}))
        for cell in notebook["cells"]
        if cell["cell_type"] == "code"
    ]


def play(path, folder):
    """Runs all the cells of a notebook in one kernel, in `folder`; gives them by their names. What
    comes after a cell that hangs is not run."""
    played = {}
    with started_kernel(cwd=str(folder)) as (manager, client):
        player = Player(manager, client)
        for name, code, expected in code_cells(path):
            played[name] = player.run(name, code, expected.get("interrupt"))
            if played[name].hung:
                manager.shutdown_kernel(now=True)
                break
    return played


class Player:
    """Runs cells one after the other."""

    def __init__(self, manager, client):
        self.manager = manager
        self.client = client
        # By the names of their requests: text of a thread may come after its cell has ended.
        self.cells = {}
        self.poller = zmq.Poller()
        for channel in (client.shell_channel, client.iopub_channel):
            self.poller.register(channel.socket, zmq.POLLIN)

    def run(self, name, code, interrupt):
        cell = Played(name, time.monotonic(), interrupt)
        self.cells[self.client.execute(code, allow_stdin=False)] = cell
        while not cell.ended:
            now = time.monotonic()
            if is_time_for_an_interrupt(cell, now):
                self.client.control_channel.send(self.client.session.msg("interrupt_request", {}))
                cell.interrupts.append(time.monotonic())
            limit = cell.interrupts[-1] + STUCK if cell.interrupts else cell.sent + CELL_LIMIT
            if now > limit:
                cell.hung = True
                return cell
            for socket, _ in self.poller.poll(20):
                if socket is self.client.shell_channel.socket:
                    self.take_reply(self.client.get_shell_msg(timeout=1))
                else:
                    self.take_published(self.client.get_iopub_msg(timeout=1))
        if interrupt:
            cell.still_computing = not becomes_quiet(self.manager.provisioner.pid)
        return cell

    def take_reply(self, message):
        cell = self.cells.get(message["parent_header"].get("msg_id"))
        if cell:
            cell.reply = message
            cell.replied = time.monotonic()

    def take_published(self, message):
        cell = self.cells.get(message["parent_header"].get("msg_id"))
        if cell:
            cell.messages.append(message)
            cell.arrivals.append(time.monotonic())
            cell.idle |= message["content"].get("execution_state") == "idle"


def is_time_for_an_interrupt(cell, now):
    """The first one when the cell has printed its word, or some seconds after the kernel has begun
    with it; the second one a while after the first."""
    if not cell.interrupt or cell.reply:
        return False
    if cell.interrupts:
        return len(cell.interrupts) < cell.interrupt.get("times", 1) and now - cell.interrupts[-1] > 1.0
    if "printed" in cell.interrupt:
        return cell.interrupt["printed"] in cell.stream("stdout")
    return cell.taken is not None and now - cell.taken > cell.interrupt["seconds"]


def becomes_quiet(pid, seconds=15):
    """Whether neither the kernel nor what it started goes on computing."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        before = cpu_times(pid)
        time.sleep(0.4)
        after = cpu_times(pid)
        if sum(after[p] - before.get(p, 0.0) for p in after) < 0.2:
            return True
    return False


def cpu_times(pid):
    """Seconds of computing so far, of a process and those below it."""
    times = {}
    for process in [psutil.Process(pid), *descendants(pid)]:
        try:
            used = process.cpu_times()
            times[process.pid] = used.user + used.system
        except psutil.NoSuchProcess:
            pass
    return times


def check(cell, expected, played):
    """Compares a cell with what its metadata expects; everything is said that differs."""
    assert cell is not None, "not run, because a cell before it hangs"
    assert not cell.hung, f"no reply; what was shown:\n{cell.stream('stdout')[:3000]}"
    differences = list(compare(cell, expected, played))
    assert not differences, "\n".join(differences) + f"\n--- what was shown:\n{cell.shown()[:3000]}"


def compare(cell, expected, played):
    """What differs, line by line. The words are explained in notebooks/README.md."""
    yield from compare_status(cell, expected, played)
    yield from compare_output(cell, expected)
    for words in expected.get("shown", []):
        if not found(words, cell.shown(), played):
            yield f"nowhere shown: {words!r}"
    if "longest" in expected and len(cell.shown()) > expected["longest"]:
        yield f"{len(cell.shown())} characters are shown, more than {expected['longest']}"
    if "interrupt" in expected:
        yield from compare_interrupt(cell, expected["interrupt"])


def compare_status(cell, expected, played):
    name = expected.get("error")
    if name is None:
        if cell.status != "ok" or cell.errors:
            yield f"status {cell.status}, {len(cell.errors)} errors, instead of ok"
        return
    if cell.status != "error" or len(cell.errors) != 1:
        yield f"status {cell.status} and {len(cell.errors)} error messages, instead of one error"
        return
    (error,) = cell.errors
    content = cell.reply["content"]
    if (content.get("ename"), content.get("evalue")) != (error["ename"], error["evalue"]):
        yield f"the reply says {content.get('ename')}, the message {error['ename']}"
    if name not in ("*", error["ename"]):
        yield f"{error['ename']} instead of {name}"
    trace = "\n".join(error["traceback"])
    said = plain(f"{error['evalue']}\n{trace}")
    for words in expected.get("says", []):
        if not found(words, said, played):
            yield f"the error does not say {words!r}"
    for words in expected.get("says_not", []):
        if found(words, said, played):
            yield f"the error says {words!r}"
    if expected.get("coloured") and "\x1b[" not in trace:
        yield "the error is not coloured"


def compare_output(cell, expected):
    stdout = cell.stream("stdout")
    if "stdout_has" in expected:
        for words in expected["stdout_has"]:
            if not found(words, stdout):
                yield f"stdout has no {words!r}"
    elif "stdout_any" not in expected and stdout != expected.get("stdout", ""):
        yield f"stdout {stdout[:500]!r} instead of {expected.get('stdout', '')!r}"
    for words in expected.get("stderr_has", []):
        if not found(words, cell.stream("stderr")):
            yield f"stderr has no {words!r}"
    results = cell.results
    wanted = [key for key in ("result", "result_has", "result_json") if key in expected]
    if len(results) != (1 if wanted else 0):
        yield f"{len(results)} results: {[r.get('text/plain') for r in results]}"
    elif wanted:
        yield from compare_bundle(results[0], expected)
    displays = expected.get("displays")
    if displays is not None and len(displays) != len(cell.displays):
        yield f"{len(cell.displays)} displays instead of {len(displays)}"
    for wanted, bundle in zip(displays or [], cell.displays):
        yield from compare_bundle(bundle, {"result_has": wanted})


def compare_bundle(bundle, expected):
    got = bundle.get("text/plain")
    if "result" in expected and got != expected["result"]:
        yield f"result {got!r} instead of {expected['result']!r}"
    for mime, all_words in expected.get("result_has", {}).items():
        for words in all_words:
            if not found(words, str(bundle.get(mime, ""))):
                yield f"{mime} has no {words!r}; there are {sorted(bundle)}"
    for mime, value in expected.get("result_json", {}).items():
        if bundle.get(mime) != value:
            yield f"{mime} is {bundle.get(mime)!r} instead of {value!r}"


def compare_interrupt(cell, expected):
    times = expected.get("times", 1)
    if not cell.interrupts:
        yield "it ended before it could be interrupted"
        return
    if expected.get("or_earlier") and len(cell.interrupts) < times:
        return
    if len(cell.interrupts) != times:
        yield f"it ended after {len(cell.interrupts)} interrupts instead of {times}"
    took = cell.replied - cell.interrupts[-1]
    if took > expected.get("within", 0.5):
        yield f"it went on for {took:.2f} s after the interrupt"
    if cell.still_computing:
        yield "something goes on computing"


def found(words, text, played=None):
    """Whether words occur; after `re:` as a regular expression. `@name` is the number of a cell."""
    for name in re.findall(r"@([a-z0-9-]+)", words) if played else []:
        if name in played:
            words = words.replace(f"@{name}", str(played[name].count))
    if words.startswith("re:"):
        return re.search(words.removeprefix("re:"), text) is not None
    return words in text
