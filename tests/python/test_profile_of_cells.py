"""The profile of cells: what `%%prof` says, what other tools read of it, what a batch run leaves."""

import json
import re
import subprocess
from collections import Counter

import pytest
from kernels import run, value


def page(client, code):
    """The text and the HTML that `%%prof` shows of a cell."""
    reply, published = run(client, code)
    assert reply["content"]["status"] == "ok", reply["content"]
    shown = [m["content"]["data"] for m in published if m["msg_type"] == "display_data"]
    (bundle,) = [data for data in shown if "VISITS" in data["text/plain"]]
    return bundle["text/plain"], bundle["text/html"]


def visits(text, name):
    """The visits of a line of the table."""
    return int(re.search(rf"^ *{re.escape(name)} +(\d+) ", text, re.M)[1])


TRACED = """%%prof --trace {exports}
for i in 0..20_u64 {{
    region!("outer <&>", {{
        for _ in 0..5 {{ region!("inner", {{ std::hint::black_box(i); }}); }}
    }});
}}
"""


def test_the_table_counts_what_the_cell_did(client):
    text, html = page(client, TRACED.format(exports=""))
    assert visits(text, "outer <&>") == 20
    assert visits(text, "inner") == 100
    # Names are text, wherever they come from.
    assert "outer &lt;&amp;&gt;" in html
    assert "<&>" not in html


def test_the_page_needs_no_network(client):
    _, html = page(client, TRACED.format(exports=""))
    assert not re.search(r"https?://|src=|@import|url\(", html)


def test_a_long_trace_makes_a_short_page(client):
    code = """%%prof --trace
for i in 0..300_000_u64 { region!("many", { std::hint::black_box(i); }); }
"""
    text, html = page(client, code)
    assert visits(text, "many") == 300_000
    assert len(html) < 3_000_000
    data = json.loads(re.search(r'<script type="application/json">(.*?)</script>', html)[1])
    spans = sum(len(row) for level in data["levels"] for track in level["tracks"] for row in track)
    assert 0 < spans <= 3 * 100_000
    for level in data["levels"]:
        for track in level["tracks"]:
            for row in track:
                starts, lengths = row[0::3], row[1::3]
                ends = [start + length for start, length in zip(starts, lengths)]
                assert all(end <= start for end, start in zip(ends, starts[1:]))


def test_readers_of_otf2_find_the_table(client, tmp_path):
    otf2 = pytest.importorskip("otf2")
    folder = tmp_path / "trace.otf2"
    text, _ = page(client, TRACED.format(exports=f"--export {folder}"))
    entered = Counter()
    with otf2.reader.open(str(folder / "traces.otf2")) as trace:
        for _, event in trace.events:
            if isinstance(event, otf2.events.Enter):
                entered[event.region.name] += 1
    assert entered["outer <&>"] == visits(text, "outer <&>")
    assert entered["inner"] == visits(text, "inner")


def test_readers_of_cube_find_the_table(client, tmp_path):
    pycubexr = pytest.importorskip("pycubexr")
    file = tmp_path / "profile.cubex"
    text, _ = page(client, TRACED.format(exports=f"--export {file}"))
    with pycubexr.CubexParser(str(file)) as cube:
        (metric,) = [metric for metric in cube.get_metrics() if metric.name == "visits"]
        values = cube.get_metric_values(metric)
        found = Counter()
        for index in values.cnode_indices:
            node = cube.get_cnode(index)
            found[cube.get_region(node).name] += int(sum(values.cnode_values(node)))
    assert found["inner"] == visits(text, "inner")
    assert found["outer <&>"] == visits(text, "outer <&>")


def test_a_profile_of_one_cell_knows_nothing_of_others(client):
    run(client, 'region!("earlier", {});')
    text, _ = page(client, '%%prof\nregion!("now", {});')
    assert "earlier" not in text


def test_a_cell_that_is_off_is_not_recorded(client):
    run(client, 'prof::disable(); region!("unseen", {}); prof::enable();')
    assert value(client, 'prof::report().get("unseen").is_none()') == "true"


def test_scaling_runs_the_cell_with_each_number(client):
    _, published = run(client, "%%scaling p=1,2 --runs 1\nprintln!(\"{}\", hpc::threads());")
    printed = "".join(m["content"]["text"] for m in published if m["msg_type"] == "stream")
    assert printed == "1\n"
    (table,) = [m["content"]["data"] for m in published if m["msg_type"] == "display_data"]
    lines = table["text/plain"].splitlines()
    assert [line.split()[0] for line in lines[1:3]] == ["1", "2"]
    assert "<svg" in table["text/html"]


def test_a_batch_run_leaves_a_profile(prefix, tmp_path):
    notebook = tmp_path / "night.ipynb"
    cell = {
        "cell_type": "code",
        "execution_count": None,
        "id": "a",
        "metadata": {},
        "outputs": [],
        "source": 'for _ in 0..7 { region!("by night", {}); }',
    }
    kernelspec = {"name": "rust-hpc", "display_name": "Rust", "language": "rust"}
    document = {
        "cells": [cell],
        "metadata": {"kernelspec": kernelspec},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    notebook.write_text(json.dumps(document))
    ferrolab = prefix / "bin" / "ferrolab"
    subprocess.run([ferrolab, "run", "--quiet", "--prof", notebook], check=True, timeout=300)
    (recording,) = (tmp_path / "night.executed.prof").glob("*.prof")
    assert recording.stat().st_mode & 0o777 == 0o600
    shown = subprocess.run(
        [ferrolab, "prof", "show", "--json", recording],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    profile = json.loads(shown.stdout)
    assert profile["processes"][0]["state"] == "closed"
    counted = {tuple(path["path"]): path["visits"] for path in profile["paths"]}
    assert counted["In [1]", "by night"] == 7
