"""Notebooks as jobs of a real Slurm: `ferrolab submit`, `jobs`, `logs`, `cancel`.

Run with FERROLAB_PREFIX set, by the Python of that prefix.
"""

import json
import subprocess
import time

import nbformat
import pytest

# A node may be busy with another test, and a Rust kernel compiles.
JOB_LIMIT = 180

CELLS = {
    "rust-hpc": {
        "hello": 'println!("hello");',
        "two": "1 + 1",
        "fail": 'panic!("boom")',
        "sleep": "std::thread::sleep(std::time::Duration::from_secs(300));",
        "parameters": "let n: i64 = 1;",
        "show": 'println!("n is {}", n);',
        "node": 'println!("node {}", std::env::var("SLURMD_NODENAME").unwrap());',
    },
    "python3": {
        "hello": 'print("hello")',
        "two": "1 + 1",
        "fail": 'raise ValueError("boom")',
        "sleep": "import time; time.sleep(300)",
        "node": 'import os; print("node", os.environ["SLURMD_NODENAME"])',
    },
}


@pytest.fixture(params=list(CELLS))
def kernel(request, prefix):
    """A kernel that is installed in the prefix."""
    if not (prefix / "share/jupyter/kernels" / request.param / "kernel.json").exists():
        pytest.skip(f"the kernel {request.param} is not installed in {prefix}")
    return request.param


@pytest.fixture
def ferrolab(prefix, slurm_environment, shared_folder):
    """Runs `ferrolab` with a ledger of its own."""
    program = prefix / "bin/ferrolab"
    if not program.exists():
        pytest.skip(f"{program} is not installed")
    environment = {**slurm_environment, "XDG_STATE_HOME": str(shared_folder / "state")}
    environment["PATH"] = f"{prefix / 'bin'}:{environment['PATH']}"

    def run(*arguments):
        return subprocess.run(
            [program, *map(str, arguments)],
            env=environment,
            cwd=shared_folder,
            capture_output=True,
            text=True,
            timeout=JOB_LIMIT + 60,
        )

    yield run
    open_jobs = [
        job["job"]
        for job in map(json.loads, run("jobs", "--json").stdout.splitlines())
        if job["job"] and job["phase"] in ("waiting", "running")
    ]
    if open_jobs:
        run("cancel", *open_jobs)


@pytest.fixture
def notebook(shared_folder):
    """Writes a notebook of the named cells."""

    def write(kernel, *names, name="book"):
        cells = [nbformat.v4.new_code_cell(CELLS[kernel][cell]) for cell in names]
        for cell, cell_name in zip(cells, names, strict=True):
            if cell_name == "parameters":
                cell.metadata["tags"] = ["parameters"]
        language = "rust" if kernel == "rust-hpc" else "python"
        metadata = {
            "kernelspec": {"name": kernel, "display_name": kernel, "language": language},
            "language_info": {"name": language},
        }
        path = shared_folder / f"{name}.ipynb"
        nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=metadata), path)
        return path

    return write


def job_of(ferrolab, number):
    jobs = [json.loads(line) for line in ferrolab("jobs", "--json").stdout.splitlines()]
    return next(job for job in jobs if job["job"] == number)


def wait_for_phase(ferrolab, number, phase):
    deadline = time.monotonic() + JOB_LIMIT
    while time.monotonic() < deadline:
        job = job_of(ferrolab, number)
        if job["phase"] == phase:
            return job
        time.sleep(0.5)
    raise AssertionError(f"job {number} is {job['phase']}, not {phase}: {job['reason']}")


def outputs(path):
    notebook = nbformat.read(path, as_version=4)
    return [
        [output for output in cell.outputs] for cell in notebook.cells if cell.cell_type == "code"
    ]


def state_in_slurm(slurm, number):
    return slurm("squeue", "-h", "-t", "all", "-o", "%T", "-j", number).strip()


def test_a_job_leaves_notebook_page_and_log(ferrolab, notebook, kernel, shared_folder, slurm):
    book = notebook(kernel, "hello", "two", "node")
    done = ferrolab("submit", book, "--nodes", 1, "--time", 10, "--wait")
    assert done.returncode == 0, done.stderr
    number = done.stdout.strip()
    hello, two, node = outputs(shared_folder / f"book-{number}.ipynb")
    assert hello[0]["text"] == "hello\n"
    assert two[0]["data"]["text/plain"] == "2"
    job = job_of(ferrolab, number)
    assert (job["phase"], job["exit"]) == ("succeeded", 0)
    assert node[0]["text"].strip() == f"node {job['nodes']}"
    assert "hello" in (shared_folder / f"book-{number}.html").read_text()
    assert state_in_slurm(slurm, number) == "COMPLETED"
    log = ferrolab("logs", number)
    assert log.returncode == 0 and f"book-{number}.ipynb" in log.stdout


def test_a_failing_cell_fails_the_job_and_keeps_what_ran(
    ferrolab, notebook, kernel, shared_folder, slurm
):
    book = notebook(kernel, "hello", "two", "fail", "hello")
    done = ferrolab("submit", book, "--wait")
    assert done.returncode == 1
    assert "cell 3" in done.stderr
    number = done.stdout.strip()
    hello, two, fail, after = outputs(shared_folder / f"book-{number}.ipynb")
    assert hello[0]["text"] == "hello\n"
    assert two[0]["data"]["text/plain"] == "2"
    assert fail[-1]["output_type"] == "error" and "boom" in fail[-1]["evalue"]
    assert after == []
    job = job_of(ferrolab, number)
    assert job["phase"] == "failed" and job["failed_cell"]["number"] == 3
    assert state_in_slurm(slurm, number) == "FAILED"
    assert "cell 3" in ferrolab("jobs").stdout


def test_a_parameter_reaches_the_notebook(ferrolab, notebook, kernel, shared_folder):
    if kernel != "rust-hpc":
        pytest.skip("parameters are for Rust notebooks")
    book = notebook(kernel, "parameters", "show")
    done = ferrolab("submit", book, "-p", "n=42", "--wait")
    assert done.returncode == 0, done.stderr
    assert (
        outputs(shared_folder / f"book-{done.stdout.strip()}.ipynb")[-1][0]["text"] == "n is 42\n"
    )


def test_a_job_that_ended_well_lets_the_next_one_start(ferrolab, notebook, kernel):
    book = notebook(kernel, "hello")
    first = ferrolab("submit", book).stdout.strip()
    second = ferrolab("submit", book, "--after", first, "--wait")
    assert second.returncode == 0, second.stderr
    assert job_of(ferrolab, first)["phase"] == "succeeded"


def test_cancel_saves_what_ran_and_spares_the_jobs_of_others(
    ferrolab, notebook, kernel, shared_folder, slurm
):
    foreign = slurm(
        "sbatch", "--parsable", "--chdir=/", "--output=/dev/null", "--time=5", "--wrap=sleep 100"
    ).strip()
    try:
        book = notebook(kernel, "hello", "sleep")
        number = ferrolab("submit", book).stdout.strip()
        wait_for_phase(ferrolab, number, "running")
        executed = shared_folder / f"book-{number}.ipynb"
        deadline = time.monotonic() + JOB_LIMIT
        while not (executed.exists() and outputs(executed)[0]):
            assert time.monotonic() < deadline, "the first cell did not run"
            time.sleep(0.3)
        refused = ferrolab("cancel", foreign)
        assert refused.returncode == 2 and "was not submitted" in refused.stderr
        assert ferrolab("cancel", number).returncode == 0
        assert job_of(ferrolab, number)["phase"] == "cancelled"
        assert outputs(executed)[0][0]["text"] == "hello\n"
        assert state_in_slurm(slurm, foreign) in ("PENDING", "RUNNING")
    finally:
        slurm("scancel", foreign)


def test_a_job_says_why_it_waits(ferrolab, notebook, kernel):
    book = notebook(kernel, "hello")
    number = ferrolab("submit", book, "--begin", "now+1hour").stdout.strip()
    job = wait_for_phase(ferrolab, number, "waiting")
    deadline = time.monotonic() + 30
    while "earliest start" not in job["reason"] and time.monotonic() < deadline:
        time.sleep(0.5)
        job = job_of(ferrolab, number)
    assert "earliest start" in job["reason"]
    assert ferrolab("cancel", number).returncode == 0


def test_bad_input_is_one_message_and_leaves_nothing(ferrolab, notebook, kernel, shared_folder):
    book = notebook(kernel, "hello")
    broken = shared_folder / "broken.ipynb"
    broken.write_text("{")
    unknown = notebook(kernel, "hello", name="unknown")
    unknown.write_text(
        unknown.read_text().replace(f'"name": "{kernel}"', '"name": "no-such-kernel"')
    )
    before = sorted(path.name for path in shared_folder.iterdir() if path.name != "state")
    for arguments, said in [
        (["missing.ipynb"], "missing.ipynb"),
        ([broken], "broken.ipynb"),
        ([unknown], "no-such-kernel"),
        ([book, "--partition", "nowhere"], "nowhere"),
        ([book, "--partition", "a --uid=root"], "--partition"),
        ([book, "--time", "soon"], "--time"),
        ([book, "--nodes=-1"], "--nodes"),
        ([book, "--nodes", "100000"], "sbatch"),
        ([book, "-p", "1x=2"], "1x"),
        ([book, "--output-dir", "/proc/nowhere"], "/proc/nowhere"),
        ([book, "--after", "abc"], "abc"),
    ]:
        refused = ferrolab("submit", *arguments)
        assert refused.returncode == 2, (arguments, refused)
        assert said in refused.stderr and refused.stdout == "", (arguments, refused)
        assert "panicked" not in refused.stderr
    after = sorted(path.name for path in shared_folder.iterdir() if path.name != "state")
    assert after == before
    assert ferrolab("jobs", "--json").stdout == ""


def test_no_text_of_the_user_is_in_the_script(ferrolab, notebook, kernel, shared_folder, slurm):
    book = notebook(kernel, "hello", name="$(id) 'x'; rm -rf .")
    number = ferrolab("submit", book, "--job-name", "my job", "--begin", "now+1hour").stdout.strip()
    script = slurm("scontrol", "write", "batch_script", number, "-")
    assert "FERROLAB_SPEC" in script
    for text in ("$(id)", "rm -rf", "my job", str(shared_folder)):
        assert text not in script
    assert "fl-my-job-" in slurm("squeue", "-h", "-o", "%j", "-j", number)
