"""The debugger, as JupyterLab uses it: real cells, a real LLDB.

    PREFIX/bin/python -m pytest tests/python/test_debugger.py
"""

from pathlib import Path
from queue import Empty

import pytest
from kernels import (
    TIMEOUT,
    descendants,
    done,
    drain,
    error,
    eventually,
    is_alive,
    on_control,
    run,
    shell_reply,
    started_kernel,
    text,
    value,
)


class Session:
    """The frontend's side of a debug session."""

    def __init__(self, client):
        self.client = client
        self.seq = 0
        # What was published meanwhile and is not about a request.
        self.kept = []

    def ask(self, command, **arguments):
        """The response to a request, whatever it says."""
        self.seq += 1
        content = {"type": "request", "seq": self.seq, "command": command, "arguments": arguments}
        msg_id, reply = on_control(self.client, "debug_request", content)
        self.wait_for_idle(msg_id)
        assert reply["msg_type"] == "debug_reply"
        response = reply["content"]
        assert response["type"] == "response" and response["command"] == command
        assert response["request_seq"] == self.seq
        return response

    def get(self, command, **arguments):
        """The body of a response that must be a success."""
        response = self.ask(command, **arguments)
        assert response["success"], response.get("message")
        return response["body"]

    def start(self):
        capabilities = self.get("initialize", clientID="test", adapterID="rust-hpc", pathFormat="path")
        assert capabilities["supportsConfigurationDoneRequest"]
        self.get("attach")
        self.get("configurationDone")
        assert self.get("debugInfo")["isStarted"]

    def stop(self):
        self.get("disconnect", restart=False, terminateDebuggee=False)
        assert not self.get("debugInfo")["isStarted"]

    def break_at(self, code, *lines):
        """Sets the breakpoints of a cell; gives the name of its file."""
        path = self.get("dumpCell", code=code)["sourcePath"]
        wanted = [{"line": line} for line in lines]
        self.get("setBreakpoints", source={"path": path}, breakpoints=wanted, sourceModified=False)
        return path

    def wait_for_idle(self, msg_id):
        """A cell that is sent before the request is done would be told of as busy once more."""
        while True:
            message = self.client.get_iopub_msg(timeout=TIMEOUT)
            if message["parent_header"].get("msg_id") != msg_id:
                self.kept.append(message)
            elif message["content"].get("execution_state") == "idle":
                return

    def published(self):
        """The next published message."""
        return self.kept.pop(0) if self.kept else self.client.get_iopub_msg(timeout=TIMEOUT)

    def published_about(self, msg_id):
        """The published messages of a cell up to its end, those that are left."""
        messages = []
        while True:
            message = self.published()
            if message["parent_header"].get("msg_id") == msg_id:
                messages.append(message)
                if message["content"].get("execution_state") == "idle":
                    return messages

    def drain(self):
        drain(self.client)
        self.kept.clear()

    def event(self, name):
        """The body of the next event of that name."""
        while True:
            message = self.published()
            assert message["msg_type"] != "error", message["content"]
            if message["msg_type"] == "debug_event" and message["content"]["event"] == name:
                return message["content"]["body"]

    def stopped(self):
        """Waits for a stop; gives the thread and its stack."""
        thread = self.event("stopped")["threadId"]
        return thread, self.stack(thread)

    def stack(self, thread):
        return self.get("stackTrace", threadId=thread)["stackFrames"]

    def locals(self, frame):
        """The variables of a stack frame by name."""
        scopes = self.get("scopes", frameId=frame["id"])["scopes"]
        assert [scope["name"] for scope in scopes] == ["Locals"]
        return self.inside(scopes[0])

    def inside(self, variable):
        reference = variable["variablesReference"]
        found = self.get("variables", variablesReference=reference)["variables"]
        return {variable["name"]: variable for variable in found}


@pytest.fixture(scope="module")
def kernel():
    with started_kernel() as (manager, client):
        info = client.kernel_info(reply=True, timeout=TIMEOUT)["content"]
        if "debugger" not in info["supported_features"]:
            pytest.skip("this machine has no lldb-dap and lldb-server of version 19 or newer")
        yield manager, client


@pytest.fixture
def session(kernel):
    _, client = kernel
    drain(client)
    session = Session(client)
    session.start()
    yield session
    session.stop()
    done(client, ":clear")


def places(frames):
    return [(frame["name"], frame["line"]) for frame in frames]


def test_a_cell_stops_shows_its_variables_and_goes_on(session):
    client = session.client
    done(client, 'let scale = 3_i64;\nlet label = String::from("kept");')
    code = (
        "let mut total = 0_i64;\n"
        "let items = vec![1.5_f64, 2.5];\n"
        "\n"
        "let grid = linspace(0.0, 1.0, 5);\n"
        "total += scale;\n"
        "total *= 2;\n"
        'println!("{label} {total}");\n'
        "total + items.len() as i64 + grid.len() as i64"
    )
    path = session.break_at(code, 5)
    msg_id = client.execute(code)
    thread, frames = session.stopped()
    assert [frame["line"] for frame in frames] == [5]
    assert frames[0]["source"]["path"] == path
    assert frames[0]["name"].startswith("In [")
    assert session.get("debugInfo")["stoppedThreads"] == [thread]
    variables = session.locals(frames[0])
    assert set(variables) == {"total", "items", "grid", "scale", "label"}
    assert variables["total"]["value"] == "0"
    assert variables["scale"]["value"] == "3"
    assert "kept" in variables["label"]["value"]
    assert [item["value"] for item in session.inside(variables["items"]).values()] == ["1.5", "2.5"]
    assert variables["grid"]["value"] == "[0. 0.25 0.5 0.75 1. ] (f64, shape [5])"

    session.get("next", threadId=thread)
    thread, frames = session.stopped()
    assert frames[0]["line"] == 6
    assert session.locals(frames[0])["total"]["value"] == "3"
    shown = session.get("richInspectVariables", variableName="total", frameId=frames[0]["id"])
    assert shown["data"]["text/plain"] == "3"

    session.get("continue", threadId=thread)
    reply = shell_reply(client, msg_id)
    assert reply["content"]["status"] == "ok"
    published = session.published_about(msg_id)
    assert text(published) == ["13"]
    assert session.get("debugInfo")["stoppedThreads"] == []


def test_variables_between_cells_have_names_types_and_values(session):
    client = session.client
    done(client, 'let n = 4_u8;\nlet words = vec!["a", "b"];\nlet f = |x: f64| x;')
    done(client, "let waiting = linspace(0.0, 1.0, 3);")
    # At once after the reply, as JupyterLab does.
    client.execute("let last = 1;", reply=True, timeout=TIMEOUT)
    variables = {v["name"]: v for v in session.get("inspectVariables")["variables"]}
    assert variables["last"]["value"] == "1"
    session.drain()
    assert variables["n"]["type"] == "u8" and variables["n"]["value"] == "4"
    assert variables["words"]["value"] == '["a", "b"]'
    assert "0.5" in variables["waiting"]["value"]
    assert variables["f"]["value"] == ""
    shown = session.get("richInspectVariables", variableName="waiting")["data"]
    assert "text/html" in shown
    assert not session.ask("richInspectVariables", variableName="n; n")["success"]
    assert value(client, "n + 1") == "5"


def test_a_function_of_an_earlier_cell_stops(session):
    client = session.client
    code = "fn square(x: i64) -> i64 {\n    // by itself\n    let y = x * x;\n    y\n}"
    done(client, code)
    path = session.break_at(code, 2)
    msg_id = client.execute("let a = 5;\nlet b = square(a);\nb + 1")
    thread, frames = session.stopped()
    assert [frame["line"] for frame in frames] == [3, 2]
    assert frames[0]["name"] == "square" and frames[0]["source"]["path"] == path
    assert session.locals(frames[0])["x"]["value"] == "5"
    session.get("stepOut", threadId=thread)
    thread, frames = session.stopped()
    assert [frame["line"] for frame in frames] == [2]
    session.get("next", threadId=thread)
    thread, frames = session.stopped()
    assert frames[0]["line"] == 3
    # From here a step leaves the cell, which then ends without another stop.
    session.get("next", threadId=thread)
    assert shell_reply(client, msg_id)["content"]["status"] == "ok"
    session.break_at(code)
    assert value(client, "square(3)") == "9"


def test_a_step_goes_into_functions_of_the_notebook_and_of_nobody_else(session):
    client = session.client
    done(client, "fn twice(x: f64) -> f64 {\n    x * 2.0\n}")
    code = 'let text = String::from("a").repeat(3);\nlet y = twice(text.len() as f64);\ny'
    session.break_at(code, 1)
    msg_id = client.execute(code)
    thread, frames = session.stopped()
    session.get("stepIn", threadId=thread)
    thread, frames = session.stopped()
    assert [frame["line"] for frame in frames] == [2]
    session.get("stepIn", threadId=thread)
    thread, frames = session.stopped()
    assert places(frames)[0] == ("twice", 2)
    session.get("continue", threadId=thread)
    assert shell_reply(client, msg_id)["content"]["status"] == "ok"


def test_a_panic_stops_where_it_happens(session):
    client = session.client
    session.get("setExceptionBreakpoints", filters=["panic"])
    done(client, "let kept = 1;")
    msg_id = client.execute("let items = vec![1, 2];\nlet at = items.len();\nitems[at] + kept")
    body = session.event("stopped")
    assert body["reason"] == "exception"
    frames = session.stack(body["threadId"])
    assert frames[0]["line"] == 3
    assert session.locals(frames[0])["at"]["value"] == "2"
    session.get("continue", threadId=body["threadId"])
    reply = shell_reply(client, msg_id)["content"]
    assert reply["ename"] == "Panic" and "index out of bounds" in reply["evalue"]
    session.drain()
    session.get("setExceptionBreakpoints", filters=[])
    assert error(client, "panic!(\"again\")")["ename"] == "Panic"
    assert value(client, "kept") == "1"


def test_an_interrupt_ends_a_stopped_cell(session):
    client = session.client
    session.get("setExceptionBreakpoints", filters=["panic"])
    done(client, "let kept = 7_u64;")
    code = "let mut turns = 0_u64;\nloop {\n    turns += kept;\n}"
    session.break_at(code, 3)
    msg_id = client.execute(code)
    session.stopped()
    with pytest.raises(Empty):
        client.get_shell_msg(timeout=1)
    on_control(client, "interrupt_request")
    session.event("continued")
    reply = shell_reply(client, msg_id)["content"]
    assert reply["ename"] == "KeyboardInterrupt" and "all variables are kept" in reply["evalue"]
    session.drain()
    assert session.get("debugInfo")["stoppedThreads"] == []
    assert value(client, "kept") == "7"
    # The session goes on, and stops where it did.
    msg_id = client.execute(code)
    _, frames = session.stopped()
    assert frames[0]["line"] == 3
    session.break_at(code)
    on_control(client, "interrupt_request")
    assert shell_reply(client, msg_id)["content"]["ename"] == "KeyboardInterrupt"


def test_a_crash_ends_the_cell_and_the_session_goes_on(session):
    client = session.client
    done(client, "let lost = 1;")
    reply, _ = run(client, "std::process::exit(3)")
    assert reply["content"]["ename"] == "Crash" and "lost" in reply["content"]["evalue"]
    assert session.get("debugInfo")["isStarted"]
    code = "let a = 1;\nlet b = a + 1;\nb"
    session.break_at(code, 3)
    msg_id = client.execute(code)
    thread, frames = session.stopped()
    assert frames[0]["line"] == 3
    session.get("continue", threadId=thread)
    assert shell_reply(client, msg_id)["content"]["status"] == "ok"


def newest_names(session, name):
    """Whether the cell that was compiled last knows the name of that local variable."""
    folder = Path(session.get("debugInfo")["tmpFilePrefix"]).parent / "cells"
    newest = max(folder.glob("*/*.so"), key=lambda file: file.stat().st_mtime_ns)
    return name.encode() in newest.read_bytes()


def test_a_session_that_ends_leaves_fast_cells_and_no_process(kernel):
    manager, client = kernel
    drain(client)
    session = Session(client)
    function = "fn double(n: u64) -> u64 {\n    let of_function = n;\n    2 * of_function\n}"
    code = "let n = {\n    let of_cell = double(4);\n    of_cell\n};\nn"
    done(client, function)
    assert value(client, code) == "8"
    assert not newest_names(session, "of_cell")
    before = {process.pid for process in descendants(manager.provisioner.pid)}

    session.start()
    session.break_at(code, 2)
    msg_id = client.execute(code)
    _, frames = session.stopped()
    assert frames[0]["line"] == 2
    assert newest_names(session, "of_cell") and newest_names(session, "of_function")
    # While it is stopped: the cell goes on.
    session.stop()
    assert shell_reply(client, msg_id)["content"]["status"] == "ok"
    session.drain()
    assert {process.pid for process in descendants(manager.provisioner.pid)} == before

    # The same cell again, and one that needs the functions only: compiled as before.
    assert value(client, code) == "8"
    assert not newest_names(session, "of_cell") and not newest_names(session, "of_function")
    assert value(client, "double(n)") == "16"
    assert not newest_names(session, "of_function")
    done(client, ":clear")


def test_a_segmentation_fault_stops_before_it_is_a_crash(session):
    client = session.client
    code = "let p = std::hint::black_box(8_usize) as *const i32;\nlet wrong = unsafe { *p };\nwrong"
    msg_id = client.execute(code)
    body = session.event("stopped")
    assert body["reason"] == "exception" and "SIGSEGV" in body["description"]
    assert session.stack(body["threadId"])[0]["line"] == 2
    session.get("continue", threadId=body["threadId"])
    reply = shell_reply(client, msg_id)["content"]
    assert reply["ename"] == "Crash" and "SIGSEGV" in reply["evalue"]
    session.drain()
    assert value(client, "1 + 1") == "2"


def test_conditions_and_expressions(session):
    client = session.client
    done(client, "struct Point {\n    x: i64,\n}\nfn seen(p: &Point) -> i64 {\n    p.x\n}")
    # Another edition of the same functions.
    done(client, "fn other() {}")
    code = "let mut sum = 0;\nfor i in 0..10_i64 {\n    let p = Point { x: i * i };\n    sum += seen(&p);\n}\nsum"
    path = session.get("dumpCell", code=code)["sourcePath"]
    wanted = [{"line": 4, "condition": "i == 3"}]
    answer = session.get("setBreakpoints", source={"path": path}, breakpoints=wanted)
    assert answer["breakpoints"][0]["line"] == 4
    msg_id = client.execute(code)
    thread, frames = session.stopped()
    variables = session.locals(frames[0])
    assert variables["i"]["value"] == "3"
    assert session.inside(variables["p"])["x"]["value"] == "9"
    frame = frames[0]["id"]
    for expression, expected in [("i + 1", "4"), ("p.x", "9")]:
        assert session.get("evaluate", expression=expression, frameId=frame)["result"] == expected
    assert not session.ask("evaluate", expression="nothing_of_that_name", frameId=frame)["success"]
    session.get("continue", threadId=thread)
    assert shell_reply(client, msg_id)["content"]["status"] == "ok"


def test_cells_that_wait_for_futures_stop(session):
    client = session.client
    code = "async fn half(x: f64) -> f64 {\n    x / 2.0\n}\nlet a = half(3.0).await;\nlet b = half(a).await;\nb"
    session.break_at(code, 2, 5)
    msg_id = client.execute(code)
    for line in (2, 5, 2):
        thread, frames = session.stopped()
        assert frames[0]["line"] == line
        session.get("continue", threadId=thread)
    assert shell_reply(client, msg_id)["content"]["status"] == "ok"


def test_what_is_asked_wrongly_is_answered(session):
    for command in ["stackTrace", "continue", "copyToGlobals", "nonsense", "source", "dumpCell"]:
        response = session.ask(command, threadId=1)
        assert not response["success"] and response["message"], command
    path = session.get("dumpCell", code="let é = 1;")["sourcePath"]
    assert session.get("source", source={"path": path})["content"] == "let é = 1;"
    info = session.get("debugInfo")
    assert path.startswith(info["tmpFilePrefix"]) and path.endswith(info["tmpFileSuffix"])
    done(session.client, "let module = 1;")
    assert any(module["name"].startswith("In [") for module in session.get("modules")["modules"])


def test_a_stopped_kernel_shuts_down():
    with started_kernel() as (manager, client):
        session = Session(client)
        if "debugger" not in client.kernel_info(reply=True, timeout=TIMEOUT)["content"]["supported_features"]:
            pytest.skip("no debugger")
        session.start()
        code = "let a = 1;\nlet b = 2;"
        session.break_at(code, 2)
        client.execute(code)
        session.stopped()
        family = descendants(manager.provisioner.pid)
        assert len(family) >= 4
        manager.shutdown_kernel()
        eventually(
            lambda: not any(is_alive(process.pid) for process in family),
            "the end of all processes",
        )


def test_without_lldb_no_debugger_is_declared(tmp_path):
    with started_kernel(env={"PATH": str(tmp_path), "HOME": str(tmp_path)}) as (_, client):
        info = client.kernel_info(reply=True, timeout=TIMEOUT)["content"]
        assert "debugger" not in info["supported_features"] and not info["debugger"]
        session = Session(client)
        assert not session.get("debugInfo")["isStarted"]
        response = session.ask("initialize")
        assert not response["success"] and "lldb" in response["message"]
