"""The examples of the pages in kernel/doc, run by a kernel; each section is a test.

pages.py says how an example is written.
"""

import re
from pathlib import Path

import pytest
from kernels import plain, run, started_kernel, text

import pages

REPOSITORY = Path(__file__).parent.parent.parent
DOC = REPOSITORY / "kernel" / "doc"
PAGES = sorted(DOC.glob("*.md"))
FOLDERS = ["kernel", "spawner", "hpc-lib", "deploy", "tests"]


@pytest.mark.parametrize(
    "examples",
    [
        pytest.param(examples, id=f"{page.stem}-{title}")
        for page in PAGES
        for title, examples in pages.sections(page)
    ],
)
def test_section(examples, tmp_path):
    with started_kernel(cwd=str(tmp_path)) as (_, client):
        for example in examples:
            reply, shown = pages.run(client, example)
            where = f"the cell in line {example.line}"
            assert (reply["content"]["status"] == "error") == example.fails, f"{where}:\n{shown}"
            assert pages.agrees(shown, example.shows), (
                f"{where} shows\n{shown}\nbut the page says\n{example.shows}"
            )


def test_every_command_has_a_section(client):
    """And no section is about a command that is not there."""
    _, published = run(client, ":help")
    (listed,) = text(published, "display_data")
    # The first column ends where there are two blanks.
    rows = [re.split(r" {2,}", plain(line))[0] for line in listed.splitlines()[1:]]
    known = {name for row in rows for name in row.split(", ")}
    heads = re.findall(r"^## (.+)$", (DOC / "commands.md").read_text(), re.MULTILINE)
    described = {name for head in heads for name in re.findall(r"`([^`]+)`", head)}
    assert described == known


def test_links_lead_somewhere():
    every = [*REPOSITORY.glob("*.md")]
    for folder in FOLDERS:
        every += [page for page in (REPOSITORY / folder).rglob("*.md") if "node_modules" not in page.parts]
    broken = []
    for page in every:
        for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
            file, _, anchor = link.partition("#")
            target = page.parent / file if file else page
            if "://" not in link and not (target.exists() and (not anchor or anchor in anchors(target))):
                broken.append(f"{page.relative_to(REPOSITORY)}: {link}")
    assert not broken, broken


def anchors(page):
    """The names that browsers know the headings of a page by; of equal ones the second ends in `-1`."""
    names = []
    for head in re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE):
        name = re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-")
        seen = sum(re.fullmatch(rf"{re.escape(name)}(-\d+)?", known) is not None for known in names)
        names.append(f"{name}-{seen}" if seen else name)
    return names


@pytest.mark.parametrize(
    ("shown", "expected", "agree"),
    [
        ("1", "1", True),
        ("1\n2 ", "1\n2\n", True),
        ("1", "2", False),
        ("1\n2", "1", False),
        ("took 12 ms", "took … ms", True),
        ("took 12 s\nms", "took … ms", False),
        ("a\nb\nc\nd", "a\n…\nd", True),
        ("a\nd", "a\n…\nd", True),
        ("a.c", "abc", False),
        ("", "", True),
        ("1", "", False),
    ],
)
def test_what_agrees(shown, expected, agree):
    assert pages.agrees(shown, expected) is agree


def test_examples_are_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "# Page\n```rust cell\nno_section()\n```\n## One\n```rust\nnot_run()\n```\n"
        '```rust cell fails answer="a b" interrupt=2\nf();\n\ng()\n```\n\n```text\nout\n```\n'
        "## Two\n```rust cell\nh()\n```\nwords\n```text\nnot its output\n```\n"
    )
    (one, [first]), (two, [second]) = pages.sections(page)
    assert (one, two) == ("One", "Two")
    assert (first.line, first.code, first.shows) == (9, "f();\n\ng()", "out\n")
    assert (first.fails, first.answers, first.interrupts) == (True, ["a b"], 2)
    assert second.shows == ""
    page.write_text("## One\n```rust cell fials\n1\n```\n")
    with pytest.raises(ValueError, match="line 2: what is `fials`"):
        pages.sections(page)
