//! The same elements in another order or another shape.

use super::Array;
use super::dense::Dense;
use super::index::{Index, Shape};
use super::layout::{Dims, Layout, broadcast_shape, checked_len};
use super::reduce_axes::Axes;
use crate::error::{Error, OrRaise};

/// One axis, counted from the end when negative.
pub(super) fn axis_of(routine: &'static str, axis: isize, ndim: usize) -> Result<usize, Error> {
    Axes::from(axis).in_order(routine, ndim).map(|axes| axes[0])
}

/// The shape in which arrays of these shapes meet.
///
/// ```
/// use hpc::prelude::*;
/// assert_eq!(broadcast_shapes(&[&[2, 1], &[3], &[1, 1, 1]]), [1, 2, 3]);
/// ```
///
/// # Panics
/// Panics when they do not fit together.
#[track_caller]
pub fn broadcast_shapes(shapes: &[&[usize]]) -> Vec<usize> {
    let meet = |met: Dims, shape: &&[usize]| broadcast_shape("broadcast_shapes", &met, shape);
    shapes
        .iter()
        .try_fold(Dims::new(), meet)
        .or_raise()
        .to_vec()
}

/// The arrays in the shape in which they meet. They share their values.
///
/// ```
/// use hpc::prelude::*;
/// let (x, y) = (arange(0, 3, 1), arange(0, 2, 1).reshape([2, 1]));
/// let both = broadcast_arrays(&[&x, &y]);
/// assert_eq!(both[1].to_vec::<i64>(), [0, 0, 0, 1, 1, 1]);
/// ```
///
/// # Panics
/// Panics when the shapes do not fit together.
#[track_caller]
pub fn broadcast_arrays(arrays: &[&Array]) -> Vec<Array> {
    let meet = |met: Dims, array: &&Array| broadcast_shape("broadcast_arrays", &met, array.shape());
    let shape = arrays.iter().try_fold(Dims::new(), meet).or_raise();
    arrays
        .iter()
        .map(|array| array.broadcast_to(&shape[..]))
        .collect()
}

impl Array {
    /// The values in a layout that follows from the present one.
    pub(super) fn laid_out(
        &self,
        layout: impl FnOnce(&Layout) -> Result<Layout, Error>,
    ) -> Result<Self, Error> {
        let dense = crate::expr::evaluate(&self.node)?;
        let layout = layout(&dense.layout)?;
        Ok(self.view(&dense, layout))
    }

    /// The elements at `positions` along an axis.
    pub(super) fn picked(
        &self,
        routine: &'static str,
        axis: usize,
        positions: Self,
    ) -> Result<Self, Error> {
        let mut indices = vec![Index::ALL; axis];
        indices.push(Index::Array(positions));
        let dense = crate::expr::evaluate(&self.node)?;
        let selection = super::selection::Selection::of(routine, &dense.layout, &indices)?;
        selection.gather(routine, &dense).map(Self::of)
    }

    /// All elements, row by row, with one axis. Shares the values where they lie side by side.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([[1, 2], [3, 4]]).ravel().to_vec::<i64>(), [1, 2, 3, 4]);
    /// ```
    #[track_caller]
    pub fn ravel(&self) -> Self {
        self.reshape(-1)
    }

    /// The axes in another order: axis `order[0]` comes first, and so on. Shares the values.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(zeros([2, 3, 4]).permute_dims([2, 0, 1]).shape(), [4, 2, 3]);
    /// ```
    ///
    /// # Panics
    /// Panics when `order` does not have each axis once.
    #[track_caller]
    pub fn permute_dims(&self, order: impl Into<Axes>) -> Self {
        self.permuted("permute_dims", &order.into()).or_raise()
    }

    fn permuted(&self, routine: &'static str, order: &Axes) -> Result<Self, Error> {
        let order = order.in_order(routine, self.ndim())?;
        if order.len() != self.ndim() {
            let message = format!("{} axes for an array with {}", order.len(), self.ndim());
            return Err(Error::argument(routine, message));
        }
        self.laid_out(|layout| Ok(layout.permuted(&order)))
    }

    /// The last two axes exchanged, as for a stack of matrices: NumPy's `mT`. Shares the values.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(zeros([5, 2, 3]).matrix_transpose().shape(), [5, 3, 2]);
    /// ```
    ///
    /// # Panics
    /// Panics when the array has less than two axes.
    #[track_caller]
    pub fn matrix_transpose(&self) -> Self {
        if self.ndim() < 2 {
            Error::Dimensions {
                routine: "matrix_transpose",
                shape: self.shape().to_vec(),
                expected: "it takes arrays with two axes or more",
            }
            .raise();
        }
        self.swapaxes(-1, -2)
    }

    /// Two axes exchanged. Shares the values.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(zeros([2, 3, 4]).swapaxes(0, -1).shape(), [4, 3, 2]);
    /// ```
    ///
    /// # Panics
    /// Panics when there is no such axis.
    #[track_caller]
    pub fn swapaxes(&self, a: isize, b: isize) -> Self {
        let axis = |axis| axis_of("swapaxes", axis, self.ndim()).or_raise();
        let mut order: Dims = (0..self.ndim()).collect();
        order.swap(axis(a), axis(b));
        self.laid_out(|layout| Ok(layout.permuted(&order)))
            .or_raise()
    }

    /// Axes moved to other places; the others keep their order. Shares the values.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(zeros([2, 3, 4]).moveaxis(0, -1).shape(), [3, 4, 2]);
    /// assert_eq!(zeros([2, 3, 4]).moveaxis([0, 1], [-1, 0]).shape(), [3, 4, 2]);
    /// ```
    ///
    /// # Panics
    /// Panics when there is no such axis, one occurs twice, or there are not as many places as axes.
    #[track_caller]
    pub fn moveaxis(&self, from: impl Into<Axes>, to: impl Into<Axes>) -> Self {
        self.moved(&from.into(), &to.into()).or_raise()
    }

    fn moved(&self, from: &Axes, to: &Axes) -> Result<Self, Error> {
        let ndim = self.ndim();
        let from = from.in_order("moveaxis", ndim)?;
        let to = to.in_order("moveaxis", ndim)?;
        if from.len() != to.len() {
            let message = format!("{} axes to {} places", from.len(), to.len());
            return Err(Error::argument("moveaxis", message));
        }
        let mut order: Dims = (0..ndim).filter(|axis| !from.contains(axis)).collect();
        let mut moves: Vec<(usize, usize)> = to.into_iter().zip(from).collect();
        moves.sort_unstable();
        for (place, axis) in moves {
            order.insert(place, axis);
        }
        self.laid_out(|layout| Ok(layout.permuted(&order)))
    }

    /// New axes of length 1, at these places of the result. Shares the values.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(zeros(3).expand_dims(0).shape(), [1, 3]);
    /// assert_eq!(zeros(3).expand_dims([0, -1]).shape(), [1, 3, 1]);
    /// ```
    ///
    /// # Panics
    /// Panics when there is no such place in the result, or one occurs twice.
    #[track_caller]
    pub fn expand_dims(&self, axes: impl Into<Axes>) -> Self {
        self.expanded(&axes.into()).or_raise()
    }

    fn expanded(&self, axes: &Axes) -> Result<Self, Error> {
        let new = axes.resolve("expand_dims", self.ndim() + axes.as_slice().len())?;
        self.laid_out(|layout| {
            let mut layout = layout.clone();
            for axis in new {
                layout.shape.insert(axis, 1);
                layout.strides.insert(axis, 0);
            }
            Ok(layout)
        })
    }

    /// Without the axes of length 1. Shares the values.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(zeros([1, 3, 1]).squeeze().shape(), [3]);
    /// assert_eq!(zeros([1, 3, 1]).squeeze_axis(-1).shape(), [1, 3]);
    /// ```
    #[track_caller]
    pub fn squeeze(&self) -> Self {
        let one = |axis: &usize| self.shape()[*axis] == 1;
        let axes: Vec<usize> = (0..self.ndim()).filter(one).collect();
        self.squeezed(&Axes::of(&axes)).or_raise()
    }

    /// Without these axes, which have length 1. Shares the values.
    ///
    /// # Panics
    /// Panics when there is no such axis, or one with another length.
    #[track_caller]
    pub fn squeeze_axis(&self, axes: impl Into<Axes>) -> Self {
        self.squeezed(&axes.into()).or_raise()
    }

    fn squeezed(&self, axes: &Axes) -> Result<Self, Error> {
        let axes = axes.resolve("squeeze_axis", self.ndim())?;
        if let Some(axis) = axes.iter().find(|&&axis| self.shape()[axis] != 1) {
            let message = format!("axis {axis} of shape {:?} has not length 1", self.shape());
            return Err(Error::argument("squeeze_axis", message));
        }
        self.laid_out(|layout| {
            let mut layout = layout.clone();
            for &axis in axes.iter().rev() {
                layout.shape.remove(axis);
                layout.strides.remove(axis);
            }
            Ok(layout)
        })
    }

    /// The array with one axis or more. Shares the values.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from(2.0).atleast_1d().shape(), [1]);
    /// assert_eq!(zeros(3).atleast_2d().shape(), [1, 3]);
    /// assert_eq!(zeros(3).atleast_3d().shape(), [1, 3, 1]);
    /// ```
    #[track_caller]
    pub fn atleast_1d(&self) -> Self {
        if self.ndim() == 0 {
            self.expand_dims(0)
        } else {
            self.clone()
        }
    }

    /// The array with two axes or more, new ones first. Shares the values.
    #[track_caller]
    pub fn atleast_2d(&self) -> Self {
        match self.ndim() {
            0 => self.expand_dims([0, 1]),
            1 => self.expand_dims(0),
            _ => self.clone(),
        }
    }

    /// The array with three axes or more: rows and columns come before a new one. Shares the values.
    #[track_caller]
    pub fn atleast_3d(&self) -> Self {
        match self.ndim() {
            2 => self.expand_dims(2),
            0 | 1 => self.atleast_2d().expand_dims(2),
            _ => self.clone(),
        }
    }

    /// The array in a larger shape, where axes of length 1 and new ones at the front repeat. Shares
    /// the values, so it takes no memory.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let x = arange(0, 2, 1).reshape([2, 1]).broadcast_to([2, 3]);
    /// assert_eq!(x.to_vec::<i64>(), [0, 0, 0, 1, 1, 1]);
    /// ```
    ///
    /// # Panics
    /// Panics when the shape does not fit, or has more elements than can be counted.
    #[track_caller]
    pub fn broadcast_to(&self, shape: impl Into<Shape>) -> Self {
        self.broadcasted("broadcast_to", &shape.into().0).or_raise()
    }

    pub(super) fn broadcasted(
        &self,
        routine: &'static str,
        shape: &[usize],
    ) -> Result<Self, Error> {
        self.laid_out(|layout| {
            let larger = layout.broadcast(shape).ok_or_else(|| Error::Shapes {
                routine,
                left: self.shape().to_vec(),
                right: shape.to_vec(),
            });
            if checked_len(shape).is_none_or(|len| len > isize::MAX as usize) {
                return Err(Error::Memory {
                    routine,
                    shape: shape.to_vec(),
                    dtype: self.dtype(),
                });
            }
            larger
        })
    }

    /// The elements in reverse order along `axes`. Shares the values.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let a = Array::from([[1, 2], [3, 4]]);
    /// assert_eq!(a.flip(0).to_vec::<i64>(), [3, 4, 1, 2]);
    /// assert_eq!(a.flip([0, 1]).to_vec::<i64>(), [4, 3, 2, 1]);
    /// ```
    ///
    /// # Panics
    /// Panics when there is no such axis.
    #[track_caller]
    pub fn flip(&self, axes: impl Into<Axes>) -> Self {
        self.flipped("flip", &axes.into()).or_raise()
    }

    fn flipped(&self, routine: &'static str, axes: &Axes) -> Result<Self, Error> {
        let axes = axes.resolve(routine, self.ndim())?;
        self.laid_out(|layout| {
            let mut layout = layout.clone();
            for axis in axes {
                let last = layout.shape[axis].saturating_sub(1) as isize;
                if layout.len() > 0 {
                    let offset = layout.offset as isize + last * layout.strides[axis];
                    layout.offset = offset as usize;
                }
                layout.strides[axis] = -layout.strides[axis];
            }
            Ok(layout)
        })
    }

    /// The columns in reverse order: along the second axis. Shares the values.
    ///
    /// # Panics
    /// Panics when the array has less than two axes.
    #[track_caller]
    pub fn fliplr(&self) -> Self {
        self.flipped("fliplr", &1.into()).or_raise()
    }

    /// The rows in reverse order: along the first axis. Shares the values.
    ///
    /// # Panics
    /// Panics when the array has no axes.
    #[track_caller]
    pub fn flipud(&self) -> Self {
        self.flipped("flipud", &0.into()).or_raise()
    }

    /// The array turned `k` times by 90 degrees in the plane of two axes, from the first one
    /// towards the second one. Shares the values.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let a = Array::from([[1, 2], [3, 4]]);
    /// assert_eq!(a.rot90(1, [0, 1]).to_vec::<i64>(), [2, 4, 1, 3]);
    /// ```
    ///
    /// # Panics
    /// Panics when there are no such two different axes.
    #[track_caller]
    pub fn rot90(&self, k: isize, plane: [isize; 2]) -> Self {
        let axes = Axes::from(plane).in_order("rot90", self.ndim()).or_raise();
        let [first, second] = [axes[0] as isize, axes[1] as isize];
        match k.rem_euclid(4) {
            0 => self.clone(),
            1 => self.flip(second).swapaxes(first, second),
            2 => self.flip([first, second]),
            _ => self.swapaxes(first, second).flip(second),
        }
    }

    /// The elements moved on by `shift` places, row by row; those from the end come first.
    ///
    /// Costs a copy, as does [`roll_axis`](Self::roll_axis).
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let x = arange(0, 5, 1);
    /// assert_eq!(x.roll(2).to_vec::<i64>(), [3, 4, 0, 1, 2]);
    /// assert_eq!(x.roll(-1).to_vec::<i64>(), [1, 2, 3, 4, 0]);
    /// ```
    #[track_caller]
    pub fn roll(&self, shift: isize) -> Self {
        self.ravel().roll_axis(shift, 0).reshape(self.shape())
    }

    /// The elements moved on by `shift` places along an axis; those from its end come first.
    ///
    /// # Panics
    /// Panics when there is no such axis.
    #[track_caller]
    pub fn roll_axis(&self, shift: isize, axis: isize) -> Self {
        let axis = axis_of("roll_axis", axis, self.ndim()).or_raise();
        let n = self.shape()[axis] as isize;
        if n == 0 {
            return self.clone();
        }
        let cut = n - shift.rem_euclid(n);
        let [first, last] = [0..cut, cut..n].map(|range| self.along("roll_axis", axis, range));
        super::join::joined("roll_axis", &[&last.or_raise(), &first.or_raise()], axis).or_raise()
    }

    /// A range of positions along an axis.
    pub(super) fn along(
        &self,
        routine: &'static str,
        axis: usize,
        range: std::ops::Range<isize>,
    ) -> Result<Self, Error> {
        let mut indices = vec![Index::ALL; axis];
        indices.push(range.into());
        self.laid_out(|layout| {
            let selection = super::selection::Selection::of(routine, layout, &indices)?;
            // Ranges always give one.
            selection
                .view()
                .ok_or_else(|| Error::argument(routine, "not a range"))
        })
    }

    /// Each element `n` times in a row, with one axis.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(arange(0, 3, 1).repeat(2).to_vec::<i64>(), [0, 0, 1, 1, 2, 2]);
    /// ```
    ///
    /// # Panics
    /// Panics when there is not enough memory.
    #[track_caller]
    pub fn repeat(&self, n: usize) -> Self {
        self.ravel().repeat_axis(n, 0)
    }

    /// Each position along an axis `n` times in a row.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let a = Array::from([[1, 2], [3, 4]]);
    /// assert_eq!(a.repeat_axis(2, 0).to_vec::<i64>(), [1, 2, 1, 2, 3, 4, 3, 4]);
    /// ```
    ///
    /// # Panics
    /// Panics when there is no such axis, or not enough memory.
    #[track_caller]
    pub fn repeat_axis(&self, n: usize, axis: isize) -> Self {
        self.repeated(n, axis).or_raise()
    }

    fn repeated(&self, n: usize, axis: isize) -> Result<Self, Error> {
        let axis = axis_of("repeat_axis", axis, self.ndim())?;
        self.multiplied("repeat_axis", axis + 1, axis, &[n])
    }

    /// The positions along an axis as often as `counts` says for each.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let x = arange(0, 3, 1);
    /// assert_eq!(x.repeat_each(&[2, 0, 1], 0).to_vec::<i64>(), [0, 0, 2]);
    /// ```
    ///
    /// # Panics
    /// Panics when there is no such axis or not enough memory, or `counts` has another length.
    #[track_caller]
    pub fn repeat_each(&self, counts: &[usize], axis: isize) -> Self {
        self.repeated_each(counts, axis).or_raise()
    }

    fn repeated_each(&self, counts: &[usize], axis: isize) -> Result<Self, Error> {
        let routine = "repeat_each";
        let axis = axis_of(routine, axis, self.ndim())?;
        let n = self.shape()[axis];
        if counts.len() != n {
            let message = format!("{} counts for an axis of length {n}", counts.len());
            return Err(Error::argument(routine, message));
        }
        let total = counts
            .iter()
            .fold(0, |sum: usize, &n| sum.saturating_add(n));
        let positions = Dense::build(routine, &[total], &mut |positions: &mut [i64]| {
            let mut rest = positions;
            for (at, &count) in counts.iter().enumerate() {
                let (these, others) = rest.split_at_mut(count);
                these.fill(at as i64);
                rest = others;
            }
        })?;
        self.picked(routine, axis, Self::of(positions))
    }

    /// The array side by side `reps` times along each of the last axes.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let x = arange(0, 2, 1);
    /// assert_eq!(x.tile(2).to_vec::<i64>(), [0, 1, 0, 1]);
    /// assert_eq!(x.tile([2, 1]).shape(), [2, 2]);
    /// ```
    ///
    /// # Panics
    /// Panics when there is not enough memory.
    #[track_caller]
    pub fn tile(&self, reps: impl Into<Shape>) -> Self {
        self.tiled("tile", &reps.into().0).or_raise()
    }

    pub(super) fn tiled(&self, routine: &'static str, reps: &[usize]) -> Result<Self, Error> {
        let ndim = self.ndim().max(reps.len());
        let mut shape = vec![1; ndim - self.ndim()];
        shape.extend_from_slice(self.shape());
        let mut counts = vec![1; ndim - reps.len()];
        counts.extend_from_slice(reps);
        let mut array = self.clone();
        for _ in self.ndim()..ndim {
            array = array.expand_dims(0);
        }
        // Last axis first: what is copied grows at the end only.
        for axis in (0..ndim).rev() {
            if counts[axis] != 1 {
                array = array.multiplied(routine, axis, axis, &counts[axis..=axis])?;
            }
        }
        Ok(array)
    }

    /// With a new axis that repeats at `place`, and then one with `axis` of the result.
    fn multiplied(
        &self,
        routine: &'static str,
        place: usize,
        axis: usize,
        reps: &[usize],
    ) -> Result<Self, Error> {
        let count = reps[0];
        let mut shape = self.shape().to_vec();
        shape[axis] = shape[axis].saturating_mul(count);
        let view = self.laid_out(|layout| {
            let mut layout = layout.clone();
            layout.shape.insert(place, count);
            layout.strides.insert(place, 0);
            if checked_len(&layout.shape).is_none() {
                return Err(Error::Memory {
                    routine,
                    shape: shape.clone(),
                    dtype: self.dtype(),
                });
            }
            Ok(layout)
        })?;
        let dense = crate::expr::evaluate(&view.node)?.copied(routine)?;
        let layout = Layout::contiguous(&shape);
        Ok(self.view(&dense, layout))
    }

    /// The diagonal `offset` above the main one (below, where negative) of each matrix in two axes,
    /// as the last axis. Shares the values.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let a = arange(0, 6, 1).reshape([2, 3]);
    /// assert_eq!(a.diagonal(0, [0, 1]).to_vec::<i64>(), [0, 4]);
    /// assert_eq!(a.diagonal(1, [0, 1]).to_vec::<i64>(), [1, 5]);
    /// assert_eq!(a.diagonal(-1, [0, 1]).to_vec::<i64>(), [3]);
    /// ```
    ///
    /// # Panics
    /// Panics when there are no such two different axes.
    #[track_caller]
    pub fn diagonal(&self, offset: isize, axes: [isize; 2]) -> Self {
        self.diagonal_of("diagonal", offset, axes).or_raise()
    }

    pub(super) fn diagonal_of(
        &self,
        routine: &'static str,
        offset: isize,
        axes: [isize; 2],
    ) -> Result<Self, Error> {
        let axes = Axes::from(axes).in_order(routine, self.ndim())?;
        let [rows, columns] = [axes[0], axes[1]];
        self.laid_out(|layout| {
            let skipped = offset.unsigned_abs();
            let (axis, n, m) = if offset < 0 {
                (
                    rows,
                    layout.shape[rows].saturating_sub(skipped),
                    layout.shape[columns],
                )
            } else {
                (
                    columns,
                    layout.shape[rows],
                    layout.shape[columns].saturating_sub(skipped),
                )
            };
            let count = n.min(m);
            let mut diagonal = layout.clone();
            if count > 0 {
                let first = layout.offset as isize + skipped as isize * layout.strides[axis];
                diagonal.offset = first as usize;
            }
            let stride = layout.strides[rows] + layout.strides[columns];
            for axis in [rows.max(columns), rows.min(columns)] {
                diagonal.shape.remove(axis);
                diagonal.strides.remove(axis);
            }
            diagonal.shape.push(count);
            diagonal.strides.push(stride);
            Ok(diagonal)
        })
    }
}
