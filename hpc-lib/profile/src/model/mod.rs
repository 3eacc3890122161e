//! What recordings say together: one set of definitions, one call tree, and what follows from it.

mod balance;
mod catalog;
mod diff;
mod profile;
mod scaling;
mod stacks;

pub use balance::Balance;
pub use catalog::{Catalog, Location};
pub use diff::{Change, Verdict, diff};
pub use profile::{Counts, Frame, MetricCounts, PathNode, Profile};
pub use scaling::Scaling;
pub use stacks::OpenStack;
