use std::ops;

use num_complex::Complex;

use super::Array;
use super::dtype::{Kind, Scalar};
use super::element::Typed;
use crate::error::{Error, OrRaise};
use crate::expr::{self, Input, Node, Reduction};
use crate::simd::{Binary, Compare, Unary};

/// What may stand on either side of an operator: an array, by value or by reference, or a number.
#[derive(Clone)]
pub struct Operand(pub(crate) Input);

impl std::fmt::Debug for Operand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            Input::Node(node) => write!(f, "{} {:?}", node.dtype, node.shape),
            Input::Scalar(scalar) => write!(f, "{scalar:?}"),
        }
    }
}

impl From<Array> for Operand {
    fn from(array: Array) -> Self {
        Self(Input::Node(array.node))
    }
}

impl From<&Array> for Operand {
    fn from(array: &Array) -> Self {
        array.clone().into()
    }
}

macro_rules! operand_from {
    ($($type:ty),*) => {$(
        impl From<$type> for Operand {
            fn from(value: $type) -> Self {
                Self(Input::Scalar(value.number()))
            }
        }
    )*};
}

operand_from!(bool, i32, i64, usize, f32, f64, Complex<f64>);

/// A Rust number as one that meets arrays.
trait ToScalar {
    fn number(self) -> Scalar;
}

macro_rules! to_scalar {
    ($($type:ty),*) => {$(
        impl ToScalar for $type {
            fn number(self) -> Scalar {
                Typed::to_scalar(self)
            }
        }
    )*};
}

to_scalar!(bool, i32, i64, f32, f64, Complex<f64>);

impl ToScalar for usize {
    fn number(self) -> Scalar {
        // As a signed number where it is one, so that it meets signed arrays.
        i64::try_from(self).map_or(Scalar::Uint(self as u64), Scalar::Int)
    }
}

#[track_caller]
fn binary(routine: &'static str, op: Binary, a: Operand, b: Operand) -> Array {
    Array {
        node: Node::binary(routine, op, a.0, b.0).or_raise().into(),
    }
}

#[track_caller]
fn compare(routine: &'static str, op: Compare, a: &Array, b: Operand) -> Array {
    Array {
        node: Node::compare(routine, op, Operand::from(a).0, b.0)
            .or_raise()
            .into(),
    }
}

impl Array {
    #[track_caller]
    pub(super) fn unary(&self, routine: &'static str, op: Unary) -> Self {
        Self {
            node: Node::unary(routine, op, &self.node).or_raise().into(),
        }
    }

    /// Where this is less than `other`: an array of bool.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let x = arange(0, 5, 1);
    /// assert_eq!(x.lt(2).to_vec::<bool>(), [true, true, false, false, false]);
    /// assert_eq!((x.gt(0) & x.lt(3)).count_nonzero(), 2);
    /// ```
    ///
    /// # Panics
    /// Panics when the shapes do not fit together, as do the other comparisons.
    #[track_caller]
    pub fn lt(&self, other: impl Into<Operand>) -> Self {
        compare("lt", Compare::Lt, self, other.into())
    }

    /// Where this is less than or equal to `other`: an array of bool.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(arange(0, 3, 1).le(1).to_vec::<bool>(), [true, true, false]);
    /// ```
    #[track_caller]
    pub fn le(&self, other: impl Into<Operand>) -> Self {
        compare("le", Compare::Le, self, other.into())
    }

    /// Where this is greater than `other`: an array of bool.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(arange(0, 3, 1).gt(1).to_vec::<bool>(), [false, false, true]);
    /// ```
    #[track_caller]
    pub fn gt(&self, other: impl Into<Operand>) -> Self {
        compare("gt", Compare::Gt, self, other.into())
    }

    /// Where this is greater than or equal to `other`: an array of bool.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(arange(0, 3, 1).ge(1).to_vec::<bool>(), [false, true, true]);
    /// ```
    #[track_caller]
    pub fn ge(&self, other: impl Into<Operand>) -> Self {
        compare("ge", Compare::Ge, self, other.into())
    }

    /// Where this is equal to `other`: an array of bool. NaN is equal to nothing.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert!(arange(0, 3, 1).eq(linspace(0.0, 2.0, 3)).all());
    /// ```
    #[track_caller]
    pub fn eq(&self, other: impl Into<Operand>) -> Self {
        compare("eq", Compare::Eq, self, other.into())
    }

    /// Where this is not equal to `other`: an array of bool.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(arange(0, 3, 1).ne(1).to_vec::<bool>(), [true, false, true]);
    /// ```
    #[track_caller]
    pub fn ne(&self, other: impl Into<Operand>) -> Self {
        compare("ne", Compare::Ne, self, other.into())
    }

    /// The lesser of each two elements, NaN where one is NaN.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(arange(0, 4, 1).minimum(2).to_vec::<i64>(), [0, 1, 2, 2]);
    /// ```
    ///
    /// # Panics
    /// Panics when the shapes do not fit together.
    #[track_caller]
    pub fn minimum(&self, other: impl Into<Operand>) -> Self {
        binary("minimum", Binary::Minimum, self.into(), other.into())
    }

    /// The greater of each two elements, NaN where one is NaN.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(arange(0, 3, 1).maximum(1).to_vec::<i64>(), [1, 1, 2]);
    /// ```
    ///
    /// # Panics
    /// Panics when the shapes do not fit together.
    #[track_caller]
    pub fn maximum(&self, other: impl Into<Operand>) -> Self {
        binary("maximum", Binary::Maximum, self.into(), other.into())
    }

    /// Each element to the power of a whole number, in its dtype (by repeated multiplication, with
    /// an error of up to `n / 2` units in the last place).
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(arange(0, 4, 1).powi(3).to_vec::<i64>(), [0, 1, 8, 27]);
    /// assert_eq!(linspace(1.0, 2.0, 2).powi(-1).to_vec::<f64>(), [1.0, 0.5]);
    /// ```
    ///
    /// # Panics
    /// Panics for a negative power of integers.
    #[track_caller]
    pub fn powi(&self, n: i32) -> Self {
        let power = Unary::Power(n.unsigned_abs());
        if n >= 0 {
            return self.unary("powi", power);
        }
        if self.dtype().kind() < Kind::Float {
            Error::DType {
                routine: "powi",
                dtype: self.dtype(),
                expected: "a negative power of integers is not an integer; use powf",
            }
            .raise();
        }
        self.unary("powi", power).unary("powi", Unary::Reciprocal)
    }

    /// Each element to the power of `exponent`; integers become f64.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(arange(0, 3, 1).powf(0.5).item(2), 2.0_f64.sqrt());
    /// ```
    pub fn powf(&self, exponent: f64) -> Self {
        let base = self.astype(self.dtype().inexact());
        // As NumPy does; the first three are exact where the power is.
        match exponent {
            1.0 => base,
            2.0 => base.unary("powf", Unary::Power(2)),
            -1.0 => base.unary("powf", Unary::Reciprocal),
            0.5 => base.unary("powf", Unary::Sqrt),
            _ => binary("powf", Binary::Pow, base.into(), exponent.into()),
        }
    }

    /// Each element to the power of the element of `exponent`: an integer if both are.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let n = arange(0, 4, 1);
    /// assert_eq!(n.pow(2).to_vec::<i64>(), [0, 1, 4, 9]);
    /// assert_eq!(full(4, 2).pow(&n).to_vec::<i64>(), [1, 2, 4, 8]);
    /// assert_eq!(full(4, 2.0).pow(-n).to_vec::<f64>(), [1.0, 0.5, 0.25, 0.125]);
    /// ```
    ///
    /// # Panics
    /// Panics when the shapes do not fit together, or an integer has a negative power: exponents
    /// of integers are computed at once to see that.
    #[track_caller]
    pub fn pow(&self, exponent: impl Into<Operand>) -> Self {
        let exponent = exponent.into();
        if let Input::Scalar(Scalar::Float(exponent)) = exponent.0 {
            return self.powf(exponent);
        }
        let meets_in = expr::meet(&Operand::from(self).0, &exponent.0);
        if meets_in.kind() < Kind::Float && least_integer(&exponent.0).or_raise() < 0 {
            Error::DType {
                routine: "pow",
                dtype: self.dtype(),
                expected: "a negative power of integers is not an integer; use an f64 array",
            }
            .raise();
        }
        binary("pow", Binary::Pow, self.into(), exponent)
    }
}

/// The least element of an operand of signed integers, 0 for others.
fn least_integer(input: &Input) -> Result<i64, Error> {
    match input {
        Input::Scalar(Scalar::Int(scalar)) => Ok(*scalar),
        Input::Node(node)
            if node.dtype.is_integer() && !node.dtype.is_unsigned() && node.len() > 0 =>
        {
            expr::reduce(node, Reduction::Min).map(|least| least.to_f64() as i64)
        }
        _ => Ok(0),
    }
}

/// Numbers are of one type for each kind, so that the compiler knows what `2` and `0.5` are.
///
/// Each pair of operands has an implementation of its own, and none is generic: they are compiled once,
/// here, and a cell with many operators has only calls to compile.
macro_rules! operator {
    ($trait:ident, $method:ident, $assign:ident, $assign_method:ident, $routine:literal, $op:ident; $($scalar:ty),*) => {
        operator!(@pairs $trait, $method, $routine, $op;
            (Array, Array), (Array, &Array), (&Array, Array), (&Array, &Array));
        operator!(@pairs $trait, $method, $routine, $op;
            $((Array, $scalar), (&Array, $scalar), ($scalar, Array), ($scalar, &Array)),*);
        operator!(@assign $assign, $assign_method, $routine, $op; Array, &Array $(, $scalar)*);
    };
    (@pairs $trait:ident, $method:ident, $routine:literal, $op:ident; $(($left:ty, $right:ty)),*) => {$(
        impl ops::$trait<$right> for $left {
            type Output = Array;

            #[track_caller]
            fn $method(self, other: $right) -> Array {
                binary($routine, Binary::$op, self.into(), other.into())
            }
        }
    )*};
    (@assign $assign:ident, $assign_method:ident, $routine:literal, $op:ident; $($right:ty),*) => {$(
        impl ops::$assign<$right> for Array {
            #[track_caller]
            fn $assign_method(&mut self, other: $right) {
                *self = binary($routine, Binary::$op, (&*self).into(), other.into());
            }
        }
    )*};
}

operator!(Add, add, AddAssign, add_assign, "add", Add; i64, f64, Complex<f64>);
operator!(Sub, sub, SubAssign, sub_assign, "sub", Sub; i64, f64, Complex<f64>);
operator!(Mul, mul, MulAssign, mul_assign, "mul", Mul; i64, f64, Complex<f64>);
operator!(Div, div, DivAssign, div_assign, "div", Div; i64, f64, Complex<f64>);
operator!(Rem, rem, RemAssign, rem_assign, "rem", Rem; i64, f64);
operator!(BitAnd, bitand, BitAndAssign, bitand_assign, "and", And; bool, i64);
operator!(BitOr, bitor, BitOrAssign, bitor_assign, "or", Or; bool, i64);
operator!(BitXor, bitxor, BitXorAssign, bitxor_assign, "xor", Xor; bool, i64);
operator!(Shl, shl, ShlAssign, shl_assign, "shl", Shl; bool, i64);
operator!(Shr, shr, ShrAssign, shr_assign, "shr", Shr; bool, i64);

macro_rules! unary_operator {
    ($trait:ident, $method:ident, $routine:literal, $op:ident) => {
        impl ops::$trait for Array {
            type Output = Array;

            #[track_caller]
            fn $method(self) -> Array {
                self.unary($routine, Unary::$op)
            }
        }

        impl ops::$trait for &Array {
            type Output = Array;

            #[track_caller]
            fn $method(self) -> Array {
                self.unary($routine, Unary::$op)
            }
        }
    };
}

unary_operator!(Neg, neg, "neg", Neg);
unary_operator!(Not, not, "not", Not);
