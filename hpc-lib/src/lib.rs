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
//! - [`linalg`], [`fft`], [`signal`]: linear algebra, Fourier transforms, windows;
//! - [`random`]: random numbers;
//! - [`mod@sort`], [`scan`], [`gather`]: what is said of order, running sums and positions;
//! - [`expr`](mod@expr): when and how array expressions are computed;
//! - [`evaluate`](mod@evaluate): expressions in text;
//! - [`kernel`](mod@kernel): functions of your own over arrays;
//! - [`plot`]: pictures of arrays;
//! - [`prof`]: where the time goes;
//! - [`display`](mod@display): how values are shown;
//! - [`progress()`]: how far a loop is;
//! - [`attempt`]: errors as values;
//! - [`keep`]: values that references in later cells may point into.

// An array that is dropped costs nothing, and `x.sin();` computes nothing.
#![allow(clippy::return_self_not_must_use)]

pub mod array;
pub mod comm;
mod disjoint;
pub mod display;
mod engine;
mod error;
pub mod evaluate;
pub mod expr;
pub mod fft;
pub mod gather;
pub mod host;
mod keep;
pub mod kernel;
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
pub use error::{Error, attempt};
pub use evaluate::evaluate;
pub use host::{input, password};
/// An expression of arrays without `&`: neither it nor its functions take variables away.
///
/// Names stand for arrays and numbers, by reference. Functions have NumPy's names, `where` included;
/// comparisons give arrays of bool, joined by `&`, `|` and `!` (or `&&` and `||`, which bind less tight
/// than comparisons). Calls of other functions, such as [kernels](mod@kernel), get references to
/// arrays; methods are called as they are written. All else is Rust, checked by its compiler; the
/// result is what operators give.
///
/// ```
/// use hpc::prelude::*;
/// let (x, y) = (linspace(0.0, 1.0, 5), linspace(1.0, 2.0, 5));
/// let z = expr!(where(x > 0.3 && y < 2, sin(2.0 * PI * x) + y, -pow(x, 2)));
/// assert_eq!(z.item(1), -0.0625);
/// let spread = expr!(sqrt(mean((x - mean(x)) * (x - mean(x))))); // a number
/// assert!((spread - x.std()).abs() < 1e-15);
/// ```
pub use hpc_macros::expr;
/// Makes each call of a function a [region](mod@prof).
///
/// It is called as the function is, or by `name = "…"`. `params(…)` names arguments whose values are to be
/// told apart (see [`param!`]); `bytes = …` and `flops = …` say what a call moves and computes, which
/// gives GB/s and GFLOP/s in reports. An `async` function is in its region whenever it is at work.
///
/// ```
/// use hpc::prelude::*;
/// #[hpc::instrument(params(n), bytes = 8 * n)]
/// fn squares(n: usize) -> f64 {
///     (0..n).map(|i| (i * i) as f64).sum()
/// }
/// assert_eq!(squares(3), 5.0);
/// let report = prof::report();
/// assert_eq!(report.get("squares").unwrap().visits, 1);
/// assert_eq!(report.get("squares/n=3").unwrap().bytes, 24);
///
/// #[hpc::instrument(name = "waiting")]
/// async fn wait() -> u32 {
///     std::future::ready(1).await
/// }
/// assert_eq!(hpc::host::block_on(wait()), 1);
/// assert_eq!(prof::report().get("waiting").unwrap().visits, 1);
/// ```
pub use hpc_macros::instrument;
/// Makes a function of numbers one of arrays too: see the [module](mod@kernel).
pub use hpc_macros::kernel;
pub use keep::keep;
pub use machine::{Machine, machine};
pub use pool::{set_threads, threads};
pub use progress::{Progress, progress};
