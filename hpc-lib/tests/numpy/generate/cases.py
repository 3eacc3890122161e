"""Cases: a routine of NumPy, what it was called with, and what it gave."""

import json
import warnings

import numpy as np

DTYPES = [
    "bool",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "float32",
    "float64",
    "complex64",
    "complex128",
]
INTEGERS = DTYPES[1:9]
FLOATS = DTYPES[9:11]
COMPLEX = DTYPES[11:]


def number(value):
    """A float as JSON has it, or as a word; every one comes back as it was."""
    value = float(value)
    if value != value:
        return "nan"
    if value in (float("inf"), float("-inf")):
        return "inf" if value > 0 else "-inf"
    return value


def data(array):
    flat = np.ascontiguousarray(array).ravel()
    match flat.dtype.kind:
        case "b":
            return [int(value) for value in flat]
        case "i" | "u":
            return flat.tolist()
        case "f":
            return [number(value) for value in flat]
        case "c":
            return [number(part) for value in flat for part in (value.real, value.imag)]
    raise TypeError(f"no way to write {array.dtype}")


def encode(value):
    """Any argument or result; README.md describes the forms."""
    match value:
        case None | str():
            return value
        case bool():
            return value
        case np.ndarray() | np.generic():
            array = np.asarray(value)
            return {"dtype": array.dtype.name, "shape": list(array.shape), "data": data(array)}
        case int():
            return value
        case float():
            return value if np.isfinite(value) else {"float": number(value)}
        case complex():
            return {"complex": [number(value.real), number(value.imag)]}
        case slice():
            return {"slice": [value.start, value.stop, value.step]}
        case bytes():
            return {"bytes": value.hex()}
        case np.dtype():
            return value.name
        case type():
            return np.dtype(value).name
    if value is Ellipsis:
        return "..."
    return {"list": [encode(item) for item in value]}


def routine(name):
    """A function of NumPy by its name, as `linalg.det`."""
    function = np
    for part in name.split("."):
        function = getattr(function, part)
    return function


class Family:
    """The cases of one file."""

    def __init__(self, name):
        self.name = name
        self.cases = []

    def case(self, name, *args, call=None, compare=None, **parameters):
        """Notes what `np.name(*args, **parameters)` gives. `call` stands in for it where NumPy
        has no function of that name. `compare` says how a result may differ; else it may not."""
        # Some routines write to their arguments.
        written = [encode(argument) for argument in args]
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                result = {"result": encode((call or routine(name))(*args, **parameters))}
        except Exception as error:
            result = {"error": type(error).__name__}
        case = {"routine": name, "args": written}
        if parameters:
            case["parameters"] = {key: encode(value) for key, value in parameters.items()}
        case.update(result)
        if compare and "result" in result:
            case["compare"] = compare
        self.cases.append(case)

    def text(self):
        """One case a line. Arrays that occur more than once are written once, in front."""
        seen = {}
        for case in self.cases:
            for array in arrays_in(case):
                key = json.dumps(array)
                seen[key] = seen.get(key, 0) + 1
        # A reference to a small array is no shorter than the array.
        shared = {
            key: at for at, key in enumerate(k for k, count in seen.items() if count > 1 and len(k) > 60)
        }
        lines = ["{", f'"numpy": "{np.__version__}",', '"arrays": [', ",\n".join(shared), "],", '"cases": [']
        lines.append(",\n".join(compact(refer(case, shared)) for case in self.cases))
        return "\n".join(lines) + "\n]\n}\n"


def compact(value):
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def is_array(value):
    return isinstance(value, dict) and "dtype" in value and "data" in value


def arrays_in(value):
    if is_array(value):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from arrays_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from arrays_in(item)


def refer(value, shared):
    if is_array(value):
        at = shared.get(json.dumps(value))
        return value if at is None else {"array": at}
    if isinstance(value, dict):
        return {key: refer(item, shared) for key, item in value.items()}
    if isinstance(value, list):
        return [refer(item, shared) for item in value]
    return value


# How a result may differ.


def ulp(n):
    """By units in the last place of each element."""
    return {"ulp": n}


def near(rtol, atol=0.0):
    """By `atol + rtol × the largest magnitude` of the result."""
    return {"rtol": rtol, "atol": atol}


def edges(dtype):
    """Values at which routines go wrong."""
    kind = np.dtype(dtype).kind
    if kind == "b":
        return np.array([False, True])
    if kind in "iu":
        info = np.iinfo(dtype)
        low = [info.min, info.min + 1, -7, -2, -1] if kind == "i" else []
        return np.array([*low, 0, 1, 2, 3, 7, info.max // 2, info.max - 1, info.max], dtype)
    if kind == "f":
        info = np.finfo(dtype)
        values = [
            0.0,
            -0.0,
            1.0,
            -1.0,
            0.5,
            -0.5,
            2.5,
            -7.25,
            info.smallest_subnormal,
            -info.tiny,
            info.max,
            info.min,
        ]
        return np.array([*values, np.inf, -np.inf, np.nan], dtype)
    real = "float32" if dtype == "complex64" else "float64"
    big = np.finfo(real).max / 4
    values = [0, complex(-0.0, 0.0), 1, -1, 1j, -1j, 1 + 2j, -3 - 0.5j, complex(big, 1)]
    values += [complex(np.inf, 0), complex(0, -np.inf), complex(np.nan, 0), complex(1, np.nan)]
    return np.array(values, dtype)


def plain(dtype, *shape, seed=0):
    """Ordinary values without repetition in mind, the same at every run."""
    n = int(np.prod(shape, dtype=int))
    k = np.arange(n) * 7 + 3 * seed
    kind = np.dtype(dtype).kind
    if kind == "b":
        values = k % 3 == 0
    elif kind == "u":
        values = k % 23
    elif kind == "i":
        values = k % 23 - 11
    elif kind == "f":
        values = (k % 23 - 11) / 4
    else:
        values = (k % 23 - 11) / 4 + 1j * (k % 19 - 9) / 2
    return np.asarray(values).astype(dtype).reshape(shape)
