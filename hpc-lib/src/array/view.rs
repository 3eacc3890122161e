use std::sync::Arc;

use num_complex::Complex;

use super::Array;
use super::dense::Dense;
use super::dtype::{DType, Scalar, with_type};
use super::element::{Element, Typed};
use super::index::{Index, Position, Shape};
use super::layout::{Layout, checked_len};
use super::operators::Operand;
use super::storage::Storage;
use crate::error::{Error, OrRaise};
use crate::expr::{Input, Node};

impl Array {
    fn view(&self, dense: &Dense, layout: Layout) -> Self {
        debug_assert_eq!(dense.dtype(), self.dtype());
        Self::of(Dense {
            storage: dense.storage.clone(),
            layout,
        })
    }

    /// The same elements, row by row, in another shape. Shares the values where they lie side by
    /// side, else copies them.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let a = arange(0, 6, 1).reshape([2, 3]);
    /// assert_eq!(a.item_i64([1, 0]), 3);
    /// ```
    ///
    /// # Panics
    /// Panics when the shape has another number of elements.
    #[track_caller]
    pub fn reshape(&self, shape: impl Into<Shape>) -> Self {
        self.reshaped(shape.into().0)
    }

    #[track_caller]
    fn reshaped(&self, shape: Vec<usize>) -> Self {
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

    /// A part of the array, an index or a range for each axis: see [`s!`](crate::s). Axes without
    /// one are taken whole. Shares the values.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let x = arange(0, 10, 1);
    /// assert_eq!(x.slice(s![-3..]).to_vec::<i64>(), [7, 8, 9]);
    /// ```
    ///
    /// # Panics
    /// Panics when an index is out of range, a step is 0, or there are more indices than axes.
    /// Ranges are cut to the array, as in Python.
    #[track_caller]
    pub fn slice(&self, indices: &[Index]) -> Self {
        let dense = self.dense();
        let layout = dense.layout.select("slice", indices).or_raise();
        self.view(&dense, layout)
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
        self.put(position.into(), value.into());
    }

    #[track_caller]
    fn put(&mut self, position: Position, value: Operand) {
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
        let position = position.0;
        let mut dense = self.dense();
        // Checked before anything is given up.
        dense.layout.offset_of("set", &position).or_raise();
        // The node holds the values as well: without it, a count of one means nobody shares them.
        *self = Self::of(Dense::new(
            Storage::allocate("set", &[0], self.dtype()).or_raise(),
            &[0],
        ));
        if Arc::get_mut(&mut dense.storage).is_none() {
            let mut copy = Storage::allocate("set", &dense.layout.shape, dense.dtype()).or_raise();
            dense.gather(0, copy.as_slice_mut());
            dense = Dense::new(copy, &dense.layout.shape);
        }
        let offset = dense.layout.offset_of("set", &position).or_raise();
        if let Some(storage) = Arc::get_mut(&mut dense.storage) {
            storage.as_slice_mut().set(offset, value);
        }
        *self = Self::of(dense);
    }

    /// The elements that `index` selects, with one axis: those where it is true if it is of bool
    /// and of this array's shape; those at its positions (negative ones count from the end) if it
    /// is of integers and this array has one axis.
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
        self.selected(&index.into())
    }

    #[track_caller]
    fn selected(&self, index: &Array) -> Self {
        match index.dtype() {
            DType::Bool => {
                if index.shape() != self.shape() {
                    let (left, right) = (self.shape().to_vec(), index.shape().to_vec());
                    Error::Shapes {
                        routine: "get",
                        left,
                        right,
                    }
                    .raise();
                }
                let mask = index.to_vec::<bool>();
                let positions: Vec<usize> = mask
                    .iter()
                    .enumerate()
                    .filter_map(|(i, &is)| is.then_some(i))
                    .collect();
                self.take(&positions)
            }
            dtype if dtype.is_integer() => {
                if self.ndim() != 1 {
                    let expected = "positions are for arrays with one axis";
                    let shape = self.shape().to_vec();
                    Error::Dimensions {
                        routine: "get",
                        shape,
                        expected,
                    }
                    .raise();
                }
                let layout = Layout::contiguous(self.shape());
                let positions: Result<Vec<usize>, Error> = index
                    .to_vec::<i64>()
                    .into_iter()
                    .map(|at| layout.offset_of("get", &[at as isize]))
                    .collect();
                self.take(&positions.or_raise())
            }
            dtype => {
                let expected = "an index is of bool or integers";
                Error::DType {
                    routine: "get",
                    dtype,
                    expected,
                }
                .raise()
            }
        }
    }

    /// The elements at these places in row-major order.
    #[track_caller]
    fn take(&self, positions: &[usize]) -> Self {
        fn typed<T: Typed>(source: &[T], positions: &[usize]) -> Result<Dense, Error> {
            Dense::build("get", &[positions.len()], |target: &mut [T]| {
                for (target, &at) in target.iter_mut().zip(positions) {
                    *target = source[at];
                }
            })
        }
        let dense = self.dense().to_contiguous("get").or_raise();
        let source = dense.slice();
        let taken = with_type!(source.dtype(), T => typed(T::slice(source), positions));
        Self::of(taken.or_raise())
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
