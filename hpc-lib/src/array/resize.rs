//! Arrays of another length: repeated until they fill a shape, or without the zeros at their ends.

use super::Array;
use super::create::zeros_of;
use super::index::{Index, Shape};
use super::storage::check_room;
use crate::error::{Error, OrRaise};

impl Array {
    /// The elements in row-major order, over and over again, in another shape: NumPy's function (its
    /// method of that name fills with zeros). Of no elements come zeros.
    ///
    /// Costs a pass over the result.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let x = Array::from([1, 2, 3]);
    /// assert_eq!(x.resize([2, 2]).to_vec::<i64>(), [1, 2, 3, 1]);
    /// assert_eq!(x.resize(2).to_vec::<i64>(), [1, 2]);
    /// ```
    ///
    /// # Panics
    /// Panics when there is not enough memory.
    #[track_caller]
    pub fn resize(&self, shape: impl Into<Shape>) -> Self {
        self.resized("resize", &shape.into().0).or_raise()
    }

    pub(crate) fn resized(&self, routine: &'static str, shape: &[usize]) -> Result<Self, Error> {
        check_room(routine, shape, self.dtype())?;
        if self.is_empty() {
            return Ok(zeros_of(shape, self.dtype()));
        }
        let len: usize = shape.iter().product();
        let copies = len.div_ceil(self.len());
        let all = match copies {
            0 | 1 => self.ravel(),
            _ => self.ravel().tiled(routine, &[copies])?,
        };
        let part = all.slice(&[Index::from(..len)]);
        Ok(part.reshape(shape))
    }

    /// An array with one axis without the zeros at its start and its end. Shares the values.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let x = Array::from([0, 0, 1, 0, 2, 0]);
    /// assert_eq!(x.trim_zeros().to_vec::<i64>(), [1, 0, 2]);
    /// ```
    ///
    /// # Panics
    /// Panics when the array has not one axis.
    #[track_caller]
    pub fn trim_zeros(&self) -> Self {
        if self.ndim() != 1 {
            Error::Dimensions {
                routine: "trim_zeros",
                shape: self.shape().to_vec(),
                expected: "it takes arrays with one axis",
            }
            .raise();
        }
        let others = self.flatnonzero();
        let Some(last) = others.len().checked_sub(1) else {
            return self.slice(&[Index::from(..0)]);
        };
        let end = others.item_i64(last) + 1;
        self.slice(&[Index::from(others.item_i64(0)..end)])
    }
}
