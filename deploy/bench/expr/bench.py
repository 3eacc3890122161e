"""Measures array expressions against NumPy, numexpr and JAX, in turns.

    deploy/bench/expr.sh [--rows PATTERN] [--quick] [--json FILE] [--threads N] [--check]

Prints a table of medians, with the limit of the machine and the target of each row. Every result is
compared with NumPy's, element by element, before it is timed. Ends with 1 when a result is wrong, and
with --check also when a target is missed.
"""

import argparse
import importlib.metadata
import json
import os
import re
import signal
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

import works
from contender import Failed, Field, Missing
from machine import machine
from works import PEERS

ORDER = ("ours", *PEERS)
# Threads of some peers spin a while for more work when theirs is done.
PAUSE = 0.005


def say(text):
    print(f"  {text}", file=sys.stderr, flush=True)


class Wrong(Exception):
    """A result is not NumPy's."""


def check(work, reference, result, strict):
    """How far a result is from NumPy's: the largest error over the larger of magnitude and 1."""
    if result.shape != reference.shape:
        raise Wrong(f"shape {result.shape} instead of {reference.shape}")
    if strict and result.dtype != reference.dtype:
        raise Wrong(f"dtype {result.dtype} instead of {reference.dtype}")
    if reference.dtype.kind not in "fc":
        different = np.flatnonzero(result != reference)
        # Comparisons of numbers that rounded differently.
        if different.size > (reference.size // 10**6 if reference.dtype == bool else 0):
            raise Wrong(f"{different.size} elements differ, the first at {different[0]}")
        return float(different.size)
    with np.errstate(all="ignore"):
        error = np.atleast_1d(np.abs(result - reference) / np.maximum(np.abs(reference), 1))
    error[np.atleast_1d((result == reference) | (np.isnan(result) & np.isnan(reference)))] = 0
    worst = float(error.max(initial=0))
    if not worst <= work.tolerance:
        raise Wrong(f"off by {worst:.1e}, at {int(np.argmax(error))}; allowed is {work.tolerance:.0e}")
    return worst


class Row:
    """What came of a work."""

    def __init__(self, work):
        self.work = work
        self.samples, self.notes, self.errors = {}, {}, {}
        self.medians, self.verdicts = {}, []

    def judge(self, flags):
        self.medians = {name: statistics.median(times) for name, times in self.samples.items()}
        # Ordinary stores or those past the caches, whichever is faster.
        limits = [self.medians.pop(name) for name in ("limit", "limit-nt") if name in self.medians]
        if limits:
            self.medians["limit"] = min(limits)
        for target in self.work.targets if "ours" in self.medians else ():
            self.verdicts.append((target.text(), target.met(self.medians, flags)))

    def met(self):
        """Whether every target that can be judged is met; None when none can."""
        known = [met for _, met in self.verdicts if met is not None]
        return all(known) if known and "ours" not in self.notes else None

    def record(self):
        return {
            "work": self.work.title,
            "formula": self.work.formula,
            "unit": "bytes" if self.work.memory else "seconds",
            "medians": self.medians,
            "samples": self.samples,
            "errors": self.errors,
            "notes": self.notes,
            "targets": [{"target": text, "met": met} for text, met in self.verdicts],
        }


class Bench:
    """All contenders, side by side."""

    def __init__(self, field, folder, rounds, share):
        self.field, self.folder = field, folder
        self.rounds, self.share = rounds, share
        self.running, self.inputs = {}, {}

    def contender(self, name):
        """Started when it is needed first, and again when it ended."""
        if name not in self.running:
            self.running[name] = self.field.start(name)
        return self.running[name]

    def stop(self):
        for contender in self.running.values():
            contender.__exit__()
        self.running.clear()

    def files(self, work):
        """The inputs as files, the same for all. What the last row had is kept."""
        for name, make in work.inputs.items():
            layout = work.layout.get(name, "contiguous")
            if self.inputs.get(name, (None,))[0] == (make, layout):
                continue
            values = make(np.random.default_rng([20261122, ord(name)]))
            path = self.folder / f"{name}.raw"
            values.tofile(path)
            about = {"file": str(path), "dtype": values.dtype.name, "shape": list(values.shape), "layout": layout}
            self.inputs[name] = ((make, layout), about)
        return {name: self.inputs[name] for name in work.inputs}

    def result(self, name):
        path = self.folder / "result.raw"
        about = self.contender(name).ask("save", file=str(path))
        return np.fromfile(path, about["dtype"]).reshape(about["shape"])

    def prepare(self, name, work, files):
        contender = self.contender(name)
        keep = [letter for letter, (key, _) in files.items() if contender.holds.get(letter) == key]
        contender.holds = {letter: files[letter][0] for letter in keep}
        contender.ask("forget", keep=keep)
        for letter, (key, about) in files.items():
            if letter not in keep:
                contender.ask("load", name=letter, **about)
                contender.holds[letter] = key
        contender.ask("prepare", formula=formula_of(work, name))

    def measure(self, work):
        """A row: prepared and checked one after the other, timed in turns."""
        row = Row(work)
        files = self.files(work)
        self.prepare("numpy", work, files)
        reference = self.result("numpy")
        ready = {"numpy": "numpy"}
        for name in self.field.names():
            if name in ("numpy", "limit"):
                continue
            try:
                self.prepare(name, work, files)
                row.errors[name] = check(work, reference, self.result(name), name == "ours")
                ready[name] = name
            except Missing as reason:
                row.notes[name] = str(reason)
            except Wrong as problem:
                row.notes[name] = f"WRONG: {problem}"
            except Failed as problem:
                row.notes[name] = f"FAILED: {problem}"
                self.running.pop(name).__exit__()
        self.time(row, ready)
        return row

    def time(self, row, ready):
        limits = [None]
        if row.work.limit:
            kind, length = row.work.limit[0], works.length(row.work.limit[1])
            limits = [f"limit:{kind}:{length}", f"limit:{kind}-nt:{length}"]
        took = {name: self.seconds(name, row.work) for name in ready}
        for turn in range(self.rounds):
            for name in ready:
                # What takes seconds says the same each time.
                if took[name] < 1 or turn < 3:
                    self.sample(row, name, name, max(1, min(20, int(self.share / took[name]))))
            # Two loops in one process take turns as well.
            formula = limits[turn % len(limits)]
            if formula:
                self.limit(row, formula)

    def limit(self, row, formula):
        column = "limit-nt" if "-nt:" in formula else "limit"
        try:
            self.contender("limit").ask("prepare", formula=formula)
        except Missing:
            return
        self.sample(row, "limit", column, 4)

    def machine(self):
        """What the machine can do, by loops of plain Rust: bytes a second, operations a second."""
        facts = {}
        for text, kind, length, moved in (
            ("copy", "copy", 10**7, 16),
            ("triad", "triad", 10**7, 24),
            ("triad in cache", "triad", 10**5, 24),
            ("dot", "dot", 10**7, 16),
            ("sum", "sum", 10**7, 8),
        ):
            speeds = []
            for variant in ("", "-nt"):
                row = Row(None)
                self.limit(row, f"limit:{kind}{variant}:{length}")
                speeds += [f"{length * moved / statistics.median(s) / 1e9:.1f}" for s in row.samples.values()]
            facts[text] = " GB/s, past the caches ".join(speeds) + " GB/s"
        for text, kind in (("multiply-add f64", "fma"), ("multiply-add f32", "fma32")):
            row = Row(None)
            self.limit(row, f"limit:{kind}:{10**9}")
            facts[text] = f"{10**9 / statistics.median(row.samples['limit']) / 1e9:.0f} GFLOP/s"
        return facts

    def sample(self, row, name, column, repeats):
        time.sleep(PAUSE)
        inner = row.work.inner if row.work else 1
        # The first one finds the caches full of the others' data.
        seconds = self.contender(name).ask("run", repeats=repeats + 1, inner=inner)["seconds"]
        row.samples.setdefault(column, []).extend(seconds[1:])

    def seconds(self, name, work):
        """About how long a sample takes."""
        each = self.contender(name).ask("run", repeats=1, inner=work.inner)["seconds"][0]
        return max(each * work.inner, 1e-6)

    def memory(self, work):
        """A row of peaks: each contender alone, in a process of its own. The limit is what inputs and
        output take."""
        row = Row(work)
        self.stop()
        reduced = work.formula.startswith("sum(")
        least = 8 * work.memory * (len(work.inputs) + (0 if reduced else 1))
        row.samples["limit"] = [least]
        for name in ("ours", "numpy", "numexpr"):
            # NumPy's intermediate results, of which two are alive at a time.
            needed = least + (2 * 8 * work.memory if name == "numpy" else 0) + 2**30
            if needed > available_memory():
                row.notes[name] = f"not run: needs {needed / 1e9:.0f} GB"
                continue
            with self.field.start(name) as contender:
                try:
                    peak = peak_of(contender, work)
                    row.samples[name] = [peak]
                except Missing as reason:
                    row.notes[name] = str(reason)
                except Failed as problem:
                    row.notes[name] = f"FAILED: {problem}"
        return row


def formula_of(work, name):
    """What that contender is to evaluate."""
    if name == "ours":
        return work.key
    if name.startswith("numexpr") and work.numexpr is not None:
        return work.numexpr
    return work.formula


def peak_of(contender, work):
    """Bytes that the process held at most, over what it holds without arrays."""
    contender.ask("settle")
    before = contender.ask("peak")["bytes"]
    for name in work.inputs:
        start, stop = (-1, 1) if name in "xy" else (0.001, 2)
        contender.ask("fill", name=name, start=start, stop=stop, n=work.memory)
    contender.ask("prepare", formula=formula_of(work, contender.name))
    contender.ask("settle")
    contender.ask("run", repeats=1, inner=1)
    return contender.ask("peak")["bytes"] - before


def available_memory():
    text = Path("/proc/meminfo").read_text()
    return 1024 * int(re.search(r"MemAvailable:\s+(\d+)", text).group(1))


# --- the table -----------------------------------------------------------------------------------


def amount(value, memory):
    if value is None:
        return "–"
    if memory:
        return f"{value / 1e9:.2f} GB"
    for unit, scale in (("s", 1), ("ms", 1e3), ("µs", 1e6)):
        if value * scale >= 1 or unit == "µs" and value >= 1e-7:
            return f"{value * scale:.3g} {unit}" if value * scale < 1000 else f"{value * scale:.0f} {unit}"
    return f"{value * 1e9:.0f} ns"


def cells(row):
    medians, memory = row.medians, bool(row.work.memory)
    ours = medians.get("ours")
    line = [row.work.title, amount(medians.get("limit"), memory)]
    line.append(amount(ours, memory) if ours is not None else row.notes.get("ours", "–"))
    limit = medians.get("limit")
    line.append(f"{ours / limit:.2f}" if ours and limit else "–")
    for peer in PEERS:
        theirs = medians.get(peer)
        if theirs is None:
            note = row.notes.get(peer, "")
            line.append(note if note.startswith(("WRONG", "FAILED")) else "–")
        else:
            line.append(amount(theirs, memory) + (f" ({theirs / ours:.2f} ×)" if ours else ""))
    line.append(", ".join(text for text, _ in row.verdicts) or ", ".join(t.text() for t in row.work.targets))
    missed = [text for text, met in row.verdicts if met is False]
    match row.met():
        case None:
            line.append("–")
        case True:
            line.append("yes")
        case False:
            line.append("NO: " + ", ".join(missed))
    # A pipe would end the cell.
    return [cell.replace("|", "\\|") for cell in line]


def markdown(rows, facts):
    head = ["work", "limit", "ours", "÷ limit", *(f"{peer} (÷ ours)" for peer in PEERS), "target", "met"]
    lines = [f"- {name}: {value}" for name, value in facts.items()]
    lines += ["", "| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(cells(row)) + " |" for row in rows]
    lines += [
        "",
        "Medians; the contenders took turns, every result was compared with NumPy's. The limit is the faster of two "
        "loops of plain Rust that move the row's memory (with ordinary stores, and past the caches) or, for matmul, "
        "that only multiply and add; for memory it is what inputs and output take.",
    ]
    return "\n".join(lines)


def cpu_flags():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("flags"):
            return set(line.split())
    return set()


def facts_of(options, flags):
    facts = machine("rustc")
    facts["threads"] = options.threads
    facts["vectors"] = "AVX-512" if "avx512f" in flags else "AVX2" if "avx2" in flags else "SSE2"
    for package in ("numpy", "numexpr", "jax"):
        facts[package] = importlib.metadata.version(package)
    if not options.vml:
        facts["numexpr+VML"] = "not there"
    if "avx512f" not in flags:
        facts["note"] = "targets in ms were set on a machine with AVX-512 and are not judged here"
    if options.tiny:
        facts["tiny"] = "a thousandth of the elements; the times mean nothing"
    return facts


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ours", type=Path, required=True, help="the program hpc-lib/examples/bench")
    parser.add_argument("--vml", type=Path, help="a Python environment with numexpr built on VML")
    parser.add_argument("--rows", default="", metavar="PATTERN", help="only rows whose title matches it")
    parser.add_argument("--quick", action="store_true", help="few samples, and no rows above 10⁷ elements")
    parser.add_argument("--tiny", action="store_true", help="a thousandth of the elements: are all results right?")
    parser.add_argument("--json", type=Path, metavar="FILE", help="all samples into a file, for another program")
    cores = len(os.sched_getaffinity(0))
    parser.add_argument("--threads", type=int, default=cores, help="of each contender; default: all cores")
    parser.add_argument("--check", action="store_true", help="end with 1 when a target is missed")
    return parser.parse_args()


def main():
    # A time limit ends a run as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    options = arguments()
    flags = cpu_flags()
    chosen = [work for work in works.works() if re.search(options.rows, work.title)]
    works.tiny = options.tiny
    if options.quick or options.tiny:
        chosen = [work for work in chosen if not work.memory]
    if options.tiny:
        chosen = [replace(work, targets=(), limit=None) for work in chosen]
    if not chosen:
        sys.exit(f"error: no row matches {options.rows!r}")
    facts = facts_of(options, flags)
    field = Field(options.ours, options.vml, options.threads)
    rows = []
    with tempfile.TemporaryDirectory(prefix="ferrolab-bench-") as folder:
        rounds, share = (1, 0.001) if options.tiny else (4, 0.02) if options.quick else (10, 0.06)
        bench = Bench(field, Path(folder), rounds, share)
        try:
            if not options.tiny:
                facts.update(bench.machine())
            for work in chosen:
                say(work.title)
                row = bench.memory(work) if work.memory else bench.measure(work)
                row.judge(flags)
                rows.append(row)
        except KeyboardInterrupt:
            say("interrupted: the rows so far")
        finally:
            bench.stop()
    print(markdown(rows, facts))
    if options.json:
        options.json.write_text(json.dumps({"machine": facts, "rows": [row.record() for row in rows]}, indent=1))
    wrong = [row.work.title for row in rows for note in row.notes.values() if note.startswith(("WRONG", "FAILED"))]
    if wrong:
        sys.exit(f"error: wrong results in: {'; '.join(dict.fromkeys(wrong))}")
    if options.check and any(row.met() is False for row in rows):
        sys.exit(1)


if __name__ == "__main__":
    main()
