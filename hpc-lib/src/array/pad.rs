use super::Array;
use super::dense::Dense;
use super::dtype::{DType, Scalar};
use super::join::{joined, positions};
use super::reduce_axes::Axes;
use crate::error::{Error, OrRaise};
use crate::expr::Node;

/// What [`Array::pad`] puts around an array.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pad {
    /// This number, brought to the array's dtype.
    Constant(f64),
    /// The element at the edge.
    Edge,
    /// From the element at the edge to this number in equal steps.
    LinearRamp(f64),
    /// The greatest element along the axis.
    Maximum,
    /// The mean along the axis, rounded for integers.
    Mean,
    /// The least element along the axis.
    Minimum,
    /// The elements back from the edge, without the one at the edge.
    Reflect,
    /// The elements back from the edge, with the one at the edge.
    Symmetric,
    /// The elements from the other end.
    Wrap,
}

impl Array {
    /// The array with more elements around it: before and after each axis, as many as `widths` says.
    /// A single pair of widths is for all axes. Axes are padded in order, corners by what was put
    /// along earlier ones.
    ///
    /// Costs a copy for each axis.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let x = arange(1, 4, 1);
    /// assert_eq!(x.pad(&[(1, 2)], Pad::Constant(0.0)).to_vec::<i64>(), [0, 1, 2, 3, 0, 0]);
    /// assert_eq!(x.pad(&[(2, 2)], Pad::Reflect).to_vec::<i64>(), [3, 2, 1, 2, 3, 2, 1]);
    /// assert_eq!(x.pad(&[(2, 1)], Pad::Wrap).to_vec::<i64>(), [2, 3, 1, 2, 3, 1]);
    /// ```
    ///
    /// # Panics
    /// Panics when there is not a pair of widths for each axis, an axis is empty where its elements
    /// are needed, or there is not enough memory.
    #[track_caller]
    pub fn pad(&self, widths: &[(usize, usize)], with: Pad) -> Self {
        self.padded(widths, with).or_raise()
    }

    fn padded(&self, widths: &[(usize, usize)], with: Pad) -> Result<Self, Error> {
        if widths.len() != 1 && widths.len() != self.ndim() {
            let message = format!(
                "{} widths for an array with {} axes",
                widths.len(),
                self.ndim()
            );
            return Err(Error::argument("pad", message));
        }
        let mut padded = self.clone();
        for axis in 0..self.ndim() {
            let (before, after) = widths[if widths.len() == 1 { 0 } else { axis }];
            if before > 0 || after > 0 {
                padded = padded.padded_axis(axis, before, after, with)?;
            }
        }
        Ok(padded)
    }

    fn padded_axis(
        &self,
        axis: usize,
        before: usize,
        after: usize,
        with: Pad,
    ) -> Result<Self, Error> {
        let n = self.shape()[axis];
        if n == 0 && !matches!(with, Pad::Constant(_)) {
            return Err(Error::Empty {
                routine: "pad",
                shape: self.shape().to_vec(),
            });
        }
        let last = n as i64 - 1;
        let place: fn(i64, i64) -> i64 = match with {
            Pad::Edge => |at, last| at.clamp(0, last),
            Pad::Wrap => |at, last| at.rem_euclid(last + 1),
            Pad::Reflect => |at, last| {
                let at = at.rem_euclid((2 * last).max(1));
                at.min(2 * last - at)
            },
            Pad::Symmetric => |at, last| {
                let at = at.rem_euclid(2 * (last + 1));
                at.min(2 * last + 1 - at)
            },
            Pad::Constant(_) | Pad::LinearRamp(_) | Pad::Maximum | Pad::Mean | Pad::Minimum => {
                let start = self.padding(axis, before, with, true)?;
                let end = self.padding(axis, after, with, false)?;
                return joined("pad", &[&start, self, &end], axis);
            }
        };
        let positions = positions("pad", [before, n, after], |at| place(at, last))?;
        self.picked("pad", axis, positions)
    }

    /// `count` elements before or after an axis that do not come from certain places.
    fn padding(&self, axis: usize, count: usize, with: Pad, start: bool) -> Result<Self, Error> {
        let mut shape = self.shape().to_vec();
        shape[axis] = count;
        let along = Axes::of(&[axis]).keep();
        let one = match with {
            Pad::Constant(value) => {
                let value = Dense::filled("pad", &[], self.dtype(), Scalar::Float(value))?;
                Self::of(value)
            }
            Pad::Maximum => self.max_axis(along),
            Pad::Minimum => self.min_axis(along),
            Pad::Mean if self.dtype().is_integer() => self.mean_axis(along).round(),
            Pad::Mean => self.mean_axis(along),
            _ => return self.ramp(axis, count, with, start),
        };
        let one = Self {
            node: Node::cast(&one.node, self.dtype())?.into(),
        };
        one.broadcasted("pad", &shape)
    }

    fn ramp(&self, axis: usize, count: usize, with: Pad, start: bool) -> Result<Self, Error> {
        let Pad::LinearRamp(end) = with else {
            return Err(Error::argument("pad", "not a ramp"));
        };
        let n = self.shape()[axis] as isize;
        let at = if start { 0 } else { n - 1 };
        let edge = self
            .along("pad", axis, at..at + 1)?
            .astype(DType::F64.promote(self.dtype()));
        // 0 at the far end, count at the edge.
        let far = |at: i64| if start { at } else { count as i64 - 1 - at };
        let mut shape = vec![1; self.ndim()];
        shape[axis] = count;
        let weights = positions("pad", [0, count, 0], far)?.reshape(shape);
        let ramp = (edge - end) * (weights / count as f64) + end;
        let ramp = if self.dtype().is_integer() {
            ramp.floor()
        } else {
            ramp
        };
        Ok(Self {
            node: Node::cast(&ramp.node, self.dtype())?.into(),
        })
    }
}
