//! What [`expr!`](macro@crate::expr) expands to.

use num_complex::Complex;

use super::{Input, Node};
use crate::array::{Array, Operand};
use crate::error::OrRaise;
use crate::simd::Compare;

/// A variable in an expression: an array stays where it is. Numbers are of one type for each kind, as
/// for operators, so that the compiler knows what `n` is after `let n = 3;`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no array, `f64`, `i64`, `bool` or `Complex<f64>`",
    note = "bring a number to `f64` or `i64` by `as`"
)]
pub trait Term {
    /// What stands for it.
    type Place<'a>
    where
        Self: 'a;
    /// Stands for it.
    fn term(&self) -> Self::Place<'_>;
}

impl Term for Array {
    type Place<'a> = &'a Self;

    #[inline]
    fn term(&self) -> &Self {
        self
    }
}

impl<T: Term> Term for &T {
    type Place<'a>
        = T::Place<'a>
    where
        Self: 'a;

    #[inline]
    fn term(&self) -> T::Place<'_> {
        (*self).term()
    }
}

macro_rules! terms {
    ($($type:ty: $place:ty, |$value:ident| $to:expr;)*) => {$(
        impl Term for $type {
            type Place<'a> = $place;

            #[inline]
            fn term(&self) -> $place {
                let $value = *self;
                $to
            }
        }
    )*};
}

terms! {
    bool: bool, |x| x;
    i64: i64, |x| x;
    f64: f64, |x| x;
    Complex<f64>: Complex<f64>, |x| x;
}

/// An operand as an array; a number as one without axes.
#[track_caller]
pub fn array(operand: impl Into<Operand>) -> Array {
    array_of(operand.into())
}

#[track_caller]
fn array_of(operand: Operand) -> Array {
    match operand.0 {
        Input::Node(node) => Array { node },
        Input::Scalar(_) => crate::array::full(&[][..], operand),
    }
}

/// The argument of a function of arrays.
pub trait Apply {
    /// An array for an array, a number for a number.
    type Output;
    /// The result of the function.
    fn apply(self, function: fn(&Array) -> Array) -> Self::Output;
}

impl Apply for &Array {
    type Output = Array;

    #[track_caller]
    fn apply(self, function: fn(&Array) -> Array) -> Array {
        function(self)
    }
}

impl Apply for Array {
    type Output = Self;

    #[track_caller]
    fn apply(self, function: fn(&Self) -> Self) -> Self {
        function(&self)
    }
}

impl Apply for f64 {
    type Output = Self;

    #[track_caller]
    fn apply(self, function: fn(&Array) -> Array) -> Self {
        function(&array(self)).sum()
    }
}

impl Apply for i64 {
    type Output = f64;

    #[track_caller]
    fn apply(self, function: fn(&Array) -> Array) -> f64 {
        function(&array(self)).sum()
    }
}

macro_rules! comparisons {
    ($($name:ident, $op:ident;)*) => {$(
        /// Compares two operands: an array of bool.
        #[track_caller]
        pub fn $name(a: impl Into<Operand>, b: impl Into<Operand>) -> Array {
            compare(stringify!($name), Compare::$op, a.into(), b.into())
        }
    )*};
}

comparisons! {
    lt, Lt;
    le, Le;
    gt, Gt;
    ge, Ge;
    eq, Eq;
    ne, Ne;
}

#[track_caller]
fn compare(routine: &'static str, op: Compare, a: Operand, b: Operand) -> Array {
    Array {
        node: Node::compare(routine, op, a.0, b.0).or_raise().into(),
    }
}
