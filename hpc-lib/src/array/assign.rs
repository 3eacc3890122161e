//! Writing to parts of an array.

use std::sync::Arc;

use super::Array;
use super::dense::Dense;
use super::dtype::{DType, Scalar};
use super::index::Index;
use super::operators::Operand;
use super::selection::Selection;
use super::storage::Storage;
use crate::error::{Error, OrRaise};
use crate::expr::{self, Input, Node};

/// Values that are written, of the array's dtype.
enum Values {
    One(Scalar),
    /// In the shape of what is written to.
    Each(Dense),
}

impl Array {
    /// Writes `value`, a number or an array that is broadcast, to the part that `indices` select
    /// (see [`s!`](crate::s)). Arrays that share the values keep theirs, and `value` is what it was
    /// before, even if it shares them. Where a position occurs more than once, its last value stays.
    ///
    /// Costs a pass over the part, and a copy of the array if its values are shared.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let mut x = arange(0, 5, 1);
    /// let before = x.clone();
    /// x.assign(s![1..], &before.slice(s![..-1]));
    /// assert_eq!(x.to_vec::<i64>(), [0, 0, 1, 2, 3]);
    /// x.assign(s![x.gt(1)], -1);
    /// x.assign(s![[0, -1]], Array::from([7, 8]));
    /// assert_eq!(x.to_vec::<i64>(), [7, 0, 1, -1, 8]);
    /// assert_eq!(before.sum(), 10.0);
    /// ```
    ///
    /// # Panics
    /// Panics as [`slice`](Self::slice) does, when the value cannot be broadcast to the part, and
    /// when it is of a later kind than the array (bool, integers, real, complex numbers) or a
    /// number that is out of the dtype's range.
    #[track_caller]
    pub fn assign(&mut self, indices: &[Index], value: impl Into<Operand>) {
        self.assigned("assign", indices, &value.into()).or_raise();
    }

    pub(super) fn assigned(
        &mut self,
        routine: &'static str,
        indices: &[Index],
        value: &Operand,
    ) -> Result<(), Error> {
        let dense = expr::evaluate(&self.node)?;
        let shape = Selection::of(routine, &dense.layout, indices)?.shape();
        let values = match Values::of(routine, value, &shape, self.dtype())? {
            // A copy of the part is less than one of the array.
            Values::Each(part) if Arc::ptr_eq(&part.storage, &dense.storage) => {
                Values::Each(part.copied(routine)?)
            }
            values => values,
        };
        drop(dense);
        let one;
        let source = match &values {
            Values::Each(dense) => dense.slice(),
            Values::One(value) => {
                one = Dense::filled(routine, &[1], self.dtype(), *value)?;
                one.slice()
            }
        };
        let mut outcome = Ok(());
        self.write(routine, |layout, elements| {
            // Again: a copy has another layout.
            match Selection::of(routine, layout, indices) {
                Ok(selection) => selection.scatter(source, elements),
                Err(error) => outcome = Err(error),
            }
        })?;
        outcome
    }

    /// Changes the part that `indices` select by an expression of it: `x[indices] op= y`.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let mut x = arange(0, 5, 1);
    /// x.update(s![..;2], |part| part * 10);
    /// assert_eq!(x.to_vec::<i64>(), [0, 1, 20, 3, 40]);
    /// ```
    ///
    /// # Panics
    /// Panics as [`assign`](Self::assign) does.
    #[track_caller]
    pub fn update(&mut self, indices: &[Index], change: impl FnOnce(Self) -> Self) {
        let part = self.slice(indices);
        self.assign(indices, change(part));
    }

    /// Writes `value`, a number or an array that is broadcast, where `mask`, which is broadcast
    /// too, is true: NumPy's `copyto` with `where`.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let mut x = arange(0, 6, 1).reshape([2, 3]);
    /// x.copy_where([true, false, true], -1);
    /// assert_eq!(x.to_vec::<i64>(), [-1, 1, -1, -1, 4, -1]);
    /// ```
    ///
    /// # Panics
    /// Panics when the mask or the value cannot be broadcast, or the value's dtype does not fit, as
    /// for [`assign`](Self::assign).
    #[track_caller]
    pub fn copy_where(&mut self, mask: impl Into<Self>, value: impl Into<Operand>) {
        self.copied_where(&mask.into(), &value.into()).or_raise();
    }

    fn copied_where(&mut self, mask: &Self, value: &Operand) -> Result<(), Error> {
        let routine = "copy_where";
        let shape = self.shape().to_vec();
        Values::of(routine, &Operand::from(mask), &shape, DType::Bool)?;
        let value = match Values::of(routine, value, &shape, self.dtype())? {
            Values::One(value) => Input::Scalar(value),
            Values::Each(dense) => Input::Node(Node::of(dense).into()),
        };
        let node = Node::select(
            routine,
            Operand::from(mask).0,
            value,
            Operand::from(&*self).0,
        )?;
        let chosen = Self { node: node.into() };
        self.assigned(routine, &[], &chosen.into())
    }
}

impl Values {
    fn of(
        routine: &'static str,
        Operand(value): &Operand,
        shape: &[usize],
        dtype: DType,
    ) -> Result<Self, Error> {
        let node = match value {
            Input::Scalar(value) if value.meet(dtype) == dtype && value.fits(dtype) => {
                return Ok(Self::One(*value));
            }
            Input::Node(node) if node.dtype.kind() <= dtype.kind() => node,
            other => {
                let message = format!(
                    "values of dtype {} for an array of {dtype}; say by `astype` how they shall \
                     change",
                    other.dtype()
                );
                return Err(Error::argument(routine, message));
            }
        };
        // Axes of length 1 at the front may be too many.
        let extra = node.shape.len().saturating_sub(shape.len());
        let mut dense = expr::evaluate(&Node::cast(node, dtype)?)?;
        if dense.layout.shape[..extra].iter().all(|&n| n == 1) {
            dense.layout.shape.drain(..extra);
            dense.layout.strides.drain(..extra);
        }
        let Some(layout) = dense.layout.broadcast(shape) else {
            return Err(Error::Shapes {
                routine,
                left: shape.to_vec(),
                right: node.shape.to_vec(),
            });
        };
        let storage = dense.storage;
        Dense { storage, layout }
            .to_contiguous(routine)
            .map(Self::Each)
    }
}

impl Dense {
    /// A copy, row by row.
    pub(crate) fn copied(&self, routine: &'static str) -> Result<Self, Error> {
        let mut storage = Storage::allocate(routine, &self.layout.shape, self.dtype())?;
        self.gather(0, storage.as_slice_mut());
        Ok(Self::new(storage, &self.layout.shape))
    }
}
