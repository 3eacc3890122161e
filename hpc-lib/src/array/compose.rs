//! Functions that are made of simpler ones: they are computed in one pass as well.

use std::f64::consts::{LN_2, PI};

use num_complex::Complex;

use super::Array;
use super::dense::Dense;
use super::dtype::DType;
use super::math::select;
use super::operators::Operand;
use crate::error::{Error, OrRaise};

impl Array {
    /// log(exp(x) + exp(y)) of each two elements, without overflow.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let x = Array::from([1000.0, f64::NEG_INFINITY]);
    /// let y = x.logaddexp(&x);
    /// assert!((y.item(0) - 1000.0 - 2.0_f64.ln()).abs() < 1e-12);
    /// assert_eq!(y.item(1), f64::NEG_INFINITY);
    /// ```
    ///
    /// # Panics
    /// Panics when the shapes do not fit together, and for complex numbers.
    #[track_caller]
    pub fn logaddexp(&self, other: impl Into<Operand>) -> Self {
        let other = other.into();
        self.meets("logaddexp", &other).or_raise();
        let distance = -self.distance(&other);
        let greater = self.maximum(other.clone());
        let sum = &greater + distance.exp().log1p();
        // Infinities of the same sign have no distance.
        select(self.eq(other), &greater + LN_2, sum)
    }

    /// log2(2^x + 2^y) of each two elements, without overflow.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([3.0]).logaddexp2(3.0).item(0), 4.0);
    /// ```
    ///
    /// # Panics
    /// Panics when the shapes do not fit together, and for complex numbers.
    #[track_caller]
    pub fn logaddexp2(&self, other: impl Into<Operand>) -> Self {
        let other = other.into();
        self.meets("logaddexp2", &other).or_raise();
        let distance = -self.distance(&other);
        let greater = self.maximum(other.clone());
        let sum = &greater + distance.exp2().log1p() * (1.0 / LN_2);
        select(self.eq(other), &greater + 1.0, sum)
    }

    /// Whether the shapes fit together, said in the name of a routine that is made of others.
    fn meets(&self, routine: &'static str, other: &Operand) -> Result<(), Error> {
        match &other.0 {
            crate::expr::Input::Node(node) => {
                super::layout::broadcast_shape(routine, self.shape(), &node.shape).map(drop)
            }
            crate::expr::Input::Scalar(_) => Ok(()),
        }
    }

    /// |x - y| in floating point.
    #[track_caller]
    fn distance(&self, other: &Operand) -> Self {
        let own = self.astype(self.dtype().inexact());
        (own - Self::of_operand(other)).abs()
    }

    /// A number as an array without axes.
    #[track_caller]
    pub(super) fn of_operand(operand: &Operand) -> Self {
        match &operand.0 {
            crate::expr::Input::Node(node) => Self { node: node.clone() },
            crate::expr::Input::Scalar(value) => {
                Self::of(Dense::filled("operand", &[], value.dtype(), *value).or_raise())
            }
        }
    }

    /// Each element to the power of the element of `exponent`, in f64 or c128 at least.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(arange(1, 3, 1).float_power(-1).to_vec::<f64>(), [1.0, 0.5]);
    /// ```
    ///
    /// # Panics
    /// Panics when the shapes do not fit together.
    #[track_caller]
    pub fn float_power(&self, exponent: impl Into<Operand>) -> Self {
        self.astype(self.dtype().promote(DType::F64)).pow(exponent)
    }

    /// The quotient of each two elements, rounded down, and what remains.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let (quotient, remainder) = Array::from([7, -7]).divmod(3);
    /// assert_eq!(quotient.to_vec::<i64>(), [2, -3]);
    /// assert_eq!(remainder.to_vec::<i64>(), [1, 2]);
    /// ```
    ///
    /// # Panics
    /// Panics when the shapes do not fit together, and for complex numbers.
    #[track_caller]
    pub fn divmod(&self, divisor: impl Into<Operand>) -> (Self, Self) {
        let divisor = divisor.into();
        self.meets("divmod", &divisor).or_raise();
        let quotient = self.floor_div(divisor.clone());
        let remainder = match &divisor.0 {
            crate::expr::Input::Node(node) => self % Self { node: node.clone() },
            crate::expr::Input::Scalar(super::dtype::Scalar::Float(number)) => self % *number,
            crate::expr::Input::Scalar(number) => self % number.to_i64(),
        };
        (quotient, remainder)
    }

    /// The part of each element after the point and the whole number before it, both with the sign
    /// of the element.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let (fraction, whole) = Array::from([2.5, -0.25]).modf();
    /// assert_eq!(fraction.to_vec::<f64>(), [0.5, -0.25]);
    /// assert_eq!(whole.to_vec::<f64>(), [2.0, -0.0]);
    /// ```
    ///
    /// # Panics
    /// Panics for complex numbers.
    #[track_caller]
    pub fn modf(&self) -> (Self, Self) {
        let x = self.astype(self.dtype().inexact());
        let whole = x.trunc();
        let fraction = select(x.isinf(), 0.0, &x - &whole).copysign(&x);
        (fraction, whole)
    }

    /// A number from 0.5 to below 1 (with the sign of the element), and the power of 2 (in i32) with
    /// which it makes the element. Infinities, NaN and 0 are their own, with the power 0.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let (mantissa, exponent) = Array::from([6.0, 0.0]).frexp();
    /// assert_eq!(mantissa.to_vec::<f64>(), [0.75, 0.0]);
    /// assert_eq!(exponent.to_vec::<i64>(), [3, 0]);
    /// ```
    ///
    /// # Panics
    /// Panics for complex numbers.
    #[track_caller]
    pub fn frexp(&self) -> (Self, Self) {
        let values = self.real_values("frexp").or_raise();
        let (mantissas, exponents): (Vec<f64>, Vec<i32>) = values.into_iter().map(frexp).unzip();
        let mantissas = Self::from(mantissas).astype(self.dtype().inexact());
        (
            mantissas.reshape(self.shape()),
            Self::from(exponents).reshape(self.shape()),
        )
    }

    /// Each element times 2 to the power of an integer, rounded once.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([0.75]).ldexp(3).item(0), 6.0);
    /// ```
    ///
    /// # Panics
    /// Panics when the shapes do not fit together, and when the powers are not integers.
    #[track_caller]
    pub fn ldexp(&self, power: impl Into<Operand>) -> Self {
        self.scaled(&Self::of_operand(&power.into())).or_raise()
    }

    fn scaled(&self, powers: &Self) -> Result<Self, Error> {
        if powers.dtype().kind() > super::dtype::Kind::Integer {
            return Err(Error::DType {
                routine: "ldexp",
                dtype: powers.dtype(),
                expected: "powers are integers",
            });
        }
        let shape = super::layout::broadcast_shape("ldexp", self.shape(), powers.shape())?;
        let values = self.broadcasted("ldexp", &shape)?.real_values("ldexp")?;
        let powers = powers
            .broadcasted("ldexp", &shape)?
            .astype(DType::I64)
            .to_vec::<i64>();
        let scaled = values.into_iter().zip(powers).map(|(x, n)| ldexp(x, n));
        let scaled: Self = scaled.collect();
        Ok(scaled.astype(self.dtype().inexact()).reshape(&shape[..]))
    }

    /// The elements as f64, if they are real.
    fn real_values(&self, routine: &'static str) -> Result<Vec<f64>, Error> {
        self.refuse_complex(routine, "it takes real numbers")?;
        Ok(self.astype(DType::F64).to_vec::<f64>())
    }

    /// Angles in degrees, from radians.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([PI]).degrees().item(0), 180.0);
    /// ```
    ///
    /// # Panics
    /// Panics for complex numbers.
    #[track_caller]
    pub fn degrees(&self) -> Self {
        self.refuse_complex("degrees", "it takes real numbers")
            .or_raise();
        self * (180.0 / PI)
    }

    /// Angles in radians, from degrees.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([180.0]).radians().item(0), PI);
    /// ```
    ///
    /// # Panics
    /// Panics for complex numbers.
    #[track_caller]
    pub fn radians(&self) -> Self {
        self.refuse_complex("radians", "it takes real numbers")
            .or_raise();
        self * (PI / 180.0)
    }

    /// 0 for negative elements, 1 for positive ones, `at_zero` for 0.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let x = Array::from([-2.0, 0.0, 3.0]);
    /// assert_eq!(x.heaviside(0.5).to_vec::<f64>(), [0.0, 0.5, 1.0]);
    /// ```
    ///
    /// # Panics
    /// Panics when the shapes do not fit together, and for complex numbers.
    #[track_caller]
    pub fn heaviside(&self, at_zero: impl Into<Operand>) -> Self {
        let at_zero = at_zero.into();
        self.meets("heaviside", &at_zero).or_raise();
        let x = self.astype(self.dtype().inexact());
        let step = select(x.gt(0.0), 1.0, select(x.lt(0.0), 0.0, &x));
        select(x.eq(0.0), at_zero, step)
    }

    /// sin(pi x) / (pi x); 1 for 0.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([0.0]).sinc().item(0), 1.0);
    /// assert!((Array::from([0.5]).sinc().item(0) - 2.0 / PI).abs() < 1e-15);
    /// ```
    #[track_caller]
    pub fn sinc(&self) -> Self {
        let angle = self * PI;
        select(self.eq(0.0), 1.0, angle.sin() / &angle)
    }

    /// Where both are not 0: an array of bool.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let x = Array::from([0, 1, 2]);
    /// assert_eq!(x.logical_and(true).to_vec::<bool>(), [false, true, true]);
    /// assert_eq!(x.logical_xor(&x.lt(2)).to_vec::<bool>(), [true, false, true]);
    /// assert_eq!(x.logical_not().to_vec::<bool>(), [true, false, false]);
    /// ```
    ///
    /// # Panics
    /// Panics when the shapes do not fit together, as do the other ones.
    #[track_caller]
    pub fn logical_and(&self, other: impl Into<Operand>) -> Self {
        let other = other.into();
        self.meets("logical_and", &other).or_raise();
        self.astype(DType::Bool) & Self::of_operand(&other).astype(DType::Bool)
    }

    /// Where one of both is not 0: an array of bool.
    #[track_caller]
    pub fn logical_or(&self, other: impl Into<Operand>) -> Self {
        let other = other.into();
        self.meets("logical_or", &other).or_raise();
        self.astype(DType::Bool) | Self::of_operand(&other).astype(DType::Bool)
    }

    /// Where one of both, but not the other, is not 0: an array of bool.
    #[track_caller]
    pub fn logical_xor(&self, other: impl Into<Operand>) -> Self {
        let other = other.into();
        self.meets("logical_xor", &other).or_raise();
        self.astype(DType::Bool) ^ Self::of_operand(&other).astype(DType::Bool)
    }

    /// Where the element is 0: an array of bool.
    #[track_caller]
    pub fn logical_not(&self) -> Self {
        !self.astype(DType::Bool)
    }

    /// Where two elements differ by `absolute + relative * |other|` at most, or are the same
    /// infinity: an array of bool.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let x = Array::from([1.0, 2.0, f64::NAN]);
    /// let y = Array::from([1.0 + 1e-9, 2.1, f64::NAN]);
    /// assert_eq!(x.isclose(&y, 1e-5, 1e-8).to_vec::<bool>(), [true, false, false]);
    /// assert!(!x.allclose(&y, 1e-5, 1e-8));
    /// ```
    ///
    /// # Panics
    /// Panics when the shapes do not fit together.
    #[track_caller]
    pub fn isclose(&self, other: impl Into<Operand>, relative: f64, absolute: f64) -> Self {
        let other = other.into();
        self.meets("isclose", &other).or_raise();
        let other = Self::of_operand(&other);
        let other = other.astype(other.dtype().inexact());
        let own = self.astype(self.dtype().inexact());
        let near = (&own - &other).abs().le(other.abs() * relative + absolute);
        (near & own.isfinite() & other.isfinite()) | own.eq(&other)
    }

    /// Whether all elements are close: see [`isclose`](Self::isclose).
    ///
    /// # Panics
    /// Panics when the shapes do not fit together.
    #[track_caller]
    pub fn allclose(&self, other: impl Into<Operand>, relative: f64, absolute: f64) -> bool {
        self.isclose(other, relative, absolute).all()
    }

    /// As [`isclose`](Self::isclose), and where both elements are NaN: NumPy's `equal_nan=True`.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let x = Array::from([1.0, f64::NAN]);
    /// let y = Array::from([1.1, f64::NAN]);
    /// assert_eq!(x.isclose_nan(&y, 1e-5, 1e-8).to_vec::<bool>(), [false, true]);
    /// assert!(x.allclose_nan(&x, 0.0, 0.0));
    /// ```
    ///
    /// # Panics
    /// Panics when the shapes do not fit together.
    #[track_caller]
    pub fn isclose_nan(&self, other: impl Into<Operand>, relative: f64, absolute: f64) -> Self {
        let other = other.into();
        self.meets("isclose_nan", &other).or_raise();
        let both = self.isnan() & Self::of_operand(&other).isnan();
        self.isclose(other, relative, absolute) | both
    }

    /// Whether all elements are close or both NaN: see [`isclose_nan`](Self::isclose_nan).
    ///
    /// # Panics
    /// Panics when the shapes do not fit together.
    #[track_caller]
    pub fn allclose_nan(&self, other: impl Into<Operand>, relative: f64, absolute: f64) -> bool {
        self.isclose_nan(other, relative, absolute).all()
    }

    /// The distance from each element to the next floating point number away from 0, with the sign of
    /// the element: infinite for the greatest number, NaN for infinities.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([1.0, -1.0]).spacing().to_vec::<f64>(), [f64::EPSILON, -f64::EPSILON]);
    /// ```
    ///
    /// # Panics
    /// Panics for complex numbers.
    #[track_caller]
    pub fn spacing(&self) -> Self {
        self.refuse_complex("spacing", "it takes real numbers")
            .or_raise();
        let x = self.astype(self.dtype().inexact());
        // -0.0 counts as 0.
        let outwards = select(x.lt(0.0), f64::NEG_INFINITY, f64::INFINITY);
        let next = x.nextafter(outwards.astype(x.dtype()));
        next - &x
    }

    /// The modified Bessel function of the first kind of order 0 of each element, in f32 for f32 and
    /// f64 for all else.
    ///
    /// By its power series (NIST DLMF 10.25.2): some |x| + 20 multiplications for each element.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let y = Array::from([0.0, 1.0]).i0();
    /// assert_eq!(y.item(0), 1.0);
    /// assert!((y.item(1) - 1.266_065_877_752_008).abs() < 1e-15);
    /// ```
    ///
    /// # Panics
    /// Panics for complex numbers, and when there is not enough memory.
    #[track_caller]
    pub fn i0(&self) -> Self {
        let values = self.real_values("i0").or_raise();
        let result = Dense::computed("i0", self.shape(), |at| bessel_i0(values[at])).or_raise();
        Self::of(result).astype(self.dtype().inexact())
    }

    /// Whether two arrays have the same shape and equal elements. NaN is equal to nothing.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let x = arange(0, 3, 1);
    /// assert!(x.array_equal(&linspace(0.0, 2.0, 3)));
    /// assert!(!x.array_equal(&x.reshape([1, 3])));
    /// ```
    #[track_caller]
    pub fn array_equal(&self, other: &Self) -> bool {
        self.shape() == other.shape() && self.eq(other).all()
    }

    /// Whether two arrays have equal elements after one is broadcast to the other.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let x = arange(0, 3, 1);
    /// assert!(x.array_equiv(&x.reshape([1, 3])));
    /// assert!(!x.array_equiv(&zeros(2)));
    /// ```
    #[track_caller]
    pub fn array_equiv(&self, other: &Self) -> bool {
        let shape = super::layout::broadcast_shape("array_equiv", self.shape(), other.shape());
        shape.is_ok() && self.eq(other).all()
    }

    /// The elements, with `nan` in the place of NaN and the greatest numbers of the dtype in that of
    /// infinities.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let x = Array::from([f64::NAN, f64::INFINITY, 1.5]);
    /// assert_eq!(x.nan_to_num(0.0).to_vec::<f64>(), [0.0, f64::MAX, 1.5]);
    /// ```
    #[track_caller]
    pub fn nan_to_num(&self, nan: f64) -> Self {
        let greatest = match self.dtype() {
            DType::F32 | DType::C64 => f64::from(f32::MAX),
            DType::F64 | DType::C128 => f64::MAX,
            _ => return self.clone(),
        };
        if self.dtype().is_complex() {
            let (real, imag) = (self.real().nan_to_num(nan), self.imag().nan_to_num(nan));
            return (real + imag * Complex::I).astype(self.dtype());
        }
        let finite = self.maximum(-greatest).minimum(greatest);
        select(self.isnan(), nan, finite)
    }

    /// The real parts, if all imaginary parts are within `units` times the precision of the dtype of
    /// 0, else the array itself.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let z = Array::from([1.0]) + Complex::new(0.0, 1e-17);
    /// assert_eq!(z.real_if_close(100.0).dtype(), DType::F64);
    /// ```
    #[track_caller]
    pub fn real_if_close(&self, units: f64) -> Self {
        let precision = match self.dtype() {
            DType::C64 => f64::from(f32::EPSILON),
            DType::C128 => f64::EPSILON,
            _ => return self.clone(),
        };
        if self.imag().abs().lt(units * precision).all() {
            self.real()
        } else {
            self.clone()
        }
    }

    /// Each element rounded to so many digits after the point (before it, where negative), the even
    /// one of two.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([1.25, 2.34]).round_to(1).to_vec::<f64>(), [1.2, 2.3]);
    /// ```
    ///
    /// # Panics
    /// Panics for complex numbers.
    #[track_caller]
    pub fn round_to(&self, digits: i32) -> Self {
        let scale = 10.0_f64.powi(digits.saturating_abs());
        let rounded = if digits >= 0 {
            (self * scale).round() / scale
        } else {
            (self / scale).round() * scale
        };
        rounded.astype(self.dtype())
    }
}

/// The modified Bessel function of order 0, by its power series (NIST DLMF 10.25.2), whose terms
/// are all positive.
pub(crate) fn bessel_i0(x: f64) -> f64 {
    let square = x * x / 4.0;
    let (mut sum, mut term, mut k) = (1.0, 1.0, 0.0);
    while term > sum * f64::EPSILON / 4.0 {
        k += 1.0;
        term *= square / (k * k);
        sum += term;
    }
    sum
}

fn frexp(x: f64) -> (f64, i32) {
    const BITS: u32 = f64::MANTISSA_DIGITS - 1;
    const BIAS: i32 = 1022;
    if x == 0.0 || !x.is_finite() {
        return (x, 0);
    }
    // Subnormal numbers are made normal first.
    let (normal, shift) = if x.is_subnormal() {
        (x * 2.0_f64.powi(64), 64)
    } else {
        (x, 0)
    };
    let bits = normal.to_bits();
    let exponent = ((bits >> BITS) & 0x7ff) as i32 - BIAS;
    let mantissa = f64::from_bits(bits & !(0x7ff << BITS) | ((BIAS as u64) << BITS));
    (mantissa, exponent - shift)
}

fn ldexp(x: f64, n: i64) -> f64 {
    // The mantissa is scaled to within the normal numbers first, so that it is rounded once.
    let (mantissa, exponent) = frexp(x);
    let power = i64::from(exponent).saturating_add(n);
    match power {
        1025.. => mantissa * f64::INFINITY.min(if mantissa == 0.0 { 1.0 } else { f64::INFINITY }),
        -1021..=1024 => mantissa * 2.0 * 2.0_f64.powi(power as i32 - 1),
        -1080..=-1022 => mantissa * 2.0_f64.powi(-1020) * 2.0_f64.powi(power as i32 + 1020),
        _ => 0.0 * mantissa,
    }
}
