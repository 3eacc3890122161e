//! Loops that make one number of many.
//!
//! Partial results are kept in lanes, the same at every level, so that they do not depend on the
//! processor.

use num_complex::Complex;

use super::Fold;
use super::number::{Float, Number, Real};

/// Partial results side by side.
const LANES: usize = 16;

/// A sum, wide enough not to overflow.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Total {
    Int(i128),
    Float(f64),
    Complex(Complex<f64>),
}

/// Elements of which there is a [`Total`].
pub(crate) trait Sum: Number {
    /// Of less than 2³² elements.
    fn sum(source: &[Self]) -> Total;
}

#[inline(always)]
fn lanes<T: Copy, U: Copy>(
    source: &[T],
    start: U,
    widen: impl Fn(T) -> U,
    combine: impl Fn(U, U) -> U,
) -> U {
    let mut lanes = [start; LANES];
    let (rows, rest) = source.as_chunks::<LANES>();
    for row in rows {
        for (lane, &x) in lanes.iter_mut().zip(row) {
            *lane = combine(*lane, widen(x));
        }
    }
    for (lane, &x) in lanes.iter_mut().zip(rest) {
        *lane = combine(*lane, widen(x));
    }
    joined(lanes, combine)
}

/// Combines lanes with those half as many further on, until one is left.
#[inline(always)]
fn joined<U: Copy>(mut lanes: [U; LANES], combine: impl Fn(U, U) -> U) -> U {
    let mut width = LANES / 2;
    while width > 0 {
        for i in 0..width {
            lanes[i] = combine(lanes[i], lanes[i + width]);
        }
        width /= 2;
    }
    lanes[0]
}

/// Sum or product in the type of the elements.
#[inline(always)]
pub(super) fn fold<T: Number>(op: Fold, source: &[T]) -> T {
    match op {
        Fold::Sum => lanes(source, T::default(), |x| x, T::add),
        Fold::Product => lanes(source, T::ONE, |x| x, T::mul),
        Fold::Min | Fold::Max => unreachable!("complex numbers have no order"),
    }
}

#[inline(always)]
pub(super) fn fold_ordered<T: Real>(op: Fold, source: &[T]) -> T {
    match op {
        Fold::Sum | Fold::Product => fold(op, source),
        Fold::Min => lanes(source, T::GREATEST, |x| x, |a, b| b.minimum(a)),
        Fold::Max => lanes(source, T::LEAST, |x| x, |a, b| b.maximum(a)),
    }
}

#[inline(always)]
pub(super) fn sum<T: Sum>(source: &[T]) -> Total {
    T::sum(source)
}

/// The sum of the products of f32 or f64, each rounded as it would be in an array.
#[inline(always)]
pub(super) fn sum_products<T: Float>(a: &[T], b: &[T]) -> Total {
    let mut lanes = [0.0; LANES];
    let ((rows_a, rest_a), (rows_b, rest_b)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for (a, b) in rows_a.iter().zip(rows_b) {
        for ((lane, &a), &b) in lanes.iter_mut().zip(a).zip(b) {
            *lane += a.mul(b).to_f64();
        }
    }
    for ((lane, &a), &b) in lanes.iter_mut().zip(rest_a).zip(rest_b) {
        *lane += a.mul(b).to_f64();
    }
    Total::Float(joined(lanes, |a, b| a + b))
}

/// The number of elements that are not zero.
#[inline(always)]
pub(super) fn count<T: Number>(source: &[T]) -> usize {
    let zero = T::default();
    source
        .iter()
        .fold(0, |count, &x| count + usize::from(x != zero))
}

macro_rules! small_integers {
    ($($type:ty),*) => {$(
        impl Sum for $type {
            #[inline(always)]
            fn sum(source: &[Self]) -> Total {
                let sum = source.iter().fold(0_i64, |sum, &x| sum + i64::from(x));
                Total::Int(sum.into())
            }
        }
    )*};
}

// Less than 2³² of them do not overflow an i64.
small_integers!(bool, i8, i16, i32, u8, u16, u32);

impl Sum for i64 {
    #[inline(always)]
    fn sum(source: &[Self]) -> Total {
        let low = source
            .iter()
            .fold(0_u64, |sum, &x| sum + (x as u64 & 0xffff_ffff));
        let high = source.iter().fold(0_i64, |sum, &x| sum + (x >> 32));
        Total::Int((i128::from(high) << 32) + i128::from(low))
    }
}

impl Sum for u64 {
    #[inline(always)]
    fn sum(source: &[Self]) -> Total {
        let low = source.iter().fold(0_u64, |sum, &x| sum + (x & 0xffff_ffff));
        let high = source.iter().fold(0_u64, |sum, &x| sum + (x >> 32));
        Total::Int((i128::from(high) << 32) + i128::from(low))
    }
}

impl Sum for f32 {
    #[inline(always)]
    fn sum(source: &[Self]) -> Total {
        Total::Float(lanes(source, 0.0, f64::from, |a, b| a + b))
    }
}

impl Sum for f64 {
    #[inline(always)]
    fn sum(source: &[Self]) -> Total {
        Total::Float(lanes(source, 0.0, |x| x, |a, b| a + b))
    }
}

impl Sum for Complex<f32> {
    #[inline(always)]
    fn sum(source: &[Self]) -> Total {
        let widen = |x: Self| Complex::new(f64::from(x.re), f64::from(x.im));
        Total::Complex(lanes(source, Complex::ZERO, widen, |a, b| a + b))
    }
}

impl Sum for Complex<f64> {
    #[inline(always)]
    fn sum(source: &[Self]) -> Total {
        Total::Complex(lanes(source, Complex::ZERO, |x| x, |a, b| a + b))
    }
}
