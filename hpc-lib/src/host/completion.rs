//! How the host learns that a cell ran to its last statement.

use std::sync::atomic::{AtomicBool, Ordering};

static DONE: AtomicBool = AtomicBool::new(false);

/// Marks the running cell as run to its end. The kernel appends this call to every cell: a cell
/// that panics or returns early with `?` does not get here.
pub fn cell_done() {
    DONE.store(true, Ordering::Release);
}

pub(super) fn reset() {
    DONE.store(false, Ordering::Release);
}

pub(super) fn is_done() -> bool {
    DONE.load(Ordering::Acquire)
}
