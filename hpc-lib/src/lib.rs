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
//! - [`evaluate`](mod@evaluate): expressions in text;
//! - [`plot`]: pictures of arrays;
//! - [`prof`]: where the time goes;
//! - [`display`](mod@display): how values are shown;
//! - [`progress()`]: how far a loop is;
//! - [`keep`]: values that references in later cells may point into.

pub mod array;
pub mod comm;
pub mod display;
mod error;
pub mod evaluate;
pub mod expr;
pub mod host;
mod keep;
mod machine;
pub mod plot;
mod pool;
pub mod prelude;
pub mod prof;
mod progress;
mod simd;

pub use array::{Array, DType};
pub use display::display;
pub use error::Error;
pub use evaluate::evaluate;
pub use host::{input, password};
pub use keep::keep;
pub use machine::{Machine, machine};
pub use pool::threads;
pub use progress::{Progress, progress};
