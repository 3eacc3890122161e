//! Notebooks executed in a real kernel, ipykernel: one that knows nothing of us. They need
//! `FERROLAB_TEST_PYTHON`, a Python that has it.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use serde_json::{Value, json};

use crate::support::{Place, code, on_small_disk, stderr, stdout, tagged};

/// A place with the kernel `python`, or `None`, with a line on standard error.
fn python() -> Option<Place> {
    let Ok(python) = std::env::var("FERROLAB_TEST_PYTHON") else {
        eprintln!("SKIPPED: FERROLAB_TEST_PYTHON does not name a Python with ipykernel");
        return None;
    };
    let place = Place::new();
    let argv = [
        &python,
        "-m",
        "ipykernel_launcher",
        "-f",
        "{connection_file}",
    ];
    place.kernel("python", &argv, "python");
    Some(place)
}

fn notebook(place: &Place, cells: &[Value]) {
    place.notebook("n.ipynb", "python", "python", cells);
}

/// Waits until `ready` gives a value.
fn wait_for<T>(what: &str, mut ready: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(30) {
        if let Some(value) = ready() {
            return value;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("{what} did not happen");
}

/// The process number that a cell has written.
fn written_pid(path: &Path) -> Option<Pid> {
    let text = fs::read_to_string(path).ok()?;
    Pid::from_raw(text.strip_suffix('\n')?.parse().ok()?)
}

fn outputs(notebook: &Value, cell: usize) -> &Vec<Value> {
    notebook["cells"][cell]["outputs"].as_array().unwrap()
}

const WRITE_PID: &str = "import os\nprint(os.getpid(), file=open('pid', 'w'))";

#[test]
fn outputs_are_kept_as_a_frontend_shows_them() {
    let Some(place) = python() else { return };
    notebook(
        &place,
        &[
            json!({"cell_type": "markdown", "source": "# Title", "metadata": {}}),
            code(
                "print('a', end='')\nprint('b\\rc')\nimport sys\nprint('e', file=sys.stderr)\n6 * 7",
            ),
            code("h = display('old', display_id='d')"),
            code(
                "h.update('new')\nfrom IPython.display import clear_output, HTML\nprint('gone')\nclear_output()\nHTML('<b>x</b>')",
            ),
            tagged("raise SystemExit", "skip-execution"),
            code("  "),
            code("for i in range(10000): print(i)"),
        ],
    );
    let output = place
        .ferrolab(["run", "n.ipynb", "--json"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let executed = place.json("n.executed.ipynb");
    assert_eq!(
        outputs(&executed, 1)[..],
        [
            json!({"output_type": "stream", "name": "stdout", "text": ["ab\rc\n"]}),
            json!({"output_type": "stream", "name": "stderr", "text": ["e\n"]}),
            json!({"output_type": "execute_result", "execution_count": 1,
                   "data": {"text/plain": ["42"]}, "metadata": {}}),
        ]
    );
    assert_eq!(
        outputs(&executed, 2)[0]["data"]["text/plain"],
        json!(["'new'"])
    );
    assert_eq!(outputs(&executed, 3).len(), 1);
    assert_eq!(
        outputs(&executed, 3)[0]["data"]["text/html"],
        json!(["<b>x</b>"])
    );
    assert_eq!(executed["cells"][4]["execution_count"], Value::Null);
    let expected: Vec<_> = (0..10_000).map(|number| format!("{number}\n")).collect();
    assert_eq!(outputs(&executed, 6)[0]["text"], json!(expected));
    let metadata = &executed["cells"][1]["metadata"];
    assert!(metadata["ferrolab"]["wall_ms"].as_f64().unwrap() > 0.0);
    assert!(
        metadata["execution"]["iopub.execute_input"]
            .as_str()
            .unwrap()
            .ends_with('Z')
    );
    assert_eq!(executed["metadata"]["ferrolab"]["status"], "ok");
    assert_eq!(
        executed["metadata"]["language_info"]["file_extension"],
        ".py"
    );

    let report: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(report["notebook"], "n.executed.ipynb");
    assert_eq!(report["run"]["status"], "ok");
    let status = |index: usize| report["run"]["cells"][index]["status"].as_str().unwrap();
    assert_eq!([status(0), status(3), status(4)], ["ok", "skipped", "ok"]);
    let page = fs::read_to_string(place.path("n.executed.html")).unwrap();
    assert!(page.contains("<title>Title</title>") && page.contains("<b>x</b>"));
}

#[test]
fn the_first_error_ends_the_run_and_earlier_outputs_stay() {
    let Some(place) = python() else { return };
    notebook(
        &place,
        &[code("print('one')"), code("1 / 0"), code("print('three')")],
    );
    let output = place
        .ferrolab(["run", "n.ipynb", "-o", "out.ipynb", "--no-html"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(
        said.contains("cell 2 failed") && said.contains("ZeroDivisionError"),
        "{said}"
    );
    assert!(!said.contains('\u{1b}'), "{said}");
    let executed = place.json("out.ipynb");
    assert_eq!(outputs(&executed, 0)[0]["text"], json!(["one\n"]));
    assert_eq!(outputs(&executed, 1)[0]["ename"], "ZeroDivisionError");
    assert_eq!(outputs(&executed, 2).len(), 0);
    assert_eq!(executed["metadata"]["ferrolab"]["status"], "error");
    assert_eq!(place.files(), ["n.ipynb", "out.ipynb"]);

    let output = place
        .ferrolab(["run", "n.ipynb", "--allow-errors", "--quiet"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(
        (stdout(&output), stderr(&output)),
        (String::new(), String::new())
    );
    assert_eq!(
        outputs(&place.json("n.executed.ipynb"), 2)[0]["text"],
        json!(["three\n"])
    );
}

#[test]
fn a_cell_and_a_run_have_their_limits() {
    let Some(place) = python() else { return };
    let endless = "print('began', flush=True)\nimport time\nwhile True: time.sleep(0.01)";
    notebook(&place, &[code(WRITE_PID), code(endless), code("1")]);
    for (limit, expected) in [
        ("--timeout", "the cell took longer than 1 s"),
        ("--total-timeout", "the run took longer"),
    ] {
        let seconds = if limit == "--timeout" { "1" } else { "5" };
        let output = place
            .ferrolab(["run", "n.ipynb", limit, seconds])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr(&output).contains(expected), "{}", stderr(&output));
        let executed = place.json("n.executed.ipynb");
        let names: Vec<_> = outputs(&executed, 1)
            .iter()
            .map(|output| &output["ename"])
            .collect();
        assert_eq!(
            names,
            [&Value::Null, &json!("KeyboardInterrupt"), &json!("Timeout")]
        );
        let kernel = written_pid(&place.path("pid")).unwrap();
        assert!(
            test_kill_process(kernel).is_err(),
            "the kernel is still there"
        );
    }
}

#[test]
fn a_dead_kernel_is_noticed_at_once() {
    let Some(place) = python() else { return };
    // ipykernel sends what is printed from a thread, which is killed with it: give it time.
    let end =
        "print('last words', flush=True)\nimport os, time\ntime.sleep(1)\nos.kill(os.getpid(), 9)";
    notebook(&place, &[code("1"), code(end), code("3")]);
    let output = place
        .ferrolab(["run", "n.ipynb", "--tcp"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("the kernel died: it was killed"),
        "{}",
        stderr(&output)
    );
    let executed = place.json("n.executed.ipynb");
    assert_eq!(outputs(&executed, 1)[0]["text"], json!(["last words\n"]));
    assert_eq!(outputs(&executed, 1)[1]["ename"], "KernelDied");
    let wall = executed["cells"][1]["metadata"]["ferrolab"]["wall_ms"]
        .as_f64()
        .unwrap();
    assert!(wall < 5000.0, "{wall}");
}

fn start_endless(place: &Place) -> (Child, Pid) {
    let endless = format!("{WRITE_PID}\nprint('began', flush=True)\nimport time\ntime.sleep(600)");
    notebook(place, &[code("print('one')"), code(&endless)]);
    let runner = place
        .ferrolab(["run", "n.ipynb"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let kernel = wait_for("the cell", || written_pid(&place.path("pid")));
    (runner, kernel)
}

#[test]
fn a_signal_stops_the_run_and_saves_it() {
    for (signal, exit) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let Some(place) = python() else { return };
        let (mut runner, kernel) = start_endless(&place);
        kill_process(Pid::from_child(&runner), signal).unwrap();
        assert_eq!(runner.wait().unwrap().code(), Some(exit));
        assert!(
            test_kill_process(kernel).is_err(),
            "the kernel is still there"
        );
        let executed = place.json("n.executed.ipynb");
        assert_eq!(outputs(&executed, 0)[0]["text"], json!(["one\n"]));
        let last = outputs(&executed, 1).last().unwrap();
        assert_eq!(last["ename"], "Stopped");
        assert_eq!(executed["metadata"]["ferrolab"]["status"], "stopped");
        assert!(place.path("n.executed.html").is_file());
    }
}

#[test]
fn the_kernel_does_not_outlive_a_killed_runner() {
    let Some(place) = python() else { return };
    let (mut runner, kernel) = start_endless(&place);
    runner.kill().unwrap();
    runner.wait().unwrap();
    wait_for("the kernel's end", || {
        test_kill_process(kernel).is_err().then_some(())
    });
    assert_eq!(
        outputs(&place.json("n.executed.ipynb"), 0)[0]["text"],
        json!(["one\n"])
    );
}

#[test]
fn a_disk_that_fills_up_keeps_what_was_saved() {
    let Some(place) = python() else { return };
    fs::create_dir(place.path("disk")).unwrap();
    notebook(
        &place,
        &[
            code("print('one')"),
            code("print('x' * 1_000_000)"),
            code("3"),
        ],
    );
    let Some(mut command) = on_small_disk(&place.path("disk"), 256) else {
        return;
    };
    place.prepare(&mut command);
    let script = "\"$0\" run n.ipynb -q --no-html -o disk/out.ipynb; code=$?; ls -A disk; \
                  cp disk/out.ipynb saved.ipynb; exit $code";
    let output: std::process::Output = command
        .args(["sh", "-c", script, env!("CARGO_BIN_EXE_ferrolab")])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert_eq!(
        stderr(&output),
        "ferrolab: cannot write disk/out.ipynb: the disk is full\n"
    );
    assert_eq!(stdout(&output), "out.ipynb\n");
    let saved = place.json("saved.ipynb");
    assert_eq!(outputs(&saved, 0)[0]["text"], json!(["one\n"]));
    assert_eq!(outputs(&saved, 1).len(), 0);
}

#[test]
fn an_executed_notebook_is_valid() {
    let Some(place) = python() else { return };
    let python = std::env::var("FERROLAB_TEST_PYTHON").unwrap();
    let has_nbformat = Command::new(&python)
        .args(["-c", "import nbformat"])
        .output()
        .unwrap();
    if !has_nbformat.status.success() {
        eprintln!("SKIPPED: {python} has no nbformat");
        return;
    }
    // Without names and with a minor version of old.
    notebook(
        &place,
        &[code("print('one'); display(2); 3"), code("1 / 0")],
    );
    let old = fs::read_to_string(place.path("n.ipynb")).unwrap();
    place.write(
        "n.ipynb",
        &old.replace("\"nbformat_minor\":5", "\"nbformat_minor\":2"),
    );
    place.ferrolab(["run", "n.ipynb"]).output().unwrap();
    let check = "import nbformat; nbformat.validate(nbformat.read('n.executed.ipynb', 4))";
    let mut command = Command::new(&python);
    place.prepare(&mut command);
    let output = command.args(["-W", "error", "-c", check]).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
}
