//! Arrays, vector mathematics and profiling for Rust notebooks on supercomputers.
//!
//! In a notebook `use hpc::prelude::*;` is already done. A first cell:
//!
//! ```
//! use hpc::prelude::*;
//! let x = linspace(-1.0, 1.0, 1_000_000);
//! let y = (2.0 * PI * &x).sin();
//! # assert!(y.sum().abs() < 1e-9);
//! plot::line(&x, &y).title("a sine")
//! # ;
//! ```
//!
//! - [`array`](mod@array): arrays, how they are made and what they can do;
//! - [`expr`]: when and how array expressions are computed;
//! - [`linalg`], [`fft`], [`signal`]: linear algebra, Fourier transforms, windows;
//! - [`random`]: random numbers;
//! - [`mod@sort`], [`scan`], [`gather`]: what is said of order, running sums and positions;
//! - [`plot`]: pictures of arrays;
//! - [`prof`]: where the time goes;
//! - [`display`](mod@display): how values are shown;
//! - [`progress()`]: how far a loop is;
//! - [`keep`]: values that references in later cells may point into.

pub mod array;
pub mod comm;
mod disjoint;
pub mod display;
mod engine;
mod error;
pub mod expr;
pub mod fft;
pub mod gather;
pub mod host;
mod keep;
pub mod linalg;
mod lines;
mod machine;
pub mod plot;
mod pool;
pub mod prelude;
pub mod prof;
mod progress;
pub mod random;
pub mod scan;
pub mod signal;
mod simd;
pub mod sort;

pub use array::{Array, DType};
pub use display::display;
pub use error::Error;
pub use host::{input, password};
pub use keep::keep;
pub use machine::{Machine, machine};
pub use pool::threads;
pub use progress::{Progress, progress};
