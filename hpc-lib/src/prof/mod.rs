//! Regions: where the time of a program goes.
//!
//! A region is a named stretch of a program. Regions nest; for each path of nested regions and each
//! thread it is counted how often it was entered, how long it took, and how many bytes of arrays
//! were made in it. This is always on: entering and leaving a region costs about 50 ns.
//!
//! ```
//! use hpc::prelude::*;
//! let total = region!("square and add", {
//!     let x = linspace(0.0, 1.0, 1000);
//!     region!("sum", { x.powi(2).sum() })
//! });
//! # assert!(total > 0.0);
//! println!("{}", prof::report());
//! ```
//!
//! Arrays that were made in a region and still wait to be computed are computed at its end (see
//! [`expr`](crate::expr)), so that a region is charged for the work that was asked for in it.

mod region;
mod report;
mod tree;

pub use region::{Region, Site, close_open_regions, region_begin, region_end};
pub use report::{Report, Row, report, reset};
