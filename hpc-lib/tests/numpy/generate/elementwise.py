"""Functions and operators that go element by element, and what dtype comes of two."""

import numpy as np
from cases import COMPLEX, DTYPES, FLOATS, INTEGERS, Family, edges, near, plain, ulp

EXACT = """negative positive absolute sign rint floor ceil trunc square isfinite isinf isnan signbit
logical_not invert conjugate real imag""".split()
ROUNDED = """sqrt cbrt reciprocal exp exp2 expm1 log log2 log10 log1p sin cos tan arcsin arccos arctan sinh cosh tanh
arcsinh arccosh arctanh degrees radians fabs spacing angle sinc i0""".split()

OPERATORS = "add subtract multiply divide floor_divide remainder power".split()
COMPARISONS = "equal not_equal less less_equal greater greater_equal".split()
EXACT_PAIRS = """fmod minimum maximum fmin fmax copysign nextafter heaviside gcd lcm left_shift right_shift bitwise_and
bitwise_or bitwise_xor logical_and logical_or logical_xor""".split()
ROUNDED_PAIRS = "float_power arctan2 hypot logaddexp logaddexp2".split()


def unary():
    family = Family("unary")
    for name in EXACT:
        for dtype in DTYPES:
            rule = {"complex64": near(1e-6), "complex128": near(1e-14)}.get(dtype)
            family.case(name, edges(dtype), compare=rule if name in ("absolute", "sign") else None)
    for name in ROUNDED:
        for dtype in DTYPES:
            # NumPy's own error in f32 is up to 4 units; complex functions lose more.
            rule = near(1e-5) if dtype == "complex64" else near(1e-13) if dtype == "complex128" else ulp(4)
            if name in ("i0", "sinc", "angle", "degrees", "radians"):
                rule = near(1e-6) if dtype == "float32" else near(1e-14)
            # Where infinities and huge values make every library go its own way.
            values = edges(dtype)[:8] if dtype in COMPLEX else edges(dtype)
            if name == "i0":
                # NumPy's is NaN at infinity.
                values = values[np.isfinite(values)]
            family.case(
                name,
                values,
                compare=None if name in ("sqrt", "fabs", "spacing") and dtype not in COMPLEX else rule,
            )
    huge = np.array(
        [1e5, 1e10, 1e22, 1e300, -12345.678, 2.0**53, np.pi, np.pi / 2, 1e-8, 1e-300, 709.78, 745.2, -745.2]
    )
    for name in "sin cos tan exp exp2 expm1 log log1p sinh cosh tanh arctan arcsinh cbrt sqrt".split():
        family.case(name, huge, compare=ulp(4))
        with np.errstate(all="ignore"):
            family.case(name, huge.astype("float32"), compare=ulp(4))
    for dtype in FLOATS:
        family.case("modf", edges(dtype))
        family.case("frexp", edges(dtype)[:-3])
        family.case("nan_to_num", edges(dtype))
        family.case("round", np.array([0.5, 1.5, 2.5, -0.5, -1.5, 1.25, 1.35, 12345.678], dtype))
        family.case("round", np.array([0.5, 1.25, -1.35, 12345.678], dtype), decimals=1, compare=ulp(1))
        family.case("round", np.array([0.5, 1.25, -1.35, 12345.678], dtype), decimals=-2)
        family.case("clip", edges(dtype), -1.5, 2.0)
    for dtype in INTEGERS:
        family.case("bitwise_count", edges(dtype))
        family.case("clip", edges(dtype), 1, 3)
        family.case("round", edges(dtype))
    return family


def binary():
    """All pairs of edge values of one dtype: the first array is a column."""
    family = Family("binary")
    for name in [*OPERATORS, *COMPARISONS, *EXACT_PAIRS, *ROUNDED_PAIRS]:
        for dtype in DTYPES:
            values = edges(dtype)
            rule = None
            if dtype in COMPLEX:
                # Infinities and NaN in products and quotients are each library's own.
                values = values[:8]
                rule = near(1e-5) if dtype == "complex64" else near(1e-13)
                if name in (*COMPARISONS, *EXACT_PAIRS, "add", "subtract"):
                    values, rule = edges(dtype), None
                if name in ("power", "float_power"):
                    # 0 to a negative power is each library's own.
                    values = values[2:]
            elif name in (*ROUNDED_PAIRS, "power") and (dtype in FLOATS or name in ROUNDED_PAIRS):
                rule = ulp(4)
            if name in ("left_shift", "right_shift") and dtype in INTEGERS:
                values = values[(values >= 0) & (values < 100)]
                family.case(name, edges(dtype)[:, None], values, compare=rule)
                continue
            if name == "power" and dtype in INTEGERS:
                family.case(name, values, np.array([2] * values.size, dtype))
                family.case(name, values[:, None], values[(values >= 0) & (values < 100)])
                family.case(name, np.array([2, 3], dtype), np.array([1, -1]).astype(dtype))
                continue
            if dtype in INTEGERS:
                values = values[[0, 1, 3, 4, 5, 6, 9, 12]] if values.size > 8 else values
            family.case(name, values[:, None], values, compare=rule)
    for dtype in INTEGERS:
        family.case("divmod", plain(dtype, 6), np.array([1, 2, 3, 0, 5, 4], dtype))
    for dtype in FLOATS:
        family.case("divmod", edges(dtype)[:8], np.full(8, -2.5, dtype))
        family.case("ldexp", edges(dtype)[:8], np.arange(-3, 5))
    for mixed in (
        ("int64", "float32"),
        ("uint8", "int8"),
        ("uint64", "int64"),
        ("int32", "uint32"),
        ("bool", "int8"),
        ("float64", "complex64"),
        ("bool", "float32"),
        ("int16", "float32"),
        ("int64", "complex64"),
    ):
        for name in [*OPERATORS, *COMPARISONS, "maximum"]:
            first, second = plain(mixed[0], 6), plain(mixed[1], 6, seed=2)
            rule = near(1e-6) if name in ("divide", "power") else None
            family.case(name, first, second, compare=rule)
            family.case(name, second, first, compare=rule)
    for dtype in ("int64", "float64"):
        for name in ("add", "multiply", "maximum"):
            family.case(f"{name}.reduce", plain(dtype, 3, 4), axis=1)
            family.case(f"{name}.accumulate", plain(dtype, 3, 4), axis=1)
            family.case(f"{name}.outer", plain(dtype, 3), plain(dtype, 2))
    # 64-bit integers of both kinds are compared by value, not as floats.
    family.case("less", np.array([-1, 2**63 - 1]), np.array([0, 2**63], "uint64"))
    family.case("equal", np.array([2**63 - 1]), np.array([2**63], "uint64"))
    return family


def promotion():
    """The dtype of each operator for every pair: a table of 13 rows and columns, or the error."""
    family = Family("promotion")
    for name in [*OPERATORS, *COMPARISONS, "maximum", "arctan2", "bitwise_and", "left_shift", "logical_and"]:

        def table(name=name):
            return [[outcome(name, a, b) for b in DTYPES] for a in DTYPES]

        family.case(name, call=table)
    family.case("result_type", call=lambda: [[np.result_type(a, b).name for b in DTYPES] for a in DTYPES])
    for casting in ("safe", "same_kind"):
        family.case(
            "can_cast",
            call=lambda casting: [[np.can_cast(a, b, casting) for b in DTYPES] for a in DTYPES],
            casting=casting,
        )
    for name in "sin sqrt absolute negative invert floor sign logical_not exp conjugate".split():
        family.case(name, call=lambda name=name: [outcome(name, a) for a in DTYPES])
    for name in "sum prod mean var std cumsum min argmin any median".split():
        family.case(name, call=lambda name=name: [outcome(name, a) for a in DTYPES])
    return family


def outcome(name, *dtypes):
    try:
        with np.errstate(all="ignore"):
            return np.asarray(getattr(np, name)(*(np.ones(2, dtype) for dtype in dtypes))).dtype.name
    except Exception as error:
        return type(error).__name__


def scalars():
    """An array and a number of the language: the number has no dtype of its own."""
    family = Family("scalars")
    numbers = [True, 0, 3, -1, 300, 2**40, 2**63, 2.5, float("inf"), 1e300, 1j]
    for dtype in DTYPES:
        array = plain(dtype, 4, seed=1)
        for value in numbers:
            for name in (
                "add",
                "subtract",
                "multiply",
                "divide",
                "floor_divide",
                "remainder",
                "power",
                "less",
                "equal",
            ):
                if dtype in COMPLEX and name in ("power", "divide") or value == 1j and name == "power":
                    rule = near(1e-5)
                else:
                    rule = near(1e-6) if name in ("power", "divide") else None
                if name in ("power", "divide", "equal", "floor_divide") and value in (2**40, 1e300):
                    continue
                family.case(name, array, value, compare=rule)
        for value in (3, 2.5):
            for name in ("subtract", "divide", "power", "remainder"):
                family.case(name, value, array, compare=near(1e-5))
    return family


def casts():
    family = Family("casts")
    for source in DTYPES:
        for target in DTYPES:
            values = edges(source)
            if source in (*FLOATS, *COMPLEX) and target not in (*FLOATS, *COMPLEX, "bool"):
                # What is out of range is the processor's.
                values = np.array([0, -0.0, 1.9, 100.5, 3], source)
                if not target.startswith("u"):
                    values = np.append(values, np.array([-1.9, -100.5], source))
            family.case("astype", values, target, call=lambda array, dtype: array.astype(dtype))
    return family


FAMILIES = [unary, binary, promotion, scalars, casts]
