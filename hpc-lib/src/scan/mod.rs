//! Running sums and their kin, along any axis.
//!
//! A long row is divided into stretches of a fixed length: their totals are made in parallel, then
//! added up in order, then each stretch is done again from the total before it. The stretches are
//! part of the meaning of a sum of floats, so that it does not depend on the number of threads.

mod array;
mod convolve;
mod interpolate;
mod unwrap;

pub use array::{Overlap, convolve, correlate, interp, trapezoid};

use num_complex::Complex;

use crate::disjoint::Disjoint;
use crate::host::interrupt;
use crate::pool::Pool;

/// Elements of a stretch.
const STRETCH: usize = 1 << 15;

/// Elements of the innermost axes that are done at a time.
const WIDTH: usize = 1 << 12;

/// An associative operation. The first element of a row is taken as it is by `begin`.
pub(crate) trait Fold<S, T>: Sync + Send {
    fn begin(&self, first: S) -> T;
    fn step(&self, before: T, next: S) -> T;
    /// What stands for two neighbouring stretches.
    fn join(&self, before: T, after: T) -> T;
}

/// The lengths of an array around the axis at work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Around {
    /// Product of the lengths of the axes before it.
    pub(crate) outer: usize,
    /// Its own length.
    pub(crate) len: usize,
    /// Product of the lengths of the axes after it.
    pub(crate) inner: usize,
}

/// Writes to each element of `target` what `fold` makes of the elements of `source` up to it along
/// the axis.
///
/// # Panics
/// Panics when the lengths do not fit the shape.
#[allow(unsafe_code)]
pub(crate) fn scan<S: Copy + Sync, T: Copy + Send + Sync>(
    pool: &Pool,
    around: Around,
    fold: &impl Fold<S, T>,
    source: &[S],
    target: &mut [T],
) {
    let Around { outer, len, inner } = around;
    assert_eq!(source.len(), outer * len * inner);
    assert_eq!(source.len(), target.len());
    if source.is_empty() {
        return;
    }
    if inner == 1 && len >= 2 * STRETCH {
        for (source, target) in source.chunks(len).zip(target.chunks_mut(len)) {
            scan_long(pool, fold, source, target);
        }
    } else if inner == 1 {
        let rows = (STRETCH / len).max(1) * len;
        pool.for_each_piece(target, rows, &|start, target| {
            for (source, target) in source[start..].chunks(len).zip(target.chunks_mut(len)) {
                scan_from(fold, None, source, target);
            }
        });
    } else {
        let places = Disjoint::new(target);
        let columns = inner.div_ceil(WIDTH);
        pool.for_each(outer * columns, &|task| {
            let block = task / columns * len * inner;
            let column = task % columns * WIDTH;
            let width = WIDTH.min(inner - column);
            for i in 0..len {
                interrupt::check();
                let start = block + i * inner + column;
                let source = &source[start..start + width];
                // SAFETY: columns of a block are in one task only, and rows do not overlap.
                let target = unsafe { places.range(start..start + width) };
                if i == 0 {
                    for (target, &next) in target.iter_mut().zip(source) {
                        *target = fold.begin(next);
                    }
                    continue;
                }
                // SAFETY: as above; the row before is not written to here.
                let before = unsafe { places.range(start - inner..start - inner + width) };
                for ((target, &before), &next) in target.iter_mut().zip(&*before).zip(source) {
                    *target = fold.step(before, next);
                }
            }
        });
    }
}

fn scan_long<S: Copy + Sync, T: Copy + Send + Sync>(
    pool: &Pool,
    fold: &impl Fold<S, T>,
    source: &[S],
    target: &mut [T],
) {
    let stretch = |index: usize| &source[index * STRETCH..source.len().min((index + 1) * STRETCH)];
    let totals: Vec<T> = pool.collect(source.len().div_ceil(STRETCH), &|index| {
        let stretch = stretch(index);
        let first = fold.begin(stretch[0]);
        let rest = stretch[1..].iter();
        rest.fold(first, |before, &next| fold.step(before, next))
    });
    let mut before = None;
    let mut starts = Vec::with_capacity(totals.len());
    for total in totals {
        starts.push(before);
        before = Some(before.map_or(total, |before| fold.join(before, total)));
    }
    pool.for_each_piece(target, STRETCH, &|start, target| {
        let index = start / STRETCH;
        scan_from(fold, starts[index], stretch(index), target);
    });
}

fn scan_from<S: Copy, T: Copy>(
    fold: &impl Fold<S, T>,
    mut before: Option<T>,
    source: &[S],
    target: &mut [T],
) {
    for (target, &next) in target.iter_mut().zip(source) {
        let value = before.map_or_else(|| fold.begin(next), |before| fold.step(before, next));
        *target = value;
        before = Some(value);
    }
}

/// Numbers that can be added up and multiplied; integers wrap around.
pub(crate) trait Number: Copy + Send + Sync + 'static {
    const ZERO: Self;
    const ONE: Self;
    fn plus(self, other: Self) -> Self;
    fn times(self, other: Self) -> Self;
    fn is_nan(self) -> bool;
}

macro_rules! integers {
    ($($type:ty)*) => {$(
        impl Number for $type {
            const ZERO: Self = 0;
            const ONE: Self = 1;

            #[inline]
            fn plus(self, other: Self) -> Self {
                self.wrapping_add(other)
            }

            #[inline]
            fn times(self, other: Self) -> Self {
                self.wrapping_mul(other)
            }

            #[inline]
            fn is_nan(self) -> bool {
                false
            }
        }
    )*};
}

macro_rules! floats {
    ($($type:ty)*) => {$(
        impl Number for $type {
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;

            #[inline]
            fn plus(self, other: Self) -> Self {
                self + other
            }

            #[inline]
            fn times(self, other: Self) -> Self {
                self * other
            }

            #[inline]
            fn is_nan(self) -> bool {
                self.is_nan()
            }
        }
    )*};
}

macro_rules! complex {
    ($($type:ty)*) => {$(
        impl Number for Complex<$type> {
            const ZERO: Self = Self::ZERO;
            const ONE: Self = Self::ONE;

            #[inline]
            fn plus(self, other: Self) -> Self {
                self + other
            }

            #[inline]
            fn times(self, other: Self) -> Self {
                self * other
            }

            #[inline]
            fn is_nan(self) -> bool {
                self.re.is_nan() || self.im.is_nan()
            }
        }
    )*};
}

integers! { i64 u64 }
floats! { f32 f64 }
complex! { f32 f64 }

/// The sum so far; NaN counts as 0 if `skips_nan`.
pub(crate) struct Sum {
    pub(crate) skips_nan: bool,
}

/// The product so far; NaN counts as 1 if `skips_nan`.
pub(crate) struct Product {
    pub(crate) skips_nan: bool,
}

impl<T: Number> Fold<T, T> for Sum {
    #[inline]
    fn begin(&self, first: T) -> T {
        if self.skips_nan && first.is_nan() {
            T::ZERO
        } else {
            first
        }
    }

    #[inline]
    fn step(&self, before: T, next: T) -> T {
        before.plus(self.begin(next))
    }

    #[inline]
    fn join(&self, before: T, after: T) -> T {
        before.plus(after)
    }
}

impl<T: Number> Fold<T, T> for Product {
    #[inline]
    fn begin(&self, first: T) -> T {
        if self.skips_nan && first.is_nan() {
            T::ONE
        } else {
            first
        }
    }

    #[inline]
    fn step(&self, before: T, next: T) -> T {
        before.times(self.begin(next))
    }

    #[inline]
    fn join(&self, before: T, after: T) -> T {
        before.times(after)
    }
}

/// The largest or smallest element so far. Once there is a NaN it stays, or is passed over if
/// `skips_nan`.
pub(crate) struct Extreme {
    pub(crate) is_maximum: bool,
    pub(crate) skips_nan: bool,
}

impl<T: PartialOrd + Copy> Fold<T, T> for Extreme {
    #[inline]
    fn begin(&self, first: T) -> T {
        first
    }

    #[inline]
    #[allow(clippy::eq_op)] // Only NaN differs from itself.
    fn step(&self, before: T, next: T) -> T {
        let is_better = if self.is_maximum {
            next > before
        } else {
            next < before
        };
        let is_taken = if self.skips_nan {
            is_better || before != before
        } else {
            is_better || (next != next && before == before)
        };
        if is_taken { next } else { before }
    }

    #[inline]
    fn join(&self, before: T, after: T) -> T {
        self.step(before, after)
    }
}

#[cfg(test)]
mod tests;
