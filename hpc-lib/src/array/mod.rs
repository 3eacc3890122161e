//! Arrays of numbers: [`Array`], how it is made, seen, computed with and printed.
//!
//! An array has a [`DType`] that is known at run time, a shape of any number of axes, and values
//! that may still wait to be computed: [`expr`] says when they are. Operators follow NumPy:
//!
//! - shapes meet by broadcasting: aligned at their last axes, an axis of length 1 repeats;
//! - dtypes meet at the least one that holds both; a number yields to an array of its kind;
//! - `/` of integers and functions such as `sin` give f64;
//! - `+` and `*` of bool are "or" and "and"; `-` of bool is refused;
//! - arithmetic of integers wraps around; quotient and remainder by 0 are 0;
//! - arithmetic of f32 and f64 never fails: it gives infinities and NaN.
//!
//! Numbers come out of an array as `f64`, whatever its dtype (`sum`, `mean`, `min`, `max`, `item`);
//! forms that end in `_i64` give exact integers. Counts and positions are `usize`, `any` and `all`
//! give `bool`.
//!
//! A mistake in shapes, dtypes or indices ends the cell by a panic that names the routine, the
//! shapes and the dtypes; variables are kept. [`attempt`](crate::attempt) gives it as an
//! [`Error`](crate::Error). What overflow, division by zero, positions out of range and missing memory
//! give is one page: `hpc-lib/ERRORS.md`.

mod arrange;
mod assign;
mod bits;
mod choose;
mod compose;
mod create;
pub(crate) mod dense;
pub(crate) mod dtype;
pub(crate) mod element;
pub(crate) mod handle;
mod index;
mod join;
pub(crate) mod layout;
mod math;
mod matrix;
mod nan;
mod npy;
mod npz;
mod operators;
mod pad;
mod pairwise;
mod positions;
mod print;
mod reduce;
mod reduce_axes;
mod resize;
mod selection;
pub(crate) mod slice;
mod statistics;
pub(crate) mod storage;
mod view;

pub use arrange::{broadcast_arrays, broadcast_shapes};
pub use choose::{choose, select_first};
pub(crate) use compose::bessel_i0;
pub use create::{
    arange, from_fn, full, full_of, geomspace, linspace, linspace_open, logspace, ones, zeros,
    zeros_of,
};
pub use dtype::DType;
pub use element::Element;
pub use index::{Index, Lengths, Position, Shape};
pub use join::{block, column_stack, concatenate, dstack, hstack, stack, vstack};
pub use math::{Argument, Function, abs, cos, exp, log, select, sin, sqrt, tan};
pub use matrix::{eye, eye_of, tri, vander};
pub use npz::{load_npz, save_npz};
pub use num_complex::Complex;
pub use operators::Operand;
pub use pad::Pad;
pub use positions::{
    diag_indices, indices, ix, meshgrid, meshgrid_ij, ravel_multi_index, tril_indices,
    triu_indices, unravel_index,
};
pub use reduce_axes::Axes;

use crate::error::OrRaise;
use crate::expr::{self, Node};
use dense::Dense;
use handle::Handle;

/// An array of numbers of one [`DType`].
///
/// A handle: cloning it is cheap and shares the values. Changing one of them (by
/// [`set`](Array::set)) copies the values first if they are shared.
///
/// ```
/// use hpc::prelude::*;
/// let x = linspace(-1.0, 1.0, 5);
/// let y = (2.0 * PI * &x).sin() + 1;
/// assert_eq!(y.shape(), [5]);
/// assert_eq!(y.dtype(), DType::F64);
/// assert!((y.mean() - 1.0).abs() < 1e-15);
/// ```
#[derive(Clone)]
pub struct Array {
    pub(crate) node: Handle,
}

impl Array {
    pub(crate) fn of(dense: Dense) -> Self {
        Self {
            node: Node::of(dense).into(),
        }
    }

    /// The lengths of the axes.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(zeros([2, 3]).shape(), [2, 3]);
    /// ```
    pub fn shape(&self) -> &[usize] {
        &self.node.shape
    }

    /// The number of axes.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(zeros([2, 3]).ndim(), 2);
    /// ```
    pub fn ndim(&self) -> usize {
        self.node.shape.len()
    }

    /// The number of elements.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(zeros([2, 3]).len(), 6);
    /// ```
    pub fn len(&self) -> usize {
        self.node.len()
    }

    /// Whether there are no elements.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert!(zeros([2, 0]).is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The type of the elements.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(zeros(2).dtype(), DType::F64);
    /// ```
    pub fn dtype(&self) -> DType {
        self.node.dtype
    }

    /// Computes the values now, if they still wait, and keeps them.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let x = linspace(0.0, 1.0, 1000);
    /// for _ in 0..3 {
    ///     (2.0 * &x).exp().eval(); // without `eval` nothing would be computed
    /// }
    /// ```
    ///
    /// # Panics
    /// Panics when there is not enough memory for the values.
    #[track_caller]
    #[expect(clippy::must_use_candidate, reason = "a loop that is timed drops it")]
    pub fn eval(&self) -> Self {
        self.dense();
        self.clone()
    }

    /// The values, computed now if need be.
    #[track_caller]
    pub(crate) fn dense(&self) -> Dense {
        expr::evaluate(&self.node).or_raise()
    }
}

/// A number of bytes with the unit that suits it.
pub(crate) fn bytes_text(bytes: f64) -> String {
    const UNITS: [&str; 7] = ["B", "KB", "MB", "GB", "TB", "PB", "EB"];
    let mut value = bytes;
    let mut unit = 0;
    while value >= 1000.0 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    if unit == 0 {
        format!("{value:.0} B")
    } else {
        format!("{value:.1} {}", UNITS[unit])
    }
}
