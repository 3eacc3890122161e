//! Pictures of arrays, as SVG that needs nothing else.
//!
//! ```
//! use hpc::prelude::*;
//! let x = linspace(0.0, 10.0, 1_000_000);
//! plot::line(&x, &x.sin()).title("a sine").xlabel("time / s").ylabel("amplitude")
//! # ;
//! ```

mod line;
mod ticks;

pub use line::{Line, line};
