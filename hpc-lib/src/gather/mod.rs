//! Elements by position and by mask.

mod array;
mod mask;
mod position;
mod spread;

pub(crate) use array::{masked, taken};
pub use position::Outside;
pub(crate) use position::{BadIndex, take};

/// Elements of one task.
const TASK: usize = 1 << 16;
