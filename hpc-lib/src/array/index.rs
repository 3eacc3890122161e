use std::ops::{Range, RangeFrom, RangeFull, RangeInclusive, RangeTo};

use crate::error::Error;

/// What is taken along one axis: one position, or a range with a step.
///
/// Made by [`s!`](crate::s) from integers and ranges. Negative positions count from the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Index {
    /// One position; the axis disappears.
    At(isize),
    /// Every `step`-th position from `start` to before `stop`.
    Range {
        /// First position, from the end when negative. The first one when absent (the last one
        /// for a negative step).
        start: Option<isize>,
        /// Position after the last, from the end when negative. All the rest when absent.
        stop: Option<isize>,
        /// Distance of neighbours, negative to go backwards.
        step: isize,
    },
}

impl Index {
    /// The whole axis.
    pub const ALL: Self = Self::Range {
        start: None,
        stop: None,
        step: 1,
    };

    /// The same range with another step.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let x = arange(0, 10, 1);
    /// assert_eq!(x.slice(s![1..;3]).to_vec::<i64>(), [1, 4, 7]);
    /// assert_eq!(x.slice(s![..;-4]).to_vec::<i64>(), [9, 5, 1]);
    /// ```
    #[must_use]
    pub fn step(self, step: isize) -> Self {
        match self {
            Self::At(_) => self,
            Self::Range { start, stop, .. } => Self::Range { start, stop, step },
        }
    }

    /// First position and number of positions on an axis of length `n`, by Python's rules.
    pub(crate) fn resolve(
        routine: &'static str,
        start: Option<isize>,
        stop: Option<isize>,
        step: isize,
        n: usize,
    ) -> Result<(usize, usize), Error> {
        let n = n as isize;
        let clamp = |position: isize, low: isize, high: isize| {
            (if position < 0 { position + n } else { position }).clamp(low, high)
        };
        let (first, last) = match step {
            0 => return Err(Error::argument(routine, "the step of a range is 0")),
            1.. => (
                start.map_or(0, |at| clamp(at, 0, n)),
                stop.map_or(n, |at| clamp(at, 0, n)),
            ),
            _ => (
                start.map_or(n - 1, |at| clamp(at, -1, n - 1)),
                stop.map_or(-1, |at| clamp(at, -1, n - 1)),
            ),
        };
        let distance = if step > 0 { last - first } else { first - last };
        let count = if distance <= 0 {
            0
        } else {
            (distance - 1) / step.abs() + 1
        };
        Ok((first.max(0) as usize, count as usize))
    }
}

macro_rules! index_from_integer {
    ($($type:ty),*) => {$(
        impl From<$type> for Index {
            fn from(position: $type) -> Self {
                Self::At(position as isize)
            }
        }

        impl From<Range<$type>> for Index {
            fn from(range: Range<$type>) -> Self {
                Self::Range {
                    start: Some(range.start as isize),
                    stop: Some(range.end as isize),
                    step: 1,
                }
            }
        }

        impl From<RangeInclusive<$type>> for Index {
            fn from(range: RangeInclusive<$type>) -> Self {
                let last = *range.end() as isize;
                Self::Range {
                    start: Some(*range.start() as isize),
                    // Up to and including -1 means up to the end.
                    stop: (last != -1).then_some(last + 1),
                    step: 1,
                }
            }
        }

        impl From<RangeFrom<$type>> for Index {
            fn from(range: RangeFrom<$type>) -> Self {
                Self::Range { start: Some(range.start as isize), stop: None, step: 1 }
            }
        }

        impl From<RangeTo<$type>> for Index {
            fn from(range: RangeTo<$type>) -> Self {
                Self::Range { start: None, stop: Some(range.end as isize), step: 1 }
            }
        }
    )*};
}

index_from_integer!(i32, i64, isize, usize);

impl From<RangeFull> for Index {
    fn from(_: RangeFull) -> Self {
        Self::ALL
    }
}

/// The position of one element: an integer per axis.
///
/// Made from an integer (one dimension), an array of integers, or `()` where there is no axis.
/// Negative ones count from the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position(pub(crate) Vec<isize>);

macro_rules! position_from_integer {
    ($($type:ty),*) => {$(
        impl From<$type> for Position {
            fn from(index: $type) -> Self {
                Self(vec![index as isize])
            }
        }

        impl<const N: usize> From<[$type; N]> for Position {
            fn from(index: [$type; N]) -> Self {
                Self(index.iter().map(|&i| i as isize).collect())
            }
        }
    )*};
}

position_from_integer!(i32, i64, isize, usize);

impl From<()> for Position {
    fn from((): ()) -> Self {
        Self(Vec::new())
    }
}

/// The lengths of an array's axes.
///
/// Made from one length, an array or a slice of lengths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape(pub(crate) Vec<usize>);

impl From<usize> for Shape {
    fn from(len: usize) -> Self {
        Self(vec![len])
    }
}

impl<const N: usize> From<[usize; N]> for Shape {
    fn from(lengths: [usize; N]) -> Self {
        Self(lengths.to_vec())
    }
}

impl From<&[usize]> for Shape {
    fn from(lengths: &[usize]) -> Self {
        Self(lengths.to_vec())
    }
}

impl From<Vec<usize>> for Shape {
    fn from(lengths: Vec<usize>) -> Self {
        Self(lengths)
    }
}

/// Selects part of an array, for [`Array::slice`](crate::array::Array::slice): an integer or a
/// range for each axis, a step after a semicolon.
///
/// ```
/// use hpc::prelude::*;
/// let a = arange(0, 12, 1).reshape([3, 4]);
/// assert_eq!(a.slice(s![.., 0]).to_vec::<i64>(), [0, 4, 8]);
/// assert_eq!(a.slice(s![-1, 1..3]).to_vec::<i64>(), [9, 10]);
/// assert_eq!(a.slice(s![..;2, ..;-3]).to_vec::<i64>(), [3, 0, 11, 8]);
/// ```
#[macro_export]
macro_rules! s {
    ($($index:expr $(; $step:expr)?),* $(,)?) => {
        &[$($crate::array::Index::from($index)$(.step($step))?),*]
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_resolve_as_in_python() {
        // (start, stop, step, length) -> (first, count)
        let cases = [
            ((None, None, 1, 5), (0, 5)),
            ((Some(1), Some(-1), 1, 5), (1, 3)),
            ((Some(-3), None, 1, 5), (2, 3)),
            ((None, Some(100), 1, 5), (0, 5)),
            ((Some(4), Some(1), 1, 5), (4, 0)),
            ((None, None, 2, 5), (0, 3)),
            ((None, None, -1, 5), (4, 5)),
            ((None, None, -2, 5), (4, 3)),
            ((Some(3), Some(0), -1, 5), (3, 3)),
            ((None, None, -1, 0), (0, 0)),
            ((Some(-100), None, -1, 5), (0, 0)),
        ];
        for ((start, stop, step, n), expected) in cases {
            assert_eq!(Index::resolve("slice", start, stop, step, n), Ok(expected));
        }
        assert!(Index::resolve("slice", None, None, 0, 5).is_err());
    }
}
