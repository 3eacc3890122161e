//! What recordings say together: one set of definitions, one call tree, and what follows from it.

mod balance;
mod catalog;
mod diff;
mod profile;
mod scaling;

pub use balance::Balance;
pub use catalog::{Catalog, Location};
pub use diff::{Change, diff};
pub use profile::{Counts, Frame, MetricCounts, PathNode, Profile};
pub use scaling::Scaling;
