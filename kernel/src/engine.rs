//! What the protocol side of the kernel asks of the side that compiles and runs cells.
//!
//! [`crate::server`] knows Jupyter and nothing of Rust cells; [`crate::eval`] knows cells and
//! nothing of Jupyter. They meet here.

use std::sync::Arc;
use std::time::Duration;

use hpc_channel::{CellMessage, MimeBundle};

/// A cell to run.
#[derive(Clone, Debug)]
pub struct Cell {
    /// The text as the user wrote it.
    pub code: String,
    /// Its execution count, the `N` of `In [N]`.
    pub number: u32,
}

/// Which of the two text streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// Where the output of a running cell goes. Called from several threads while the cell runs.
pub trait OutputSink: Send + Sync {
    /// Text that the cell printed.
    fn stream(&self, stream: Stream, text: &str);
    /// A result, a display, an update or a request to clear. It has taken its place in the cell's
    /// output when this returns.
    fn message(&self, message: CellMessage);
}

/// Why a cell failed, in the terms of Jupyter's `error` message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellError {
    /// Kind of error: `CompileError`, `Panic`, `EarlyReturn`, `Interrupted`, `Crash`, …
    pub name: String,
    /// One line that says what happened.
    pub value: String,
    /// The lines to show, with ANSI colours.
    pub traceback: Vec<String>,
}

/// A step of a cell's way from text to result.
#[derive(Clone, Debug)]
pub struct Phase {
    /// `types`, `rustc`, `load`, `run`, …
    pub name: String,
    /// Time spent in it.
    pub time: Duration,
}

/// How a cell ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// `Err` when the cell failed in any way.
    pub status: Result<(), CellError>,
    /// Where the time went.
    pub phases: Vec<Phase>,
    /// Time spent on analysis and compilation, out of the total.
    pub compile_time: Duration,
    /// Time spent running user code.
    pub run_time: Duration,
}

/// One suggestion of a completion.
#[derive(Clone, Debug)]
pub struct Suggestion {
    /// Text to put in place of the completed range.
    pub text: String,
    /// `function`, `method`, `struct`, … or empty.
    pub kind: String,
    /// Type or signature to show beside it, or empty.
    pub signature: String,
}

/// Suggestions for a place in a cell. Offsets are in bytes.
#[derive(Clone, Debug, Default)]
pub struct Completions {
    /// Start of the range that a suggestion replaces.
    pub start: usize,
    /// End of that range.
    pub end: usize,
    /// The suggestions, best first.
    pub suggestions: Vec<Suggestion>,
}

/// Whether a text is a whole cell, for consoles that decide what the Enter key does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Completeness {
    /// It can be run.
    Complete,
    /// More has to be typed; the text to indent the next line with.
    Incomplete {
        /// White space for the next line.
        indent: String,
    },
    /// No continuation makes it valid.
    Invalid,
}

/// Compiles and runs cells, and knows what was defined in them.
pub trait Engine: Send {
    /// A cell is about to be announced, and [`Engine::execute`] will run it: whoever asks for an
    /// interrupt from here on means that cell.
    fn prepare(&mut self);
    /// Runs a cell to its end. Output goes to `sink` while the cell runs, and all of it has been
    /// handed over when this returns.
    fn execute(&mut self, cell: &Cell, sink: Arc<dyn OutputSink>) -> Outcome;
    /// Suggestions at byte offset `cursor` of `code`.
    fn complete(&mut self, code: &str, cursor: usize) -> Completions;
    /// What is known of the name at byte offset `cursor` of `code`.
    fn inspect(&mut self, code: &str, cursor: usize) -> Option<MimeBundle>;
    /// Whether `code` is a whole cell.
    fn completeness(&self, code: &str) -> Completeness;
    /// Something that can stop a running cell from another thread.
    fn interrupter(&self) -> Arc<dyn Interrupter>;
    /// Ends the process in which cells run.
    fn shutdown(&mut self);
}

/// Stops the cell that is running, if one is, or its compilation.
pub trait Interrupter: Send + Sync {
    /// Returns at once; the cell ends with an `Interrupted` error soon after.
    fn interrupt(&self);
}
