use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::ErrorReport;

/// A cell to run.
#[allow(
    clippy::struct_excessive_bools,
    reason = "the protocol has these flags"
)]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecuteRequest {
    /// Its text.
    pub code: String,
    /// Whether to publish nothing and count nothing.
    #[serde(default)]
    pub silent: bool,
    /// Whether to count the cell and remember it. Without a word: unless it is silent.
    #[serde(default = "yes")]
    pub store_history: bool,
    /// Expressions to evaluate after the cell.
    #[serde(default)]
    pub user_expressions: Map<String, Value>,
    /// Whether the cell may ask the user for a line of input.
    #[serde(default = "yes")]
    pub allow_stdin: bool,
    /// Whether cells that wait behind this one are dropped when it fails.
    #[serde(default = "yes")]
    pub stop_on_error: bool,
}

fn yes() -> bool {
    true
}

impl ExecuteRequest {
    /// An ordinary cell that cannot ask for input.
    #[must_use]
    pub fn new(code: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            silent: false,
            store_history: true,
            user_expressions: Map::new(),
            allow_stdin: false,
            stop_on_error: true,
        }
    }
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReplyStatus {
    /// It was done.
    Ok,
    /// It failed.
    Error,
    /// It was dropped because a request before it failed.
    #[serde(alias = "abort")]
    Aborted,
}

/// How a cell ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecuteReply {
    /// Whether it failed.
    pub status: ReplyStatus,
    /// The `N` of `In [N]`.
    #[serde(default)]
    pub execution_count: u32,
    /// Requests to the frontend; deprecated by the protocol.
    #[serde(default)]
    pub payload: Vec<Value>,
    /// Values of the expressions that were asked for.
    #[serde(default)]
    pub user_expressions: Map<String, Value>,
    /// What went wrong, when it failed.
    #[serde(flatten)]
    pub error: Option<ErrorReport>,
}
