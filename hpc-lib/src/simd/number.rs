//! Arithmetic on one element, for every type that an array can hold.
#![allow(clippy::inline_always)] // It must be inlined where the vector instructions are enabled.

use num_complex::Complex;

/// What all numbers can do. For bool `+` is "or" and `*` is "and".
pub(crate) trait Number: Copy + PartialEq + Default {
    const ONE: Self;
    /// Kernels are compiled for all levels of vector instructions, and for numbers as operands too:
    /// for floating point numbers, which most work is done in. Of the other dtypes there is one
    /// form of each kernel for two levels, or building the library would take minutes.
    const FIRST_CLASS: bool = false;
    fn add(self, other: Self) -> Self;
    fn sub(self, other: Self) -> Self;
    fn mul(self, other: Self) -> Self;
    /// Floating point and complex numbers only.
    fn div(self, other: Self) -> Self;
    fn neg(self) -> Self;
    /// Integers, floating point and complex numbers: -1, 0, 1, or the direction.
    fn sign(self) -> Self;
}

/// Numbers in an order.
pub(crate) trait Real: Number + PartialOrd {
    /// The least and the greatest value.
    const LEAST: Self;
    const GREATEST: Self;
    /// Of the quotient, rounded down; 0 where an integer is divided by 0.
    fn floor_div(self, other: Self) -> Self;
    /// With the sign of the divisor; 0 for an integer divisor of 0.
    fn rem(self, other: Self) -> Self;
    /// With the sign of the dividend, as in C; 0 for an integer divisor of 0.
    fn fmod(self, other: Self) -> Self;
    fn pow(self, exponent: Self) -> Self;
    /// NaN where one is NaN.
    fn minimum(self, other: Self) -> Self;
    /// NaN where one is NaN.
    fn maximum(self, other: Self) -> Self;
    /// The number where one is NaN.
    fn fmin(self, other: Self) -> Self;
    /// The number where one is NaN.
    fn fmax(self, other: Self) -> Self;
    fn abs(self) -> Self;
    fn is_negative(self) -> bool;
    /// Floating point numbers only.
    #[inline(always)]
    fn is_nan(self) -> bool {
        false
    }
}

/// Integers and bool.
pub(crate) trait Integer: Real {
    fn and(self, other: Self) -> Self;
    fn or(self, other: Self) -> Self;
    fn xor(self, other: Self) -> Self;
    fn not(self) -> Self;
    /// 0 where the distance is negative or not less than the width.
    fn shl(self, distance: Self) -> Self;
    /// 0 (or -1 for a negative number) where the distance is negative or not less than the width.
    fn shr(self, distance: Self) -> Self;
    fn gcd(self, other: Self) -> Self;
    fn lcm(self, other: Self) -> Self;
}

/// f32 and f64.
pub(crate) trait Float: Real {
    fn sqrt(self) -> Self;
    fn floor(self) -> Self;
    fn ceil(self) -> Self;
    fn trunc(self) -> Self;
    /// The even one of two nearest.
    fn round(self) -> Self;
    fn copysign(self, sign: Self) -> Self;
    /// The next number in the direction of `other`.
    fn next_after(self, other: Self) -> Self;
    fn is_infinite(self) -> bool;
    fn is_finite(self) -> bool;
    /// The same number.
    fn to_f64(self) -> f64;
}

/// `self` to the power `n`, by squaring.
#[inline(always)]
pub(crate) fn power<T: Number>(x: T, n: u64) -> T {
    let (mut power, mut square, mut rest) = (T::ONE, x, n);
    loop {
        if rest & 1 == 1 {
            power = power.mul(square);
        }
        rest >>= 1;
        if rest == 0 {
            return power;
        }
        square = square.mul(square);
    }
}

macro_rules! integer {
    ($($type:ty, $unsigned:ty, $negative:expr;)*) => {$(
        impl Number for $type {
            const ONE: Self = 1;
            #[inline(always)]
            fn add(self, other: Self) -> Self { self.wrapping_add(other) }
            #[inline(always)]
            fn sub(self, other: Self) -> Self { self.wrapping_sub(other) }
            #[inline(always)]
            fn mul(self, other: Self) -> Self { self.wrapping_mul(other) }
            #[inline(always)]
            fn div(self, other: Self) -> Self { Real::floor_div(self, other) }
            #[inline(always)]
            fn neg(self) -> Self { self.wrapping_neg() }
            #[inline(always)]
            fn sign(self) -> Self {
                if Real::is_negative(self) { (0 as $type).wrapping_sub(1) } else { (self != 0) as Self }
            }
        }

        impl Real for $type {
            const LEAST: Self = <$type>::MIN;
            const GREATEST: Self = <$type>::MAX;
            #[inline(always)]
            fn floor_div(self, other: Self) -> Self {
                if other == 0 {
                    return 0;
                }
                let quotient = self.wrapping_div(other);
                let rest = self.wrapping_rem(other);
                let down = rest != 0 && Real::is_negative(rest) != Real::is_negative(other);
                quotient.wrapping_sub(down as Self)
            }
            #[inline(always)]
            fn rem(self, other: Self) -> Self {
                if other == 0 {
                    return 0;
                }
                let rest = self.wrapping_rem(other);
                if rest != 0 && Real::is_negative(rest) != Real::is_negative(other) {
                    rest.wrapping_add(other)
                } else {
                    rest
                }
            }
            #[inline(always)]
            fn fmod(self, other: Self) -> Self {
                if other == 0 { 0 } else { self.wrapping_rem(other) }
            }
            /// Exponents are not negative: that is checked before.
            #[inline(always)]
            fn pow(self, exponent: Self) -> Self { power(self, exponent as u64) }
            #[inline(always)]
            fn minimum(self, other: Self) -> Self { Ord::min(self, other) }
            #[inline(always)]
            fn maximum(self, other: Self) -> Self { Ord::max(self, other) }
            #[inline(always)]
            fn fmin(self, other: Self) -> Self { Ord::min(self, other) }
            #[inline(always)]
            fn fmax(self, other: Self) -> Self { Ord::max(self, other) }
            #[inline(always)]
            fn abs(self) -> Self {
                if Real::is_negative(self) { self.wrapping_neg() } else { self }
            }
            #[inline(always)]
            fn is_negative(self) -> bool { $negative(self) }
        }

        impl Integer for $type {
            #[inline(always)]
            fn and(self, other: Self) -> Self { self & other }
            #[inline(always)]
            fn or(self, other: Self) -> Self { self | other }
            #[inline(always)]
            fn xor(self, other: Self) -> Self { self ^ other }
            #[inline(always)]
            fn not(self) -> Self { !self }
            #[inline(always)]
            fn shl(self, distance: Self) -> Self {
                if (distance as $unsigned) < <$type>::BITS as $unsigned {
                    self.wrapping_shl(distance as u32)
                } else {
                    0
                }
            }
            #[inline(always)]
            fn shr(self, distance: Self) -> Self {
                let within = (distance as $unsigned) < <$type>::BITS as $unsigned;
                self.wrapping_shr(if within { distance as u32 } else { <$type>::BITS - 1 })
                    & if within || Real::is_negative(self) { !0 } else { 0 }
            }
            fn gcd(self, other: Self) -> Self {
                let (mut a, mut b) = (self, other);
                while b != 0 {
                    (a, b) = (b, a.wrapping_rem(b));
                }
                Real::abs(a)
            }
            fn lcm(self, other: Self) -> Self {
                let gcd = Integer::gcd(self, other);
                if gcd == 0 {
                    0
                } else {
                    Real::abs(self.wrapping_div(gcd).wrapping_mul(other))
                }
            }
        }
    )*};
}

integer! {
    i8, u8, |x: i8| x < 0;
    i16, u16, |x: i16| x < 0;
    i32, u32, |x: i32| x < 0;
    i64, u64, |x: i64| x < 0;
    u8, u8, |_| false;
    u16, u16, |_| false;
    u32, u32, |_| false;
    u64, u64, |_| false;
}

macro_rules! float {
    ($($type:ty),*) => {$(
        impl Number for $type {
            const ONE: Self = 1.0;
            const FIRST_CLASS: bool = true;
            #[inline(always)]
            fn add(self, other: Self) -> Self { self + other }
            #[inline(always)]
            fn sub(self, other: Self) -> Self { self - other }
            #[inline(always)]
            fn mul(self, other: Self) -> Self { self * other }
            #[inline(always)]
            fn div(self, other: Self) -> Self { self / other }
            #[inline(always)]
            fn neg(self) -> Self { -self }
            #[inline(always)]
            fn sign(self) -> Self {
                if self > 0.0 { 1.0 } else if self < 0.0 { -1.0 } else { self + 0.0 }
            }
        }

        impl Real for $type {
            const LEAST: Self = <$type>::NEG_INFINITY;
            const GREATEST: Self = <$type>::INFINITY;
            #[inline(always)]
            fn floor_div(self, other: Self) -> Self {
                if other == 0.0 {
                    return self / other;
                }
                // By way of the remainder, so that `a == (a // b) * b + a % b` holds.
                let rest = self % other;
                let mut quotient = (self - rest) / other;
                if rest != 0.0 && (rest < 0.0) != (other < 0.0) {
                    quotient -= 1.0;
                }
                if quotient == 0.0 {
                    return (0.0 as $type).copysign(self / other);
                }
                let floor = quotient.floor();
                if quotient - floor > 0.5 { floor + 1.0 } else { floor }
            }
            #[inline(always)]
            fn rem(self, other: Self) -> Self {
                let rest = self % other;
                if rest == 0.0 {
                    (0.0 as $type).copysign(other)
                } else if (rest < 0.0) == (other < 0.0) {
                    rest
                } else {
                    rest + other
                }
            }
            #[inline(always)]
            fn fmod(self, other: Self) -> Self { self % other }
            #[inline(always)]
            fn pow(self, exponent: Self) -> Self { self.powf(exponent) }
            #[inline(always)]
            fn minimum(self, other: Self) -> Self {
                if self < other || self.is_nan() { self } else { other }
            }
            #[inline(always)]
            fn maximum(self, other: Self) -> Self {
                if self > other || self.is_nan() { self } else { other }
            }
            #[inline(always)]
            fn fmin(self, other: Self) -> Self {
                if self < other || other.is_nan() { self } else { other }
            }
            #[inline(always)]
            fn fmax(self, other: Self) -> Self {
                if self > other || other.is_nan() { self } else { other }
            }
            #[inline(always)]
            fn abs(self) -> Self { <$type>::abs(self) }
            #[inline(always)]
            fn is_negative(self) -> bool { self.is_sign_negative() }
            #[inline(always)]
            fn is_nan(self) -> bool { <$type>::is_nan(self) }
        }

        impl Float for $type {
            #[inline(always)]
            fn sqrt(self) -> Self { <$type>::sqrt(self) }
            #[inline(always)]
            fn floor(self) -> Self { <$type>::floor(self) }
            #[inline(always)]
            fn ceil(self) -> Self { <$type>::ceil(self) }
            #[inline(always)]
            fn trunc(self) -> Self { <$type>::trunc(self) }
            #[inline(always)]
            fn round(self) -> Self { self.round_ties_even() }
            #[inline(always)]
            fn copysign(self, sign: Self) -> Self { <$type>::copysign(self, sign) }
            #[inline(always)]
            fn next_after(self, other: Self) -> Self {
                if self.is_nan() || other.is_nan() {
                    self + other
                } else if other > self {
                    self.next_up()
                } else if other < self {
                    self.next_down()
                } else {
                    other
                }
            }
            #[inline(always)]
            fn is_infinite(self) -> bool { <$type>::is_infinite(self) }
            #[inline(always)]
            fn is_finite(self) -> bool { <$type>::is_finite(self) }
            #[inline(always)]
            fn to_f64(self) -> f64 { self.into() }
        }
    )*};
}

float!(f32, f64);

impl Number for bool {
    const ONE: Self = true;
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self | other
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self ^ other
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self & other
    }
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        self & other
    }
    #[inline(always)]
    fn neg(self) -> Self {
        !self
    }
    #[inline(always)]
    fn sign(self) -> Self {
        self
    }
}

impl Real for bool {
    const LEAST: Self = false;
    const GREATEST: Self = true;
    #[inline(always)]
    fn floor_div(self, other: Self) -> Self {
        self & other
    }
    #[inline(always)]
    fn rem(self, _: Self) -> Self {
        false
    }
    #[inline(always)]
    fn fmod(self, _: Self) -> Self {
        false
    }
    #[inline(always)]
    fn pow(self, exponent: Self) -> Self {
        self >= exponent
    }
    #[inline(always)]
    fn minimum(self, other: Self) -> Self {
        self & other
    }
    #[inline(always)]
    fn maximum(self, other: Self) -> Self {
        self | other
    }
    #[inline(always)]
    fn fmin(self, other: Self) -> Self {
        self & other
    }
    #[inline(always)]
    fn fmax(self, other: Self) -> Self {
        self | other
    }
    #[inline(always)]
    fn abs(self) -> Self {
        self
    }
    #[inline(always)]
    fn is_negative(self) -> bool {
        false
    }
}

impl Integer for bool {
    #[inline(always)]
    fn and(self, other: Self) -> Self {
        self & other
    }
    #[inline(always)]
    fn or(self, other: Self) -> Self {
        self | other
    }
    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        self ^ other
    }
    #[inline(always)]
    fn not(self) -> Self {
        !self
    }
    #[inline(always)]
    fn shl(self, distance: Self) -> Self {
        self && !distance
    }
    #[inline(always)]
    fn shr(self, distance: Self) -> Self {
        self && !distance
    }
    #[inline(always)]
    fn gcd(self, other: Self) -> Self {
        self | other
    }
    #[inline(always)]
    fn lcm(self, other: Self) -> Self {
        self & other
    }
}

macro_rules! complex {
    ($($type:ty),*) => {$(
        impl Number for Complex<$type> {
            const ONE: Self = Complex::new(1.0, 0.0);
            #[inline(always)]
            fn add(self, other: Self) -> Self { self + other }
            #[inline(always)]
            fn sub(self, other: Self) -> Self { self - other }
            #[inline(always)]
            fn mul(self, other: Self) -> Self { self * other }
            /// By Smith's method (1962), which overflows only where the result does.
            #[inline(always)]
            fn div(self, other: Self) -> Self {
                if other.re.abs() >= other.im.abs() {
                    if other.re == 0.0 && other.im == 0.0 {
                        return Complex::new(self.re / other.re.abs(), self.im / other.re.abs());
                    }
                    let ratio = other.im / other.re;
                    let scale = 1.0 / (other.re + other.im * ratio);
                    Complex::new(
                        (self.re + self.im * ratio) * scale,
                        (self.im - self.re * ratio) * scale,
                    )
                } else {
                    let ratio = other.re / other.im;
                    let scale = 1.0 / (other.re * ratio + other.im);
                    Complex::new(
                        (self.re * ratio + self.im) * scale,
                        (self.im * ratio - self.re) * scale,
                    )
                }
            }
            #[inline(always)]
            fn neg(self) -> Self { -self }
            #[inline(always)]
            fn sign(self) -> Self {
                if self.re == 0.0 && self.im == 0.0 {
                    return self;
                }
                if self.re.is_infinite() != self.im.is_infinite() {
                    // The finite part is nothing beside it.
                    let direction = |x: $type| if x.is_infinite() { x.signum() } else { 0.0 };
                    return Complex::new(direction(self.re), direction(self.im));
                }
                self / self.re.hypot(self.im)
            }
        }
    )*};
}

complex!(f32, f64);
