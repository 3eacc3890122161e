"""Linear algebra, Fourier transforms, statistics."""

import numpy as np
from cases import COMPLEX, DTYPES, FLOATS, Family, near, plain

RULES = {"float32": near(2e-5), "complex64": near(2e-5), "float64": near(1e-12), "complex128": near(1e-12)}


def matrix(dtype, n, seed=0):
    """Far from singular."""
    return plain(dtype, n, n, seed=seed) + (np.eye(n) * 9).astype(dtype)


def positive(dtype, n):
    values = plain(dtype, n, n)
    return (values @ values.conj().T + np.eye(n)).astype(dtype)


def linear():
    family = Family("linalg")
    for dtype in (*FLOATS, *COMPLEX):
        rule, a, b = RULES[dtype], matrix(dtype, 3), plain(dtype, 3, seed=1)
        for name in ("det", "inv", "slogdet", "pinv", "matrix_rank", "svdvals", "cond"):
            family.case(f"linalg.{name}", a, compare=rule)
        family.case("linalg.solve", a, b, compare=rule)
        family.case("linalg.solve", a, plain(dtype, 3, 2), compare=rule)
        family.case("linalg.solve", np.stack([a, a + 1]), plain(dtype, 2, 3, 1), compare=rule)
        family.case("linalg.inv", np.stack([a, a + 1]), compare=rule)
        family.case("linalg.det", np.stack([a, a + 1]), compare=rule)
        family.case("linalg.cholesky", positive(dtype, 3), compare=rule)
        family.case("linalg.eigvalsh", positive(dtype, 3), compare=rule)
        # Up to the sign (the phase) of a row or column: magnitudes.
        family.case(
            "linalg.qr",
            plain(dtype, 4, 3),
            mode="r",
            call=lambda a, mode: abs(np.linalg.qr(a, mode)),
            compare=rule,
        )
        family.case(
            "linalg.eigh",
            positive(dtype, 3),
            call=lambda a: [np.linalg.eigh(a)[0], abs(np.linalg.eigh(a)[1])],
            compare=rule,
        )
        family.case(
            "linalg.svd",
            plain(dtype, 4, 3),
            full_matrices=False,
            compare=rule,
            call=lambda a, full_matrices: [abs(part) for part in np.linalg.svd(a, full_matrices)],
        )
        # In ascending order of the real, then of the imaginary part.
        family.case("linalg.eigvals", a, call=lambda a: np.sort_complex(np.linalg.eigvals(a)), compare=rule)
        family.case(
            "linalg.lstsq",
            plain(dtype, 4, 2),
            plain(dtype, 4),
            call=lambda a, b: np.linalg.lstsq(a, b)[0],
            compare=rule,
        )
        for n in (-2, -1, 0, 1, 3):
            family.case("linalg.matrix_power", a, n, compare=rule)
        family.case("linalg.multi_dot", [a, plain(dtype, 3, 2), plain(dtype, 2, 4)], compare=rule)
        for order in (None, "fro", "nuc", 1, -1, 2, -2, float("inf"), float("-inf")):
            family.case("linalg.norm", a, order, compare=rule)
        for order in (None, 0, 1, 2, 3, -1, float("inf"), float("-inf")):
            family.case("linalg.norm", b, order, compare=rule)
        family.case("linalg.norm", plain(dtype, 2, 3, 4), axis=1, compare=rule)
        family.case("linalg.norm", plain(dtype, 2, 3, 4), axis=(0, 2), keepdims=True, compare=rule)
    singular = np.array([[1.0, 2.0], [2.0, 4.0]])
    for name in ("inv", "det", "slogdet", "cond", "cholesky", "pinv", "matrix_rank"):
        family.case(f"linalg.{name}", singular, compare=near(1e-12, 1e-15))
    family.case("linalg.solve", singular, np.array([1.0, 2.0]))
    family.case("linalg.solve", np.eye(2), np.ones(3))
    for name in ("det", "inv", "eigvalsh", "cholesky", "svdvals"):
        family.case(f"linalg.{name}", np.ones((2, 3)), compare=near(1e-12, 1e-15))
        family.case(f"linalg.{name}", np.zeros((0, 0)))
        family.case(f"linalg.{name}", np.ones(3))
        family.case(f"linalg.{name}", np.array([[2, 1], [1, 3]]), compare=near(1e-12))
    for name in ("eigvalsh", "svdvals", "inv", "det"):
        family.case(f"linalg.{name}", np.array([[1.0, np.nan], [np.nan, 2.0]]))
    return family


def products():
    family = Family("products")
    for dtype in DTYPES:
        rule = RULES.get(dtype)
        a, b, v = plain(dtype, 2, 3), plain(dtype, 3, 4, seed=1), plain(dtype, 3, seed=2)
        family.case("matmul", a, b, compare=rule)
        family.case("matmul", a, v, compare=rule)
        family.case("matmul", v, b, compare=rule)
        for name in ("dot", "vdot", "inner", "outer"):
            family.case(name, v, v[::-1], compare=rule)
    a, b, v = plain("float64", 2, 3), plain("float64", 3, 4), plain("float64", 3)
    rule = RULES["float64"]
    for first, second in (
        (v, v),
        (a, a),
        (np.array(2.0), v),
        (np.zeros((0, 3)), b),
        (np.zeros((2, 0)), np.zeros((0, 3))),
        (plain("float64", 5, 2, 3), b),
        (plain("float64", 5, 2, 3), plain("float64", 5, 3, 2)),
        (plain("float64", 5, 1, 2, 3), plain("float64", 4, 3, 2)),
        (plain("int32", 2, 3), b),
        (plain("float32", 2, 3), b),
    ):
        for name in ("matmul", "dot"):
            family.case(name, first, second, compare=rule)
    family.case("tensordot", plain("float64", 2, 3, 4), plain("float64", 4, 3, 2), 1, compare=rule)
    family.case(
        "tensordot", plain("float64", 2, 3, 4), plain("float64", 4, 3, 2), ([1, 2], [1, 0]), compare=rule
    )
    family.case("tensordot", plain("float64", 2, 3, 4), plain("float64", 4, 3, 2), 2)
    family.case("kron", plain("int64", 2, 2), plain("int64", 1, 3))
    family.case("cross", np.array([1.0, 2, 3]), np.array([[4.0, 5, 6], [0, 0, 1]]), compare=rule)
    family.case("cross", np.array([1, 2, 3]), np.array([4, 5, 6]))
    family.case("cross", np.arange(4), np.arange(4))
    square = plain("float64", 3, 3)
    for text, arrays in (
        ("ij,jk->ik", (a, b)),
        ("ij,jk", (a, b)),
        ("ij->ji", (a,)),
        ("ij->", (a,)),
        ("ij->j", (a,)),
        ("ii->i", (square,)),
        ("ii", (square,)),
        ("i,j->ij", (v, v)),
        ("i,i", (v, v)),
        ("...ij,...jk->...ik", (plain("float64", 2, 2, 3), b)),
        ("bij,bjk->bik", (plain("float64", 2, 2, 3), plain("float64", 2, 3, 2))),
        ("ij,j,jk->ik", (a, v, b)),
        ("ijk,ikl->jl", (plain("float64", 2, 3, 4), plain("float64", 2, 4, 3))),
        ("i...->...i", (plain("int64", 2, 3, 4),)),
        ("ij,ij->i", (a, a)),
        ("ik,jk->ij", (plain("int64", 2, 3), plain("int64", 4, 3))),
        ("ij,jk->ik", (a, a)),
        ("ij,jk->il", (a, b)),
        ("ij->iij", (a,)),
        ("i1,j", (v, v)),
    ):
        family.case("einsum", text, *arrays, compare=rule)
    family.case("convolve", plain("float64", 5), plain("float64", 3), compare=rule)
    for mode in ("full", "same", "valid"):
        family.case("convolve", plain("int64", 5), plain("int64", 3, seed=1), mode=mode)
        family.case("correlate", plain("int64", 5), plain("int64", 3, seed=1), mode=mode)
        family.case(
            "correlate", plain("complex128", 5), plain("complex128", 3, seed=1), mode=mode, compare=rule
        )
    family.case("convolve", np.zeros(0), np.ones(2))
    return family


def fourier():
    family = Family("fft")
    for dtype in DTYPES:
        rule = near(1e-6) if dtype in ("float32", "complex64") else near(1e-14)
        for name in ("fft", "ifft", "ihfft", "rfft"):
            for n in (1, 5, 8) if dtype in ("float64", "complex128") else (6,):
                family.case(f"fft.{name}", plain(dtype, n), compare=rule)
        for name in ("irfft", "hfft"):
            family.case(f"fft.{name}", plain(dtype, 5), compare=rule)
    rule = near(1e-14)
    x, c = plain("float64", 3, 4), plain("complex128", 3, 4)
    for n in (2, 7, 0, None):
        for name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft"):
            family.case(f"fft.{name}", x[0], n, compare=rule)
    for norm in ("ortho", "forward", "backward", "other"):
        for name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft"):
            family.case(f"fft.{name}", x[0], norm=norm, compare=rule)
    for axis in (0, -1, 2):
        family.case("fft.fft", c, axis=axis, compare=rule)
        family.case("fft.rfft", x, axis=axis, compare=rule)
        family.case("fft.irfft", c, axis=axis, compare=rule)
    for name in ("fft2", "ifft2", "fftn", "ifftn", "rfft2", "rfftn", "irfft2", "irfftn"):
        for array in (x, c, plain("float64", 2, 3, 4)):
            if name.startswith("r") and array.dtype.kind == "c":
                continue
            family.case(f"fft.{name}", array, compare=rule)
        family.case(f"fft.{name}", x, s=(2, 6), axes=(0, 1), compare=rule)
        family.case(f"fft.{name}", x, axes=(1, 0), norm="ortho", compare=rule)
    family.case("fft.rfft", c)
    family.case("fft.fft", np.zeros(0))
    family.case("fft.fft", np.array([1, np.nan, 3]))
    family.case("fft.fft", np.array(1.0))
    for n in (1, 4, 7):
        family.case("fft.fftfreq", n, 0.1, compare=near(1e-15))
        family.case("fft.rfftfreq", n, 0.1, compare=near(1e-15))
        family.case("fft.fftshift", np.arange(n))
        family.case("fft.ifftshift", np.arange(n))
    family.case("fft.fftshift", plain("int64", 3, 4))
    family.case("fft.fftshift", plain("int64", 3, 4), axes=1)
    family.case("fft.ifftshift", plain("int64", 3, 4), axes=(0,))
    return family


QUANTILES = """inverted_cdf averaged_inverted_cdf closest_observation interpolated_inverted_cdf hazen weibull linear
median_unbiased normal_unbiased lower higher midpoint nearest""".split()


def statistics():
    family = Family("statistics")
    rule = near(1e-13)
    row, table = plain("float64", 7), plain("float64", 3, 4)
    gaps = np.array([1.0, np.nan, 3, 2])
    for method in QUANTILES:
        family.case("quantile", row, np.array([0, 0.1, 0.5, 0.77, 1]), method=method, compare=rule)
    for name in ("quantile", "nanquantile"):
        family.case(name, table, 0.3, axis=0, compare=rule)
        family.case(name, table, np.array([0.25, 0.75]), axis=1, keepdims=True, compare=rule)
        family.case(name, gaps, 0.5, compare=rule)
        family.case(name, np.zeros(0), 0.5)
        family.case(name, row, 1.5)
    for name in ("percentile", "nanpercentile"):
        family.case(name, row, np.array([0, 10, 50, 100]), compare=rule)
        family.case(name, gaps, 25, compare=rule)
        family.case(name, plain("int64", 6), 40, compare=rule)
        family.case(name, row, 101)
    for arguments, parameters in (
        ((row,), {}),
        ((row, 4), {}),
        ((row, np.array([-2.0, 0, 0.5, 3])), {}),
        ((row, 4), {"range": (-1.0, 1.0)}),
        ((row, 4), {"density": True}),
        ((row, 3), {"weights": np.arange(7.0)}),
        ((plain("int64", 9), 5), {}),
        ((np.zeros(0), 3), {}),
        ((np.array([2.0, 2.0]), 3), {}),
        ((np.array([1.0, np.nan]), 3), {}),
        ((np.array([1.0, np.nan]), 3), {"range": (0.0, 2.0)}),
        ((row, 0), {}),
        ((row, np.array([3.0, 1.0])), {}),
        ((np.array([0.0, 1.0, 2.0, 3.0]), np.array([0.0, 1, 2, 3])), {}),
    ):
        family.case("histogram", *arguments, compare=rule, **parameters)
    family.case("histogram_bin_edges", row, 3, compare=rule)
    family.case("histogram2d", row, row[::-1], 3, compare=rule)
    family.case("histogram2d", row, row[::-1], [np.array([-3.0, 0, 3]), np.array([-3.0, 1, 3])], compare=rule)
    family.case("histogramdd", plain("float64", 5, 3), 2, compare=rule)
    for arguments, parameters in (
        ((np.array([0, 3, 1, 3]),), {}),
        ((np.array([0, 3, 1, 3]),), {"minlength": 6}),
        ((np.array([0, 2]),), {"weights": np.array([0.5, 2.0])}),
        ((np.array([], "int64"),), {}),
        ((np.array([-1]),), {}),
        ((np.array([1.5]),), {}),
        ((np.array([1, 2]),), {"weights": np.ones(3)}),
        ((np.array([True, False]),), {}),
        ((np.array([1, 2], "uint8"),), {}),
        ((np.array([[1]]),), {}),
    ):
        family.case("bincount", *arguments, **parameters)
    values, bins = np.array([-1.0, 0, 0.5, 1, 2.5, np.nan, np.inf]), np.array([0.0, 1, 2])
    for right in (False, True):
        family.case("digitize", values, bins, right=right)
        family.case("digitize", values, bins[::-1], right=right)
    family.case("digitize", values, np.array([0.0, 2, 1]))
    family.case("interp", values, np.array([0.0, 1, 2]), np.array([10.0, 20, 0]), compare=rule)
    family.case(
        "interp", values, np.array([0.0, 1, 2]), np.array([10.0, 20, 0]), left=-5.0, right=99.0, compare=rule
    )
    family.case(
        "interp",
        np.array([-0.5, 3.5]),
        np.array([0.0, 1, 2]),
        np.array([1.0, 2, 3]),
        period=3.0,
        compare=rule,
    )
    family.case("interp", 0.5, np.array([0.0, 1]), np.array([1.0, 3]), compare=rule)
    family.case("interp", values, np.zeros(0), np.zeros(0))
    for n in (0, 1, 2, 9):
        family.case("diff", plain("int64", 5), n)
    family.case("diff", table, axis=0)
    family.case("diff", np.array([5, 3], "uint8"))
    family.case("diff", np.array([True, False, False]))
    family.case("diff", plain("int64", 4), prepend=0, append=9)
    family.case("diff", np.array(5))
    family.case("gradient", row, compare=rule)
    family.case("gradient", row, 0.5, compare=rule)
    family.case("gradient", row, np.array([0.0, 1, 3, 4, 6, 7, 10]), compare=rule)
    family.case("gradient", table, compare=rule)
    family.case("gradient", table, axis=1, edge_order=2, compare=rule)
    family.case("gradient", np.array([1.0]))
    family.case("gradient", plain("int64", 4), compare=rule)
    for name in ("cov", "corrcoef"):
        family.case(name, table, compare=rule)
        family.case(name, table, rowvar=False, compare=rule)
        family.case(name, row, compare=rule)
        family.case(name, row, row[::-1], compare=rule)
        family.case(name, plain("complex128", 2, 5), compare=rule)
        family.case(name, np.array([[1.0, 1, 1], [1, 2, 3]]), compare=rule)
    family.case("cov", table, ddof=0, compare=rule)
    family.case("cov", table, bias=True, compare=rule)
    family.case("cov", table, fweights=np.array([1, 2, 0, 1]), compare=rule)
    family.case("cov", table, aweights=np.array([1.0, 2, 0.5, 1]), compare=rule)
    family.case("cov", np.array([1.0]), compare=rule)
    family.case("trapezoid", row, dx=0.5, compare=rule)
    family.case("unwrap", np.array([0, 3, 6.5, -3, 0.5]), compare=rule)
    family.case("polyval", np.array([1.0, -2, 3]), np.array([0.0, 2, -1]), compare=rule)
    family.case("polyfit", np.arange(4.0), np.array([1.0, 3, 7, 13]), 2, compare=near(1e-12, 1e-12))
    return family


FAMILIES = [linear, products, fourier, statistics]
