use std::sync::Arc;

use num_complex::Complex;

use super::Array;
use super::dense::Dense;
use super::dtype::{DType, Scalar};
use super::element::Element;
use super::index::{Index, Lengths, Position};
use super::layout::{Layout, checked_len};
use super::operators::Operand;
use super::selection::Selection;
use super::slice::SliceMut;
use super::storage::Storage;
use crate::error::{Error, OrRaise};
use crate::expr::{self, Input, Node};
use crate::gather::{self, Outside};

impl Array {
    /// Values that `dense` holds, in another layout.
    pub(super) fn view(&self, dense: &Dense, layout: Layout) -> Self {
        debug_assert_eq!(dense.dtype(), self.dtype());
        Self::of(Dense {
            storage: dense.storage.clone(),
            layout,
        })
    }

    /// The same elements, row by row, in another shape; a length of -1 is what is left. Shares the
    /// values where they lie side by side, else copies them.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let a = arange(0, 6, 1).reshape([2, -1]);
    /// assert_eq!(a.shape(), [2, 3]);
    /// assert_eq!(a.item_i64([1, 0]), 3);
    /// ```
    ///
    /// # Panics
    /// Panics when the shape has another number of elements.
    #[track_caller]
    pub fn reshape(&self, shape: impl Into<Lengths>) -> Self {
        self.reshaped(shape.into())
    }

    #[track_caller]
    fn reshaped(&self, shape: Lengths) -> Self {
        let shape = shape.of_elements("reshape", self.len()).or_raise();
        if checked_len(&shape) != Some(self.len()) {
            let left = self.shape().to_vec();
            Error::Shapes {
                routine: "reshape",
                left,
                right: shape,
            }
            .raise();
        }
        let dense = self.dense().to_contiguous("reshape").or_raise();
        let layout = Layout {
            offset: dense.layout.offset,
            ..Layout::contiguous(&shape)
        };
        self.view(&dense, layout)
    }

    /// Rows become columns: all axes in reverse order. Shares the values.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let a = Array::from([[1, 2, 3], [4, 5, 6]]);
    /// assert_eq!(a.t().to_vec::<i64>(), [1, 4, 2, 5, 3, 6]);
    /// ```
    #[track_caller]
    pub fn t(&self) -> Self {
        let dense = self.dense();
        let layout = dense.layout.transposed();
        self.view(&dense, layout)
    }

    /// The same as [`t`](Self::t).
    #[track_caller]
    pub fn transpose(&self) -> Self {
        self.t()
    }

    /// A part of the array, an index for each axis: see [`s!`](crate::s). Axes without one are
    /// taken whole.
    ///
    /// Shares the values if indices are positions and ranges; with arrays among them it costs a
    /// copy of what is selected, on all threads.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let x = arange(0, 10, 1);
    /// assert_eq!(x.slice(s![-3..]).to_vec::<i64>(), [7, 8, 9]);
    /// let a = x.reshape([2, 5]);
    /// assert_eq!(a.slice(s![.., [4, 0]]).to_vec::<i64>(), [4, 0, 9, 5]);
    /// assert_eq!(a.slice(s![a.gt(6)]).to_vec::<i64>(), [7, 8, 9]);
    /// ```
    ///
    /// # Panics
    /// Panics when an index is out of range, a step is 0, there are more indices than axes, arrays
    /// of positions do not fit together, or a mask does not have the lengths of its axes. Ranges
    /// are cut to the array, as in Python.
    #[track_caller]
    pub fn slice(&self, indices: &[Index]) -> Self {
        let dense = self.dense();
        let selection = Selection::of("slice", &dense.layout, indices).or_raise();
        match selection.view() {
            Some(layout) => self.view(&dense, layout),
            None => Self::of(selection.gather("slice", &dense).or_raise()),
        }
    }

    /// Row `index` of an array with two axes or more. Shares the values.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let a = arange(0, 6, 1).reshape([2, 3]);
    /// assert_eq!(a.row(-1).to_vec::<i64>(), [3, 4, 5]);
    /// assert_eq!(a.col(0).to_vec::<i64>(), [0, 3]);
    /// ```
    ///
    /// # Panics
    /// Panics when there is no such row.
    #[track_caller]
    pub fn row(&self, index: isize) -> Self {
        self.two_axes("row");
        self.slice(&[Index::At(index)])
    }

    /// Column `index` of an array with two axes or more. Shares the values.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let a = arange(0, 6, 1).reshape([2, 3]);
    /// assert_eq!(a.col(-1).to_vec::<i64>(), [2, 5]);
    /// ```
    ///
    /// # Panics
    /// Panics when there is no such column.
    #[track_caller]
    pub fn col(&self, index: isize) -> Self {
        self.two_axes("col");
        self.slice(&[Index::ALL, Index::At(index)])
    }

    #[track_caller]
    fn two_axes(&self, routine: &'static str) {
        if self.ndim() < 2 {
            let expected = "it takes arrays with two axes or more";
            Error::Dimensions {
                routine,
                shape: self.shape().to_vec(),
                expected,
            }
            .raise();
        }
    }

    /// One element of an array whose elements fit into `widest`.
    #[track_caller]
    fn element(&self, routine: &'static str, position: &Position, widest: DType) -> Scalar {
        if !self.dtype().fits_into(widest) {
            let expected = "the element would change its value; use item, or astype before";
            Error::DType {
                routine,
                dtype: self.dtype(),
                expected,
            }
            .raise();
        }
        let dense = self.dense();
        dense.at(dense.layout.offset_of(routine, &position.0).or_raise())
    }

    /// One element as an `f64`: `x.item(3)`, `a.item([1, -1])`.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let a = arange(0, 6, 1).reshape([2, 3]);
    /// assert_eq!(a.item([1, -1]), 5.0);
    /// ```
    ///
    /// # Panics
    /// Panics when the position is out of range or has another number of axes than the array.
    #[track_caller]
    pub fn item(&self, position: impl Into<Position>) -> f64 {
        self.element("item", &position.into(), DType::F64).to_f64()
    }

    /// One element as a complex number.
    ///
    /// # Panics
    /// Panics as [`item`](Self::item) does.
    #[track_caller]
    pub fn item_complex(&self, position: impl Into<Position>) -> Complex<f64> {
        self.element("item_complex", &position.into(), DType::C128)
            .to_complex()
    }

    /// One element of an array of integers or bool.
    ///
    /// # Panics
    /// Panics as [`item`](Self::item) does, and for other dtypes.
    #[track_caller]
    pub fn item_i64(&self, position: impl Into<Position>) -> i64 {
        self.element("item_i64", &position.into(), DType::I64)
            .to_i64()
    }

    /// One element of an array of bool.
    ///
    /// # Panics
    /// Panics as [`item`](Self::item) does, and for other dtypes.
    #[track_caller]
    pub fn item_bool(&self, position: impl Into<Position>) -> bool {
        self.element("item_bool", &position.into(), DType::Bool)
            .to_bool()
    }

    /// Changes one element. Arrays that share the values keep theirs.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let mut x = zeros(3);
    /// let y = &x + 1.0;
    /// x.set(0, 5);
    /// assert_eq!(x.to_vec::<f64>(), [5.0, 0.0, 0.0]);
    /// assert_eq!(y.to_vec::<f64>(), [1.0, 1.0, 1.0]);
    /// ```
    ///
    /// # Panics
    /// Panics when the position is out of range, or the value's type does not fit the dtype.
    #[track_caller]
    pub fn set(&mut self, position: impl Into<Position>, value: impl Into<Operand>) {
        self.set_one(&position.into(), value.into());
    }

    #[track_caller]
    fn set_one(&mut self, position: &Position, value: Operand) {
        let value = match value.0 {
            Input::Scalar(value)
                if value.meet(self.dtype()) == self.dtype() && value.fits(self.dtype()) =>
            {
                value
            }
            other => Error::argument(
                "set",
                format!(
                    "a value of dtype {} for an array of {}",
                    other.dtype(),
                    self.dtype()
                ),
            )
            .raise(),
        };
        // Checked before anything is given up.
        let layout = self.dense().layout;
        layout.offset_of("set", &position.0).or_raise();
        self.write("set", |layout, mut elements| {
            if let Ok(offset) = layout.offset_of("set", &position.0) {
                elements.set(offset, value);
            }
        })
        .or_raise();
    }

    /// Lets `work` change the elements, with their layout. Arrays that share them keep theirs.
    pub(crate) fn write(
        &mut self,
        routine: &'static str,
        work: impl FnOnce(&Layout, SliceMut<'_>),
    ) -> Result<(), Error> {
        let mut dense = expr::evaluate(&self.node)?;
        let nothing = Dense::new(Storage::allocate(routine, &[0], self.dtype())?, &[0]);
        // The node holds the values as well: without it, a count of one means nobody shares them.
        let node = std::mem::replace(self, Self::of(nothing));
        drop(node);
        // An element that is seen in several places becomes several elements.
        if dense.layout.repeats() || Arc::get_mut(&mut dense.storage).is_none() {
            match Storage::allocate(routine, &dense.layout.shape, dense.dtype()) {
                Ok(mut copy) => {
                    dense.gather(0, copy.as_slice_mut());
                    dense = Dense::new(copy, &dense.layout.shape);
                }
                Err(error) => {
                    *self = Self::of(dense);
                    return Err(error);
                }
            }
        }
        if let Some(storage) = Arc::get_mut(&mut dense.storage) {
            work(&dense.layout, storage.as_slice_mut());
        }
        *self = Self::of(dense);
        Ok(())
    }

    /// The elements that `index` selects: those where it is true if it is of bool, those at its
    /// positions along the first axis (negative ones count from the end) if it is of integers. The
    /// same as `slice(s![index])`.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let x = arange(0, 6, 1).powi(2);
    /// assert_eq!(x.get(x.gt(8)).to_vec::<i64>(), [9, 16, 25]);
    /// assert_eq!(x.get([0, -1]).to_vec::<i64>(), [0, 25]);
    /// ```
    ///
    /// # Panics
    /// Panics when the shapes do not fit, or a position is out of range.
    #[track_caller]
    pub fn get(&self, index: impl Into<Array>) -> Self {
        self.selected(index.into())
    }

    #[track_caller]
    fn selected(&self, index: Array) -> Self {
        // What is asked for most is done on all threads.
        let taken = match index.dtype() {
            DType::Bool if index.shape() == self.shape() => gather::masked("get", self, &index),
            dtype if dtype.is_integer() && self.ndim() == 1 && index.ndim() == 1 => {
                gather::taken("get", self, &index, 0, Outside::Raise)
            }
            _ => {
                let dense = self.dense();
                let selection = Selection::of("get", &dense.layout, &[Index::Array(index)]);
                selection
                    .and_then(|selection| selection.gather("get", &dense))
                    .map(Self::of)
            }
        };
        taken.or_raise()
    }

    /// The elements in another dtype. Towards integers, f64 is cut at the point (out of range it is
    /// the nearest integer, NaN is 0) and wider integers wrap around; towards bool, 0 is false and
    /// all else is true; towards real numbers, complex ones lose their imaginary part.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([-1.7, 2.5]).astype(DType::I64).to_vec::<i64>(), [-1, 2]);
    /// ```
    #[track_caller]
    pub fn astype(&self, dtype: DType) -> Self {
        Self {
            node: Node::cast(&self.node, dtype).or_raise().into(),
        }
    }

    /// A copy of the elements, row by row. Goes to every type that all values of the array's dtype
    /// fit into.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(arange(0, 3, 1).to_vec::<f64>(), [0.0, 1.0, 2.0]);
    /// ```
    ///
    /// # Panics
    /// Panics when elements could change their value; [`astype`](Self::astype) says how they shall.
    #[track_caller]
    pub fn to_vec<T: Element>(&self) -> Vec<T> {
        T::copy_out(self)
    }
}
