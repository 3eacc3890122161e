"""How arrays are made, indexed, put together and stored: no arithmetic."""

import io

import numpy as np
from cases import DTYPES, Family, edges, near, plain, ulp


def creation():
    family = Family("creation")
    for arguments in (
        (5,),
        (2, 7),
        (0, 10, 3),
        (10, 0, -3),
        (0, 1, 0.1),
        (1.0, 0.0, -0.25),
        (3, 3),
        (5, 0),
        (0, 5, 0),
        (-3, 4, 2),
    ):
        family.case("arange", *arguments)
    for dtype in DTYPES[1:]:
        family.case("arange", 0, 7, 2, dtype=dtype)
    for arguments in (
        (0, 1, 5),
        (1, -1, 4),
        (2, 2, 3),
        (0, 10, 1),
        (0, 10, 0),
        (0, 1, -1),
        (-1e308, 1e308, 3),
        (5, 9, 2),
    ):
        family.case("linspace", *arguments)
    family.case("linspace", 0, 1, 5, endpoint=False)
    family.case("linspace", 0, 10, 4, dtype="int64")
    family.case("linspace", np.array([0.0, 1]), np.array([1.0, 5]), 3)
    family.case("logspace", 0, 3, 4, compare=ulp(2))
    family.case("logspace", 0, 8, 5, base=2.0, compare=ulp(2))
    family.case("geomspace", 1, 1000, 4, compare=ulp(4))
    family.case("geomspace", -1, -16, 5, compare=ulp(4))
    for name in ("zeros", "ones", "empty"):
        for dtype in DTYPES:
            call = (lambda shape, dtype: np.empty(shape, dtype) * 0) if name == "empty" else None
            family.case(name, [2, 3], dtype=dtype, call=call)
        family.case(name, 0, call=(lambda n: np.empty(n)) if name == "empty" else None)
    for shape in ([], [0], [2, 0, 3]):
        family.case("zeros", shape)
    family.case("zeros", -1)
    for value in (True, 3, 2.5, 1j, float("nan")):
        family.case("full", [2], value)
        family.case("full_like", plain("int8", 3), value)
    family.case("full", [2], 300, dtype="uint8")
    family.case("full", [2], -1, dtype="uint8")
    for name in ("zeros_like", "ones_like"):
        family.case(name, plain("complex64", 2, 2))
    for arguments in ((3,), (2, 4), (0,), (3, 3, 1), (3, 3, -2), (2, 3, 7)):
        family.case("eye", *arguments)
        family.case("tri", *arguments)
    family.case("identity", 2)
    table, row = plain("int64", 3, 4), plain("int64", 3)
    for k in (0, 1, -1, 5):
        for name in ("tril", "triu", "diag", "diagonal", "diagflat"):
            family.case(name, table, k)
        family.case("diag", row, k)
    family.case("diag", plain("int64", 2, 2, 2))
    family.case("trace", table)
    family.case("trace", table, offset=1)
    family.case("vander", row)
    family.case("vander", row, 2, increasing=True)
    for indexing in ("xy", "ij"):
        family.case("meshgrid", np.arange(2), np.arange(3), indexing=indexing)
    family.case("indices", [2, 3])
    family.case("tril_indices", 3, -1)
    family.case("triu_indices", 2, 0, 3)
    family.case("diag_indices", 3)
    family.case("fromfunction", 3, call=lambda n: np.fromfunction(lambda i, j: i * 10 + j, (n, n)))
    for name in ("bartlett", "blackman", "hamming", "hanning"):
        for n in (0, 1, 2, 7, 8):
            family.case(name, n, compare=near(0, 1e-15))
    for n in (1, 2, 7):
        family.case("kaiser", n, 8.6, compare=near(1e-14))
    family.case("kaiser", 5, 0.0, compare=near(1e-14))
    return family


def indexing():
    family = Family("indexing")

    def getitem(array, index):
        return array[tuple(index)]

    def setitem(array, index, value):
        array = array.copy()
        array[tuple(index)] = value
        return array

    row, table, cube = np.arange(10), np.arange(12).reshape(3, 4), np.arange(24).reshape(2, 3, 4)
    bounds = (None, 0, 3, 9, 10, 12, -1, -3, -10, -12)
    for start in bounds:
        for stop in bounds:
            for step in (None, 3, -1, -4):
                if (bounds.index(start) + bounds.index(stop)) % 3 == 0 or step in (None, -1):
                    family.case("getitem", row, [slice(start, stop, step)], call=getitem)
    family.case("getitem", row, [slice(None, None, 0)], call=getitem)
    far = 2**62
    for index in (
        slice(far, None),
        slice(None, far),
        slice(-far, far),
        slice(None, None, far),
        slice(None, None, -far),
        slice(far, -far, -1),
    ):
        family.case("getitem", row, [index], call=getitem)
    for index in (0, -1, 9, -10, 10, -11):
        family.case("getitem", row, [index], call=getitem)
    i, m = np.array([2, 0, -1, 2]), np.array([True, False, True])
    grid = np.array([[0, 1], [2, 0]])
    for index in (
        [1],
        [-1],
        [1, -2],
        [slice(None), 1],
        [..., 0],
        [1, ...],
        [slice(None, None, -1), slice(1, None, 2)],
        [None, 1],
        [slice(None), None, slice(None)],
        [3],
        [0, 4],
        [0, 0, 0],
        [..., ...],
        [slice(5, 2)],
        [i],
        [slice(None), i],
        [i, i],
        [grid],
        [grid, grid],
        [np.array([0, 3])],
        [np.array([], "int64")],
        [m],
        [m, 0],
        [slice(None), np.array([True, False, False, True])],
        [table > 4],
        [table > 100],
        [m, m],
        [np.array([True, False])],
        [np.array([0.0, 1.0])],
        [np.array([0, 1, 2]), np.array([0, 1])],
        [m, np.array([1, 2])],
        [np.array([0, 2], "uint8")],
        [np.array(1)],
        [np.array(True)],
    ):
        family.case("getitem", table, index, call=getitem)
    for index in (
        [..., 1],
        [0, slice(None), i],
        [i[:2] % 2, slice(None), i[:2]],
        [1, i],
        [slice(None), m],
        [np.newaxis, ..., np.newaxis],
        [cube % 5 == 0],
        [slice(None), 0, i],
        [i % 2, 0, slice(None)],
        [np.array([[0], [1]]), np.array([0, 2]), 1],
    ):
        family.case("getitem", cube, index, call=getitem)
    for array in (np.array(7), np.zeros((0, 3))):
        for index in ([], [...], [None], [0], [slice(None)]):
            family.case("getitem", array, index, call=getitem)
    for index, value in (
        ([1], 5),
        ([slice(None), 1], np.array([7, 8, 9])),
        ([slice(None, None, 2)], -1),
        ([table > 4], 0),
        ([m], np.array([1, 2, 3, 4])),
        ([i, 0], np.array([1, 2, 3, 4])),
        ([..., -1], 2.9),
        ([0], np.array([1, 2])),
        ([slice(0, 0)], 4),
        ([table > 6], np.array([1, 2, 3, 4, 5])),
        ([table > 6], np.array([1, 2])),
        ([slice(None, None, -1)], table),
        ([3], 0),
        ([np.array([0, 0])], np.array([[1, 1, 1, 1], [2, 2, 2, 2]])),
    ):
        family.case("setitem", table, index, value, call=setitem)
    family.case("setitem", np.zeros(3, "uint8"), [0], 300, call=setitem)
    family.case("setitem", np.zeros(3, "float32"), [slice(None)], np.array([1e300, 1, np.nan]), call=setitem)

    def overlapping(array, to, source):
        array = array.copy()
        array[tuple(to)] += array[tuple(source)]
        return array

    # Both sides are views of one array; the result is as if the right one were copied first.
    for to, source in (
        ([slice(1, None)], [slice(None, -1)]),
        ([slice(None, -1)], [slice(1, None)]),
        ([slice(None)], [slice(None, None, -1)]),
    ):
        family.case("iadd_overlapping", row, to, source, call=overlapping)
        family.case("iadd_overlapping", table, to, source, call=overlapping)
    for mode in ("raise", "wrap", "clip"):
        family.case("take", row, np.array([0, 11, -1, -13]), mode=mode)
    family.case("take", table, np.array([0, -1]), axis=1)
    family.case("take", table, np.array([0, -1]), axis=0)
    family.case("take", table, np.array([5, -12]))
    family.case("take_along_axis", table, np.argsort(-table, axis=1), axis=1)
    family.case("take_along_axis", table, np.array([[0, 1, 2, 0]]), axis=0)

    def changed(name):
        def call(array, *arguments, **parameters):
            array = array.copy()
            getattr(np, name)(array, *arguments, **parameters)
            return array

        return call

    family.case("put", row, np.array([0, -1, 4]), np.array([50, 60]), call=changed("put"))
    family.case("put", row, np.array([0, 12]), np.array([50]), call=changed("put"))
    family.case("put", row, np.array([0, 12]), np.array([50]), mode="wrap", call=changed("put"))
    family.case("putmask", row, row > 6, np.array([-1, -2]), call=changed("putmask"))
    family.case("place", row, row > 6, np.array([-1, -2]), call=changed("place"))
    family.case(
        "put_along_axis",
        table,
        np.array([[1], [0], [3]]),
        np.array([[9], [8], [7]]),
        1,
        call=changed("put_along_axis"),
    )
    family.case("fill_diagonal", np.zeros((3, 4)), 5, call=changed("fill_diagonal"))
    family.case("fill_diagonal", np.zeros((5, 2)), 5, wrap=True, call=changed("fill_diagonal"))
    family.case("copyto", table, np.array([9, 8, 7, 6]), call=changed("copyto"))
    family.case("where", row > 4, row, -row)
    family.case("where", row > 4, row, 0.5)
    family.case("where", np.array([[True], [False]]), np.arange(3), np.array([[10], [20]]))
    family.case("where", np.array([0, 2, 0]))
    family.case(
        "choose",
        np.array([0, 2, 1]),
        [np.array([1, 2, 3]), np.array([10, 20, 30]), np.array([100, 200, 300])],
    )
    family.case("select", [row < 3, row > 6], [row, row * 10], -1)
    family.case("compress", np.array([True, False, True]), table, axis=0)
    family.case("extract", table > 5, table)
    family.case("unravel_index", np.array([0, 5, 11]), [3, 4])
    family.case("unravel_index", np.array([12]), [3, 4])
    family.case("ravel_multi_index", [np.array([0, 2]), np.array([1, 3])], [3, 4])
    family.case("ravel_multi_index", [np.array([3]), np.array([0])], [3, 4])
    family.case("ix_", np.array([0, 2]), np.array([True, False, True]))
    return family


def manipulation():
    family = Family("manipulation")
    row, table, cube = plain("int64", 6), plain("int64", 3, 4), plain("int64", 2, 3, 4)
    for shape in ([2, 3], [3, 2], [-1], [2, -1], [-1, -1], [4], [6, 1], [1, 6, 1], [0, -1]):
        family.case("reshape", row, shape)
    family.case("reshape", table, [2, 6], order="F")
    family.case("reshape", table.T, [2, 6])
    family.case("reshape", np.zeros((0, 3)), [3, 0])
    family.case("reshape", np.zeros((0, 3)), [-1])
    family.case("reshape", np.array(5), [1, 1])
    for order in ("C", "F"):
        family.case("ravel", table, order=order)
    for axes in ([2, 0, 1], [0, 2, 1], [-1, 0, 1], [0, 0, 1], [0, 1]):
        family.case("transpose", cube, axes)
    family.case("transpose", cube)
    family.case("matrix_transpose", cube)
    family.case("moveaxis", cube, 0, -1)
    family.case("moveaxis", cube, [0, 1], [-1, 0])
    family.case("moveaxis", cube, 0, 3)
    family.case("swapaxes", cube, 0, 2)
    family.case("rollaxis", cube, 2)
    for axis in (0, 1, -1, [0, 2], 4, -3):
        family.case("expand_dims", table, axis if isinstance(axis, int) else tuple(axis))
    thin = plain("int64", 1, 3, 1)
    family.case("squeeze", thin)
    for axis in (0, -1, 1):
        family.case("squeeze", thin, axis=axis)
    for name in ("atleast_1d", "atleast_2d", "atleast_3d"):
        for array in (np.array(5), row, table):
            family.case(name, array)
    for shape in ([3, 6], [6], [2, 3, 6], [5], [6, 6]):
        family.case("broadcast_to", row, shape)
    family.case("broadcast_to", np.array(5), [0])
    family.case("broadcast_arrays", np.arange(3), np.arange(2)[:, None])
    family.case(
        "broadcast_shapes",
        [3, 1],
        [1, 4],
        [2, 1, 1],
        call=lambda *s: list(np.broadcast_shapes(*map(tuple, s))),
    )
    family.case("broadcast_shapes", [3], [4], call=lambda *s: list(np.broadcast_shapes(*map(tuple, s))))
    for axis in (0, 1, -1, 2, None):
        family.case("concatenate", [table, -table], axis=axis)
        family.case("stack", [table, -table], axis=axis if axis is not None else -3)
    family.case("concatenate", [table, row])
    family.case("concatenate", [table, plain("int64", 3, 2)], axis=1)
    family.case("concatenate", [table, plain("int64", 3, 2)], axis=0)
    family.case("concatenate", [])
    family.case("concatenate", [np.zeros(0), np.arange(2)])
    for first, second in (
        ("bool", "int8"),
        ("int8", "uint8"),
        ("int64", "float32"),
        ("float32", "complex64"),
        ("uint64", "int64"),
    ):
        family.case("concatenate", [plain(first, 2), plain(second, 2)])
    for name in ("vstack", "hstack", "dstack", "column_stack"):
        family.case(name, [row, -row])
        family.case(name, [table, -table])
    family.case("vstack", [row, table])
    family.case("block", [[np.eye(2), np.zeros((2, 1))], [np.ones((1, 2)), np.full((1, 1), 5.0)]])
    family.case("append", row, 7)
    family.case("append", table, -table, axis=0)
    for parts in (3, 2, 4, [1, 4], [4, 1], [0, 9], []):
        for name in ("split", "array_split"):
            family.case(name, row, parts)
    family.case("split", table, 2, axis=1)
    family.case("hsplit", table, 2)
    family.case("vsplit", table, 3)
    family.case("dsplit", cube, 2)
    for repeats in (2, [2, 3], [1, 2, 2], 0, []):
        family.case("tile", plain("int64", 2, 3), repeats)
    for repeats, axis in (
        (2, None),
        (2, 0),
        (np.array([1, 0, 2]), 0),
        (np.array([1, 2]), 0),
        (0, 1),
        (-1, 0),
    ):
        family.case("repeat", table, repeats, axis=axis)
    for shift, axis in ((1, None), (-2, 1), (7, 0), ([1, 2], [0, 1]), (0, 0)):
        axis = tuple(axis) if isinstance(axis, list) else axis
        family.case("roll", table, tuple(shift) if isinstance(shift, list) else shift, axis=axis)
    for k in (0, 1, 2, 3, -1):
        family.case("rot90", table, k)
    family.case("rot90", cube, 1, axes=(1, 2))
    family.case("rot90", row)
    for axis in (None, 0, 1, (0, 1), 2):
        family.case("flip", table, axis=axis)
    family.case("fliplr", table)
    family.case("flipud", table)
    family.case("fliplr", row)
    for place, value, axis in (
        (1, 99, None),
        (1, 99, 0),
        (np.array([1, 3]), np.array([5, 6]), None),
        (-1, 9, 1),
        (4, 9, 0),
        (slice(1, 3), 9, None),
        (0, np.array([1, 2, 3, 4]), 0),
        (2, np.array([7, 8, 9]), 1),
    ):
        family.case("insert", table, place, value, axis=axis)
    for place, axis in (
        (1, None),
        (1, 0),
        ([0, 2], 1),
        (slice(None, None, 2), 0),
        (-1, 1),
        (3, 0),
        (np.array([True, False, True]), 0),
    ):
        family.case("delete", table, place, axis=axis)
    for mode in ("edge", "reflect", "symmetric", "wrap", "maximum", "minimum", "mean", "linear_ramp"):
        family.case("pad", row, 2, mode=mode)
    for mode in ("constant", "edge", "reflect", "wrap"):
        family.case("pad", table, ((1, 0), (2, 3)), mode=mode)
    family.case("pad", row, (1, 2), mode="constant", constant_values=(7, 8))
    family.case("pad", row, 9, mode="reflect")
    family.case("pad", row, -1, mode="edge")
    family.case("resize", row, [4, 2])
    family.case("trim_zeros", np.array([0, 0, 1, 0, 2, 0]))
    family.case("packbits", np.array([1, 0, 1, 1, 0, 0, 0, 0, 1], "uint8"))
    family.case("packbits", np.array([True, False, True]))
    family.case("packbits", np.array([], "uint8"))
    family.case("packbits", np.array([1.0]))
    family.case("unpackbits", np.array([5, 255], "uint8"))
    family.case("unpackbits", np.array([5], "int64"))
    bits = (plain("int64", 3, 10) % 3).astype("uint8")
    for axis in (0, 1, -1, 2):
        family.case("packbits", bits, axis=axis)
        family.case("unpackbits", bits, axis=axis)
    family.case("ediff1d", row)
    nan = np.array([1.0, np.nan])
    for first, second in ((row, row), (row, row + 1), (row, table), (table, row), (nan, nan), (row[:0], row[:0]), (row[:0], row[:1])):
        family.case("array_equal", first, second)
        family.case("array_equiv", first, second)
    family.case("array_equiv", row, np.stack([row, row]))
    family.case("allclose", nan, nan + 1e-9)
    for second in (nan + 1e-9, nan + 1, np.array([1.0, 2.0]), np.array([np.nan, np.nan])):
        family.case("allclose", nan, second, equal_nan=True)
    for imaginary in (0, 1e-15, 1e-10, np.nan, np.inf):
        family.case("real_if_close", np.array([1 + 0j, complex(2, imaginary)]))
    family.case("real_if_close", row)
    for mask, values in (([1, 0, 1], [7, 8]), ([0, 0, 0], [5]), ([1, 1, 1], [4]), ([1, 1, 0], [4, 5, 6])):
        def filled(array, mask, values):
            array = array.copy()
            array[mask] = values
            return array
        family.case("set_where", np.arange(3), np.array(mask, bool), np.array(values), call=filled)
    family.case("isclose", np.array([1.0, np.nan, np.inf, 1e-9]), np.array([1.0 + 1e-9, np.nan, np.inf, 0]))
    family.case("isclose", np.array([1.0, np.nan]), np.array([1.1, np.nan]), equal_nan=True)
    return family


def files():
    """The bytes of npy files."""
    family = Family("npy")

    def saved(array):
        file = io.BytesIO()
        np.save(file, array)
        return file.getvalue()

    for dtype in DTYPES:
        family.case("save", plain(dtype, 2, 3), call=saved)
    for array in (np.array(2.5), np.zeros(0), np.zeros((2, 0, 3), "int8"), edges("float64")):
        family.case("save", array, call=saved)
    # The order of the elements in memory is kept in the file: the argument lies column by column.
    family.case("save_fortran", plain("float32", 2, 3), call=lambda array: saved(np.asfortranarray(array)))
    family.case("save_swapped", plain("int32", 3), call=lambda array: saved(array.astype(">i4")))
    family.case("save_version_2", plain("int16", 2), call=version_2)
    return family


def version_2(array):
    file = io.BytesIO()
    np.lib.format.write_array(file, array, version=(2, 0))
    return file.getvalue()


FAMILIES = [creation, indexing, manipulation, files]
