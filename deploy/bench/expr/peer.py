"""The process of one peer: numpy, numexpr or jax. It answers requests, a line of JSON each, on its
standard output; hpc-lib/examples/bench answers the same ones for us.

    peer.py numpy|numexpr|jax
"""

import gc
import itertools
import json
import sys
import time
from pathlib import Path

import numpy as np


class Missing(Exception):
    """This peer does not have that row."""


def fifty_terms(turn):
    """The text of an expression with constants of its own."""
    return "+".join(f"{k + turn / 128}*{'ab'[k % 2]}" for k in range(50))


def scatter(a, p, b):
    a[p] = b
    return a


class Numpy:
    """Formulas are Python code with NumPy's names."""

    namespace = {
        **{name: getattr(np, name) for name in np.__all__ if name != "sum"},
        "sum": np.sum,
        "scatter": scatter,
    }

    def array(self, values, layout):
        match layout:
            case "contiguous":
                return values
            case "strided":
                wide = np.zeros(2 * values.size, values.dtype)
                wide[::2] = values
                return wide[::2]
            case "unaligned":
                records = np.zeros(values.size, [("byte", "i1"), ("value", values.dtype)])
                records["value"] = values
                return records["value"]

    def prepare(self, formula, arrays):
        """A function that evaluates the formula `inner` times and gives the last result."""
        if formula.startswith("fifty_terms"):
            codes = itertools.cycle([compile(fifty_terms(turn), "formula", "eval") for turn in range(100)])
            return repeated(lambda: eval(next(codes), arrays))
        text = f"def run(inner, {', '.join(arrays)}):\n for _ in repeat(None, inner):\n  result = {formula}\n return result"
        scope = {**self.namespace, "repeat": itertools.repeat}
        exec(text, scope)
        return lambda inner: scope["run"](inner, **arrays)

    def finish(self, result):
        return np.asarray(result)


def repeated(one):
    def run(inner):
        for _ in range(inner):
            result = one()
        return result

    return run


class Numexpr(Numpy):
    """The shortest way that numexpr has: checks and lookups are left out after the first time."""

    def __init__(self):
        import numexpr

        self.numexpr = numexpr

    def prepare(self, formula, arrays):
        if not formula:
            raise Missing("numexpr has no such function")
        names = {**arrays, "pi": np.pi}
        if formula.startswith("fifty_terms"):
            texts = itertools.cycle([fifty_terms(turn) for turn in range(100)])
            # Not from its cache: each is seen once, as where they are written by a program.
            return repeated(lambda: self.numexpr.evaluate(next(texts), names, disable_cache=True))
        formula, _, target = formula.partition(" -> ")
        out = arrays[target] if target else None
        self.numexpr.evaluate(formula, names, out=out, optimization="aggressive")
        return repeated(lambda: self.numexpr.re_evaluate(names))


class Jax(Numpy):
    """Compiled by XLA where it can be; the time of that is not counted."""

    def __init__(self):
        import jax

        jax.config.update("jax_enable_x64", True)
        self.jax = jax
        self.namespace = {name: getattr(jax.numpy, name) for name in dir(jax.numpy)}
        self.namespace["scatter"] = lambda a, p, b: a.at[p].set(b)

    def array(self, values, layout):
        if layout != "contiguous":
            raise Missing("its arrays are contiguous")
        return self.jax.device_put(values)

    def prepare(self, formula, arrays):
        if formula.startswith("fifty_terms"):
            codes = itertools.cycle([compile(fifty_terms(turn), "formula", "eval") for turn in range(100)])
            return repeated(lambda: eval(next(codes), dict(arrays)).block_until_ready())
        if "out=" in formula:
            raise Missing("its arrays cannot be written to")
        # The size of these results depends on the data.
        static = not formula.startswith(("unique", "a[m]", "a[a>"))
        function = eval(f"lambda {', '.join(arrays)}: {formula}", dict(self.namespace))
        if static:
            function = self.jax.jit(function)
        values = list(arrays.values())
        return repeated(lambda: function(*values).block_until_ready())


class Peer:
    """Its arrays and the work at hand."""

    def __init__(self, kind):
        self.kind = kind
        self.arrays, self.run_it, self.result = {}, None, None

    def forget(self, keep):
        """All but these arrays."""
        self.arrays = {name: self.arrays[name] for name in keep}
        self.run_it = self.result = None

    def load(self, name, file, dtype, shape, layout):
        values = np.fromfile(file, dtype).reshape(shape)
        self.arrays[name] = self.kind.array(values, layout)

    def fill(self, name, start, stop, n):
        """Evenly spaced numbers without temporaries of that size."""
        values = np.empty(n)
        for at in range(0, n, 1 << 20):
            part = np.arange(at, min(at + (1 << 20), n))
            values[at : at + part.size] = start + part * ((stop - start) / (n - 1))
        self.arrays[name] = values

    def prepare(self, formula):
        self.run_it = self.kind.prepare(formula, self.arrays)

    def run(self, repeats, inner):
        seconds = []
        for _ in range(repeats):
            # The last result goes first, as in a loop that assigns to one variable.
            self.result = None
            began = time.perf_counter()
            self.result = self.run_it(inner)
            seconds.append((time.perf_counter() - began) / inner)
        return {"seconds": seconds}

    def save(self, file):
        result = self.kind.finish(self.run_it(1) if self.result is None else self.result)
        np.ascontiguousarray(result).tofile(file)
        return {"dtype": result.dtype.name, "shape": list(result.shape)}

    def settle(self):
        """The peak of memory counts from here."""
        self.result = None
        Path("/proc/self/clear_refs").write_text("5")

    def peak(self):
        status = Path("/proc/self/status").read_text()
        return {"bytes": 1024 * int(status.split("VmHWM:")[1].split()[0])}


def main():
    kinds = {"numpy": Numpy, "numexpr": Numexpr, "jax": Jax}
    peer = Peer(kinds[sys.argv[1]]())
    gc.disable()
    for line in sys.stdin:
        request = json.loads(line)
        action = request.pop("do")
        try:
            answer = getattr(peer, action)(**request) or {}
        except Missing as reason:
            answer = {"missing": str(reason)}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
