"""What is measured. A work is a formula in NumPy's language over arrays with one-letter names; the
same formula is its key in the table of our side (`hpc-lib/examples/bench/works.rs`), where one more
line makes a row come alive."""

from dataclasses import dataclass, field
from functools import cache

import numpy as np

PEERS = ("numpy", "numexpr", "numexpr+VML", "jax")


# --- targets -------------------------------------------------------------------------------------
# Each is a text and a question to the medians (seconds, or bytes): True, False, or None when it
# cannot be said.


@dataclass(frozen=True)
class AtMost:
    """Milliseconds on the machine that the targets were set on."""

    ms: float
    # Of the machine that the figure was set on: 2 cores with AVX-512.
    only_with = "avx512f"

    def text(self):
        return f"≤ {self.ms:g} ms (2 cores, AVX-512)"

    def met(self, medians, flags):
        return medians["ours"] <= self.ms / 1e3 if self.only_with in flags else None


@dataclass(frozen=True)
class Ahead:
    """At least that many times as fast as a peer."""

    times: float
    peer: str

    def text(self):
        return f"≥ {self.times:g} × {self.peer}"

    def met(self, medians, flags):
        peer = medians.get(self.peer)
        return None if peer is None else peer >= self.times * medians["ours"]


@dataclass(frozen=True)
class AheadOfAll:
    """Faster than every peer that has the row."""

    def text(self):
        return "ahead of all"

    def met(self, medians, flags):
        peers = [medians[name] for name in PEERS if name in medians]
        return all(peer >= medians["ours"] for peer in peers) if peers else None


@dataclass(frozen=True)
class OfLimit:
    """At most that many times the limit of the machine."""

    times: float

    def text(self):
        return f"≤ {self.times:g} × limit"

    def met(self, medians, flags):
        limit = medians.get("limit")
        return None if limit is None else medians["ours"] <= self.times * limit


# --- works ---------------------------------------------------------------------------------------


@dataclass
class Work:
    """A row of the table."""

    title: str
    formula: str
    # Name → a function of a random generator and nothing else, that gives the array.
    inputs: dict
    targets: tuple = (AheadOfAll(),)
    # What numexpr evaluates, if it is not the formula; "" if it cannot. `-> t` writes into `t`.
    numexpr: str | None = None
    # The loop of plain Rust that bounds it (`hpc-lib/examples/bench/limits.rs`) and its length.
    limit: tuple[str, int] | None = None
    # How the inputs lie in memory: contiguous, strided (every second element) or unaligned.
    layout: dict = field(default_factory=dict)
    # How far a result may be from NumPy's, over the larger of its magnitude and 1.
    tolerance: float = 1e-13
    # Repetitions in one sample, for what takes less than the clock can tell.
    inner: int = 1
    # A row of memory: lengths of the arrays, which are filled in place.
    memory: int = 0
    # The key in the table of our side, where the formula alone does not say what is done.
    ours: str | None = None

    @property
    def key(self):
        return self.ours or self.formula


# Whether arrays are a thousandth of what the titles say, to see in little time whether all rows work.
tiny = False


def length(n):
    """Of an axis."""
    if not tiny or n < 1000:
        return n
    return n // 1000 if n >= 10**5 else n // 10


# Kept, so that rows with the same inputs share them.


@cache
def even(start, stop, n):
    return lambda rng: np.linspace(start, stop, length(n))


@cache
def normal(*shape, dtype="f8"):
    return lambda rng: rng.standard_normal([length(n) for n in shape]).astype(dtype)


@cache
def count(n, dtype="f8"):
    return lambda rng: np.arange(length(n), dtype=dtype)


@cache
def shuffled(n):
    return lambda rng: rng.permutation(length(n))


@cache
def integers(n, below):
    return lambda rng: rng.integers(0, below, length(n))


@cache
def mask(n):
    return lambda rng: rng.random(length(n)) < 0.5


M = 10**6
L = 10**7


def deck():
    """The experiment of numexpr's talks, in each way to write it. `out=`, for those who look for the
    best that the peers can do: no memory is taken or given back."""
    reach = (AtMost(0.25), Ahead(40, "numpy"), Ahead(7.5, "numexpr+VML"))
    x, t = {"x": even(-1, 1, M)}, {"t": even(0, 0, M)}
    formula, limit = "sin(2*pi*x)", ("copy", M)
    return [
        Work("sin(2πx), 10⁶", formula, x, reach, limit=limit),
        Work("sin(2πx), 10⁶, as a text", formula, x, reach, limit=limit, ours=f'evaluate("{formula}")'),
        Work("sin(2πx), 10⁶, by a macro", formula, x, reach, limit=limit, ours=f"expr!({formula})"),
        Work(
            "sin(2πx), 10⁶, into an array",
            "sin(multiply(2*pi, x, out=t), out=t)",
            {**x, **t},
            reach,
            numexpr=f"{formula} -> t",
            limit=limit,
        ),
    ]


def headline():
    y, z = even(-1, 1, L), even(0.001, 2, L)
    both = {"y": y, "z": z}
    return [
        Work(
            "sin(y)²+cos(z)², 10⁷",
            "sin(y)**2+cos(z)**2",
            both,
            (AtMost(8), AheadOfAll()),
            limit=("triad", L),
        ),
        Work(
            "exp(-y*y)+sqrt(z), 10⁷", "exp(-y*y)+sqrt(z)", both, (AtMost(6), AheadOfAll()), limit=("triad", L)
        ),
        Work("2y+3z, 10⁷", "2*y+3*z", both, (OfLimit(1.3), AheadOfAll()), limit=("triad", L)),
        Work(
            "y*z-4.1*y > 2.5*z, 10⁷",
            "y*z-4.1*y>2.5*z",
            both,
            (OfLimit(1.5), AheadOfAll()),
            limit=("compare", L),
        ),
        Work(
            "sum(y*z), 10⁷", "sum(y*z)", both, (OfLimit(1.2), AheadOfAll()), limit=("dot", L), tolerance=1e-12
        ),
        Work(
            "sum(z), 10⁷", "sum(z)", {"z": z}, (OfLimit(1.2), AheadOfAll()), limit=("sum", L), tolerance=1e-11
        ),
    ]


# The 12 expressions of numexpr's bench/timing.py: formula, what lies strided there, limit.
TIMING = [
    ("b*c+d*e", "", "quad"),
    ("2*a+3*b", "", "triad"),
    ("2*a + (cos(3)+5)*sinh(cos(b))", "a", "triad"),
    ("2*a + arctan2(a, b)", "a", "triad"),
    ("where(0.1*a > arctan2(a, b), 2*a, arctan2(a,b))", "a", "triad"),
    ("where(a != 0.0, 2, b)", "a", "triad"),
    ("where(a-10 != 0.0, a, 2)", "a", "copy"),
    ("where(a%2 != 0.0, b+5, 2)", "a", "triad"),
    ("where(a%2 != 0.0, 2, b+5)", "a", "triad"),
    ("a**2 + (b+1)**-2.5", "a", "triad"),
    ("(a+1)**50", "a", "copy"),
    ("sqrt(a**2 + b**2)", "a", "triad"),
]


def timing():
    works = []
    n = 5 * M
    for dtype, layouts in (("f4", ("script",)), ("f8", ("contiguous", "strided", "unaligned"))):
        for layout in layouts:
            for number, (formula, strided, limit) in enumerate(TIMING, 1):
                letters = [
                    name for name in "abcde" if name in formula.replace("arctan", "").replace("cos", "")
                ]
                letters = [name for name in letters if uses(formula, name)]
                lie = (
                    dict.fromkeys(strided, "strided")
                    if layout == "script"
                    else dict.fromkeys(letters, layout)
                )
                works.append(
                    Work(
                        f"timing {number}: {formula}; {dtype} {layout}, 5·10⁶",
                        formula,
                        {name: count(n, dtype) for name in letters},
                        limit=(
                            f"{limit}-strided" if layout == "strided" else limit,
                            n // 2 if dtype == "f4" else n,
                        ),
                        layout=lie,
                        tolerance=2e-5 if dtype == "f4" else 1e-12,
                    )
                )
    return works


def uses(formula, name):
    """Whether a formula has that variable."""
    return name in compile(formula, "formula", "eval").co_names


def small():
    return [
        *(
            Work(
                f"a+b on {n} elements",
                "a+b",
                {"a": normal(n), "b": normal(n)},
                (Ahead(1, "numpy"), AheadOfAll()),
                inner=1000,
            )
            for n in (10, 1000)
        ),
        # As a loop writes them: each has constants that were not seen before.
        Work(
            "100 different expressions of 50 terms on 10 elements",
            "fifty_terms(a, b)",
            {"a": normal(10), "b": normal(10)},
            inner=100,
        ),
    ]


def data():
    numpy = (Ahead(1, "numpy"),)
    a = {"a": normal(L)}
    i = {"i": integers(L, M)}
    return [
        Work("sort f64, 10⁷", "sort(a)", a, numpy, numexpr=""),
        Work("sort i64, 10⁷", "sort(i)", i, numpy, numexpr=""),
        Work("argsort f64, 10⁷", "argsort(a)", a, numpy, numexpr=""),
        Work("argsort i64 of a permutation, 10⁷", "argsort(i)", {"i": shuffled(L)}, numpy, numexpr=""),
        Work("unique i64 (10⁶ values), 10⁷", "unique(i)", i, numpy, numexpr=""),
        Work("cumsum f64, 10⁷", "cumsum(a)", a, numpy, numexpr="", limit=("copy", L), tolerance=1e-10),
        Work(
            "gather a[p], 10⁷", "take(a, p)", {**a, "p": shuffled(L)}, numpy, numexpr="", limit=("gather", L)
        ),
        Work(
            "scatter c[p] = b, 10⁷",
            "scatter(c, p, b)",
            {"c": normal(L), "p": shuffled(L), "b": normal(L)},
            numpy,
            numexpr="",
        ),
        Work("boolean mask a[m], 10⁷", "a[m]", {**a, "m": mask(L)}, numpy, numexpr=""),
        Work("a[a > 0.5], 10⁷", "a[a>0.5]", a, numpy, numexpr=""),
    ]


def linear():
    square = {"a": normal(2000, 2000), "b": normal(2000, 2000)}
    half = {"a": normal(2000, 2000, dtype="f4"), "b": normal(2000, 2000, dtype="f4")}
    blas = (Ahead(0.9, "numpy"),)
    fft = (Ahead(1, "numpy"),)
    return [
        Work("matmul f64, 2000²", "matmul(a, b)", square, blas, "", ("fma", 2 * 2000**3), tolerance=1e-11),
        Work("matmul f32, 2000²", "matmul(a, b)", half, blas, "", ("fma32", 2 * 2000**3), tolerance=1e-3),
        Work("fft of 2²⁰", "fft.fft(a)", {"a": normal(2**20)}, fft, "", tolerance=1e-10),
        Work("fft, 4096 rows of 1024", "fft.fft(a)", {"a": normal(4096, 1024)}, fft, "", tolerance=1e-11),
        Work("rfft, 4096 rows of 1024", "fft.rfft(a)", {"a": normal(4096, 1024)}, fft, "", tolerance=1e-11),
        Work("rfft, 1000 rows of 1000", "fft.rfft(a)", {"a": normal(1000, 1000)}, fft, "", tolerance=1e-11),
    ]


def memory():
    works = []
    for n, exponent in ((10**8, "⁸"), (10**9, "⁹")):
        for formula, inputs in (
            ("sin(2*pi*x)", {"x": even(-1, 1, n)}),
            ("exp(-y*y)+sqrt(z)", {"y": even(-1, 1, n), "z": even(0.001, 2, n)}),
            ("sum(y*z)", {"y": even(-1, 1, n), "z": even(0.001, 2, n)}),
        ):
            works.append(
                Work(f"peak memory of {formula}, 10{exponent}", formula, inputs, (OfLimit(1.02),), memory=n)
            )
    return works


def works():
    return [*deck(), *headline(), *timing(), *small(), *data(), *linear(), *memory()]
