use std::ops;

use super::Array;
use super::dtype::{DType, Scalar};
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
    ($($type:ty => $variant:ident),*) => {$(
        impl From<$type> for Operand {
            fn from(value: $type) -> Self {
                Self(Input::Scalar(Scalar::$variant(value)))
            }
        }
    )*};
}

operand_from!(bool => Bool, i64 => I64, f64 => F64);

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
    #[track_caller]
    pub fn le(&self, other: impl Into<Operand>) -> Self {
        compare("le", Compare::Le, self, other.into())
    }

    /// Where this is greater than `other`: an array of bool.
    #[track_caller]
    pub fn gt(&self, other: impl Into<Operand>) -> Self {
        compare("gt", Compare::Gt, self, other.into())
    }

    /// Where this is greater than or equal to `other`: an array of bool.
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
    /// # Panics
    /// Panics when the shapes do not fit together.
    #[track_caller]
    pub fn maximum(&self, other: impl Into<Operand>) -> Self {
        binary("maximum", Binary::Maximum, self.into(), other.into())
    }

    /// Each element to the power of a whole number: i64 stays i64, f64 stays f64 (by repeated
    /// multiplication, with an error of up to `n / 2` units in the last place).
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
        self.unary("powi", Unary::Powi(n))
    }

    /// Each element to the power of `exponent`, in f64.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(arange(0, 3, 1).powf(0.5).item(2), 2.0_f64.sqrt());
    /// ```
    pub fn powf(&self, exponent: f64) -> Self {
        // As NumPy does; the first three are exact where the power is.
        match exponent {
            1.0 => self.astype(DType::F64),
            2.0 => self.astype(DType::F64).unary("powf", Unary::Powi(2)),
            -1.0 => 1.0 / self.astype(DType::F64),
            0.5 => self.unary("powf", Unary::Sqrt),
            _ => binary("powf", Binary::Pow, self.into(), exponent.into()),
        }
    }

    /// Each element to the power of the element of `exponent`: i64 if both are, else f64.
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
        if let Input::Scalar(Scalar::F64(exponent)) = exponent.0 {
            return self.powf(exponent);
        }
        if self.dtype() < DType::F64 && least_i64(&exponent.0).or_raise() < 0 {
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

/// The least element of an integer operand, 0 for others.
fn least_i64(input: &Input) -> Result<i64, Error> {
    match input {
        Input::Scalar(scalar) => Ok(scalar.to_i64()),
        Input::Node(node) if node.dtype == DType::I64 && node.len() > 0 => {
            expr::reduce(node, Reduction::Min).map(|least| least.to_f64() as i64)
        }
        Input::Node(_) => Ok(0),
    }
}

/// Each pair of operands has an implementation of its own, and none is generic: they are compiled once,
/// here, and a cell with many operators has only calls to compile.
macro_rules! operator {
    ($trait:ident, $method:ident, $assign:ident, $assign_method:ident, $routine:literal, $op:ident; $($scalar:ty),*) => {
        operator!(@pairs $trait, $method, $routine, $op;
            (Array, Array), (Array, &Array), (Array, f64), (Array, i64), (Array, bool),
            (&Array, Array), (&Array, &Array), (&Array, f64), (&Array, i64), (&Array, bool));
        operator!(@pairs $trait, $method, $routine, $op; $(($scalar, Array), ($scalar, &Array)),*);
        operator!(@assign $assign, $assign_method, $routine, $op; Array, &Array, f64, i64, bool);
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

operator!(Add, add, AddAssign, add_assign, "add", Add; f64, i64);
operator!(Sub, sub, SubAssign, sub_assign, "sub", Sub; f64, i64);
operator!(Mul, mul, MulAssign, mul_assign, "mul", Mul; f64, i64);
operator!(Div, div, DivAssign, div_assign, "div", Div; f64, i64);
operator!(Rem, rem, RemAssign, rem_assign, "rem", Rem; f64, i64);
operator!(BitAnd, bitand, BitAndAssign, bitand_assign, "and", And; i64, bool);
operator!(BitOr, bitor, BitOrAssign, bitor_assign, "or", Or; i64, bool);
operator!(BitXor, bitxor, BitXorAssign, bitxor_assign, "xor", Xor; i64, bool);

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
