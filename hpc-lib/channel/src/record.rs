//! What is recorded of cells beyond the counts of their regions: bits that the host hands to `hpc`.

/// The times of all events.
pub const EVENTS: u32 = 1;

/// The memory that regions allocate.
pub const MEMORY: u32 = 2;

/// From now on: what was recorded before is forgotten.
pub const ANEW: u32 = 4;

/// What the processor counts in each region.
pub const COUNTERS: u32 = 8;
