"""Comms: what a cell says to a widget, and what a widget says to a cell."""

import time

from kernels import TIMEOUT, done, run, streamed

ECHO = """\
hpc::comm::on_open("echo", |comm, first| {
    println!("opened {}", first.data);
    comm.on_message(|comm, message| {
        let mut bytes = message.buffers[0].clone();
        bytes.reverse();
        comm.send_with(&message.data, &[&bytes]).unwrap();
    });
});"""


def say(client, msg_type, content, buffers=()):
    """Sends a message of a comm; gives what is published about it, until the kernel is idle again."""
    message = client.session.msg(msg_type, content)
    client.session.send(client.shell_channel.socket, message, buffers=list(buffers))
    published, deadline = [], time.monotonic() + TIMEOUT
    while time.monotonic() < deadline:
        came = client.get_iopub_msg(timeout=TIMEOUT)
        if came["parent_header"].get("msg_id") != message["header"]["msg_id"]:
            continue
        if came["content"].get("execution_state") == "idle":
            return published
        published.append(came)
    raise AssertionError(f"no end; so far {published}")


def of_type(published, msg_type):
    return [message for message in published if message["msg_type"] == msg_type]


def test_a_cell_answers_with_data_and_bytes(client):
    done(client, ECHO)
    opened = say(client, "comm_open", {"comm_id": "e1", "target_name": "echo", "data": {"a": 1}})
    assert streamed(opened) == 'opened {"a":1}\n'
    answers = say(client, "comm_msg", {"comm_id": "e1", "data": [1, "é"]}, [b"\x00\x01\xff"])
    (answer,) = of_type(answers, "comm_msg")
    assert answer["content"] == {"comm_id": "e1", "data": [1, "é"]}
    assert [bytes(buffer) for buffer in answer["buffers"]] == [b"\xff\x01\x00"]


def test_a_target_that_nobody_has_is_closed_again(client):
    (close,) = of_type(
        say(client, "comm_open", {"comm_id": "n1", "target_name": "nobody", "data": {}}), "comm_close"
    )
    assert close["content"]["comm_id"] == "n1"


def test_a_cell_opens_a_comm(client):
    code = 'let plot = hpc::comm::Comm::open("plot", r#"{"width": 3}"#)?;\nplot.close()?;'
    reply, published = run(client, code)
    assert reply["content"]["status"] == "ok"
    (opened,) = of_type(published, "comm_open")
    assert opened["content"]["target_name"] == "plot"
    assert opened["content"]["data"] == {"width": 3}
    (closed,) = of_type(published, "comm_close")
    assert closed["content"]["comm_id"] == opened["content"]["comm_id"]


def test_a_handler_that_panics_says_so_and_the_kernel_goes_on(client):
    done(client, 'hpc::comm::on_open("broken", |_, _| panic!("no such widget"));')
    published = say(client, "comm_open", {"comm_id": "b1", "target_name": "broken", "data": {}})
    assert "no such widget" in streamed(published, "stderr")
    done(client, "1")

