//! Whatever is wrong with the input: one clear message, the right exit code, nothing left behind.

use crate::support::{Place, code, crate_folder, on_small_disk, stderr, stdout, tagged};

fn place() -> Place {
    let place = Place::new();
    place.kernel(
        "fails",
        &["sh", "-c", "echo no licence >&2; exit 3"],
        "rust",
    );
    place.kernel(
        "absent",
        &["/nonexistent/kernel", "{connection_file}"],
        "rust",
    );
    place.kernel("mute", &["sleep", "60"], "rust");
    place.notebook(
        "good.ipynb",
        "fails",
        "rust",
        &[tagged("let n: usize = 1;", "parameters")],
    );
    place.notebook("absent.ipynb", "absent", "rust", &[code("1")]);
    place.notebook("unknown.ipynb", "julia-9", "julia", &[code("1")]);
    place.notebook("bad name;.ipynb", "fails", "rust", &[code("let = 1;")]);
    place.write("broken.ipynb", "{\"cells\": [\n  nonsense");
    place.write("other.ipynb", "{\"a\": 1}");
    place.write(
        "nokernel.ipynb",
        r#"{"nbformat":4,"nbformat_minor":5,"metadata":{},"cells":[]}"#,
    );
    place.write("array.toml", "n = [1]");
    place
}

#[test]
fn each_mistake_has_a_message_and_leaves_nothing() {
    let place = place();
    let before = place.files();
    let no_hpc = crate_folder();
    let no_hpc = no_hpc.to_str().unwrap();
    for (args, exit, message) in [
        (
            &["run", "missing.ipynb"][..],
            2,
            "no notebook at missing.ipynb",
        ),
        (
            &["run", "broken.ipynb"],
            2,
            "broken.ipynb is not valid JSON: expected",
        ),
        (
            &["run", "other.ipynb"],
            2,
            "other.ipynb is not a notebook: the number `nbformat`",
        ),
        (
            &["run", "nokernel.ipynb"],
            2,
            "names no kernel; use --kernel",
        ),
        (
            &["run", "unknown.ipynb"],
            2,
            "no kernel named `julia-9`; installed are: absent, fails",
        ),
        (
            &["run", "good.ipynb", "--kernel", "nope"],
            2,
            "no kernel named `nope`",
        ),
        (
            &["run", "good.ipynb", "-p", "n=many"],
            2,
            "parameter `n`: `many` is not a usize",
        ),
        (
            &["run", "good.ipynb", "-p", "n"],
            2,
            "parameter `n` is not of the form name=value",
        ),
        (
            &["run", "good.ipynb", "-p", "fn=1"],
            2,
            "parameter `fn`: the name is not a Rust",
        ),
        (
            &["run", "good.ipynb", "--params", "array.toml"],
            2,
            "`n` is not a boolean, a number",
        ),
        (
            &["run", "good.ipynb", "--params", "none.toml"],
            2,
            "none.toml",
        ),
        (
            &["run", "good.ipynb", "-o", "no/out.ipynb"],
            2,
            "no/out.ipynb: there is no such folder",
        ),
        (&["run", "good.ipynb", "-o", "."], 2, "not a regular file"),
        (
            &["run", "good.ipynb", "-o", "/dev/null"],
            2,
            "/dev/null: it is not a regular file",
        ),
        (
            &["run", "good.ipynb", "--html", "no/p.html"],
            2,
            "no/p.html: there is no such folder",
        ),
        (
            &["run", "good.ipynb", "--cwd", "nowhere"],
            2,
            "cannot work in nowhere",
        ),
        (&["run", "good.ipynb", "--timeout=-1"], 2, "--timeout"),
        (
            &["run", "good.ipynb", "--timeout=NaN"],
            2,
            "not a number of seconds above 0",
        ),
        (&["run", "good.ipynb", "--nonsense"], 2, "--nonsense"),
        (&["run"], 2, "<NOTEBOOK>"),
        (
            &["run", "good.ipynb"],
            1,
            "kernel `fails` did not start: it ended with exit code 3\nno licence",
        ),
        (
            &["run", "absent.ipynb"],
            1,
            "cannot start kernel `absent`: /nonexistent/kernel",
        ),
        (
            &[
                "run",
                "good.ipynb",
                "--kernel",
                "mute",
                "--start-timeout",
                "0.5",
            ],
            1,
            "did not answer",
        ),
        (&["html", "broken.ipynb"], 2, "is not valid JSON"),
        (
            &["html", "nokernel.ipynb", "-o", "no/p.html"],
            1,
            "there is no such folder",
        ),
        (
            &["export", "missing.ipynb", "-o", "new"],
            2,
            "no notebook at",
        ),
        (&["export", "good.ipynb", "-o", "new"], 2, "--hpc"),
        (
            &["export", "unknown.ipynb", "-o", "new", "--hpc", no_hpc],
            2,
            "julia",
        ),
        (
            &["export", "bad name;.ipynb", "-o", "new", "--hpc", no_hpc],
            2,
            "cell 1 is not valid Rust",
        ),
        (
            &["install", "--prefix", "p", "--kernel", "nothing"],
            2,
            "there is no program",
        ),
        (
            &["install", "--prefix", "p", "--remove"],
            2,
            "there is no kernel in",
        ),
        (
            &["install", "--prefix", "p", "--user"],
            2,
            "cannot be used with",
        ),
    ] {
        let output = place.ferrolab(args).output().unwrap();
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(exit), "{args:?}: {said}");
        assert!(
            said.contains(message),
            "{args:?} said {said:?}, not {message:?}"
        );
        assert!(!said.contains("panicked"), "{args:?}: {said}");
        assert_eq!(stdout(&output), "", "{args:?}");
        assert_eq!(place.files(), before, "{args:?}");
    }
}

#[test]
fn a_name_that_looks_like_an_option_is_a_file_after_two_dashes() {
    let place = place();
    let output = place.ferrolab(["run", "--", "-p.ipynb"]).output().unwrap();
    assert!(
        stderr(&output).contains("no notebook at -p.ipynb"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_full_disk_is_found_before_the_kernel_starts() {
    let place = place();
    std::fs::create_dir(place.path("disk")).unwrap();
    // Larger than the disk by itself.
    place.notebook(
        "large.ipynb",
        "fails",
        "rust",
        &[code(&"// long\n".repeat(20_000))],
    );
    let Some(mut command) = on_small_disk(&place.path("disk"), 64) else {
        return;
    };
    place.prepare(&mut command);
    let program = env!("CARGO_BIN_EXE_ferrolab");
    let script = "\"$0\" run large.ipynb -o disk/out.ipynb; code=$?; ls -A disk; exit $code";
    let output = command
        .args(["sh", "-c", script, program])
        .output()
        .unwrap();
    assert!(
        stderr(&output).contains("cannot write disk/out.ipynb: the disk is full"),
        "{}",
        stderr(&output)
    );
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(stdout(&output), "");
}
