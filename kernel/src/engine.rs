//! What the protocol side of the kernel asks of the side that compiles and runs cells.
//!
//! [`crate::server`] knows Jupyter and nothing of Rust cells; [`crate::eval`] knows cells and
//! nothing of Jupyter. They meet here.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hpc_channel::{Buffer, CellMessage, CommAction, CommMessage, MimeBundle};
use serde_json::{Map, Value};
use thiserror::Error;

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

/// Where the output of a running cell goes, and where its input comes from. Called from several
/// threads while the cell runs.
pub trait OutputSink: Send + Sync {
    /// Text that the cell printed.
    fn stream(&self, stream: Stream, text: &str);
    /// A result, a display, an update or a request to clear. It has taken its place in the cell's
    /// output when this returns.
    fn message(&self, message: CellMessage);
    /// Something to read beside the cell's output, such as documentation.
    fn page(&self, bundle: MimeBundle);
    /// A line that the user types, without its end. Waits for it: the user may be away. What is
    /// typed is not shown when it is a `password`.
    ///
    /// # Errors
    /// When there will be no answer: nobody may be asked, or the wait was ended.
    fn input(&self, prompt: &str, password: bool) -> Result<String, InputRefused>;
    /// Something for the frontend's end of a comm. It has taken its place in the cell's output when
    /// this returns.
    fn comm(&self, event: CommEvent);
}

/// Why nobody typed a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InputRefused {
    /// The frontend that sent the cell said that it cannot ask, as batch runs do.
    #[error("nobody can be asked for input here: the frontend does not allow it")]
    NotAllowed,
    /// The frontend that sent the cell does not take questions, or is gone.
    #[error("nobody can be asked for input: the frontend that sent the cell is not there")]
    NobodyThere,
    /// The user interrupted the cell instead.
    #[error("the input was interrupted")]
    Interrupted,
    /// The kernel ends.
    #[error("the kernel ends")]
    Ended,
}

/// A step in the life of a comm: a channel between an object in the kernel and one in the frontend,
/// such as a widget. Either end opens it, and each end sends and closes.
#[derive(Clone, Debug, PartialEq)]
pub enum CommEvent {
    /// A new comm, and the first message on it.
    Open {
        /// Name of the comm, unique for ever.
        id: String,
        /// Name of what it is to be connected to at the other end.
        target: String,
        /// What is said.
        parcel: Parcel,
    },
    /// A message on an open comm.
    Message {
        /// Name of the comm.
        id: String,
        /// What is said.
        parcel: Parcel,
    },
    /// The last message on a comm.
    Close {
        /// Name of the comm.
        id: String,
        /// What is said.
        parcel: Parcel,
    },
}

impl CommEvent {
    /// Name of the comm.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Open { id, .. } | Self::Message { id, .. } | Self::Close { id, .. } => id,
        }
    }
}

impl From<CommMessage> for CommEvent {
    fn from(message: CommMessage) -> Self {
        let CommMessage {
            action,
            id,
            data,
            metadata,
            buffers,
        } = message;
        let parcel = Parcel {
            data,
            metadata,
            buffers: buffers.into_iter().map(|buffer| buffer.0.into()).collect(),
        };
        match action {
            CommAction::Open(target) => Self::Open { id, target, parcel },
            CommAction::Message => Self::Message { id, parcel },
            CommAction::Close => Self::Close { id, parcel },
        }
    }
}

impl From<CommEvent> for CommMessage {
    fn from(event: CommEvent) -> Self {
        let (action, id, parcel) = match event {
            CommEvent::Open { id, target, parcel } => (CommAction::Open(target), id, parcel),
            CommEvent::Message { id, parcel } => (CommAction::Message, id, parcel),
            CommEvent::Close { id, parcel } => (CommAction::Close, id, parcel),
        };
        Self {
            action,
            id,
            data: parcel.data,
            metadata: parcel.metadata,
            buffers: parcel
                .buffers
                .into_iter()
                .map(|bytes| Buffer(bytes.into()))
                .collect(),
        }
    }
}

/// What travels on a comm.
#[derive(Clone, Debug, PartialEq)]
pub struct Parcel {
    /// Anything that both ends understand; most expect an object.
    pub data: Value,
    /// Facts about the message, such as the version of what it says.
    pub metadata: Map<String, Value>,
    /// Binary attachments. They are not signed: an end that must trust them has to check them.
    pub buffers: Vec<Bytes>,
}

impl Default for Parcel {
    fn default() -> Self {
        Self {
            data: Map::new().into(),
            metadata: Map::new(),
            buffers: Vec::new(),
        }
    }
}

/// Why the kernel's end does not take part in a comm.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CommRefused {
    /// No code in a cell asked for comms of this name.
    #[error("nothing in the kernel is called {0:?}")]
    UnknownTarget(String),
    /// The comm was never opened, or is closed.
    #[error("there is no comm {0:?}")]
    UnknownComm(String),
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

/// A variable between cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariableView {
    /// Its name.
    pub name: String,
    /// Its type, as the user wrote it or in short.
    pub type_name: String,
    /// Its value in one line, if that is known.
    pub value: Option<String>,
}

/// Compiles and runs cells.
pub trait Engine: Send {
    /// User code is about to be announced, and one of [`Engine::execute`], [`Engine::evaluate`] and
    /// [`Engine::comm`] will run it: whoever asks for an interrupt from here on means that code.
    fn prepare(&mut self);
    /// Runs a cell to its end. Output goes to `sink` while the cell runs, and all of it has been
    /// handed over when this returns.
    fn execute(&mut self, cell: &Cell, sink: Arc<dyn OutputSink>) -> Outcome;
    /// The value of an expression that a frontend wants to know after a cell that succeeded.
    ///
    /// # Errors
    /// When it does not compile or fails.
    fn evaluate(&mut self, expression: &str) -> Result<MimeBundle, CellError>;
    /// The variables with their values, which runs their `Debug` code.
    fn variables(&mut self) -> Vec<VariableView>;
    /// Hands a step of a comm that the frontend took to whoever in the kernel it concerns. Output of
    /// user code that this runs goes to `sink`.
    ///
    /// # Errors
    /// When it concerns nobody; a comm that was to be opened is then closed again.
    fn comm(&mut self, event: CommEvent, sink: Arc<dyn OutputSink>) -> Result<(), CommRefused>;
    /// What answers questions about code. Asked for once; without one they get empty answers.
    fn analyst(&self) -> Option<Arc<dyn Analyst>>;
    /// Something that can stop running code from another thread.
    fn interrupter(&self) -> Arc<dyn Interrupter>;
    /// Ends the process in which cells run.
    fn shutdown(&mut self);
}

/// Answers questions about code, from several threads and while cells run.
pub trait Analyst: Send + Sync {
    /// Suggestions at byte offset `cursor` of `code`.
    fn complete(&self, code: &str, cursor: usize) -> Completions;
    /// What is known of the name at byte offset `cursor` of `code`.
    fn inspect(&self, code: &str, cursor: usize) -> Option<MimeBundle>;
    /// Whether `code` is a whole cell.
    fn completeness(&self, code: &str) -> Completeness;
    /// Somebody seems to sit in front of the notebook: the other questions may come soon.
    fn expect_questions(&self);
}

/// Stops the code that is running, if some is, or its compilation.
pub trait Interrupter: Send + Sync {
    /// Returns at once; the cell ends with an `Interrupted` error soon after.
    fn interrupt(&self);
}

/// The `body` of a response of the Debug Adapter Protocol, or why there is none.
pub type DebugReply = Result<Value, String>;

/// What events of the Debug Adapter Protocol are told to.
pub type DebugListener = Box<dyn Fn(Value) + Send + Sync>;

/// Debugs cells. Called from a thread of its own, also while cells run or are stopped.
pub trait Debugging: Debug + Send + Sync {
    /// Answers a request of the Debug Adapter Protocol or of Jupyter's additions to it.
    ///
    /// # Errors
    /// When it cannot be done now, or at all.
    fn answer(&self, command: &str, arguments: &Value) -> DebugReply;
    /// Whether a cell is stopped.
    fn is_stopped(&self) -> bool;
    /// Says where events go. Called once, before the first request.
    fn listen(&self, listener: DebugListener);
}
