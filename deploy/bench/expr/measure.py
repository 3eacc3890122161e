"""Rows: contenders prepare, are checked, and take turns."""

import re
import statistics
import time
from pathlib import Path

import numpy as np
import works
from contender import Failed, Missing

# Threads of some peers spin a while for more work when theirs is done.
PAUSE = 0.005


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
            about = {
                "file": str(path),
                "dtype": values.dtype.name,
                "shape": list(values.shape),
                "layout": layout,
            }
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
