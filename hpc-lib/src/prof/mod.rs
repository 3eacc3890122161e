//! Regions: where the time of a program goes.
//!
//! A region is a named stretch of a program. Regions nest; for each path of nested regions and each
//! thread it is counted how often it was entered and how long it took, and routines of this library
//! add the bytes that they moved and the operations that they did. This is always on: entering and
//! leaving a region costs some 50 ns.
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
//!
//! A function is made a region by [`#[hpc::instrument]`](macro@crate::instrument). What is counted under
//! one path is told apart by [`param!`](crate::param); a quantity of the program's own is recorded by
//! [`metric!`](crate::metric).
//!
//! A stage with a call tree of its own is a [`phase!`](crate::phase). What was recorded since a point is
//! dropped by [`rewind`]. [`snapshot`] gives the numbers of now, and what was counted between two moments.
//!
//! # Settings
//!
//! Read from the environment when the first region is entered; the names of Score-P are taken where
//! ours are not set (`SCOREP_TOTAL_MEMORY`, for example).
//!
//! | variable | meaning | without it |
//! |---|---|---|
//! | `FERROLAB_PROF_ENABLE_PROFILING` | whether call paths are counted | `true` |
//! | `FERROLAB_PROF_ENABLE_TRACING` | whether each event is recorded | `false` |
//! | `FERROLAB_PROF_TOTAL_MEMORY` | memory for events, such as `500M` | `64M` |
//! | `FERROLAB_PROF_POLICY` | what becomes of events beyond it: `ring`, `spill` or `stop` | `ring` |
//! | `FERROLAB_PROF_METRIC_PERF` | what the processor counts in each region, as `perf` calls it: `cycles,instructions` | nothing |
//! | `FERROLAB_PROF_FILTERING_FILE` | a filter of regions in Score-P's syntax | everything |
//! | `FERROLAB_PROF_EXPERIMENT_DIRECTORY` | where the recording is kept, for `ferrolab prof` | it is not |

mod cell;
mod local;
mod region;
mod rewind;
mod session;
mod settings;
mod table;
mod usage;
mod value;
mod worker;

pub(crate) use cell::{cell_begin, cell_end, record_for_host};
pub use cell::{close_open_regions, recording_path};
pub use region::{Region, Site, region_begin, region_end, work};
pub use rewind::{RewindPoint, rewind, rewind_point};
pub use session::{disable, enable, is_enabled, reset};
pub use table::{Quantity, Report, Row, Snapshot, report, snapshot};
#[doc(hidden)]
pub use value::instrumented;
pub use value::{Gauge, Value, parameter};
pub(crate) use worker::{Worker, place};
