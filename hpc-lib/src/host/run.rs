//! Runs the body of a cell.

use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

use super::panics;

/// Runs the body of a cell. A panic ends here: the panic hook has noted it, and the variables that
/// the body borrowed are put back after it.
pub fn run<E: Ending>(body: impl FnOnce() -> E) {
    let mut body = Some(body);
    run_once(&mut || {
        if let Some(body) = body.take() {
            body().end();
        }
    });
}

/// Not generic, so that it is compiled once and not in every cell.
fn run_once(body: &mut dyn FnMut()) {
    // What was being unwound is dropped or borrowed by the body alone.
    if let Err(payload) = catch_unwind(AssertUnwindSafe(body)) {
        panics::note_unless_known(payload.as_ref());
        // It may have a destructor too.
        super::variables::drop_safely(payload);
    }
}

/// What the body of a cell ends with.
pub trait Ending {
    /// Notes what there is to note.
    fn end(self);
}

impl Ending for () {
    fn end(self) {}
}

impl Ending for Result<(), EarlyReturn> {
    fn end(self) {
        if let Err(early) = self {
            *early_return() = Some(early.0);
        }
    }
}

/// The error with which `?` ended a cell.
#[derive(Debug)]
pub struct EarlyReturn(String);

impl<E: Display> From<E> for EarlyReturn {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

static EARLY_RETURN: Mutex<Option<String>> = Mutex::new(None);

fn early_return() -> std::sync::MutexGuard<'static, Option<String>> {
    EARLY_RETURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes the error with which `?` ended the cell.
pub(super) fn take_early_return() -> Option<String> {
    early_return().take()
}
