"""Reductions, scans, order and sets."""

import numpy as np
from cases import DTYPES, FLOATS, INTEGERS, Family, edges, near, plain

EXACT = "min max any all argmin argmax count_nonzero".split()
ROUNDED = "sum prod mean var std median".split()
NAN_EXACT = "nanmin nanmax nanargmin nanargmax".split()
NAN_ROUNDED = "nansum nanprod nanmean nanvar nanstd nanmedian nancumsum nancumprod".split()
SCANS = "cumsum cumprod".split()
EXTREMES = {"cummax": np.maximum.accumulate, "cummin": np.minimum.accumulate}

# dtype → how far a sum may be off, which depends on its order.
ROUNDING = {"float32": near(1e-6), "complex64": near(1e-6), "float64": near(1e-14), "complex128": near(1e-14)}
DEEPER = {"float32": near(1e-5), "complex64": near(1e-5)}


def rounding(name, dtype):
    if name in EXACT or name in NAN_EXACT:
        return None
    if dtype in DEEPER and name not in ("sum", "cumsum"):
        return DEEPER[dtype]
    return ROUNDING.get(dtype, near(1e-13) if name in ("mean", "var", "std", "median") else None)


def with_nan(dtype, *shape):
    values = plain(dtype, *shape, seed=1)
    values.ravel()[1::5] = np.nan
    return values


def reductions():
    family = Family("reductions")
    for dtype in DTYPES:
        cube = plain(dtype, 2, 3, 4)
        for name in [*EXACT, *ROUNDED]:
            rule = rounding(name, dtype)
            family.case(name, cube, compare=rule)
            for axis in (0, 1, -1):
                family.case(name, cube, axis=axis, compare=rule)
            if name not in ("argmin", "argmax"):
                family.case(name, cube, axis=(0, 2), compare=rule)
            family.case(name, cube, axis=1, keepdims=True, compare=rule)
        for name in SCANS:
            rule = rounding(name, dtype)
            family.case(name, cube, compare=rule)
            for axis in (0, -1):
                family.case(name, cube, axis=axis, compare=rule)
        if not dtype.startswith("complex"):
            for name, call in EXTREMES.items():
                family.case(name, cube.ravel(), call=call)
                family.case(name, plain(dtype, 0), call=call)
                for axis in (0, -1, 3):
                    family.case(name, cube, axis=axis, call=call)
    for dtype in ("bool", "int8", "int64", "uint8", "float32", "float64", "complex128"):
        for name in [*EXACT, *ROUNDED, *SCANS]:
            rule = rounding(name, dtype)
            family.case(name, plain(dtype), compare=rule)
            family.case(name, plain(dtype, 0), compare=rule)
            family.case(name, plain(dtype, 1), compare=rule)
            family.case(name, plain(dtype, 0, 3), axis=0, compare=rule)
            family.case(name, plain(dtype, 0, 3), axis=1, compare=rule)
            family.case(name, plain(dtype, 2, 3), axis=2)
            family.case(name, plain(dtype, 2, 3), axis=-3)
            # A view whose elements lie apart, and backwards.
            family.case(name, plain(dtype, 6, 4)[::-2, 1::2], axis=0, compare=rule)
    for dtype in INTEGERS:
        family.case("sum", edges(dtype))
        family.case("prod", edges(dtype)[edges(dtype) != 0])
        family.case("cumsum", edges(dtype))
        family.case("mean", edges(dtype), compare=near(1e-13))
        family.case("sum", np.full(3, np.iinfo(dtype).max, dtype), dtype=dtype)
    for dtype in FLOATS:
        for name in [*EXACT, *ROUNDED, *SCANS]:
            rule = rounding(name, dtype)
            family.case(name, with_nan(dtype, 3, 5), compare=rule)
            family.case(name, with_nan(dtype, 3, 5), axis=1, compare=rule)
            family.case(name, np.array([1, np.inf, -3], dtype), compare=rule)
            family.case(name, np.array([np.inf, -np.inf], dtype), compare=rule)
            family.case(name, np.array([-0.0, -0.0], dtype), compare=rule)
            family.case(name, np.array([-0.0, 0.0, -0.0], dtype), compare=rule)
        for name in [*NAN_EXACT, *NAN_ROUNDED]:
            rule = rounding(name, dtype)
            family.case(name, with_nan(dtype, 3, 5), compare=rule)
            family.case(name, with_nan(dtype, 3, 5), axis=0, compare=rule)
            family.case(name, with_nan(dtype, 3, 5), axis=1, compare=rule)
            family.case(name, np.array([np.nan, np.nan], dtype), compare=rule)
            family.case(name, np.array([], dtype), compare=rule)
            family.case(name, np.array([np.nan, np.inf, -2], dtype), compare=rule)
            if "arg" not in name and "cum" not in name:
                family.case(name, with_nan(dtype, 3, 5), axis=1, keepdims=True, compare=rule)
        if not dtype.startswith("complex"):
            for name, call in EXTREMES.items():
                family.case(name, np.array([1, -np.inf, np.nan, np.inf, 2], dtype), call=call)
        for name in ("var", "std"):
            for ddof in (1, 6, 7):
                family.case(name, plain(dtype, 2, 3), ddof=ddof, compare=DEEPER["float32"])
            family.case(name, plain(dtype, 2, 3), axis=1, ddof=1, compare=DEEPER["float32"])
            family.case(name, plain(dtype, 2, 3), axis=(0, 1), ddof=2, keepdims=True, compare=DEEPER["float32"])
            family.case(name, plain(dtype, 1, 3), axis=0, ddof=1, compare=DEEPER["float32"])
        family.case("sum", np.array([1e8, 1, -1e8], dtype), dtype="float64")
        family.case("sum", plain(dtype, 4), initial=2.5)
        family.case("max", plain(dtype, 0), initial=-1.0)
    # Sums of many, which pairwise addition gets right.
    family.case("sum", np.full(4096, 0.1, "float32"), compare=near(1e-6))
    family.case("sum", np.full(4096, 0.1), compare=near(4e-15))
    family.case("ptp", plain("int64", 3, 4), axis=0)
    family.case("average", plain("float64", 3, 4), axis=0, weights=np.array([1.0, 2, 3]), compare=near(1e-14))
    family.case("average", plain("int64", 5), weights=np.array([1, 0, 0, 2, 5]), compare=near(1e-14))
    family.case("average", plain("float64", 2), weights=np.array([1.0, -1.0]))
    return family


def order():
    family = Family("order")
    repeated = {dtype: plain(dtype, 9) for dtype in DTYPES}
    for dtype in DTYPES:
        values = repeated[dtype]
        family.case("sort", values)
        family.case("argsort", values, stable=True)
        family.case("sort", edges(dtype)[::-1])
        family.case("argsort", edges(dtype)[::-1], stable=True)
        for name in ("unique", "unique_all"):
            family.case(name, np.concatenate([values, values[:3]]))
        family.case("unique", edges(dtype)[::-1], return_index=True, return_inverse=True, return_counts=True)
        family.case("searchsorted", np.sort(values), plain(dtype, 5, seed=4))
        family.case("searchsorted", np.sort(values), plain(dtype, 5, seed=4), side="right")
    for dtype in FLOATS:
        nan = np.array([3, np.nan, -1, np.inf, -0.0, 0.0, np.nan, -np.inf], dtype)
        # The order of 0.0 and -0.0, which are equal, is left open.
        family.case("sort", nan, compare=near(0.0))
        family.case("argsort", nan, stable=True)
        family.case("unique", nan, compare=near(0.0))
        family.case("unique", nan, equal_nan=False)
        family.case("unique", nan, return_index=True, return_inverse=True, return_counts=True)
        family.case("searchsorted", np.sort(nan), np.array([np.nan, 0, -0.0, 5, -np.inf], dtype))
        family.case("searchsorted", np.sort(nan), np.array([np.nan, 0, -0.0, 5, np.inf], dtype), side="right")
    family.case("sort", np.array([1 + 1j, 1 - 1j, complex(np.nan, 1), complex(1, np.nan), 0, -1 + 5j]))
    table = plain("int64", 3, 4)
    for axis in (0, 1, -1, None):
        family.case("sort", table, axis=axis)
        family.case("argsort", table, axis=axis, stable=True)
    family.case("sort", table, axis=2)
    family.case("sort", plain("int64", 0))
    family.case("argsort", plain("int64", 0))
    family.case("sort", plain("int64"))
    family.case("unique", plain("int64", 0), return_index=True, return_inverse=True, return_counts=True)
    family.case("unique", np.array([[1, 2], [1, 2], [0, 5]]), axis=0)
    family.case("unique", np.array([[1, 2], [1, 2], [0, 5]]), return_inverse=True)
    family.case("partition", np.array([7, 1, 5, 3, 9]), 2, call=lambda a, k: np.partition(a, k)[k])
    family.case("sort_complex", np.array([3, 1 + 1j, 1 - 1j]))
    family.case("lexsort", np.array([[1, 0, 1, 0], [2, 2, 1, 1]]))
    family.case("searchsorted", np.array([1, 2, 3]), np.array([0, 2, 9]), sorter=np.array([0, 1, 2]))
    family.case("argwhere", np.array([[0, 1], [2, 0]]))
    family.case("nonzero", np.array([[0, 1], [2, 0]]))
    family.case("flatnonzero", np.array([0.0, -0.0, np.nan, 1]))
    return family


def sets():
    family = Family("sets")
    pairs = [
        (np.array([3, 1, 2, 3]), np.array([2, 3, 5, 5])),
        (np.array([], "int64"), np.array([1, 2])),
        (np.array([1.5, np.nan, np.nan, -0.0]), np.array([0.0, np.nan, 7])),
        (np.array([[1, 2], [3, 4]]), np.array([4, 1])),
        (np.array([1, 2], "uint8"), np.array([-1, 2], "int8")),
        (np.array([True, False]), np.array([True])),
    ]
    for first, second in pairs:
        for name in ("union1d", "intersect1d", "setdiff1d", "setxor1d", "isin"):
            # Of equal zeros either one stays.
            family.case(name, first, second, compare=None if name == "isin" else near(0.0))
        family.case("isin", first, second, invert=True)
    family.case("intersect1d", *pairs[0], return_indices=True)
    family.case("isin", 3, np.array([1, 3]))
    return family


FAMILIES = [reductions, order, sets]
