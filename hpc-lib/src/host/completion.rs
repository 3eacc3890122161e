//! How the host learns that a cell ran to its last statement.

use std::sync::atomic::{AtomicBool, Ordering};

use super::interrupt;
use crate::error::OrRaise;
use crate::expr;

static DONE: AtomicBool = AtomicBool::new(false);

/// Marks the running cell as run to its end, and computes the arrays that it left waiting: their
/// time belongs to it. The kernel appends this call to every cell: a cell that panics or returns
/// early with `?` does not get here.
///
/// # Panics
/// Panics when an array cannot be computed, for lack of memory, and when the user interrupted the
/// cell.
pub fn cell_done() {
    interrupt::check();
    expr::settle(expr::Mark::FIRST).or_raise();
    DONE.store(true, Ordering::Release);
}

pub(super) fn reset() {
    DONE.store(false, Ordering::Release);
}

pub(super) fn is_done() -> bool {
    DONE.load(Ordering::Acquire)
}
