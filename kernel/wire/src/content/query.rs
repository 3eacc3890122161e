use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Bundle, ReplyStatus};

/// Asks for completions. Positions count Unicode code points.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompleteRequest {
    /// The cell's text.
    pub code: String,
    /// Where the cursor is in it.
    pub cursor_pos: usize,
}

/// Completions, with what they replace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompleteReply {
    /// Whether the request was understood.
    pub status: ReplyStatus,
    /// The texts to choose from.
    pub matches: Vec<String>,
    /// Start of the range that a match replaces.
    pub cursor_start: usize,
    /// End of that range.
    pub cursor_end: usize,
    /// Types and signatures of the matches.
    #[serde(default)]
    pub metadata: Map<String, Value>,
}

/// Asks what is known of a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InspectRequest {
    /// The cell's text.
    pub code: String,
    /// Where the cursor is in it, in Unicode code points.
    pub cursor_pos: usize,
    /// 0 for what is usual, 1 for more.
    #[serde(default)]
    pub detail_level: u8,
}

/// What is known of a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InspectReply {
    /// Whether the request was understood.
    pub status: ReplyStatus,
    /// Whether anything is known.
    pub found: bool,
    /// The representations of what is known.
    #[serde(default)]
    pub data: Bundle,
    /// Hints on how to show them.
    #[serde(default)]
    pub metadata: Bundle,
}

/// Asks whether a text is a whole cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IsCompleteRequest {
    /// The text.
    pub code: String,
}

/// Whether a text is a whole cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "status")]
pub enum IsCompleteReply {
    /// It can be run.
    Complete,
    /// More has to be typed.
    Incomplete {
        /// White space for the next line.
        #[serde(default)]
        indent: String,
    },
    /// No continuation makes it valid.
    Invalid,
    /// The kernel cannot tell.
    Unknown,
}

/// Asks for cells that were run before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryRequest {
    /// Whether to tell their results too.
    #[serde(default)]
    pub output: bool,
    /// Whether the text as typed is wanted; there is no other here.
    #[serde(default)]
    pub raw: bool,
    /// Which cells.
    #[serde(flatten)]
    pub access: HistoryAccess,
}

/// Which cells of the history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "hist_access_type")]
pub enum HistoryAccess {
    /// Those of a session by number.
    Range {
        /// The session: 0 or the kernel's own number for this one, negative for earlier ones.
        #[serde(default)]
        session: i64,
        /// First cell.
        #[serde(default)]
        start: i64,
        /// Cell behind the last one.
        #[serde(default)]
        stop: Option<i64>,
    },
    /// The last ones.
    Tail {
        /// How many.
        #[serde(default)]
        n: Option<usize>,
    },
    /// Those whose text matches.
    Search {
        /// Pattern with `*` and `?`.
        #[serde(default)]
        pattern: String,
        /// At most how many, the last ones first.
        #[serde(default)]
        n: Option<usize>,
        /// Whether a text is told once only.
        #[serde(default)]
        unique: bool,
    },
}

/// Cells that were run before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryReply {
    /// Whether the request was understood.
    pub status: ReplyStatus,
    /// The oldest first.
    pub history: Vec<Told>,
}

/// A cell that was run before: session, number, and the text or the pair of text and result.
pub type Told = (i64, u32, Value);
