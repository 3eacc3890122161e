//! Array expressions: what operators build, and how it is computed.
//!
//! # When an array is computed
//!
//! Operators and functions on arrays of over 1024 elements compute nothing: they check shapes and
//! dtypes, raise their errors, and note in the resulting array *how* its values follow from others.
//! (Smaller ones are computed at once, which is faster than to plan it.) The values are computed,
//! once, at the first of these:
//!
//! - they are needed: the array is displayed, printed, reduced (`sum`, `max`, …), indexed, sliced,
//!   reshaped, copied out (`to_vec`), or written to;
//! - [`eval`](crate::array::Array::eval) is called;
//! - the region in which the array was made ends (see [`prof`](crate::prof)), so that the time is
//!   counted where the work was asked for;
//! - the notebook cell in which it was made ends.
//!
//! All operations since then run as one pass over the data, in blocks that fit the processor's
//! cache, on all threads. Intermediate results take no memory.
//!
//! ```
//! use hpc::prelude::*;
//! let x = linspace(0.0, 1.0, 5);
//! let y = (2.0 * &x + 1.0).sqrt();  // nothing computed yet
//! let z = &y - y.mean();            // `y` is needed here: computed and kept
//! assert!(z.sum().abs() < 1e-15);   // one pass for the subtraction and the sum
//! ```
//!
//! What is computed is kept, with two exceptions where a value only passes through: an intermediate
//! of a larger expression, and an array of over 32 MiB that is reduced, so that `(&a * &b).sum()`
//! takes no memory. If such an array has a name and is needed again, it is computed again, and kept
//! from then on: nothing is computed more than twice. `.eval()` keeps it at once.
//!
//! An array that is dropped before its values are needed costs nothing; a loop that is to be timed
//! says `.eval()`.
//!
//! Results do not depend on the number of threads: the data are cut into the same blocks, and
//! partial sums are added in the same order.

mod axes;
mod eager;
mod execute;
mod few;
mod graph;
mod op;
mod pending;
mod plan;
mod reduce;
mod run;
#[doc(hidden)]
pub mod terms;
mod typing;

pub(crate) use axes::reduce_axes;
pub(crate) use graph::{Input, Node};
pub(crate) use pending::{Mark, mark, may_wait, settle};
pub(crate) use reduce::{Reduction, position, reduce};
pub(crate) use run::{BLOCK, CHUNK, evaluate};
pub(crate) use typing::meet;
