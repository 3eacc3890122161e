"""What a kernel may leave out of the protocol, and this one does not."""

import os
import time

import pytest
from kernels import (
    TIMEOUT,
    done,
    eventually,
    on_control,
    published_about,
    run,
    shell_reply,
    started_kernel,
    streamed,
    value,
    wait_until_printed,
)

SLEEP = 'println!("asleep"); std::thread::sleep(std::time::Duration::from_secs(60));'


def ask(client, msg_type, content, subshell=None):
    """Sends a request on the shell channel; gives the content of its reply."""
    request = client.session.msg(msg_type, content)
    if subshell:
        request["header"]["subshell_id"] = subshell
    client.shell_channel.send(request)
    return shell_reply(client, request["header"]["msg_id"])["content"]


@pytest.fixture
def sleeping(client):
    """A kernel whose cell sleeps; it is woken up afterwards."""
    msg_id = client.execute(SLEEP)
    wait_until_printed(client, msg_id, "asleep")
    yield client
    on_control(client, "interrupt_request")
    published_about(client, msg_id)


def test_it_says_what_it_can_do(client):
    info = ask(client, "kernel_info_request", {})
    assert info["protocol_version"] >= "5.5"
    assert "kernel subshells" in info["supported_features"]
    language = info["language_info"]
    assert language["mimetype"] == "text/rust"
    assert language["version"][0].isdigit()
    assert info["banner"] and info["help_links"]


def test_expressions_of_the_client(client):
    done(client, "let width = 4;")
    expressions = {"area": "width * 2", "wrong": "no_such_name", "text": '"x".to_string()'}
    reply, _ = run(client, "let height = 2;", user_expressions=expressions)
    answers = reply["content"]["user_expressions"]
    assert answers["area"]["status"] == answers["text"]["status"] == "ok"
    assert answers["area"]["data"]["text/plain"] == "8"
    assert answers["wrong"]["status"] == "error"
    assert answers["wrong"]["ename"]


def test_expressions_of_a_cell_that_failed_are_left_out(client):
    reply, _ = run(client, 'panic!("x")', user_expressions={"two": "1 + 1"})
    assert not reply["content"].get("user_expressions")


@pytest.mark.parametrize("question", ["input", "password"])
def test_a_cell_can_ask(client, question):
    asked = []

    def answer(message):
        asked.append(message["content"])
        client.input("Ada Lovelace")

    reply = client.execute_interactive(
        f'let name = {question}("your name: ").unwrap(); assert_eq!(name, "Ada Lovelace");',
        allow_stdin=True,
        stdin_hook=answer,
        output_hook=lambda message: None,
        timeout=TIMEOUT,
    )
    assert reply["content"]["status"] == "ok", reply["content"]
    assert asked == [{"prompt": "your name: ", "password": question == "password"}]


def test_standard_input_is_asked_for(client):
    answers = iter(["first line", "second line"])
    published = []
    reply = client.execute_interactive(
        "for _ in 0..2 {\n"
        "    let mut line = String::new();\n"
        "    std::io::stdin().read_line(&mut line).unwrap();\n"
        '    println!("got {line:?}");\n}',
        allow_stdin=True,
        stdin_hook=lambda message: client.input(next(answers)),
        output_hook=published.append,
        timeout=TIMEOUT,
    )
    assert reply["content"]["status"] == "ok", reply["content"]
    assert streamed(published) == 'got "first line\\n"\ngot "second line\\n"\n'


def test_a_cell_that_asks_can_be_interrupted(client):
    done(client, "let kept = 3;")
    msg_id = client.execute(
        "let mut line = String::new(); std::io::stdin().read_line(&mut line).unwrap();", allow_stdin=True
    )
    client.get_stdin_msg(timeout=TIMEOUT)
    began = time.monotonic()
    on_control(client, "interrupt_request")
    assert shell_reply(client, msg_id)["content"]["ename"] == "KeyboardInterrupt"
    assert time.monotonic() - began < 2
    published_about(client, msg_id)
    assert value(client, "kept") == "3"


def test_completion_while_a_cell_runs(sleeping):
    began = time.monotonic()
    control, reply = on_control(sleeping, "create_subshell_request")
    subshell = reply["content"]["subshell_id"]
    code = "Vec::with_cap"
    answer = ask(sleeping, "complete_request", {"code": code, "cursor_pos": len(code)}, subshell)
    assert "with_capacity" in answer["matches"]
    assert time.monotonic() - began < 20
    on_control(sleeping, "delete_subshell_request", {"subshell_id": subshell})


def test_questions_while_a_cell_runs_need_no_subshell(sleeping):
    code = "Vec::with_cap"
    began = time.monotonic()
    answer = ask(sleeping, "complete_request", {"code": code, "cursor_pos": len(code)})
    assert "with_capacity" in answer["matches"]
    answer = ask(sleeping, "inspect_request", {"code": "Vec", "cursor_pos": 2, "detail_level": 0})
    assert answer["found"]
    assert ask(sleeping, "is_complete_request", {"code": "fn f() {"})["status"] == "incomplete"
    assert time.monotonic() - began < 30


def test_subshells_are_made_listed_and_deleted(client):
    _, made = on_control(client, "create_subshell_request")
    name = made["content"]["subshell_id"]
    _, listed = on_control(client, "list_subshell_request")
    assert listed["content"]["subshell_id"] == [name]
    _, deleted = on_control(client, "delete_subshell_request", {"subshell_id": name})
    assert deleted["content"]["status"] == "ok"
    _, listed = on_control(client, "list_subshell_request")
    assert listed["content"]["subshell_id"] == []
    _, unknown = on_control(client, "delete_subshell_request", {"subshell_id": "unheard-of"})
    assert unknown["content"]["status"] == "error"


def test_the_use_of_the_machine(kernel, client):
    manager, _ = kernel

    def usage_with_a_rate():
        """A rate takes two looks, so the first reply may be without."""
        _, reply = on_control(client, "usage_request")
        return reply["content"] if "host_cpu_percent" in reply["content"] else None

    usage = eventually(usage_with_a_rate, "the use of the processors is known")
    assert usage["pid"] == manager.provisioner.pid
    assert usage["hostname"] == os.uname().nodename
    assert usage["kernel_memory"] > 1_000_000
    assert usage["cpu_count"] >= 1
    assert {"host_virtual_memory", "kernel_cpu"} <= set(usage)


def test_history_outlives_the_kernel(tmp_path):
    environment = {**os.environ, "XDG_DATA_HOME": str(tmp_path)}
    del environment["FERROLAB_HISTORY"]
    with started_kernel(env=environment) as (_, client):
        assert value(client, "6 * 111") == "666"
    with started_kernel(env=environment) as (_, client):
        value(client, "1 + 1")
        query = {"raw": True, "output": True, "hist_access_type": "tail", "n": 10}
        history = ask(client, "history_request", query)["history"]
        assert ["6 * 111", "666"] in [list(entry) for _, _, entry in history]
        older, newer = history[0][0], history[-1][0]
        assert older < newer
        query = {"raw": True, "output": False, "hist_access_type": "search", "pattern": "6*11?", "n": 5}
        assert [code for _, _, code in ask(client, "history_request", query)["history"]] == ["6 * 111"]
        query = {"raw": True, "output": False, "hist_access_type": "range", "session": older - newer, "start": 1, "stop": 2}
        assert [code for _, _, code in ask(client, "history_request", query)["history"]] == ["6 * 111"]


def test_completion_knows_types_and_the_users_own(client):
    done(client, "/// Tells the answer.\nfn the_answer_to_all() -> i32 { 42 }\nlet some_text = String::from(\"x\");")
    answer = ask(client, "complete_request", {"code": "the_answer_t", "cursor_pos": 12})
    (match,) = answer["matches"]
    assert match.startswith("the_answer_to_all")
    (detail,) = answer["metadata"]["_jupyter_types_experimental"]
    assert detail["type"] == "function"
    assert "i32" in detail["signature"]
    answer = ask(client, "complete_request", {"code": "some_text.to_upperc", "cursor_pos": 19})
    assert any(match.startswith("to_uppercase") for match in answer["matches"])


def test_inspection_tells_what_is_written_about_it(client):
    done(client, "/// Tells the question.\nfn the_question() -> &'static str { \"?\" }")

    def told(code, position):
        reply = ask(client, "inspect_request", {"code": code, "cursor_pos": position, "detail_level": 0})
        return reply.get("data", {}).get("text/plain", "")

    assert "Tells the question" in eventually(lambda: told("the_question()", 5), "inspection answers")
    assert "contiguous growable array" in told("Vec::<i32>::new()", 1)
    assert "linspace" in told("linspace(0.0, 1.0, 3)", 4)
    reply = ask(client, "inspect_request", {"code": "no_such_name_here", "cursor_pos": 4, "detail_level": 0})
    assert reply["status"] == "ok" and not reply["found"]
