"""The kernel, asked by Jupyter's own client over real sockets."""

import json
import signal
import subprocess
import sys
import textwrap
import time

import jupyter_kernel_test
import zmq
from jupyter_client.manager import KernelManager
from kernels import (
    KERNEL,
    TIMEOUT,
    drain,
    eventually,
    is_alive,
    kinds,
    on_control,
    published_about,
    run,
    shell_reply,
    started_kernel,
    wait_until_printed,
)

SLEEP = 'println!("asleep"); std::thread::sleep(std::time::Duration::from_secs(60));'
FLOOD_LINES = 20_000
FLOOD = f'for i in 0..{FLOOD_LINES} {{ println!("line {{i}}"); }}'


class KernelConformance(jupyter_kernel_test.KernelTests):
    """Jupyter's own test suite, with every sample that it asks for."""

    kernel_name = KERNEL
    language_name = "rust"
    file_extension = ".rs"
    code_hello_world = 'println!("hello, world")'
    code_stderr = 'eprintln!("x")'
    completion_samples = [
        {"text": "Vec::with_cap", "matches": {"with_capacity"}},
        {"text": "let s = String::new(); s.to_ascii_upp", "matches": {"to_ascii_uppercase"}},
        {"text": "std::time::Insta", "matches": {"Instant"}},
        {"text": "%%tim"},
        {"text": ":de"},
    ]
    complete_code_samples = [
        "1 + 1",
        "fn f() -> i32 {\n    1\n}",
        "let x = 1;",
        "// only a comment",
        'println!("}")',
        ":vars",
        "%%time\n1 + 1",
        "?Vec",
        "",
    ]
    incomplete_code_samples = [
        "fn f() {",
        "let x = (1,",
        'let s = "text',
        'let s = r#"text"',
        "/* a comment",
        "let v: Vec<i32> = (0..3)\n    .map(|i| {",
        "#[derive(Debug)]",
        "let x =",
    ]
    invalid_code_samples = [")", "let = 5;", "fn f() { ] }", "1 + ;"]
    code_page_something = "?Vec"
    code_generate_error = 'panic!("42")'
    code_execute_result = [
        {"code": "6*7", "result": "42"},
        {"code": "6*8", "result": "48"},
        {"code": "6*9", "result": "54"},
        {"code": 'hpc::display::html("<b>x</b>")', "mime": "text/html", "result": "<b>x</b>"},
    ]
    code_display_data = [
        {"code": "hpc::display(&42);", "mime": "text/plain"},
        {"code": 'hpc::display(&hpc::display::html("<b>x</b>"));', "mime": "text/html"},
    ]
    code_history_pattern = "6?7*"
    supported_history_operations = ("tail", "range", "search")
    code_inspect_sample = "Vec"
    code_clear_output = "hpc::display::clear_output(true);"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # The suite gives each reply 15 s, whatever else the machine has to do.
        cls.kc.execute_interactive("1", timeout=TIMEOUT, output_hook=lambda message: None)

    def test_no_sample_is_left_unset(self):
        samples = [name for name in vars(jupyter_kernel_test.KernelTests) if name.startswith("code_")]
        samples += ["completion_samples", "complete_code_samples", "incomplete_code_samples"]
        samples += ["invalid_code_samples", "supported_history_operations"]
        assert [name for name in samples if not getattr(self, name)] == []

    def test_compile_error_is_one_message(self):
        self.flush_channels()
        reply, output = self.execute_helper("1 + ;")
        assert reply["content"]["status"] == "error"
        assert [message["msg_type"] for message in output] == ["error"]
        assert output[0]["content"]["ename"] == "CompileError"

    def test_history_search_tells_as_many_as_asked_for(self):
        for _ in range(3):
            self.execute_helper("6*7")
        self.flush_channels()
        self.kc.history(hist_access_type="search", pattern="6?7", n=2, raw=True, output=True)
        history = self.get_non_kernel_info_reply(timeout=TIMEOUT)["content"]["history"]
        assert [code for _, _, (code, _) in history] == ["6*7", "6*7"]
        assert [result for _, _, (_, result) in history] == ["42", "42"]


class Welcome(jupyter_kernel_test.IopubWelcomeTests):
    """A subscriber is told that it misses nothing from now on."""

    kernel_name = KERNEL
    support_iopub_welcome = True


def test_cells_are_counted_from_one_and_only_when_they_count():
    with started_kernel() as (_, client):
        first, published = run(client, "6*7")
        assert first["content"]["execution_count"] == 1
        assert published[0]["msg_type"] == "execute_input"
        assert published[0]["content"] == {"code": "6*7", "execution_count": 1}
        assert published[1]["content"]["execution_count"] == 1
        run(client, "6*7", store_history=False)
        silent, published = run(client, 'println!("hello, world")', silent=True)
        assert silent["content"]["status"] == "ok"
        assert published == []
        blank, _ = run(client, "  ")
        assert blank["content"]["status"] == "ok"
        second, _ = run(client, "6*7")
        assert second["content"]["execution_count"] == 2


def test_replies_tell_where_the_time_went(client):
    reply, published = run(client, "6*7")
    times = reply["metadata"]["ferrolab"]
    assert times["wall_ms"] >= times["compile_ms"] >= 0
    assert times["run_ms"] >= 0
    assert all(phase["name"] and phase["ms"] >= 0 for phase in times["phases"])
    assert all("ferrolab" not in message["metadata"] for message in published)
    assert reply["content"]["payload"] == []
    assert reply["content"]["user_expressions"] == {}


def test_a_flood_of_lines_arrives_whole_and_in_order(client):
    reply, published = run(client, FLOOD)
    assert reply["content"]["status"] == "ok"
    text = "".join(m["content"]["text"] for m in published if m["msg_type"] == "stream")
    assert text == "".join(f"line {i}\n" for i in range(FLOOD_LINES))
    # Lines are joined: a message per line would swamp a browser.
    assert kinds(published).count("stream") < FLOOD_LINES / 10


def test_the_request_header_is_repeated_exactly(client):
    request = client.session.msg("kernel_info_request", {})
    request["header"]["subshell_id"] = None
    request["header"]["made_up"] = {"b": 1.0, "a": ["é", None]}
    sent = json.loads(client.session.pack(request["header"]))
    client.shell_channel.send(request)
    reply = client.get_shell_msg(timeout=TIMEOUT)
    parent = dict(reply["parent_header"])
    parent.pop("date"), sent.pop("date")  # the client makes a datetime of it
    assert parent == sent
    assert reply["header"]["session"] != request["header"]["session"]


def test_a_failed_cell_aborts_those_behind_it(client):
    ids = [client.execute(code) for code in ('panic!("42")', "6*7", "6*7")]
    replies = {}
    while len(replies) < 3:
        reply = client.get_shell_msg(timeout=TIMEOUT)
        replies[reply["parent_header"]["msg_id"]] = reply["content"]["status"]
    assert [replies[i] for i in ids] == ["error", "aborted", "aborted"]
    assert "execute_result" not in kinds(published_about(client, ids[2]))
    drain(client)
    assert run(client, "6*7")[0]["content"]["status"] == "ok"


def test_a_failed_cell_that_must_not_stop_others_does_not(client):
    client.execute('panic!("42")', stop_on_error=False)
    last = client.execute("6*7")
    assert shell_reply(client, last)["content"]["status"] == "ok"


def test_an_interrupt_ends_the_cell_and_not_the_kernel(client):
    msg_id = client.execute(SLEEP)
    wait_until_printed(client, msg_id, "asleep")
    start = time.monotonic()
    _, reply = on_control(client, "interrupt_request")
    assert reply["content"] == {"status": "ok"}
    published = published_about(client, msg_id)
    assert time.monotonic() - start < 20
    assert kinds(published).count("error") == 1
    error = next(m["content"] for m in published if m["msg_type"] == "error")
    assert error["ename"] == "KeyboardInterrupt"
    assert client.get_shell_msg(timeout=TIMEOUT)["content"]["status"] == "error"
    assert run(client, "6*7")[0]["content"]["status"] == "ok"


def test_control_is_answered_while_a_cell_runs(client):
    msg_id = client.execute(SLEEP)
    wait_until_printed(client, msg_id, "asleep")
    asked, reply = on_control(client, "kernel_info_request")
    assert reply["content"]["language_info"]["name"] == "rust"
    states = [m["content"]["execution_state"] for m in published_about(client, asked)]
    assert states == ["busy", "idle"]
    on_control(client, "interrupt_request")
    published_about(client, msg_id)


def test_display_and_clear_keep_their_place(client):
    code = """
        println!("before");
        let mut place = hpc::display::display_handle();
        place.update(&1);
        place.update(&2);
        println!("after");
    """
    _, published = run(client, code)
    assert kinds(published) == ["execute_input", "stream", "display_data", "update_display_data", "stream"]
    first, second = published[2]["content"], published[3]["content"]
    assert first["transient"]["display_id"] == second["transient"]["display_id"]
    assert (first["data"]["text/plain"], second["data"]["text/plain"]) == ("1", "2")


def test_positions_count_code_points(client):
    client.complete('let s = "\N{GRINNING FACE}"; Vec::with_cap')
    reply = client.get_shell_msg(timeout=TIMEOUT)["content"]
    assert "with_capacity" in reply["matches"]
    assert (reply["cursor_start"], reply["cursor_end"]) == (18, 26)
    details = reply["metadata"]["_jupyter_types_experimental"]
    assert {detail["text"] for detail in details} == set(reply["matches"])


def test_no_comms_are_open_and_none_can_be_opened(client):
    client.comm_info()
    assert client.get_shell_msg(timeout=TIMEOUT)["content"] == {"status": "ok", "comms": {}}
    request = client.session.msg("comm_open", {"comm_id": "c", "target_name": "t", "data": {}})
    client.shell_channel.send(request)
    published = published_about(client, request["header"]["msg_id"])
    assert kinds(published) == ["status", "comm_close", "status"]


def test_requests_that_make_no_sense_are_answered(client):
    client.shell_channel.send(client.session.msg("execute_request", {"silent": False}))
    reply = client.get_shell_msg(timeout=TIMEOUT)
    assert reply["msg_type"] == "execute_reply"
    assert reply["content"]["status"] == "error"
    assert "code" in reply["content"]["evalue"]


def test_broken_and_forged_messages_are_refused(kernel, client):
    manager, _ = kernel
    socket = manager.connect_shell()
    request = client.session.msg("execute_request", {"code": "6*7"})
    frames = client.session.serialize(request)
    forged = list(frames)
    forged[1] = b"0" * 64
    not_text = list(frames)
    not_text[5] = b"\xff\xfe"
    for broken in ([b""], [b"junk"] * 3, frames[:3], forged, not_text):
        socket.send_multipart(broken)
    assert socket.poll(1000) == 0, "a broken message was answered"
    socket.send_multipart(frames)
    assert socket.poll(TIMEOUT * 1000), "the kernel does not answer any more"
    socket.close()


def test_the_heart_beats_while_a_cell_runs(kernel, client):
    manager, _ = kernel
    msg_id = client.execute(SLEEP)
    wait_until_printed(client, msg_id, "asleep")
    socket = manager.connect_hb()
    socket.send(b"beat")
    assert socket.poll(5000)
    assert socket.recv() == b"beat"
    socket.close()
    on_control(client, "interrupt_request")
    published_about(client, msg_id)


def test_a_second_client_sees_the_same_output(kernel, client):
    manager, _ = kernel
    other = manager.client()
    other.start_channels()
    other.wait_for_ready(timeout=TIMEOUT)
    msg_id = client.execute("6*7")
    for each in (client, other):
        assert kinds(published_about(each, msg_id)) == ["status", "execute_input", "execute_result", "status"]
    other.stop_channels()
    assert run(client, "6*7")[0]["content"]["status"] == "ok"


def test_encrypted_sockets():
    with started_kernel(transport_encryption="required") as (manager, client):
        assert client.curve_publickey
        assert run(client, "6*7")[0]["content"]["status"] == "ok"
        client.hb_channel.unpause()
        eventually(client.hb_channel.is_beating, "the heart beats")
        # Without the key nothing comes through.
        plain = zmq.Context.instance().socket(zmq.DEALER)
        plain.linger = 0
        plain.connect(f"tcp://{manager.ip}:{manager.shell_port}")
        plain.send_multipart(client.session.serialize(client.session.msg("kernel_info_request", {})))
        assert plain.poll(1000) == 0
        plain.close()


def test_sockets_in_the_file_system(tmp_path):
    manager = KernelManager(kernel_name=KERNEL, transport="ipc", ip=str(tmp_path / "k"))
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=TIMEOUT)
    assert run(client, "6*7")[0]["content"]["status"] == "ok"
    client.stop_channels()
    manager.shutdown_kernel()


def test_shutdown_is_answered_and_the_process_ends():
    with started_kernel() as (manager, client):
        asked, reply = on_control(client, "shutdown_request", {"restart": False})
        assert reply["content"] == {"status": "ok", "restart": False}
        assert "shutdown_reply" in kinds(published_about(client, asked))
        process = manager.provisioner.process
        assert process.wait(timeout=10) == 0


def test_sigterm_ends_the_process():
    with started_kernel() as (manager, client):
        run(client, "6*7")
        process = manager.provisioner.process
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0


def test_a_running_cell_does_not_hold_up_the_shutdown():
    with started_kernel() as (manager, client):
        run(client, "6*7")
        wait_until_printed(client, client.execute(SLEEP), "asleep")
        start = time.monotonic()
        manager.shutdown_kernel()
        assert time.monotonic() - start < 10


def test_the_kernel_ends_with_its_parent(tmp_path):
    script = textwrap.dedent(
        f"""
        import time
        from jupyter_client.manager import KernelManager
        manager = KernelManager(kernel_name={KERNEL!r})
        manager.start_kernel()
        client = manager.client()
        client.start_channels()
        client.wait_for_ready(timeout={TIMEOUT})
        print(manager.provisioner.pid, flush=True)
        time.sleep(600)
        """
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    pid = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    eventually(lambda: not is_alive(pid), "the kernel ends after its parent")


def test_a_connection_file_that_others_can_read_is_refused(tmp_path):
    manager = KernelManager(kernel_name=KERNEL)
    program = manager.kernel_spec.argv[0]
    connection = tmp_path / "connection.json"
    ports = {f"{name}_port": 1 for name in ("shell", "iopub", "stdin", "control", "hb")}
    connection.write_text(json.dumps({"transport": "tcp", "ip": "127.0.0.1", "key": "secret", **ports}))
    connection.chmod(0o644)
    argv = [part.replace("{connection_file}", str(connection)) for part in manager.kernel_spec.argv]
    ended = subprocess.run([program, *argv[1:]], capture_output=True, text=True, timeout=60)
    assert ended.returncode != 0
    assert "other users" in ended.stderr
    assert "secret" not in ended.stderr.replace("secret key", "")
