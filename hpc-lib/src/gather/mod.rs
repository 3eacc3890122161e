//! Elements by position and by mask.

mod mask;
mod position;

pub(crate) use mask::{assign, compress, count, positions};
pub(crate) use position::{BadIndex, Outside, put, take};

/// Elements of one task.
const TASK: usize = 1 << 16;
