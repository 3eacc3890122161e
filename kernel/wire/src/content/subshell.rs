use serde::{Deserialize, Serialize};

use super::ReplyStatus;

/// Asks for a new subshell, which answers requests beside the main shell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateSubshellRequest {}

/// A subshell is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateSubshellReply {
    /// Whether it is.
    pub status: ReplyStatus,
    /// Its name, for the headers of requests that are meant for it.
    pub subshell_id: String,
}

/// Asks to end a subshell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteSubshellRequest {
    /// Its name.
    pub subshell_id: String,
}

/// The subshell is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteSubshellReply {
    /// Whether it is.
    pub status: ReplyStatus,
}

/// Asks which subshells there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListSubshellRequest {}

/// The subshells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListSubshellReply {
    /// Whether the request was understood.
    pub status: ReplyStatus,
    /// Their names.
    pub subshell_id: Vec<String>,
}
