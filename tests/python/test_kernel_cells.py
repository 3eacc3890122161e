"""What a cell may do, and what the kernel makes of it."""

import re
import time

from kernels import (
    TIMEOUT,
    descendants,
    done,
    error,
    eventually,
    kinds,
    on_control,
    plain,
    published_about,
    run,
    shell_reply,
    started_kernel,
    streamed,
    text,
    value,
    wait_until_printed,
    wait_until_taken,
)


def test_variables_last_and_types_are_inferred(client):
    run(client, "let squares = (0..5).map(|i| i * i).collect::<Vec<_>>();")
    assert value(client, "squares.iter().sum::<i32>()") == "30"
    assert value(client, "squares") == "[0, 1, 4, 9, 16]"


def test_hpc_needs_no_dependency(client):
    run(client, "let x = linspace(0.0, 1.0, 11);")
    assert value(client, "x.sum()") == "5.5"
    _, published = run(client, "x")
    (result,) = [m["content"]["data"] for m in published if m["msg_type"] == "execute_result"]
    assert "0.5" in result["text/plain"]
    assert "text/html" in result


def test_a_plot_is_a_picture(client):
    _, published = run(
        client, "let t = linspace(0.0, 1.0, 100); plot::line(&t, &(2.0 * PI * &t).sin())"
    )
    (result,) = [m["content"]["data"] for m in published if m["msg_type"] == "execute_result"]
    assert result["image/svg+xml"].startswith("<svg")


def test_regions_are_reported(client):
    run(client, 'region!("measured here", { (linspace(0.0, 1.0, 1000) * 2.0).sum() });')
    report = value(client, "prof::report()")
    assert "measured here" in report


def test_output_keeps_its_order(client):
    _, published = run(
        client, 'println!("one"); hpc::display(&2); println!("three"); hpc::display(&4); 5'
    )
    seen = [
        m["content"]["text"].strip() if m["msg_type"] == "stream" else m["content"]["data"]["text/plain"]
        for m in published
        if m["msg_type"] in ("stream", "display_data", "execute_result")
    ]
    assert seen == ["one", "2", "three", "4", "5"]


def test_text_without_a_newline_is_shown_while_the_cell_runs(client):
    times = {}

    def note(message):
        if message["msg_type"] == "stream":
            times.setdefault(message["content"]["text"], time.monotonic())

    client.execute_interactive(
        'print!("50 %"); std::thread::sleep(std::time::Duration::from_secs(2)); print!("100 %");',
        timeout=TIMEOUT,
        output_hook=note,
    )
    assert times["100 %"] - times["50 %"] > 1.0


def test_text_of_c_code_arrives_and_does_not_hang(client):
    _, published = run(
        client,
        'unsafe extern "C" { fn puts(s: *const std::ffi::c_char) -> i32; fn putchar(c: i32) -> i32; }\n'
        'unsafe { puts(c"from C".as_ptr()); putchar(33); }',
    )
    assert streamed(published) == "from C\n!"


def test_a_panic_keeps_the_variables_and_names_the_line(client):
    run(client, "let kept = 7;")
    failure = error(client, 'let a = 1;\npanic!("no {a}")')
    assert failure["ename"] == "Panic"
    assert failure["evalue"] == "no 1"
    assert "line 2" in "\n".join(failure["traceback"])
    assert value(client, "kept") == "7"


def test_an_early_return_is_an_error(client):
    failure = error(client, '"12x".parse::<i32>()?')
    assert failure["ename"] == "EarlyReturn"
    assert failure["evalue"] == "invalid digit found in string"


def test_a_compile_error_points_into_the_cell(client):
    failure = error(client, 'let fine = 1;\nlet wrong: i32 = "text";')
    assert failure["ename"] == "CompileError"
    assert "E0308" in failure["evalue"]
    trace = "\n".join(failure["traceback"])
    assert ":2:18" in trace
    assert 'let wrong: i32 = "text";' in trace


def test_an_error_in_the_shown_expression_has_the_users_column(client):
    trace = "\n".join(error(client, "let s = 1;\n  s.nothing()")["traceback"])
    assert ":2:5" in trace
    assert "show!" not in trace


def test_a_wrong_shape_is_an_error_that_names_it(client):
    failure = error(client, "linspace(0.0, 1.0, 3) + linspace(0.0, 1.0, 4)")
    assert failure["ename"] == "Panic"
    assert "[3]" in failure["evalue"]
    assert "[4]" in failure["evalue"]


def test_an_array_expression_that_is_interrupted_keeps_the_variables(client):
    run(client, "let before = 11; let big = linspace(0.0, 1.0, 1_000_000);")
    msg_id = client.execute(
        'println!("now"); let mut t = 0.0; loop { t += (&big * 2.0).sin().sum(); std::hint::black_box(t); }'
    )
    wait_until_printed(client, msg_id, "now")
    on_control(client, "interrupt_request")
    reply = shell_reply(client, msg_id)
    assert reply["content"]["ename"] == "KeyboardInterrupt"
    published_about(client, msg_id)
    assert value(client, "before") == "11"


def test_a_crash_is_survived_and_says_what_is_lost(client):
    run(client, "fn still_here() -> i32 { 5 }\nlet gone = 3;")
    failure = error(client, "std::process::abort()")
    assert failure["ename"] == "Crash"
    assert "gone" in failure["evalue"]
    assert value(client, "still_here()") == "5"


def test_text_printed_before_a_crash_is_not_lost(client):
    reply, published = run(client, 'println!("last words"); std::process::exit(3);')
    assert reply["content"]["status"] == "error"
    assert streamed(published) == "last words\n"
    assert re.search("exit.* 3", reply["content"]["evalue"])


def test_a_reply_tells_where_the_time_went(client):
    reply, _ = run(client, "std::thread::sleep(std::time::Duration::from_millis(200));")
    times = reply["metadata"]["ferrolab"]
    assert times["run_ms"] >= 200
    assert times["compile_ms"] > 0
    assert times["wall_ms"] >= times["run_ms"]
    assert "rustc" in [phase["name"] for phase in times["phases"]]


def test_types_of_other_crates_show_themselves(client):
    _, published = run(
        client,
        'struct Bold;\nimpl Bold { fn evcxr_display(&self) { println!("EVCXR_BEGIN_CONTENT text/html\\n<b>x</b>\\nEVCXR_END_CONTENT"); } }\nBold',
    )
    assert kinds(published).count("display_data") == 1
    (shown,) = [m["content"]["data"] for m in published if m["msg_type"] == "display_data"]
    assert shown["text/html"] == "<b>x</b>"


def test_commands_answer(client):
    run(client, "let listed = 1;")
    reply, published = run(client, ":vars")
    assert reply["content"]["status"] == "ok"
    (line,) = [line for line in text(published, "display_data")[0].splitlines() if "listed" in line]
    assert "i32" in line


def test_a_plain_return_is_an_early_return_and_keeps_older_variables():
    # A kernel of its own: after a cell with `?` a plain `return` does not compile any more.
    with started_kernel() as (_, client):
        run(client, "let older = 21;")
        failure = error(client, "let v = vec![1];\nif v.len() == 1 { return; }\nlet w = 2;")
        assert failure["ename"] == "EarlyReturn"
        assert value(client, "older") == "21"
        assert error(client, "v")["ename"] == "CompileError"


def test_a_redefined_type_takes_its_variables_along_and_says_so(client):
    run(client, "#[derive(Debug)]\nstruct Shape { x: i32 }\nlet shape = Shape { x: 1 };\nlet other = 4;")
    assert value(client, "shape.x") == "1"
    reply, published = run(client, "#[derive(Debug)]\nstruct Shape { x: [u64; 4] }")
    assert reply["content"]["status"] == "ok"
    assert "shape" in streamed(published, "stderr")
    assert value(client, "other") == "4"
    assert error(client, "shape")["ename"] == "CompileError"
    assert value(client, "Shape { x: [7; 4] }.x[3]") == "7"


def test_a_thread_that_prints_without_end_does_not_hold_the_cell(client):
    code = (
        "use std::sync::atomic::{AtomicBool, Ordering};\n"
        "let stop = std::sync::Arc::new(AtomicBool::new(false));\n"
        "let seen = stop.clone();\n"
        'std::thread::spawn(move || while !seen.load(Ordering::Relaxed) { println!("noise"); });\n'
        "std::thread::sleep(std::time::Duration::from_millis(300));"
    )
    reply, _ = run(client, code)
    assert reply["content"]["status"] == "ok"
    assert value(client, "stop.store(true, Ordering::Relaxed); 3") == "3"


def test_an_interrupt_right_after_the_request_stops_the_cell(client):
    run(client, "let survivor = 5;")
    msg_id = client.execute("loop { std::thread::sleep(std::time::Duration::from_millis(10)); }")
    wait_until_taken(client, msg_id)
    on_control(client, "interrupt_request")
    assert shell_reply(client, msg_id)["content"]["ename"] == "KeyboardInterrupt"
    published_about(client, msg_id)
    assert value(client, "survivor") == "5"


def test_a_program_that_a_cell_starts_is_interrupted_with_it(kernel, client):
    manager, _ = kernel
    msg_id = client.execute(
        'println!("{:?}", std::process::Command::new("sleep").arg("61").status());'
    )

    def sleepers():
        return [p for p in descendants(manager.provisioner.pid) if p.name() == "sleep"]

    eventually(sleepers, "the cell starts its program", TIMEOUT)
    on_control(client, "interrupt_request")
    eventually(lambda: not sleepers(), "the program ends")
    assert shell_reply(client, msg_id)["content"]["status"] in ("ok", "error")
    published_about(client, msg_id)
    run(client, "1")


def test_cells_do_not_see_the_kernels_own_environment(client):
    assert value(client, 'std::env::var("EVCXR_IS_RUNTIME").is_err()') == "true"
    assert value(client, 'std::env::var("PATH").unwrap().contains("ferrolab-session")') == "false"


def test_an_interrupt_ends_a_shell_command(client):
    msg_id = client.execute("!echo asleep; sleep 1000")
    wait_until_printed(client, msg_id, "asleep")
    on_control(client, "interrupt_request")
    assert shell_reply(client, msg_id)["content"]["ename"] == "KeyboardInterrupt"
    published_about(client, msg_id)


def test_a_line_for_the_shell_runs_there(client):
    assert streamed(done(client, "!echo $((6 * 7))")) == "42\n"


def test_errors_of_a_script_come_where_they_were_written(client):
    script = "%%bash\nfor i in $(seq 100); do echo out $i; echo err $i >&2; done"
    lines = [f"{stream} {i}\n" for i in range(1, 101) for stream in ("out", "err")]
    assert streamed(done(client, script)) == "".join(lines)


def test_a_program_in_the_background_does_not_hold_the_cell(client, tmp_path):
    go, gone = tmp_path / "go", tmp_path / "gone"
    script = f"(until [ -e {go} ]; do sleep 0.05; done; echo later; touch {gone}) &\necho at once"
    assert streamed(done(client, f"%%bash\n{script}")) == "at once\n"
    go.touch()
    eventually(gone.exists, "the program in the background ends")
    eventually(lambda: "later" in streamed([client.get_iopub_msg(timeout=TIMEOUT)]), "its output comes")


def test_an_interrupt_leaves_threads_of_earlier_cells_alone(client):
    done(
        client,
        "use std::sync::atomic::{AtomicU64, Ordering};\n"
        "static TICKS: AtomicU64 = AtomicU64::new(0);\n"
        "fn tick() { TICKS.fetch_add(1, Ordering::Relaxed); }\n"
        "std::thread::spawn(|| loop { tick(); std::thread::sleep(std::time::Duration::from_millis(1)); });",
    )
    assert interrupted(client, "loop { std::hint::black_box(0); }")
    done(client, "let ticks = TICKS.load(Ordering::Relaxed);")
    more = "while TICKS.load(Ordering::Relaxed) < ticks + 10 {}\nTICKS.load(Ordering::Relaxed) >= ticks + 10"
    assert value(client, more) == "true"


def test_an_interrupt_ends_the_threads_of_its_cell(client):
    done(client, "fn spin() { loop { std::hint::black_box(0); } }")
    assert interrupted(client, "std::thread::scope(|s| { for _ in 0..3 { s.spawn(spin); } });")


def test_an_interrupt_ends_a_recursion(client):
    fib = "fn fib(n: u64) -> u64 { if n < 2 { n } else { fib(n - 1) + fib(n - 2) } }"
    assert value(client, f"{fib}\nfib(20)") == "6765"
    assert interrupted(client, "fib(90)")


def test_a_cell_that_breaks_off_is_an_error_at_its_end(client):
    for code in ["let kept = 5;\nlet broken =", "let kept = 5;\nlet broken = // nothing", "1 +", "use std::"]:
        failure = error(client, code)
        assert failure["ename"] == "CompileError", code
        assert "--> In [" in plain("\n".join(failure["traceback"])), code
    assert error(client, "kept")["ename"] == "CompileError"


def test_a_name_that_is_only_a_macro_is_explained_when_it_was_a_variable(client):
    done(client, "let vec = String::new();")
    done(client, "let taken = vec;")
    assert "was moved in" in plain("\n".join(error(client, "vec")["traceback"]))


def test_a_caught_panic_is_told_with_its_place(client):
    published = done(client, 'let caught = std::panic::catch_unwind(|| {\n    panic!("inner")\n});')
    told = streamed(published, "stderr")
    assert re.fullmatch(r"a panic was caught: inner \(In \[\d+\], line 2\)\n", told)


def test_places_in_printed_text_are_those_of_cells(client):
    said = streamed(done(client, "let seven = 7;\n  dbg!(seven);"), "stderr")
    assert re.fullmatch(r"\[In \[\d+\]:2:3\] seven = 7\n", said)
    said = streamed(done(client, 'std::thread::spawn(|| panic!("there")).join().is_err()'), "stderr")
    assert re.search(r"panicked at In \[\d+\]:1:23:\nthere\n", said)
    assert "cell.rs" not in said


def interrupted(client, code):
    """Runs a cell, interrupts it when its code has begun, and tells whether it ended by that."""
    msg_id = client.execute(f'println!("now");\n{code}')
    wait_until_printed(client, msg_id, "now")
    on_control(client, "interrupt_request")
    reply = shell_reply(client, msg_id)["content"]
    published_about(client, msg_id)
    return reply["ename"] == "KeyboardInterrupt" and "all variables are kept" in reply["evalue"]


def test_types_are_shown_without_the_paths_that_go_without_saying(client):
    done(
        client,
        "let words = vec![String::new()]; let by_name = std::collections::HashMap::from([(1_u8, 2.5)]);\n"
        "let grid = zeros([2, 2]);",
    )
    (table,) = text(done(client, "%who"), "display_data")
    types = {line[0]: line[1] for line in (re.split(r"\s{2,}", line) for line in table.splitlines())}
    assert types["words"] == "Vec<String>"
    assert types["by_name"] == "HashMap<u8, f64>"
    assert types["grid"] == "Array"


def write_crate(folder, source, more=""):
    (folder / "src").mkdir(parents=True)
    (folder / "Cargo.toml").write_text(f'[package]\nname = "{folder.name}"\nedition = "2024"\n{more}')
    (folder / "src/lib.rs").write_text(source)


def test_statics_of_crates_are_the_same_in_all_cells(client, tmp_path):
    write_crate(
        tmp_path / "counted",
        "use std::sync::atomic::{AtomicU32, Ordering};\n"
        "static COUNT: AtomicU32 = AtomicU32::new(0);\n"
        "pub fn next() -> u32 { COUNT.fetch_add(1, Ordering::Relaxed) + 1 }\n",
    )
    write_crate(
        tmp_path / "other",
        "pub fn twice() -> u32 { counted::next() + counted::next() }\n",
        '[dependencies]\ncounted = { path = "../counted" }\n',
    )
    done(client, f":dep {tmp_path}/counted")
    assert value(client, "counted::next()") == "1"
    assert value(client, "fn next() -> u32 { counted::next() }\nnext()") == "2"
    done(client, f":dep {tmp_path}/other")
    assert value(client, "counted::next() + next()") == "7"
    assert value(client, "other::twice()") == "11"


def test_a_crate_with_other_features_is_another_crate(client, tmp_path):
    write_crate(
        tmp_path / "shaped",
        '#[derive(Debug)] pub struct Shape { pub n: u8, #[cfg(feature = "wide")] pub wide: [u64; 9] }\n'
        'impl Shape { pub fn new() -> Self { Shape { n: 1, #[cfg(feature = "wide")] wide: [7; 9] } } }\n',
        "[features]\nwide = []\n",
    )
    write_crate(
        tmp_path / "wider",
        "pub use shaped::Shape;\n",
        '[dependencies]\nshaped = { path = "../shaped", features = ["wide"] }\n',
    )
    done(client, f":dep {tmp_path}/shaped")
    done(client, "let shape = shaped::Shape::new(); fn area(s: &shaped::Shape) -> u8 { s.n }")
    assert value(client, "area(&shape)") == "1"
    lost = streamed(done(client, f":dep {tmp_path}/wider"), "stderr")
    assert "the variable `shape` is gone" in lost
    assert value(client, "area(&shaped::Shape::new()) + wider::Shape::new().wide[8] as u8") == "8"


def test_a_local_crate_is_seen_from_the_working_folder(client, tmp_path):
    write_crate(tmp_path / "crates" / "near", "pub fn by() -> u8 { 3 }\n")
    done(client, f"%cd {tmp_path}")
    done(client, ":dep ./crates/near")
    assert value(client, "near::by()") == "3"
    done(client, "%cd crates")
    done(client, ':dep near = { path = "near" }')
    assert "no crate" not in plain("\n".join(error(client, ":dep ./crates/near")["traceback"]))


def test_types_of_private_modules_are_kept(client, tmp_path):
    """They are called by the path by which their crate makes them public."""
    (tmp_path / "src").mkdir()
    (tmp_path / "Cargo.toml").write_text('[package]\nname = "veiled"\nedition = "2024"\n')
    (tmp_path / "src/lib.rs").write_text("""
mod deep {
    pub mod text {
        #[derive(Clone, Debug, PartialEq)]
        pub struct Word(pub String);
    }
    pub mod bytes {
        #[derive(Debug)]
        pub struct Word(pub u8);
    }
    #[derive(Debug)]
    pub struct Hidden(pub i32);
}
pub mod bytes { pub use crate::deep::bytes::Word; }
pub use deep::text::Word;
pub fn hidden() -> impl Sized + std::fmt::Debug { deep::Hidden(5) }
""")
    done(client, f":dep {tmp_path}")
    done(client, 'let word = veiled::Word("a".into()); let all = vec![word.clone()];')
    done(client, "let byte = veiled::bytes::Word(7);")
    assert value(client, "(&word.0, all.len(), &all[0] == &word, byte.0)") == '("a", 1, true, 7)'
    # Learnt once.
    assert value(client, "byte.0 + 1") == "8"
    done(client, "let hidden = veiled::hidden();")
    said = plain("\n".join(error(client, "&hidden")["traceback"]))
    assert "the type of the variable `hidden` has no name that other cells can use" in said
    assert value(client, "word.0") == '"a"'


def test_futures_are_waited_for_in_a_repetition(client):
    done(client, "async fn later(n: i32) -> i32 { n + 1 }\nasync fn never() -> Result<i32, String> { Err(\"no\".into()) }")
    assert "per run" in streamed(done(client, "%timeit later(1).await"))
    assert "per run" in streamed(done(client, "%%timeit\nlet a = later(1).await;\nlater(a).await"))
    failure = error(client, "%timeit never().await?")
    assert (failure["ename"], failure["evalue"]) == ("EarlyReturn", "no")


def test_an_error_ends_a_repetition(client):
    done(client, 'let good = "12".to_owned(); let bad = "1O".to_owned();')
    assert "per run" in streamed(done(client, "%timeit good.parse::<i32>()?"))
    failure = error(client, "%%timeit\nlet n: i32 = bad.parse()?;\nn + 1")
    assert (failure["ename"], failure["evalue"]) == ("EarlyReturn", "invalid digit found in string")


def test_a_number_that_arrays_do_not_compute_with_is_explained(client):
    done(client, "let line = linspace(0.0, 1.0, 3); let n = 2;")
    for code in ["&line * n", "n + &line", "line.clone() / n", "&line - &n"]:
        said = plain("\n".join(error(client, code)["traceback"]))
        assert "write `… as f64`" in said, code
        assert "the following other types" not in said, code
    assert "write `….gt(…)`" in plain("\n".join(error(client, "&line > 0.5")["traceback"]))


def test_commands_are_completed(client):
    reply = client.complete("%%wri", 5, reply=True, timeout=120)["content"]
    assert reply["matches"] == ["%%writefile"]
    assert (reply["cursor_start"], reply["cursor_end"]) == (0, 5)
