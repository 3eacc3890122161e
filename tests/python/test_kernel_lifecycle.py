"""How kernels begin, live side by side and end: no process and no file outlives them."""

import os
import signal
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest
from kernels import (
    TIMEOUT,
    descendants,
    done,
    error,
    eventually,
    is_alive,
    on_control,
    published_about,
    run,
    shell_reply,
    started_kernel,
    streamed,
    value,
    wait_until_printed,
)
from player import becomes_quiet

ENDLESS = 'println!("going"); loop { std::hint::black_box(1); }'


@contextmanager
def kernel_with_own_folders(tmp_path):
    """A kernel whose temporary files are seen to be its own."""
    folders = {name: tmp_path / name for name in ("TMPDIR", "XDG_RUNTIME_DIR")}
    for folder in folders.values():
        folder.mkdir(mode=0o700)
    environment = {**os.environ, **{name: str(folder) for name, folder in folders.items()}}
    with started_kernel(env=environment) as (manager, client):
        yield manager, client, list(folders.values())


def files_in(folders):
    found = [path for folder in folders for path in folder.rglob("*")]
    return found + [path for path in Path("/dev/shm").glob("*ferrolab*")]


def test_two_kernels_side_by_side_know_nothing_of_each_other():
    with started_kernel() as (_, one), started_kernel() as (_, other):
        done(one, "struct Shared { x: i32 }\nlet name = Shared { x: 1 };\nfn who() -> i32 { 1 }")
        done(other, "struct Shared { x: f64 }\nlet name = Shared { x: 2.5 };\nfn who() -> i32 { 2 }")
        # Both at the same time, and each with its own output.
        asked = [(client, client.execute('println!("{} {}", who(), name.x); who()')) for client in (one, other)]
        said = [streamed(published_about(client, msg_id)) for client, msg_id in asked]
        assert said == ["1 1\n", "2 2.5\n"]
        for client, msg_id in asked:
            assert shell_reply(client, msg_id)["content"]["status"] == "ok"
        # What one of them breaks is not broken for the other.
        assert error(one, "std::process::abort()")["ename"] == "Crash"
        assert value(other, "name.x") == "2.5"


def test_an_interrupt_is_for_one_kernel_alone():
    with started_kernel() as (_, one), started_kernel() as (_, other):
        stopped, going = one.execute(ENDLESS), other.execute(ENDLESS)
        wait_until_printed(one, stopped, "going")
        wait_until_printed(other, going, "going")
        on_control(one, "interrupt_request")
        assert shell_reply(one, stopped)["content"]["ename"] == "KeyboardInterrupt"
        on_control(other, "interrupt_request")
        assert shell_reply(other, going)["content"]["ename"] == "KeyboardInterrupt"


def test_an_interrupt_of_an_idle_kernel_changes_nothing(client):
    done(client, "let idle = 4;")
    on_control(client, "interrupt_request")
    assert value(client, "idle") == "4"
    assert value(client, "idle + 1") == "5"


def test_many_interrupts_of_one_cell_are_one_error(client):
    done(client, "let survivor = 5;")
    msg_id = client.execute('println!("going"); std::thread::sleep(std::time::Duration::from_secs(1000));')
    wait_until_printed(client, msg_id, "going")
    for _ in range(5):
        client.control_channel.send(client.session.msg("interrupt_request", {}))
    published = published_about(client, msg_id)
    assert [m["content"]["ename"] for m in published if m["msg_type"] == "error"] == ["KeyboardInterrupt"]
    shell_reply(client, msg_id)
    reply, _ = run(client, "survivor")
    assert reply["content"]["status"] in ("ok", "error")  # five at once may count as a second one
    assert value(client, "1 + 1") == "2"


def test_a_signal_is_an_interrupt_too(kernel, client):
    """What a terminal and jupyter_client's signal mode send."""
    manager, _ = kernel
    done(client, "let survivor = 6;")
    msg_id = client.execute(ENDLESS)
    wait_until_printed(client, msg_id, "going")
    os.kill(manager.provisioner.pid, signal.SIGINT)
    assert shell_reply(client, msg_id)["content"]["ename"] == "KeyboardInterrupt"
    assert value(client, "survivor") == "6"


def test_cells_behind_an_interrupted_one_are_aborted(client):
    endless = client.execute(ENDLESS)
    waiting = client.execute("1 + 1")
    wait_until_printed(client, endless, "going")
    on_control(client, "interrupt_request")
    assert shell_reply(client, endless)["content"]["status"] == "error"
    assert shell_reply(client, waiting)["content"]["status"] == "aborted"


def test_the_first_cell_can_be_interrupted_before_the_kernel_is_warm():
    with started_kernel() as (_, client):
        msg_id = client.execute(ENDLESS)
        wait_until_printed(client, msg_id, "going")
        on_control(client, "interrupt_request")
        assert shell_reply(client, msg_id)["content"]["ename"] == "KeyboardInterrupt"
        assert value(client, "1 + 1") == "2"


@pytest.mark.parametrize("end", ["shutdown", "SIGTERM", "SIGKILL", "SIGKILL while a cell runs"])
def test_nothing_outlives_the_kernel(tmp_path, end):
    with kernel_with_own_folders(tmp_path) as (manager, client, folders):
        done(client, "let x = 1; fn f() -> i32 { 2 }")
        assert value(client, "x + f()") == "3"
        if "while a cell runs" in end:
            code = f'let mut child = std::process::Command::new("sleep").arg("1001").spawn().unwrap(); {ENDLESS}'
            wait_until_printed(client, client.execute(code), "going")
        pid = manager.provisioner.pid
        below = descendants(pid)
        assert below, "cells run in a process of their own"
        try:
            if end == "shutdown":
                on_control(client, "shutdown_request", {"restart": False})
            else:
                os.kill(pid, getattr(signal, end.split()[0]))
            eventually(lambda: not is_alive(pid), "the kernel ends")
            eventually(lambda: not any(p.is_running() and is_alive(p.pid) for p in below), "its processes end")
        finally:
            for process in below:
                with suppress(psutil.NoSuchProcess):
                    process.kill()
        eventually(lambda: not files_in(folders), f"its files are removed: {files_in(folders)[:5]}")


def test_a_restart_begins_anew_in_a_clean_place(tmp_path):
    with kernel_with_own_folders(tmp_path) as (manager, client, _):
        done(client, "let x = 1; fn f() -> i32 { 2 }")
        before = descendants(manager.provisioner.pid)
        manager.restart_kernel()
        client.wait_for_ready(timeout=TIMEOUT)
        eventually(lambda: not any(is_alive(p.pid) for p in before), "the old processes end")
        assert error(client, "x")["ename"] == "CompileError"
        assert error(client, "f()")["ename"] == "CompileError"
        assert value(client, "1 + 1") == "2"


def test_ten_thousand_characters_are_one_cell(client):
    lines = [f"let line_{i} = {i}; // a comment that makes the line longer" for i in range(180)]
    lines.append("line_0 + line_179")
    code = "\n".join(lines)
    assert len(code) > 10_000
    assert value(client, code) == "179"
    assert value(client, "line_90") == "90"


def test_a_long_literal_survives(client):
    text = "ä" * 100_000
    assert value(client, f'"{text}".chars().count()') == "100000"


def test_a_long_line_of_output_is_whole(client):
    published = done(client, 'print!("{}", "x".repeat(3_000_000));')
    assert streamed(published) == "x" * 3_000_000


def test_an_error_far_down_has_its_line(client):
    code = "\n".join(f"let v{i} = {i};" for i in range(150)) + '\nlet wrong: u8 = "x";'
    trace = "\n".join(error(client, code)["traceback"])
    assert ":151:17" in trace


def test_a_hundred_variables_last(client):
    done(client, "\n".join(f"let v{i} = vec![{i}; 3];" for i in range(100)))
    total = " + ".join(f"v{i}[0]" for i in range(100))
    assert value(client, total) == "4950"


def test_the_same_cell_again_does_it_again(client):
    done(client, "let mut runs = 0;")
    again = 'runs += 1;\nprintln!("run {runs}");'
    for expected in (1, 2, 3):
        assert streamed(done(client, again)) == f"run {expected}\n"
    # Not when what it uses has become something else.
    done(client, 'let mut runs = String::from("x");')
    assert error(client, again)["ename"] == "CompileError"
    done(client, "let mut runs = 41;")
    assert streamed(done(client, again)) == "run 42\n"


def test_the_same_cell_again_sees_new_items(client):
    done(client, "fn what() -> i32 { 1 }")
    assert value(client, "what() * 10") == "10"
    done(client, "fn what() -> i32 { 2 }")
    assert value(client, "what() * 10") == "20"
    done(client, "const FACTOR: i32 = 2;")
    assert value(client, "what() * FACTOR") == "4"
    done(client, "const FACTOR: i32 = 3;")
    assert value(client, "what() * FACTOR") == "6"


def test_loops_over_millions_are_not_slow_by_surprise(client):
    """Numeric users get optimised code without asking; opt-level 0 takes ten times as long."""
    code = (
        "let start = std::time::Instant::now();\n"
        "let numbers: Vec<f64> = (0..10_000_000).map(|i| i as f64).collect();\n"
        "let mut sum = 0.0;\n"
        "for i in 0..numbers.len() { sum += numbers[i] * 0.5; }\n"
        'assert!(sum > 0.0);\nprintln!("{}", start.elapsed().as_secs_f64());'
    )
    default = min(float(streamed(done(client, f"// {i}\n{code}"))) for i in range(3))
    best = min(float(streamed(done(client, f"%%opt 3\n// {i}\n{code}"))) for i in range(3))
    assert default < max(4 * best, 0.1)


def test_a_kernel_that_waits_does_not_compute(kernel, client):
    manager, _ = kernel
    value(client, "1 + 1")
    assert becomes_quiet(manager.provisioner.pid, 30)


def test_a_first_cell_does_not_wait_for_completion(kernel):
    """A cell that is sent at once is answered before everything is warm."""
    with started_kernel() as (_, client):
        began = time.monotonic()
        assert value(client, "1 + 1") == "2"
        assert time.monotonic() - began < 5
