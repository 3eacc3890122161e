"""What every test of a kernel needs: kernels that end, cells that are run, messages in order.

The kernelspec is `rust-hpc`, or the one that FERROLAB_TEST_KERNEL names. Run the tests with the
Python of an installed prefix, which is where Jupyter looks for kernelspecs:

    PREFIX/bin/python -m pytest tests/python/test_kernel_protocol.py
"""

import os
import re
import time
from contextlib import contextmanager
from queue import Empty

import psutil
from jupyter_client.manager import KernelManager

KERNEL = os.environ.get("FERROLAB_TEST_KERNEL", "rust-hpc")
# The first cell waits for the engine, and on a busy machine a cell may take a while.
TIMEOUT = 120


@contextmanager
def started_kernel(**options):
    """A kernel, its client, and an end to both."""
    manager = KernelManager(kernel_name=KERNEL)
    manager.start_kernel(**options)
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=TIMEOUT)
        yield manager, client
    finally:
        client.stop_channels()
        if manager.has_kernel:
            manager.shutdown_kernel()


def drain(client):
    """Throws away what is left over from the test before."""
    for channel in (client.shell_channel, client.iopub_channel, client.control_channel):
        try:
            while True:
                channel.get_msg(timeout=0.1)
        except Empty:
            pass


def run(client, code, **options):
    """Runs a cell; returns the reply and the published messages between busy and idle."""
    published = []
    reply = client.execute_interactive(
        code, timeout=TIMEOUT, output_hook=published.append, allow_stdin=False, **options
    )
    states = [m["content"]["execution_state"] for m in published if m["msg_type"] == "status"]
    assert states == ["busy", "idle"]
    assert published[0]["msg_type"] == published[-1]["msg_type"] == "status"
    return reply, published[1:-1]


def kinds(messages):
    return [message["msg_type"] for message in messages]


def published_about(client, msg_id):
    """The published messages of one request, up to its idle."""
    messages = []
    while True:
        message = client.get_iopub_msg(timeout=TIMEOUT)
        if message["parent_header"].get("msg_id") != msg_id:
            continue
        messages.append(message)
        if message["content"].get("execution_state") == "idle":
            return messages


def shell_reply(client, msg_id):
    """The reply to one request; replies to others are thrown away."""
    while True:
        reply = client.get_shell_msg(timeout=TIMEOUT)
        if reply["parent_header"]["msg_id"] == msg_id:
            return reply


def on_control(client, msg_type, content=None):
    """Sends a request on the control channel; returns its name and the reply."""
    request = client.session.msg(msg_type, content or {})
    client.control_channel.send(request)
    while True:
        reply = client.get_control_msg(timeout=TIMEOUT)
        if reply["parent_header"]["msg_id"] == request["header"]["msg_id"]:
            return request["header"]["msg_id"], reply


def wait_until_taken(client, msg_id):
    """Until the kernel has begun with the cell: it may still be compiling."""
    while True:
        message = client.get_iopub_msg(timeout=TIMEOUT)
        if message["parent_header"].get("msg_id") == msg_id and message["msg_type"] == "execute_input":
            return


def wait_until_printed(client, msg_id, text):
    """Until the cell has printed `text`: it is past the compiler."""
    seen = ""
    while text not in seen:
        message = client.get_iopub_msg(timeout=TIMEOUT)
        if message["parent_header"].get("msg_id") == msg_id and message["msg_type"] == "stream":
            seen += message["content"]["text"]


def eventually(condition, what, seconds=20):
    """Asks again and again; gives the first true answer."""
    deadline = time.monotonic() + seconds
    while not (answer := condition()):
        assert time.monotonic() < deadline, f"{what}: not after {seconds} s"
        time.sleep(0.05)
    return answer


def text(messages, kind="execute_result"):
    return [m["content"]["data"]["text/plain"] for m in messages if m["msg_type"] == kind]


def streamed(messages, name="stdout"):
    return "".join(
        m["content"]["text"]
        for m in messages
        if m["msg_type"] == "stream" and m["content"]["name"] == name
    )


def value(client, code):
    """Runs a cell that must succeed; gives the text of its result."""
    reply, published = run(client, code)
    assert reply["content"]["status"] == "ok", reply["content"]
    (result,) = text(published)
    return result


def done(client, code):
    """Runs a cell that must succeed; gives what it published."""
    reply, published = run(client, code)
    assert reply["content"]["status"] == "ok", reply["content"]
    return published


def error(client, code):
    """Runs a cell that must fail; gives its one error message."""
    reply, published = run(client, code)
    assert reply["content"]["status"] == "error", reply["content"]
    errors = [m["content"] for m in published if m["msg_type"] == "error"]
    assert len(errors) == 1
    assert errors[0]["ename"] == reply["content"]["ename"]
    return errors[0]


def plain(coloured):
    """Text without the colours of a terminal."""
    return re.sub(r"\x1b\[[0-9;]*m", "", coloured)


def descendants(pid):
    """The living processes below `pid`."""
    try:
        below = psutil.Process(pid).children(recursive=True)
        return [process for process in below if process.status() != psutil.STATUS_ZOMBIE]
    except psutil.NoSuchProcess:
        return []


def is_alive(pid):
    """A zombie is dead: in a container nobody may be there to bury an orphan."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
