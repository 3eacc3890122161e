//! Stopping a cell on the user's request, with its variables intact.
//!
//! A request sets a flag. Routines that take long call [`check`] between chunks of their work; it
//! ends the cell by a panic, which unwinds out of the cell like any other and keeps the variables.

use std::sync::atomic::{AtomicBool, Ordering};

use hpc_channel::INTERRUPTED;

static REQUESTED: AtomicBool = AtomicBool::new(false);

/// Ends the cell if the user asked for it. Costs one relaxed load.
///
/// # Panics
/// Panics with the message `interrupted` when the user interrupted the cell.
#[inline]
pub fn check() {
    if REQUESTED.load(Ordering::Relaxed) {
        stop();
    }
}

#[cold]
fn stop() -> ! {
    panic!("{INTERRUPTED}");
}

/// Asks the running cell to stop. Safe to call from a signal handler.
pub(super) fn request() {
    REQUESTED.store(true, Ordering::Relaxed);
}

pub(super) fn reset() {
    REQUESTED.store(false, Ordering::Relaxed);
}
