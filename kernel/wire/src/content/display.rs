use serde::{Deserialize, Serialize};

use super::Bundle;

/// Text that a cell printed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stream {
    /// Where it printed.
    pub name: StreamName,
    /// What it printed.
    pub text: String,
}

/// Which of the two text streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StreamName {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// Facts about an output that are not kept in the notebook.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transient {
    /// Name under which the output can be updated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_id: Option<String>,
}

/// Something to show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisplayData {
    /// The representations.
    pub data: Bundle,
    /// Hints on how to show them.
    #[serde(default)]
    pub metadata: Bundle,
    /// Facts that are not kept in the notebook.
    #[serde(default)]
    pub transient: Transient,
}

/// New representations for what was displayed under a name before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateDisplayData {
    /// The representations.
    pub data: Bundle,
    /// Hints on how to show them.
    #[serde(default)]
    pub metadata: Bundle,
    /// Says which display is meant.
    #[serde(default)]
    pub transient: Transient,
}

/// The value of a cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecuteResult {
    /// The `N` of `Out [N]`.
    pub execution_count: u32,
    /// The representations.
    pub data: Bundle,
    /// Hints on how to show them.
    #[serde(default)]
    pub metadata: Bundle,
}

/// A cell failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorReport {
    /// Kind of error.
    pub ename: String,
    /// What happened.
    pub evalue: String,
    /// The lines to show, with ANSI colours.
    pub traceback: Vec<String>,
}

/// The cell that is about to run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecuteInput {
    /// Its text.
    pub code: String,
    /// The `N` of `In [N]`.
    pub execution_count: u32,
}

/// The outputs so far are to be removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClearOutput {
    /// Whether to wait with it until the next output comes.
    #[serde(default)]
    pub wait: bool,
}
