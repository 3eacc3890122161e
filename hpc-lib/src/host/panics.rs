//! The panic that ended a cell, kept for the notebook instead of printed.

use std::any::Any;
use std::backtrace::Backtrace;
use std::panic::{self, PanicHookInfo};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::{self, ThreadId};

use hpc_channel::{Frame, INTERRUPTED, PanicReport};

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
        if is_cell_thread() {
            recorded.in_cell = Some(report);
        } else {
            // A thread of the user's own may go unnoticed. Those of the pool pass their panic on, and
            // the user knows of an interrupt.
            let is_known = is_pool_thread(Some(&report.thread)) || report.message == INTERRUPTED;
            recorded.elsewhere = Some(report);
            drop(recorded);
            if !is_known {
                print(info);
            }
        }
    }));
}

/// Whether the calling thread is the one that runs cells.
pub(super) fn is_cell_thread() -> bool {
    CELL_THREAD.get() == Some(&thread::current().id())
}

/// Whether a thread of that name belongs to the pool on which arrays are computed.
pub(super) fn is_pool_thread(name: Option<&str>) -> bool {
    name.is_some_and(|name| name.starts_with("hpc-"))
}

/// Notes the panic that ended the cell when the hook has not: code of the cell's own may have put
/// another hook in its place, or have gone on with a panic that it caught.
pub(super) fn note_unless_known(payload: &(dyn Any + Send)) {
    let mut recorded = RECORDED.lock().unwrap_or_else(PoisonError::into_inner);
    if recorded.in_cell.is_some() || recorded.elsewhere.is_some() {
        return;
    }
    recorded.in_cell = Some(PanicReport {
        message: message(payload),
        file: String::new(),
        line: 0,
        column: 0,
        thread: thread::current().name().unwrap_or("unnamed").to_owned(),
        frames: Vec::new(),
    });
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic whose payload is not text")
        .to_owned()
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
        message: message(info.payload()),
        file,
        line,
        column,
        thread: thread::current().name().unwrap_or("unnamed").to_owned(),
        frames: user_frames(&Backtrace::force_capture().to_string()),
    }
}

/// The file that a cell is compiled from, whatever its folder.
const CELL_FILE: &str = "/cell.rs";
/// In the names of the function that the kernel puts a cell's statements into.
const CELL: &str = "ferrolab_cell";
/// What that hands to [`super::run`], as debugging information names it.
const BODY: &str = "{closure#0}";

/// The functions of cells in a backtrace, innermost first.
fn user_frames(backtrace: &str) -> Vec<Frame> {
    let mut frames = Vec::new();
    let mut function = "";
    for line in backtrace.lines().map(str::trim) {
        if let Some(place) = line.strip_prefix("at ") {
            frames.extend(frame(function, place));
        } else if let Some((_, name)) = line.split_once(": ") {
            function = name.trim();
        }
    }
    frames.truncate(MAX_FRAMES);
    frames
}

fn frame(function: &str, place: &str) -> Option<Frame> {
    let (rest, column) = place.rsplit_once(':')?;
    let (file, line) = rest.rsplit_once(':')?;
    if !file.ends_with(CELL_FILE) || function.contains(CELL) || function == BODY {
        return None;
    }
    Some(Frame {
        function: function.to_owned(),
        file: file.to_owned(),
        line: line.parse().ok()?,
        column: column.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::{message, note_unless_known, take, user_frames};

    #[test]
    fn a_panic_that_no_hook_saw_is_noted() {
        note_unless_known(&String::from("first"));
        note_unless_known(&"second");
        assert_eq!(take().unwrap().message, "first");
        assert_eq!(take(), None);
        assert_eq!(message(&5), "a panic whose payload is not text");
    }

    #[test]
    fn only_functions_of_cells_are_kept() {
        let backtrace = "   0: begin_panic\n             at /rustc/panicking.rs:7:1\n   1: inner\n             at \
                         /tmp/cells/3/cell.rs:6:30\n   2: {closure#0}\n             at /tmp/cells/4/cell.rs:5:46\n   \
                         3: ferrolab_cell_2\n             at /tmp/cells/4/cell.rs:4:1\n   4: main\n";
        let frames = user_frames(backtrace);
        assert_eq!(frames.len(), 1);
        assert_eq!((frames[0].function.as_str(), frames[0].line), ("inner", 6));
    }
}
