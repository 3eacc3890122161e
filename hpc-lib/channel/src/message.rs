use serde::{Deserialize, Serialize};

use crate::{CommMessage, MimeBundle};

/// What a cell wants of its host while it runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CellRequest {
    /// To show something. Answered by [`crate::ACK`].
    Show(CellMessage),
    /// To say something on a comm. Answered by [`crate::ACK`].
    Comm(CommMessage),
    /// To ask the user for a line. Answered by an [`InputAnswer`].
    Input {
        /// What to ask.
        prompt: String,
        /// Whether what is typed is not to be shown.
        password: bool,
    },
}

/// Something to show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum CellMessage {
    /// The value of the cell's last expression.
    Result {
        /// The value's representations.
        bundle: MimeBundle,
    },
    /// Something to show now.
    Display {
        /// The representations.
        bundle: MimeBundle,
        /// Name under which [`CellMessage::Update`] can replace what is shown.
        display_id: Option<String>,
    },
    /// Replaces what was shown under that name.
    Update {
        /// The new representations.
        bundle: MimeBundle,
        /// Name given when it was first displayed.
        display_id: String,
    },
    /// Removes the cell's output so far.
    Clear {
        /// Whether to wait for the next output before removing, which avoids flicker.
        wait: bool,
    },
}

/// What the user typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InputAnswer {
    /// A line, without its end.
    Line(String),
    /// Nobody typed one, for this reason.
    Refused(String),
}

/// A panic that ended a cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PanicReport {
    /// The panic's message.
    pub message: String,
    /// Source file, as the compiler knows it.
    pub file: String,
    /// Line in that file, from 1.
    pub line: u32,
    /// Column in that line, from 1.
    pub column: u32,
    /// Name of the thread that panicked.
    pub thread: String,
    /// Functions of the notebook's own that were running, from the panic outwards.
    pub frames: Vec<Frame>,
}

/// A place in a function that was running.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    /// The function's name.
    pub function: String,
    /// Source file, as the compiler knows it.
    pub file: String,
    /// Line in that file, from 1.
    pub line: u32,
    /// Column in that line, from 1.
    pub column: u32,
}

/// How a cell ended, as seen from inside.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellEnd {
    /// Whether the last statement was reached. If not, the cell panicked or returned early.
    pub done: bool,
    /// The panic to blame, if there was one; after the last statement, one that the cell caught.
    pub panic: Option<PanicReport>,
    /// The error with which `?` ended it.
    pub early_return: Option<String>,
    /// Profiling regions that were begun and not ended.
    pub open_regions: Vec<String>,
    /// Names of the variables that are kept now, each with what its type calls itself.
    pub variables: Vec<(String, String)>,
}
