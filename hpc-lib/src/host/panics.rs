//! The panic that ended a cell, kept for the notebook instead of printed.

use std::backtrace::Backtrace;
use std::panic::{self, PanicHookInfo};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::{self, ThreadId};

use hpc_channel::PanicReport;

/// Frames of a backtrace that are worth showing.
const MAX_FRAMES: usize = 20;

/// What is known of the panics of the running cell.
struct Recorded {
    /// From the thread that runs the cell.
    in_cell: Option<PanicReport>,
    /// From another thread: the cause when the cell waits for that thread.
    elsewhere: Option<PanicReport>,
}

static RECORDED: Mutex<Recorded> = Mutex::new(Recorded {
    in_cell: None,
    elsewhere: None,
});
static CELL_THREAD: OnceLock<ThreadId> = OnceLock::new();

/// Records panics from now on. Called once, on the thread that runs cells.
pub(super) fn install_hook() {
    if CELL_THREAD.set(thread::current().id()).is_err() {
        return;
    }
    let print = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let report = report(info);
        let mut recorded = RECORDED.lock().unwrap_or_else(PoisonError::into_inner);
        if CELL_THREAD.get() == Some(&thread::current().id()) {
            recorded.in_cell = Some(report);
        } else {
            let in_pool = report.thread.starts_with("hpc-");
            recorded.elsewhere = Some(report);
            drop(recorded);
            // A thread of the user's own may go unnoticed; those of the pool pass their panic on.
            if !in_pool {
                print(info);
            }
        }
    }));
}

/// Takes the panic to blame for the end of the cell.
pub(super) fn take() -> Option<PanicReport> {
    let mut recorded = RECORDED.lock().unwrap_or_else(PoisonError::into_inner);
    let elsewhere = recorded.elsewhere.take();
    recorded.in_cell.take().or(elsewhere)
}

/// Takes a panic of the cell's own thread that the cell caught and survived.
pub(super) fn take_caught() -> Option<PanicReport> {
    let mut recorded = RECORDED.lock().unwrap_or_else(PoisonError::into_inner);
    recorded.elsewhere = None;
    recorded.in_cell.take()
}

fn report(info: &PanicHookInfo<'_>) -> PanicReport {
    let (file, line, column) = info.location().map_or_else(Default::default, |at| {
        (at.file().to_owned(), at.line(), at.column())
    });
    PanicReport {
        message: info
            .payload_as_str()
            .unwrap_or("a panic whose payload is not text")
            .to_owned(),
        file,
        line,
        column,
        thread: thread::current().name().unwrap_or("unnamed").to_owned(),
        frames: user_frames(&Backtrace::force_capture().to_string()),
    }
}

/// Crates that cells are compiled as.
const CRATES: [&str; 2] = ["cell::", "cells::"];
/// The function that the kernel puts a cell's statements into.
const CELL: &str = "ferrolab_cell";

/// The functions of cells in a backtrace, innermost first.
fn user_frames(backtrace: &str) -> Vec<String> {
    backtrace
        .lines()
        .filter_map(|line| line.split_once(": ").map(|(_, name)| name.trim()))
        .filter_map(|name| CRATES.iter().find_map(|krate| name.strip_prefix(krate)))
        .filter(|name| !name.starts_with(CELL))
        .map(str::to_owned)
        .take(MAX_FRAMES)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::user_frames;

    #[test]
    fn only_functions_of_cells_are_kept() {
        let backtrace = "   0: std::panicking::begin_panic\n   1: cells::inner\n             at lib.rs\n   \
                         2: cells::outer::{{closure}}\n   3: cell::ferrolab_cell::{{closure}}\n   4: main\n";
        assert_eq!(user_frames(backtrace), ["inner", "outer::{{closure}}"]);
    }
}
