"""The profile of cells: what `%%prof` says, what other tools read of it, what a batch run leaves."""

import json
import re
import subprocess
import time
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


def test_counters_are_shown_or_said_to_be_unavailable(client):
    code = """%%prof --counters
region!("spin", { for i in 0..1_000_000_u64 { std::hint::black_box(i); } });
"""
    text, html = page(client, code)
    if "is unavailable: " in text:
        assert re.search(r"^(cycles|instructions) is unavailable: \w+", text, re.M)
    else:
        titles, *lines = text[text.index("REGION") :].splitlines()
        for title in ["IPC", "CYCLES", "INSTRUCTIONS"]:
            assert title in titles
        (spin,) = [line.split() for line in lines if line.split()[:1] == ["spin"]]
        assert any(re.fullmatch(r"\d+", word) for word in spin) and {"M", "k"} & set(spin)
        assert "<th title" in html and ">instructions</th>" in html
    # Only where they are asked for.
    text, _ = page(client, '%%prof\nregion!("spin", {});')
    assert "CYCLES" not in text and "unavailable" not in text


def test_phases_stand_beside_the_regions_of_their_cell(client):
    code = """%%prof
for i in 0..4 {
    let point = prof::rewind_point();
    region!("iterate", {
        if i == 0 { hpc::phase!("warm-up", { region!("fill", {}); }); }
    });
    if i == 3 { prof::rewind(&point); }
}
"""
    text, _ = page(client, code)
    assert visits(text, "iterate") == 3
    indents = {line.strip().split("  ")[0]: len(line) - len(line.lstrip()) for line in text.splitlines()}
    assert indents["warm-up"] == indents["iterate"]
    assert indents["fill"] > indents["warm-up"]


def test_going_back_too_far_is_told(client):
    _, published = run(client, "let point = region!(\"over\", { prof::rewind_point() }); prof::rewind(&point)")
    told = "".join(m["content"]["text"] for m in published if m["msg_type"] == "stream")
    assert "the region that was open at the point has ended; nothing was dropped" in told


def shown(client, code):
    """What a cell shows, in order: whether it is new, its text, its HTML, its display and when it came."""
    started, displays = time.monotonic(), []

    def look(message):
        if message["msg_type"] in ("display_data", "update_display_data"):
            content = message["content"]
            data = content["data"]
            display = content.get("transient", {}).get("display_id")
            is_new = message["msg_type"] == "display_data"
            when = time.monotonic() - started
            displays.append((is_new, data["text/plain"], data.get("text/html", ""), display, when))

    client.execute_interactive(code, timeout=120, output_hook=look, allow_stdin=False)
    return displays


def test_the_compilers_work_is_in_the_profile(client):
    text, html = page(client, '%%prof --trace\nfn twice(x: i32) -> i32 { 2 * x }\ntwice(4);')
    number = int(re.search(r"compile In \[(\d+)\]", text)[1])
    for step in ["parse", "plan", "rustc", "expand", "types", "codegen", "link", "load"]:
        assert visits(text, step) >= 1, step
    # It is no part of the whole.
    lines = {line.split("  ")[0]: line for line in text.splitlines()}
    assert "100.0" in lines[f"In [{number}]"]
    assert "100.0" not in lines[f"compile In [{number}]"]
    data = json.loads(re.search(r'<script type="application/json">(.*?)</script>', html)[1])
    assert [track["name"] for track in data["tracks"]][-1] == "compiler"
    assert {"codegen", "link", "load"} <= set(data["regions"])
    # What is compiled already is loaded again.
    again, _ = page(client, "%%prof\ntwice(4);")
    assert "rustc" not in again and visits(again, "load") == 1


def test_exports_have_the_compilers_work(client, tmp_path):
    otf2 = pytest.importorskip("otf2")
    folder = tmp_path / "trace.otf2"
    page(client, f"%%prof --export {folder} --export {tmp_path}/a.csv\nlet compiled = 1;")
    open_regions, times = [], Counter()
    with otf2.reader.open(str(folder / "traces.otf2")) as trace:
        groups = [group.name for group in trace.definitions.location_groups]
        assert len(set(groups)) == 2
        for location, event in trace.events:
            if location.name != "compiler":
                continue
            if isinstance(event, otf2.events.Enter):
                open_regions.append((event.region.name, event.time))
            elif isinstance(event, otf2.events.Leave):
                name, start = open_regions.pop()
                assert name == event.region.name
                times[name] += event.time - start
    assert not open_regions
    assert times["rustc"] >= times["link"] > 0
    assert sum(times[step] for step in ("expand", "types", "codegen", "link")) <= times["rustc"]


def test_a_footer_is_told_once(client):
    run(client, "%prof on")
    try:
        told = [text for _, text, *_ in shown(client, 'region!("x", {});')]
        assert len(told) == 1 and told[0].startswith("ran ")
        told = [text for _, text, *_ in shown(client, '%%prof\nregion!("y", {});')]
        assert len(told) == 1 and told[0].startswith("ran ")
        assert visits(told[0], "y") == 1
    finally:
        run(client, "%prof off")


def test_profiles_are_compared(client):
    code = """%%prof {options}
for _ in 0..20 {{
    region!("as ever", {{ std::thread::sleep(std::time::Duration::from_millis(1)); }});
    region!("changed", {{ std::thread::sleep(std::time::Duration::from_millis({ms})); }});
}}
"""
    shown(client, code.format(options="--as before", ms=1))
    profile, comparison = shown(client, code.format(options="--diff before", ms=4))
    _, text, html, _, _ = comparison
    assert text.startswith("before → In [")
    lines = {line.split("  ")[0]: line for line in text.splitlines()}
    assert lines["cell/changed"].endswith("slower")
    assert not lines["cell/as ever"].endswith("slower")
    assert "→" not in lines["cell/changed"]
    assert '<tr class="slower"><th scope="row">cell/changed</th>' in html
    assert "as ever" in profile[1]
    # The other way round, by the number of a cell and by when it was.
    number = re.search(r"In \[(\d+)\]", text)[1]
    ((_, text, *_),) = shown(client, f"%prof diff {number} before")
    assert re.search(r"^cell/changed .* faster$", text, re.M)
    ((_, text, *_),) = shown(client, f"%prof diff {number} last")
    assert "no path is slower or faster" in text
    for wrong in ["%prof diff before nothing", "%%prof --diff nothing\n1", "%prof diff before"]:
        reply, _ = run(client, wrong)
        assert reply["content"]["ename"] == "CommandError"


WORK = """region!("work", {
    for _ in 0..10 { region!("step", { std::thread::sleep(std::time::Duration::from_millis(200)); }); }
});
"""


def check_view(displays, last):
    """One display, which changes while the cell runs and ends as it says."""
    assert displays[0][0] and not any(is_new for is_new, *_ in displays[1:])
    (display,) = {display for *_, display, _ in displays}
    assert display
    for _, text, html, _, _ in displays[:-1]:
        words = [line.split() for line in text.splitlines()]
        assert words[0] == ["THREAD", "REGION", "FOR"]
        assert words[1][0] == "main" and words[2][0] == "work"
        assert "work</th>" in html
    times = [when for *_, when in displays[:-1]]
    assert all(b - a > 0.15 for a, b in zip(times, times[1:]))
    assert len(times) <= 4 * 2.5
    assert last in displays[-1][1]
    return times


def test_a_running_cell_is_watched_when_asked(client):
    times = check_view(shown(client, f"%%prof --live\n{WORK}"), "VISITS")
    assert len(times) >= 4


def test_a_running_cell_is_watched_after_a_second(client):
    run(client, "%prof on")
    try:
        check_view(shown(client, WORK), "ran 2.")
        assert len(shown(client, 'region!("short", {});')) == 1
    finally:
        run(client, "%prof off")


def test_a_cell_that_dies_is_watched_to_its_end(client):
    code = f"%%prof --live\n{WORK.replace('0..10', '0..4')}\nstd::process::abort();"
    displays = shown(client, code)
    check_view(displays, "VISITS")
    assert visits(displays[-1][1], "step") == 4


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
