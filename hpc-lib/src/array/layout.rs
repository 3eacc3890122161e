use smallvec::{SmallVec, smallvec};

use crate::error::Error;

/// Lengths of axes; few enough to lie in place for most arrays.
pub(crate) type Dims = SmallVec<[usize; 4]>;

/// Distances between neighbours along each axis, in elements.
pub(crate) type Strides = SmallVec<[isize; 4]>;

/// How the elements of an array lie in its storage: shape, strides and the place of the first
/// element, all counted in elements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) shape: Dims,
    pub(crate) strides: Strides,
    pub(crate) offset: usize,
}

/// Number of elements of a shape, if it can be counted.
pub(crate) fn checked_len(shape: &[usize]) -> Option<usize> {
    // A zero anywhere makes the array empty, however large the other lengths are.
    if shape.contains(&0) {
        return Some(0);
    }
    shape
        .iter()
        .try_fold(1_usize, |product, &n| product.checked_mul(n))
}

impl Layout {
    /// Row by row without gaps.
    pub(crate) fn contiguous(shape: &[usize]) -> Self {
        let mut strides: Strides = smallvec![0; shape.len()];
        let mut stride = 1;
        for (axis, &n) in shape.iter().enumerate().rev() {
            strides[axis] = stride;
            // An empty array may have lengths whose product is out of range.
            stride = stride.wrapping_mul(n.max(1) as isize);
        }
        Self {
            shape: shape.into(),
            strides,
            offset: 0,
        }
    }

    pub(crate) fn len(&self) -> usize {
        // Shapes of arrays can be counted.
        checked_len(&self.shape).unwrap_or(usize::MAX)
    }

    /// Whether an element is seen more than once.
    pub(crate) fn repeats(&self) -> bool {
        let mut axes = self.shape.iter().zip(&self.strides);
        axes.any(|(&n, &stride)| n > 1 && stride == 0)
    }

    /// Whether the elements lie row by row without gaps.
    pub(crate) fn is_contiguous(&self) -> bool {
        if self.shape.contains(&0) {
            return true;
        }
        let mut expected = 1;
        for (&n, &stride) in self.shape.iter().zip(&self.strides).rev() {
            if n != 1 {
                if stride != expected {
                    return false;
                }
                expected = isize::wrapping_mul(expected, n as isize);
            }
        }
        true
    }

    /// The same elements seen in a larger shape, where axes of length 1 repeat.
    pub(crate) fn broadcast(&self, shape: &[usize]) -> Option<Self> {
        let missing = shape.len().checked_sub(self.shape.len())?;
        let mut strides: Strides = smallvec![0; shape.len()];
        for (axis, (&n, &stride)) in self.shape.iter().zip(&self.strides).enumerate() {
            let target = shape[axis + missing];
            strides[axis + missing] = match n {
                n if n == target => stride,
                1 => 0,
                _ => return None,
            };
        }
        Some(Self {
            shape: shape.into(),
            strides,
            offset: self.offset,
        })
    }

    /// Rows become columns; all axes in reverse order.
    pub(crate) fn transposed(&self) -> Self {
        Self {
            shape: self.shape.iter().rev().copied().collect(),
            strides: self.strides.iter().rev().copied().collect(),
            offset: self.offset,
        }
    }

    /// Axis `order[0]` becomes the first one, and so on.
    pub(crate) fn permuted(&self, order: &[usize]) -> Self {
        Self {
            shape: order.iter().map(|&axis| self.shape[axis]).collect(),
            strides: order.iter().map(|&axis| self.strides[axis]).collect(),
            offset: self.offset,
        }
    }

    /// Distance from the start of the storage to the element at `index`, one number per axis.
    pub(crate) fn offset_of(&self, routine: &'static str, index: &[isize]) -> Result<usize, Error> {
        if index.len() != self.shape.len() {
            return Err(Error::argument(
                routine,
                format!(
                    "{} indices for an array of shape {:?}",
                    index.len(),
                    self.shape
                ),
            ));
        }
        let mut offset = self.offset as isize;
        for (axis, (&i, &stride)) in index.iter().zip(&self.strides).enumerate() {
            offset += self.position(routine, i, axis)? as isize * stride;
        }
        Ok(offset as usize)
    }

    pub(crate) fn position(
        &self,
        routine: &'static str,
        index: isize,
        axis: usize,
    ) -> Result<usize, Error> {
        let n = self.shape[axis] as isize;
        let position = if index < 0 { index + n } else { index };
        if (0..n).contains(&position) {
            Ok(position as usize)
        } else {
            Err(Error::Index {
                routine,
                index,
                axis,
                shape: self.shape.to_vec(),
            })
        }
    }

    /// Visits elements `start .. start + count` in row-major order as runs along the last axis:
    /// the offset of the run's first element, its stride and its length.
    pub(crate) fn for_each_run(
        &self,
        start: usize,
        count: usize,
        mut visit: impl FnMut(usize, isize, usize),
    ) {
        let Some((&row, outer)) = self.shape.split_last() else {
            if count > 0 {
                visit(self.offset, 0, 1);
            }
            return;
        };
        let stride = self.strides[outer.len()];
        let mut position = start;
        let end = start + count;
        while position < end {
            let column = position % row;
            let mut rest = position / row;
            let mut offset = self.offset as isize + column as isize * stride;
            for (axis, &n) in outer.iter().enumerate().rev() {
                offset += (rest % n) as isize * self.strides[axis];
                rest /= n;
            }
            let run = (row - column).min(end - position);
            visit(offset as usize, stride, run);
            position += run;
        }
    }
}

/// The shape in which arrays of two shapes meet, by NumPy's rule: shapes are aligned at their last
/// axes, and an axis of length 1 repeats.
pub(crate) fn broadcast_shape(
    routine: &'static str,
    left: &[usize],
    right: &[usize],
) -> Result<Dims, Error> {
    if left == right || right.is_empty() {
        return Ok(left.into());
    }
    let ndim = left.len().max(right.len());
    let axis = |shape: &[usize], axis: usize| {
        (axis + shape.len())
            .checked_sub(ndim)
            .map_or(1, |axis| shape[axis])
    };
    let shape: Dims = (0..ndim)
        .map(|i| match (axis(left, i), axis(right, i)) {
            (a, b) if a == b => Ok(a),
            (1, b) => Ok(b),
            (a, 1) => Ok(a),
            _ => Err(Error::Shapes {
                routine,
                left: left.to_vec(),
                right: right.to_vec(),
            }),
        })
        .collect::<Result<_, Error>>()?;
    if checked_len(&shape).is_some() {
        return Ok(shape);
    }
    let message = format!("the result's shape {shape:?} has more elements than can be counted");
    Err(Error::argument(routine, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_meet_as_in_numpy() {
        type Case = (&'static [usize], &'static [usize], Option<&'static [usize]>);
        let cases: [Case; 6] = [
            (&[3], &[3], Some(&[3])),
            (&[2, 3], &[3], Some(&[2, 3])),
            (&[2, 1], &[1, 3], Some(&[2, 3])),
            (&[], &[4], Some(&[4])),
            (&[0], &[1], Some(&[0])),
            (&[2, 3], &[2], None),
        ];
        for (left, right, expected) in cases {
            assert_eq!(
                broadcast_shape("add", left, right).ok().as_deref(),
                expected
            );
            assert_eq!(
                broadcast_shape("add", right, left).ok().as_deref(),
                expected
            );
        }
    }

    #[test]
    fn runs_cover_a_transposed_layout_in_row_major_order() {
        let layout = Layout::contiguous(&[2, 3]).transposed();
        let mut offsets = Vec::new();
        layout.for_each_run(1, 4, |offset, stride, n| {
            offsets.extend((0..n).map(|i| offset as isize + i as isize * stride));
        });
        assert_eq!(offsets, [3, 1, 4, 2]);
    }

    #[test]
    fn an_overflowing_shape_has_no_length() {
        assert_eq!(checked_len(&[usize::MAX, 2]), None);
        assert_eq!(checked_len(&[usize::MAX, 0, 2]), Some(0));
        assert_eq!(checked_len(&[]), Some(1));
    }
}
