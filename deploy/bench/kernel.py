"""Measures the kernel against evcxr_jupyter, both driven by jupyter_client, in turns.

    PREFIX/bin/python deploy/bench/kernel.py --prefix PREFIX [--evcxr PROGRAM] [--json]

Prints a table of medians, with the target of each row and whether it is met. Ends with 1 when a
cell gave a wrong result, and with --check also when a target is missed.
"""

import argparse
import json
import shutil
import statistics
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import measures
from driver import WrongResult, evcxr_jupyter, ours
from machine import machine

OURS, THEIRS = "ferrolab", "evcxr_jupyter"


@dataclass
class Row:
    """A line of the table; samples are seconds unless the unit says otherwise."""

    measure: str
    samples: dict[str, list[float]]
    unit: str = "ms"
    target: str = ""
    # Of our median, and of our median over theirs.
    at_most: float | None = None
    at_least: float | None = None
    ratio_at_most: float | None = None
    note: str = ""
    medians: dict[str, float] = field(default_factory=dict)
    ratio: float | None = None
    met: bool | None = None

    def __post_init__(self):
        self.medians = {name: statistics.median(s) for name, s in self.samples.items() if s}
        mine, theirs = self.medians[OURS], self.medians.get(THEIRS)
        self.ratio = mine / theirs if theirs else None
        verdicts = []
        if self.at_most is not None:
            verdicts.append(mine <= self.at_most)
        if self.at_least is not None:
            verdicts.append(mine >= self.at_least)
        if self.ratio_at_most is not None and self.ratio is not None:
            verdicts.append(self.ratio <= self.ratio_at_most)
        if self.note:
            verdicts.append(False)
        self.met = all(verdicts) if verdicts else None

    def text(self, name):
        if name not in self.medians:
            return "–"
        value = self.medians[name]
        match self.unit:
            case "ms":
                return f"{1000 * value:.0f} ms" if value < 10 else f"{value:.1f} s"
            case "x":
                return f"{value:.2f} ×"
            case _:
                return f"{value:.0f} {self.unit}"

    def cells(self):
        return [
            self.measure,
            self.text(OURS),
            self.text(THEIRS),
            "–" if self.ratio is None else f"{self.ratio:.2f}",
            self.target or "–",
            {True: "yes", False: "NO", None: "–"}[self.met] + (f": {self.note}" if self.note else ""),
        ]


def say(text):
    print(f"  {text} ...", file=sys.stderr, flush=True)


@contextmanager
def started(contenders):
    """A kernel of each, ready and side by side."""
    with ExitStack() as stack:
        kernels = [stack.enter_context(contender.start()) for contender in contenders]
        for kernel in kernels:
            kernel.info()
        yield kernels


def rows(contenders, rustc, rounds):
    """All the measurements, and the kernels' versions."""
    say("the compiler alone")
    floors = measures.floors(rustc, rounds)
    say("starts")
    infos, versions = measures.starts(contenders, max(rounds // 3, 3))
    say("first cells")
    firsts, unheard = measures.first_cells(contenders, max(rounds // 3, 3))
    with started(contenders) as kernels:
        say("warm cells")
        measures.warm_up(kernels)
        lets, expressions = measures.warm_cells(kernels, rounds)
        say("array code")
        arrays = measures.array_cells(kernels[0], rounds)
        say("unchanged cells")
        unchanged = measures.unchanged_cells(kernels, rounds)
        say("loops in cells")
        loops = measures.loops(kernels, max(rounds // 3, 3))
        say("floods")
        floods, lost = measures.floods(kernels, max(rounds // 3, 3))
    with started(contenders) as kernels:
        say("the 100th cell")
        early, late = measures.late_cells(kernels, rounds)
    growth = {name: [statistics.median(late[name]) / statistics.median(early[name])] for name in early}
    table = [
        Row("process start → kernel_info_reply", infos, target="≤ 300 ms", at_most=0.3),
        Row("process start → result of a first cell `1 + 1`", firsts, target="≤ 1800 ms", at_most=1.8),
        Row(
            "warm `let` cell",
            lets,
            target="≤ 110 ms and ≤ 0.45 × evcxr_jupyter",
            at_most=0.11,
            ratio_at_most=0.45,
        ),
        Row(
            "warm expression cell (`x + 1`)",
            expressions,
            target="≤ 110 ms and ≤ 0.45 × evcxr_jupyter",
            at_most=0.11,
            ratio_at_most=0.45,
        ),
        Row("20 lines of array code, over a trivial cell", arrays, target="≤ 40 ms", at_most=0.04),
        Row("an unchanged cell again", unchanged, target="≤ 10 ms", at_most=0.01),
        Row("10th cell of a notebook with 60 items", early),
        Row("100th cell of that notebook", late),
        Row("100th cell over 10th cell", growth, unit="x", target="≤ 1.3 ×", at_most=1.3),
        Row(
            f"`print!` of {measures.FLOOD_LINES} lines of {measures.LINE_LENGTH} bytes",
            floods,
            unit="MB/s",
            target="≥ 50 MB/s, all lines in order",
            at_least=50,
            note=f"{lost[OURS]} lines lost or out of order" if lost[OURS] else "",
        ),
        Row(
            "loop over 20 000 000 numbers (run time)",
            loops,
            target="≤ 1.5 × evcxr_jupyter (opt-level 2)",
            ratio_at_most=1.5,
        ),
        Row("rustc alone, opt-level 0", {OURS: floors[0]}),
        Row("rustc alone, opt-level 2", {OURS: floors[2]}),
    ]
    for name in versions:
        if lost[name]:
            versions[name] += f", {lost[name]} lines of the floods lost or out of order"
        if unheard[name]:
            versions[name] += f", {unheard[name]} first results published before the client was subscribed"
    return table, versions


def markdown(table, facts):
    head = ["measure", "ours", THEIRS, "ratio", "target", "met"]
    lines = [f"- {name}: {value}" for name, value in facts.items()]
    lines += ["", "| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(row.cells()) + " |" for row in table]
    lines += ["", "Medians; the kernels took turns. Every result was checked."]
    return "\n".join(lines)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prefix", type=Path, default=Path(sys.prefix), help="where Ferrolab is installed")
    parser.add_argument("--kernel", default="rust-hpc", help="the kernelspec to measure")
    parser.add_argument("--evcxr", type=Path, help="evcxr_jupyter's program; default: the one on PATH")
    parser.add_argument("--rounds", type=int, default=15, help="samples of a warm cell")
    parser.add_argument("--json", action="store_true", help="all samples, for another program")
    parser.add_argument("--check", action="store_true", help="end with 1 when a target is missed")
    return parser.parse_args()


def main():
    options = arguments()
    toolchain = options.prefix / "lib/ferrolab/toolchain"
    rustc = toolchain / "bin/rustc"
    if not rustc.exists():
        sys.exit(f"error: no {rustc}: run deploy/install.sh {options.prefix} first")
    program = options.evcxr or shutil.which("evcxr_jupyter")
    contenders = [ours(options.kernel)]
    facts = machine(rustc)
    with tempfile.TemporaryDirectory() as empty:
        if program:
            contenders.append(evcxr_jupyter(Path(program).absolute(), toolchain, empty))
        else:
            print("note: no evcxr_jupyter (--evcxr PROGRAM): ours alone", file=sys.stderr)
        try:
            table, versions = rows(contenders, rustc, options.rounds)
        except WrongResult as problem:
            sys.exit(f"error: {problem}")
    facts.update(versions)
    if options.json:
        print(json.dumps({"machine": facts, "rows": [asdict(row) for row in table]}, indent=1))
    else:
        print(markdown(table, facts))
    if options.check and any(row.met is False for row in table):
        sys.exit(1)


if __name__ == "__main__":
    main()
