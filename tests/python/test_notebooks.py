"""The notebooks of tests/notebooks, each run in one kernel; every cell is a test.

What is expected of a cell is in its metadata; notebooks/README.md explains the words.
"""

import shutil
from pathlib import Path

import nbformat
import pytest
from kernels import KERNEL
from nbclient import NotebookClient
from player import check, code_cells, play

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
NAMES = sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb"))


def path_of(name):
    return NOTEBOOKS / f"{name}.ipynb"


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """Plays a notebook when the first of its cells is asked for, with the folder's other files."""
    done = {}

    def give(name):
        if name not in done:
            folder = tmp_path_factory.mktemp(name)
            shutil.copytree(NOTEBOOKS / "crates", folder / "crates")
            done[name] = play(path_of(name), folder)
        return done[name]

    return give


@pytest.mark.parametrize(
    ("notebook", "name", "expected"),
    [
        pytest.param(notebook, name, expected, id=f"{notebook}-{name}")
        for notebook in NAMES
        for name, _, expected in code_cells(path_of(notebook))
    ],
)
def test_cell(played, notebook, name, expected):
    cells = played(notebook)
    check(cells.get(name), expected, cells)


@pytest.mark.parametrize("notebook", NAMES)
def test_the_notebook_is_tidy(notebook):
    """Valid, without outputs, and cells that fail are marked for other programs that run it."""
    document = nbformat.read(path_of(notebook), as_version=4)
    nbformat.validate(document)
    assert document["cells"][0]["cell_type"] == "markdown"
    for cell in document["cells"]:
        if cell["cell_type"] == "code":
            assert not cell["outputs"] and cell["execution_count"] is None
            fails = "error" in cell["metadata"].get("expect", {})
            assert fails == ("raises-exception" in cell["metadata"].get("tags", []))


@pytest.mark.parametrize("notebook", ["display", "errors"])
def test_other_programs_can_run_it(notebook, tmp_path):
    """nbclient makes a document of it that can be stored, with the errors where they belong."""
    document = nbformat.read(path_of(notebook), as_version=4)
    resources = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(document, timeout=60, kernel_name=KERNEL, resources=resources).execute()
    nbformat.validate(document)
    for cell in document["cells"]:
        if cell["cell_type"] == "code":
            failed = any(output["output_type"] == "error" for output in cell["outputs"])
            assert failed == ("raises-exception" in cell["metadata"].get("tags", [])), cell["source"]


def test_a_bar_moves_while_the_cell_runs(played):
    cell = played("progress")["bar"]
    shows = [
        (message, arrived)
        for message, arrived in zip(cell.messages, cell.arrivals)
        if message["msg_type"] in ("display_data", "update_display_data")
    ]
    assert [m["msg_type"] for m, _ in shows][:2] == ["display_data", "update_display_data"]
    assert [m["msg_type"] for m, _ in shows].count("display_data") == 1
    # One place, and not so many messages that a browser could not keep up.
    places = {m["content"]["transient"]["display_id"] for m, _ in shows}
    assert len(places) == 1
    assert 4 <= len(shows) <= 60
    # Half of them have come before half of the cell's time is over.
    middle = (cell.arrivals[0] + cell.replied) / 2
    assert sum(arrived < middle for _, arrived in shows) >= 2
    for message, _ in shows:
        data = message["content"]["data"]
        assert "text/html" in data and data["text/plain"].count("\n") == 0
    assert len({message["content"]["data"]["text/html"] for message, _ in shows}) >= 4


def test_a_fast_loop_does_not_drown_the_notebook_in_bars(played):
    cell = played("progress")["fast"]
    assert len(cell.messages) < 40


def test_a_dependency_that_compiles_says_so_before_it_is_there(played):
    cell = played("dependencies")["dep"]
    seen = [
        arrived
        for message, arrived in zip(cell.messages, cell.arrivals)
        if "greeting" in str(message["content"]) and message["msg_type"] != "execute_input"
    ]
    assert seen and seen[0] < cell.replied


def test_words_of_a_thread_that_outlives_its_cell_are_not_lost(played):
    cells = played("output")
    everything = "".join(cell.stream("stdout") for cell in cells.values())
    assert everything.count("late words\n") == 1


def test_the_error_after_an_interrupt_is_the_last_word(played):
    """Exactly one error message, in the reply the same, nothing on stderr beside it."""
    for name, cell in played("interrupt").items():
        for error in cell.errors:
            assert cell.messages[-1]["content"].get("execution_state") == "idle"
            assert cell.reply["content"]["ename"] == error["ename"], name
            assert "panicked" not in cell.stream("stderr"), name
