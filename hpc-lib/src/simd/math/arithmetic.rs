//! Arithmetic with and without a fused multiply-add, and with numbers of twice the length.
//!
//! A [`Pair`] is a number as the unevaluated sum of two (double-double): the algorithms are those of
//! Dekker (Numerische Mathematik 18, 1971) and Knuth (The Art of Computer Programming, 4.2.2).

/// How products are computed, which is all that the levels of the processor differ in.
pub(super) trait Arithmetic {
    /// `a * b + c` with one rounding or two: where the sum is not much smaller than `c`.
    fn fma(a: f64, b: f64, c: f64) -> f64;

    /// `a * b` without error.
    fn product(a: f64, b: f64) -> Pair;

    /// `a * b + c` also where most of the product cancels.
    fn residual(a: f64, b: f64, c: f64) -> f64;

    /// c[0] + c[1] x + c[2] x² + …: neighbours are joined, then neighbours of those (Estrin's
    /// scheme). Horner's rule has fewer operations, but each waits for the one before.
    #[inline(always)]
    fn polynomial<const N: usize>(x: f64, c: &[f64; N]) -> f64 {
        const { assert!(2 <= N && N <= 16) };
        let mut terms = [0.0; 16];
        terms[..N].copy_from_slice(c);
        let (mut count, mut power) = (N, x);
        // At most four levels; a loop until one is left would not be unrolled.
        for _ in 0..4 {
            if count > 1 {
                for i in 0..count / 2 {
                    terms[i] = Self::fma(terms[2 * i + 1], power, terms[2 * i]);
                }
                if count % 2 == 1 {
                    terms[count / 2] = terms[count - 1];
                }
                count = count.div_ceil(2);
                power *= power;
            }
        }
        terms[0]
    }
}

/// In one instruction, rounded once.
pub(super) struct Fused;

impl Arithmetic for Fused {
    #[inline(always)]
    fn fma(a: f64, b: f64, c: f64) -> f64 {
        a.mul_add(b, c)
    }

    #[inline(always)]
    fn product(a: f64, b: f64) -> Pair {
        let high = a * b;
        Pair {
            high,
            low: a.mul_add(b, -high),
        }
    }

    #[inline(always)]
    fn residual(a: f64, b: f64, c: f64) -> f64 {
        a.mul_add(b, c)
    }
}

/// In two instructions, where one is not to be had (in software it takes a hundred).
pub(super) struct Separate;

impl Separate {
    /// The upper and the lower half of the bits of `a`, which is below 2⁹⁹⁶.
    #[inline(always)]
    fn halves(a: f64) -> (f64, f64) {
        const SPLIT: f64 = 134_217_729.0; // 2²⁷ + 1
        let scaled = a * SPLIT;
        let high = scaled - (scaled - a);
        (high, a - high)
    }
}

impl Arithmetic for Separate {
    #[inline(always)]
    fn fma(a: f64, b: f64, c: f64) -> f64 {
        a * b + c
    }

    #[inline(always)]
    fn product(a: f64, b: f64) -> Pair {
        let high = a * b;
        let ((a1, a2), (b1, b2)) = (Self::halves(a), Self::halves(b));
        Pair {
            high,
            low: ((a1 * b1 - high) + a1 * b2 + a2 * b1) + a2 * b2,
        }
    }

    #[inline(always)]
    fn residual(a: f64, b: f64, c: f64) -> f64 {
        let product = Self::product(a, b);
        let sum = Pair::sum(product.high, c);
        sum.high + (sum.low + product.low)
    }
}

/// A number as the sum of two, the second much smaller.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair {
    pub(super) high: f64,
    pub(super) low: f64,
}

impl Pair {
    #[inline(always)]
    pub(super) fn new(high: f64, low: f64) -> Self {
        Self { high, low }
    }

    #[inline(always)]
    pub(super) fn from(high: f64) -> Self {
        Self { high, low: 0.0 }
    }

    /// `a + b` without error, for |a| >= |b| or a = 0.
    #[inline(always)]
    pub(super) fn ordered_sum(a: f64, b: f64) -> Self {
        let high = a + b;
        Self {
            high,
            low: b - (high - a),
        }
    }

    /// `a + b` without error.
    #[inline(always)]
    pub(super) fn sum(a: f64, b: f64) -> Self {
        let high = a + b;
        let from_b = high - a;
        Self {
            high,
            low: (a - (high - from_b)) + (b - from_b),
        }
    }

    /// The same number with the second as small as it can be.
    #[inline(always)]
    pub(super) fn normalized(self) -> Self {
        Self::ordered_sum(self.high, self.low)
    }

    #[inline(always)]
    pub(super) fn value(self) -> f64 {
        self.high + self.low
    }

    /// Times a power of two.
    #[inline(always)]
    pub(super) fn scaled(self, power: f64) -> Self {
        Self::new(self.high * power, self.low * power)
    }

    #[inline(always)]
    pub(super) fn negated(self) -> Self {
        Self::new(-self.high, -self.low)
    }

    #[inline(always)]
    pub(super) fn plus(self, other: Self) -> Self {
        let sum = Self::sum(self.high, other.high);
        Self::ordered_sum(sum.high, sum.low + (self.low + other.low))
    }

    #[inline(always)]
    pub(super) fn plus_number(self, other: f64) -> Self {
        let sum = Self::sum(self.high, other);
        Self::ordered_sum(sum.high, sum.low + self.low)
    }

    #[inline(always)]
    pub(super) fn times<M: Arithmetic>(self, other: Self) -> Self {
        let product = M::product(self.high, other.high);
        let cross = M::fma(self.high, other.low, self.low * other.high);
        Self::ordered_sum(product.high, product.low + cross)
    }

    #[inline(always)]
    pub(super) fn times_number<M: Arithmetic>(self, other: f64) -> Self {
        let product = M::product(self.high, other);
        Self::ordered_sum(product.high, M::fma(self.low, other, product.low))
    }

    #[inline(always)]
    pub(super) fn over<M: Arithmetic>(self, other: Self) -> Self {
        let inverse = 1.0 / other.high;
        let high = self.high * inverse;
        let rest = M::residual(-high, other.high, self.high) + M::fma(-high, other.low, self.low);
        Self::ordered_sum(high, rest * inverse)
    }

    /// For a number above 0.
    #[inline(always)]
    pub(super) fn square_root<M: Arithmetic>(self) -> Self {
        let high = self.high.sqrt();
        let rest = M::residual(-high, high, self.high) + self.low;
        Self::ordered_sum(high, rest * (0.5 / high))
    }

    /// One or the other, without a branch.
    #[inline(always)]
    pub(super) fn select(condition: bool, yes: Self, no: Self) -> Self {
        Self {
            high: if condition { yes.high } else { no.high },
            low: if condition { yes.low } else { no.low },
        }
    }
}

/// Adding and subtracting it rounds a number below 2⁵¹ to an integer, which is then in the low bits.
pub(super) const ROUND: f64 = 6_755_399_441_055_744.0;

/// 2ⁿ for an integer from -1022 to 1023.
#[inline(always)]
pub(super) fn power_of_two(n: f64) -> f64 {
    f64::from_bits(((n + ROUND).to_bits() << 52).wrapping_add(1.0_f64.to_bits()))
}

/// x 2ⁿ for an integer from -2044 to 2046, rounded once more where the result is subnormal.
#[inline(always)]
pub(super) fn scale(x: f64, n: f64) -> f64 {
    let half = (n * 0.5 + ROUND) - ROUND;
    x * power_of_two(half) * power_of_two(n - half)
}

/// `magnitude` with the sign of `sign`; the magnitude is not negative.
#[inline(always)]
pub(super) fn with_sign(magnitude: f64, sign: f64) -> f64 {
    f64::from_bits(magnitude.to_bits() | (sign.to_bits() & SIGN))
}

/// `x`, negated where `sign` is negative.
#[inline(always)]
pub(super) fn flip_sign(x: f64, sign: f64) -> f64 {
    f64::from_bits(x.to_bits() ^ (sign.to_bits() & SIGN))
}

pub(super) const SIGN: u64 = 1 << 63;

/// A polynomial about the centre of an interval, its first coefficient as a pair.
pub(super) struct Row<const N: usize> {
    pub(super) high: f64,
    pub(super) low: f64,
    pub(super) rest: [f64; N],
}

impl<const N: usize> Row<N> {
    /// The value at the distance `d` from the centre.
    #[inline(always)]
    pub(super) fn at<M: Arithmetic>(&self, d: f64) -> Pair {
        let tail = M::fma(d, M::polynomial(d, &self.rest), self.low);
        Pair::ordered_sum(self.high, tail)
    }
}
