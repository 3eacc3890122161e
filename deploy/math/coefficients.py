#!/usr/bin/env python3
"""Writes the polynomials and constants of hpc-lib/src/simd/math/coefficients.rs.

Each polynomial is the interpolation of its function at Chebyshev points, computed with 60 digits
and rounded; what that leaves is within a few per cent of the best that the degree allows. Nothing
is taken from elsewhere: every number follows from the definitions below.

Usage: coefficients.py >hpc-lib/src/simd/math/coefficients.rs     (needs mpmath)
"""

from mpmath import mp, mpf

mp.dps = 60


def interpolation(function, low, high, count):
    """The `count` coefficients (lowest first) of the polynomial that meets `function` at the
    Chebyshev points of [low, high]."""
    centre, half = (mpf(low) + high) / 2, (mpf(high) - low) / 2
    points = [
        centre + half * mp.cos(mp.pi * (2 * i + 1) / (2 * count)) for i in range(count)
    ]
    divided = [function(x) for x in points]
    for order in range(1, count):
        for i in range(count - 1, order - 1, -1):
            divided[i] = (divided[i] - divided[i - 1]) / (points[i] - points[i - order])
    coefficients = [divided[-1]]
    for i in range(count - 2, -1, -1):
        shifted = [mpf(0), *coefficients]
        for j, c in enumerate(coefficients):
            shifted[j] -= points[i] * c
        shifted[0] += divided[i]
        coefficients = shifted
    return coefficients


def away_from_zero(function, limit):
    """`function`, whose formula cancels at 0, continued there by its value nearby."""
    tiny = mpf(limit) * mpf(10) ** -18
    return lambda x: function(x if abs(x) > tiny else tiny)


def number(x):
    return repr(float(x))


def pair(x):
    """A number as two doubles."""
    high = float(x)
    return high, float(x - high)


def split(x, bits):
    """The first `bits` bits of x."""
    _, exponent = mp.frexp(x)
    scale = mpf(2) ** (bits - exponent)
    return mp.floor(x * scale + mpf(1) / 2) / scale


def constant(name, what, value):
    print(f"\n/// {what}\npub(super) const {name}: f64 = {number(value)};")


def polynomial(name, what, function, low, high, count, weight=lambda x: 1):
    """`weight(x)` times the polynomial's error is what counts; its maximum is printed."""
    coefficients = [float(c) for c in interpolation(function, low, high, count)]
    worst = mpf(0)
    for i in range(400):
        x = mpf(low) + (mpf(high) - low) * (i + mpf("0.37")) / 400
        worst = max(worst, abs((mp.polyval(coefficients[::-1], x) - function(x)) * weight(x)))
    bits = "" if worst == 0 else f" Error 2^{float(mp.log(worst, 2)):.1f}."
    values = "\n    " + ",\n    ".join(map(number, coefficients)) + ",\n"
    print(f"\n/// {what}{bits}\npub(super) const {name}: [f64; {count}] = [{values}];")


def row_of(coefficients, function, low, high):
    """A polynomial with the first coefficient as two doubles, and its largest relative error."""
    rounded = [*pair(coefficients[0]), *(float(c) for c in coefficients[1:])]
    worst = mpf(0)
    for i in range(12):
        d = low + (high - low) * (i + mpf("0.5")) / 12
        got = mpf(rounded[0]) + rounded[1] + d * mp.polyval(rounded[:1:-1], d)
        worst = max(worst, abs(got / function(d) - 1))
    high, low, *rest = map(number, rounded)
    return f"Row {{ high: {high}, low: {low}, rest: [{', '.join(rest)}] }}", worst


def table(name, what, function, rows, count, length):
    """Rows of polynomials about the centres of `rows` = [(low, high)...]; the last row is repeated
    up to `length`."""
    worst = mpf(0)
    lines = []
    for low, high in rows:
        centre, reach = (mpf(low) + high) / 2, (mpf(high) - low) / 2
        around = lambda d, centre=centre: function(centre + d)
        row, error = row_of(interpolation(around, -reach, reach, count), around, -reach, reach)
        worst = max(worst, error)
        lines.append(row)
    lines += [lines[-1]] * (length - len(lines))
    print(f"\n/// {what} Relative error 2^{float(mp.log(worst, 2)):.1f}.")
    print(f"pub(super) static {name}: [Row<{count - 1}>; {length}] = [\n    {(',' + chr(10) + '    ').join(lines)},\n];")


def sine(z):
    x = mp.sqrt(z)
    return (mp.sin(x) - x) / x**3


def cosine(z):
    return (mp.cos(mp.sqrt(z)) - 1 + z / 2) / z**2


def exponential(r):
    return (mp.expm1(r) - r) / r**2


def hyperbolic_sine(z):
    x = mp.sqrt(z)
    return (mp.sinh(x) - x) / x**3


def hyperbolic_cosine(z):
    return (mp.cosh(mp.sqrt(z)) - 1 - z / 2) / z**2


def area_tangent(z):
    """(2 artanh(s) - 2 s) / s³"""
    s = mp.sqrt(z)
    return 2 * (mp.atanh(s) - s) / s**3


def area_tangent_rest(z):
    """The same without the terms in s³ and s⁵, over s⁷"""
    s = mp.sqrt(z)
    return 2 * (mp.atanh(s) - s - s**3 / 3 - s**5 / 5) / s**7


def arc_tangent(z):
    t = mp.sqrt(z)
    return (mp.atan(t) - t) / t**3


def arc_sine(z):
    x = mp.sqrt(z)
    return (mp.asin(x) - x) / x**3


def trigonometric():
    limit = (mp.pi / 4) ** 2 * mpf("1.0001")
    high, low = pair(mp.pi / 2)
    constant("HALF_PI_LOWEST", "What is left of pi/2 after the next two.", mp.pi / 2 - high - low)
    for name, value in (("HALF_PI", mp.pi / 2), ("PI", mp.pi)):
        constant(f"{name}_HIGH", "Rounded.", pair(value)[0])
        constant(f"{name}_LOW", "What rounding took away.", pair(value)[1])
    constant("QUARTER_PI_LOW", "What rounding took away from pi/4.", pair(mp.pi / 4)[1])
    polynomial("SIN", "(sin(r) - r) / r³ in powers of r², for |r| up to pi/4.",
               away_from_zero(sine, limit), 0, limit, 7, lambda z: z)
    polynomial("COS", "(cos(r) - 1 + r²/2) / r⁴ in powers of r², for |r| up to pi/4.",
               away_from_zero(cosine, limit), 0, limit, 6, lambda z: z**2)
    polynomial("SIN_SHORT", "As SIN, for results in f32.",
               away_from_zero(sine, limit), 0, limit, 4, lambda z: z)
    polynomial("COS_SHORT", "As COS, for results in f32.",
               away_from_zero(cosine, limit), 0, limit, 4, lambda z: z**2)
    words = 20
    with mp.workprec(64 * words + 64):
        scaled = int(mp.floor(mp.ldexp(2 / mp.pi, 64 * words)))
    values = [(scaled >> (64 * (words - 1 - i))) & (2**64 - 1) for i in range(words)]
    print("\n/// The bits of 2/pi after the binary point.")
    print(f"pub(super) static TWO_OVER_PI: [u64; {words}] = [{', '.join(f'0x{v:016x}' for v in values)}];")


def inverse_trigonometric():
    limit = mp.tan(mp.pi / 8) ** 2 * mpf("1.001")
    constant("TAN_PI_8", "tan(pi/8).", mp.tan(mp.pi / 8))
    constant("TAN_3_PI_8", "tan(3 pi/8).", mp.tan(3 * mp.pi / 8))
    polynomial("ATAN", "(atan(t) - t) / t³ in powers of t², for |t| up to tan(pi/8).",
               away_from_zero(arc_tangent, limit), 0, limit, 11, lambda z: z)
    polynomial("ATAN_SHORT", "As ATAN, for results in f32.",
               away_from_zero(arc_tangent, limit), 0, limit, 6, lambda z: z)
    polynomial("ASIN", "(asin(x) - x) / x³ in powers of x², for |x| up to 1/2.",
               away_from_zero(arc_sine, "0.25"), 0, mpf("0.25"), 13, lambda z: z)
    polynomial("ASIN_SHORT", "As ASIN, for results in f32.",
               away_from_zero(arc_sine, "0.25"), 0, mpf("0.25"), 7, lambda z: z)


def exponentials():
    limit = mp.log(2) / 2 * mpf("1.001")
    constant("LN_2_HIGH", "The first 32 bits of log(2).", split(mp.log(2), 32))
    constant("LN_2_LOW", "The next 53 bits.", mp.log(2) - split(mp.log(2), 32))
    constant("LN_2", "log(2), rounded.", mp.log(2))
    constant("LN_2_REST", "What rounding took away.", pair(mp.log(2))[1])
    polynomial("EXP", "(exp(r) - 1 - r) / r² in powers of r, for |r| up to log(2)/2.",
               away_from_zero(exponential, limit), -limit, limit, 11, lambda r: r**2)
    polynomial("EXP_SHORT", "As EXP, for results in f32.",
               away_from_zero(exponential, limit), -limit, limit, 6, lambda r: r**2)
    polynomial("SINH", "(sinh(r) - r) / r³ in powers of r², for |r| up to log(2)/2.",
               away_from_zero(hyperbolic_sine, limit**2), 0, limit**2, 6, lambda z: z)
    polynomial("COSH", "(cosh(r) - 1 - r²/2) / r⁴ in powers of r², for |r| up to log(2)/2.",
               away_from_zero(hyperbolic_cosine, limit**2), 0, limit**2, 5, lambda z: z**2)
    polynomial("SINH_SHORT", "As SINH, for results in f32.",
               away_from_zero(hyperbolic_sine, limit**2), 0, limit**2, 3, lambda z: z)
    polynomial("COSH_SHORT", "As COSH, for results in f32.",
               away_from_zero(hyperbolic_cosine, limit**2), 0, limit**2, 3, lambda z: z**2)


def logarithms():
    limit = ((mp.sqrt(2) - 1) / (mp.sqrt(2) + 1)) ** 2 * mpf("1.0001")
    for name, value in (("LOG2_E", 1 / mp.log(2)), ("LOG10_E", 1 / mp.log(10)), ("TWO_THIRDS", mpf(2) / 3),
                        ("TWO_FIFTHS", mpf(2) / 5)):
        constant(f"{name}_HIGH", "Rounded.", pair(value)[0])
        constant(f"{name}_LOW", "What rounding took away.", pair(value)[1])
    constant("LOG10_2_HIGH", "The first 32 bits of log10(2).", split(mp.log10(2), 32))
    constant("LOG10_2_LOW", "The next 53 bits.", mp.log10(2) - split(mp.log10(2), 32))
    polynomial("LOG", "(2 artanh(s) - 2 s) / s³ in powers of s², for 1 + s up to sqrt(2) (1 - s).",
               away_from_zero(area_tangent, limit), 0, limit, 8, lambda z: z / 2)
    polynomial("LOG_REST", "(2 artanh(s) - 2 s - 2/3 s³ - 2/5 s⁵) / s⁷ in powers of s².",
               away_from_zero(area_tangent_rest, limit * 100), 0, limit, 8, lambda z: z**3 / 2)
    polynomial("LOG_MEDIUM", "As LOG, for powers in f32.",
               away_from_zero(area_tangent, limit), 0, limit, 5, lambda z: z / 2)
    polynomial("LOG_SHORT", "As LOG, for results in f32.",
               away_from_zero(area_tangent, limit), 0, limit, 4, lambda z: z / 2)


def roots():
    constant("INVERSE_CBRT_2", "2 to the power -1/3.", 1 / mp.cbrt(2))
    constant("INVERSE_CBRT_4", "2 to the power -2/3.", 1 / mp.cbrt(4))
    polynomial("INVERSE_CBRT", "m to the power -1/3 for m from 1 to 2.",
               lambda m: 1 / mp.cbrt(m), 1, 2, 6)


def errors():
    tenth = mpf(1) / 8
    slope = lambda x: mp.erf(x) / x if x else 2 / mp.sqrt(mp.pi)
    table("ERF", "erf(x) / x about the centre of each eighth.", slope,
          [(i * tenth, (i + 1) * tenth) for i in range(48)], 12, 64)
    # 1 + x from 1 to 32: each octave in 16 rows.
    rows = []
    for i in range(80):
        octave = mpf(2) ** (i // 16)
        low = octave * (1 + mpf(i % 16) / 16) - 1
        rows.append((low, low + octave / 16))
    table("ERFCX", "exp(x²) erfc(x) about the centre of each sixteenth of an octave of 1 + x.",
          lambda x: mp.exp(x * x) * mp.erfc(x), rows, 11, 128)


def stirling(w):
    """y (log Gamma(y) - (y - 1/2) log(y) + y - log(2 pi) / 2) for y = w ** -1/2"""
    y = 1 / mp.sqrt(w)
    return y * (mp.loggamma(y) - (y - mpf(1) / 2) * mp.log(y) + y - mp.log(2 * mp.pi) / 2)


def log_gamma_factor(x):
    """log Gamma(x) / ((x - 1) (x - 2))"""
    for pole in (1, 2):
        if abs(x - pole) < mpf(10) ** -25:
            x = pole + mpf(10) ** -25
    return mp.loggamma(x) / ((x - 1) * (x - 2))


def inverse_gamma_factor(zero, centre):
    """(1 / |Gamma(x)| - 1) / (x - zero) in powers of x - centre"""

    def function(d):
        x = centre + d
        if abs(x - zero) < mpf(10) ** -35:
            x = zero + mpf(10) ** -35
        return (abs(mp.rgamma(x)) - 1) / (x - zero)

    return function


def zeros_of_log_gamma():
    """Where |Gamma(x)| = 1 for x < 0 with doubles near, and how |Gamma| leaves 1 there."""
    lines = []
    worst = mpf(0)
    count = 15
    for n in range(2, 17):
        top = mp.findroot(mp.digamma, -n - mpf("0.5"), tol=1e-30) if n > 2 else mpf("-2.61")
        for low, high in ((top, mpf(-n)), (mpf(-n - 1), top)):
            # 1 / |Gamma| is 0 at the integer and above 1 at the top.
            pole, inner = (high, low) if high == -n else (low, high)
            for _ in range(240):
                middle = (pole + inner) / 2
                if abs(mp.rgamma(middle)) < 1:
                    pole = middle
                else:
                    inner = middle
            zero = inner
            # As far as 1 / |Gamma| is between 1/2 and 2, and not beyond the top.
            reach = []
            for end in (mpf(low), mpf(high)):
                step = (end - zero) / 4096
                d = step
                while 1 < 2 * abs(mp.rgamma(zero + d)) < 4 and abs(d) < abs(end - zero):
                    d += step
                reach.append(d)
            # The factor varies most about the first two zeros.
            parts = 3 if n == 2 else 1
            for i in range(parts):
                start = zero + reach[0] + (reach[1] - reach[0]) * i / parts
                stop = zero + reach[0] + (reach[1] - reach[0]) * (i + 1) / parts
                centre = mpf(float((start + stop) / 2 if parts > 1 else zero))
                factor = inverse_gamma_factor(zero, centre)
                ends = start - centre, stop - centre
                row, error = row_of(interpolation(factor, *ends, count), factor, *ends)
                worst = max(worst, error)
                high_part, low_part = map(number, pair(zero))
                lines.append(
                    f"Zero {{ from: {number(start)}, to: {number(stop)}, centre: {number(centre)}, "
                    f"high: {high_part}, low: {low_part}, factor: {row} }}"
                )
    print("\n/// The negative zeros of log |Gamma| that have doubles near.")
    print(f"/// Relative error of the factors 2^{float(mp.log(worst, 2)):.1f}.")
    print(f"pub(super) static ZEROS: [Zero; {len(lines)}] = [\n    {(',' + chr(10) + '    ').join(lines)},\n];")


def gammas():
    constant("HALF_LN_TAU_HIGH", "log(2 pi) / 2, rounded.", pair(mp.log(2 * mp.pi) / 2)[0])
    constant("HALF_LN_TAU_LOW", "What rounding took away.", pair(mp.log(2 * mp.pi) / 2)[1])
    polynomial("STIRLING", "y times the rest of Stirling's series in powers of 1/y², for y from 8.",
               away_from_zero(stirling, mpf(1) / 64 * 10**12), 0, mpf(1) / 64, 9, lambda w: mp.sqrt(w))
    rows = []
    for i in range(64):
        octave = mpf(2) ** (i // 16 - 1)
        low = octave * (1 + mpf(i % 16) / 16)
        rows.append((low, low + octave / 16))
    table("LOG_GAMMA", "log Gamma(x) / ((x - 1) (x - 2)) about the centre of each sixteenth of an octave.",
          log_gamma_factor, rows, 11, 64)
    zeros_of_log_gamma()
    centre, reach = mpf(-2.61), mpf("0.05")
    around = lambda d: mp.re(mp.loggamma(centre + d))
    row, error = row_of(interpolation(around, -reach, reach, 15), around, -reach, reach)
    print("\n/// log |Gamma(x)| in powers of x + 2.61, for 0.05 to both sides: where it is small without a")
    print(f"/// zero. Relative error 2^{float(mp.log(error, 2)):.1f}.")
    print(f"pub(super) static LOG_GAMMA_TOP: Row<14> = {row};")


def main():
    print("//! Polynomials and constants, written by `deploy/math/coefficients.py`, which says how each")
    print("//! is computed.")
    print("#![allow(clippy::unreadable_literal, clippy::approx_constant)]")
    print("#![allow(clippy::excessive_precision)] // As Python writes them.")
    print("\nuse super::arithmetic::Row;\nuse super::gamma::Zero;")
    trigonometric()
    inverse_trigonometric()
    exponentials()
    logarithms()
    roots()
    errors()
    gammas()


main()
