//! Functions of the user's own over arrays: `#[hpc::kernel]`.
//!
//! A function of numbers with this attribute takes arrays too. The compiler makes one vectorised loop
//! of it, for AVX-512, for AVX2 and for any processor; the best one is chosen at run time, and the
//! data are dealt in blocks to all threads.
//!
//! ```
//! use hpc::prelude::*;
//!
//! #[hpc::kernel]
//! fn logistic(x: f64, r: f64) -> f64 {
//!     let mut x = x;
//!     for _ in 0..10 {
//!         x = r * x * (1.0 - x);
//!     }
//!     x
//! }
//!
//! let x = linspace(0.1, 0.9, 5);
//! let y = logistic(&x, 3.5);                 // an array
//! let one: f64 = logistic(0.5, 3.5);         // a number
//! assert_eq!(y.item(2), one);
//! ```
//!
//! - Parameters are `f64`, `f32`, `i64`, `i32` or `bool`, 1 to 8 of them; the result is one of these, or
//!   up to 4 in a tuple, which gives as many arrays.
//! - Each argument is an array (by reference or by value) or a number. Shapes meet by broadcasting; an
//!   array is brought to the type of its parameter where that keeps all values (i32 to f64), and is
//!   refused elsewhere.
//! - Kernels may call each other and any function. Vectors are made of what the compiler can see
//!   through: arithmetic, comparisons, `if` that chooses between values, loops with a fixed number of
//!   turns. A call of `x.sin()` is one call for each element; to take the sine of an array before
//!   is faster. In a notebook, integers that overflow end the cell, which vectors cannot check: use
//!   `wrapping_add` and its like.
//! - The result is computed at once. The user can interrupt it between blocks, not within one.
//!
//! A mistake in shapes or dtypes is a panic that names the function and the parameter.

#![allow(clippy::inline_always)] // Numbers within a kernel must come to nothing, or no vectors are made.

mod argument;
mod blocks;
mod launch;

#[doc(hidden)]
pub use argument::{Argument, Elements, Kind, Number, Results};
#[doc(hidden)]
pub use blocks::{Blocks, Value};
#[doc(hidden)]
pub use launch::{Kernel, Parameter, Variants};
