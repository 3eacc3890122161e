"""Measures array expressions against NumPy, numexpr and JAX, in turns.

    deploy/bench/expr.sh [--rows PATTERN] [--quick | --tiny] [--json FILE] [--threads N] [--check]

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
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import works
from contender import Field
from machine import machine
from measure import Bench
from table import markdown


def say(text):
    print(f"  {text}", file=sys.stderr, flush=True)


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
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--ours", type=Path, required=True, help="the program hpc-lib/examples/bench")
    parser.add_argument("--vml", type=Path, help="a Python environment with numexpr built on VML")
    parser.add_argument("--rows", default="", metavar="PATTERN", help="only rows whose title matches it")
    parser.add_argument("--quick", action="store_true", help="few samples, and no rows above 10⁷ elements")
    parser.add_argument(
        "--tiny", action="store_true", help="a thousandth of the elements: are all results right?"
    )
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="all samples into a file, for another program"
    )
    cores = len(os.sched_getaffinity(0))
    parser.add_argument(
        "--threads",
        type=int,
        default=cores,
        choices=range(1, cores + 1),
        metavar="N",
        help="of each contender; default: all cores",
    )
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
        options.json.write_text(
            json.dumps({"machine": facts, "rows": [row.record() for row in rows]}, indent=1)
        )
    wrong = [
        row.work.title for row in rows for note in row.notes.values() if note.startswith(("WRONG", "FAILED"))
    ]
    if wrong:
        sys.exit(f"error: wrong results in: {'; '.join(dict.fromkeys(wrong))}")
    if options.check and any(row.met() is False for row in rows):
        sys.exit(1)


if __name__ == "__main__":
    main()
