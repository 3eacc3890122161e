//! Arrays seen as lines along one axis.

use crate::array::Array;
use crate::array::dense::Dense;
use crate::error::Error;
use crate::scan::Around;

/// The axis with that number, which counts from the end when negative.
pub(crate) fn axis_of(routine: &'static str, shape: &[usize], axis: isize) -> Result<usize, Error> {
    let ndim = shape.len() as isize;
    let position = if axis < 0 { axis + ndim } else { axis };
    if (0..ndim).contains(&position) {
        return Ok(position as usize);
    }
    let message = format!("there is no axis {axis} in an array of shape {shape:?}");
    Err(Error::argument(routine, message))
}

/// The lengths of an array around one of its axes.
pub(crate) fn around(shape: &[usize], axis: usize) -> Around {
    Around {
        outer: shape[..axis].iter().product(),
        len: shape[axis],
        inner: shape[axis + 1..].iter().product(),
    }
}

/// The values of an array with one axis brought to the end, so that its lines lie side by side.
pub(crate) struct Lines {
    pub(crate) dense: Dense,
    axis: usize,
}

impl Lines {
    pub(crate) fn along(routine: &'static str, array: &Array, axis: isize) -> Result<Self, Error> {
        let axis = axis_of(routine, array.shape(), axis)?;
        let mut dense = array.dense();
        let mut order: Vec<usize> = (0..array.ndim()).collect();
        order.remove(axis);
        order.push(axis);
        dense.layout = dense.layout.permuted(&order);
        let dense = dense.to_contiguous(routine)?;
        Ok(Self { dense, axis })
    }

    /// The length of a line.
    pub(crate) fn len(&self) -> usize {
        self.shape().last().copied().unwrap_or(1)
    }

    /// The shape with the axis at the end.
    pub(crate) fn shape(&self) -> &[usize] {
        &self.dense.layout.shape
    }

    /// An array of lines with their axis back in its place.
    pub(crate) fn back(&self, mut lines: Dense) -> Array {
        let last = self.shape().len() - 1;
        let mut order: Vec<usize> = (0..last).collect();
        order.insert(self.axis, last);
        lines.layout = lines.layout.permuted(&order);
        Array::of(lines)
    }
}
