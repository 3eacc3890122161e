use std::ops::{Range, RangeFrom, RangeFull, RangeInclusive, RangeTo};

use super::Array;
use super::layout::checked_len;
use crate::error::Error;

/// What is taken along an axis: one position, a range with a step, or positions one by one.
///
/// Made by [`s!`](crate::s) from integers, ranges and arrays. Negative positions count from the
/// end.
#[derive(Clone, Debug)]
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
    /// No axis of the array: an axis of length 1 in the result.
    NewAxis,
    /// As many whole axes as the other indices leave: once among them, else at their end.
    Ellipsis,
    /// Of integers: these positions of one axis. Of bool: where it is true, on as many axes as it
    /// has itself.
    ///
    /// Several of them meet by broadcasting, together with single positions, and give one element
    /// for each of theirs. Their axes come in the place of those that they index if those are
    /// neighbours, else first.
    Array(Array),
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
            Self::Range { start, stop, .. } => Self::Range { start, stop, step },
            other => other,
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
            (distance - 1) / step.saturating_abs() + 1
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

macro_rules! index_from_positions {
    ($($type:ty),*) => {$(
        impl<const N: usize> From<[$type; N]> for Index {
            #[track_caller]
            fn from(positions: [$type; N]) -> Self {
                Self::from(&positions[..])
            }
        }

        impl From<&[$type]> for Index {
            #[track_caller]
            fn from(positions: &[$type]) -> Self {
                Self::Array(positions.iter().map(|&at| at as i64).collect())
            }
        }
    )*};
}

index_from_positions!(i32, i64, isize, usize);

impl From<Array> for Index {
    fn from(positions: Array) -> Self {
        Self::Array(positions)
    }
}

impl From<&Array> for Index {
    fn from(positions: &Array) -> Self {
        Self::Array(positions.clone())
    }
}

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
/// Made from one length, an array or a slice of lengths, or `()` for no axes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape(pub(crate) Vec<usize>);

impl From<()> for Shape {
    fn from((): ()) -> Self {
        Self(Vec::new())
    }
}

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

/// The lengths of axes for elements that are there, of which one may be -1: what is left.
///
/// Made from what a [`Shape`] is made from, and from signed integers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lengths(Vec<isize>);

impl Lengths {
    /// The shape for `len` elements.
    pub(crate) fn of_elements(
        self,
        routine: &'static str,
        len: usize,
    ) -> Result<Vec<usize>, Error> {
        if let Some(n) = self.0.iter().find(|&&n| n < -1) {
            return Err(Error::argument(routine, format!("a length of {n}")));
        }
        let left = self.0.iter().filter(|&&n| n == -1).count();
        if left > 1 {
            return Err(Error::argument(routine, "only one length can be -1"));
        }
        let mut shape: Vec<usize> = self.0.iter().map(|n| n.unsigned_abs()).collect();
        if let Some(axis) = self.0.iter().position(|&n| n == -1) {
            match checked_len(&shape) {
                Some(others) if others > 0 && len.is_multiple_of(others) => {
                    shape[axis] = len / others;
                }
                _ => {
                    let message = format!("no length for -1 in {:?} makes {len} elements", self.0);
                    return Err(Error::argument(routine, message));
                }
            }
        }
        Ok(shape)
    }
}

impl From<()> for Lengths {
    fn from((): ()) -> Self {
        Self(Vec::new())
    }
}

impl From<&[usize]> for Lengths {
    fn from(lengths: &[usize]) -> Self {
        // No array has a length out of the range of isize: those become lengths that do not fit.
        let signed = |&n: &usize| isize::try_from(n).unwrap_or(isize::MAX);
        Self(lengths.iter().map(signed).collect())
    }
}

impl From<Vec<usize>> for Lengths {
    fn from(lengths: Vec<usize>) -> Self {
        Self::from(&lengths[..])
    }
}

impl From<Vec<isize>> for Lengths {
    fn from(lengths: Vec<isize>) -> Self {
        Self(lengths)
    }
}

macro_rules! lengths_from_integer {
    ($($type:ty),*) => {$(
        impl From<$type> for Lengths {
            fn from(len: $type) -> Self {
                Self::from([len])
            }
        }

        impl<const N: usize> From<[$type; N]> for Lengths {
            fn from(lengths: [$type; N]) -> Self {
                let signed = |&n: &$type| isize::try_from(n).unwrap_or(isize::MAX);
                Self(lengths.iter().map(signed).collect())
            }
        }
    )*};
}

lengths_from_integer!(i32, i64, isize, usize);

/// Selects part of an array, for [`Array::slice`](crate::array::Array::slice) and
/// [`Array::assign`](crate::array::Array::assign): an integer, a range (a step after a semicolon)
/// or an array of positions for each axis, a mask for as many axes as it has; `NewAxis` for an axis
/// of length 1, `Ellipsis` for all axes that are left.
///
/// ```
/// use hpc::prelude::*;
/// let a = arange(0, 12, 1).reshape([3, 4]);
/// assert_eq!(a.slice(s![.., 0]).to_vec::<i64>(), [0, 4, 8]);
/// assert_eq!(a.slice(s![-1, 1..3]).to_vec::<i64>(), [9, 10]);
/// assert_eq!(a.slice(s![..;2, ..;-3]).to_vec::<i64>(), [3, 0, 11, 8]);
/// assert_eq!(a.slice(s![Ellipsis, NewAxis, 0]).shape(), [3, 1]);
/// assert_eq!(a.slice(s![[0, 2], [1, -1]]).to_vec::<i64>(), [1, 11]);
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
