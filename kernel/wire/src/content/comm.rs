use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::ReplyStatus;

/// Opens a comm: a channel between an object in the kernel and one in the frontend.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommOpen {
    /// Name of the comm.
    pub comm_id: String,
    /// What it is to be connected to at the other end.
    #[serde(default)]
    pub target_name: String,
    /// First message.
    #[serde(default = "nothing")]
    pub data: Value,
}

/// A message on an open comm. Its buffers are those of the message that carries it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommMsg {
    /// Name of the comm.
    pub comm_id: String,
    /// What is said.
    #[serde(default = "nothing")]
    pub data: Value,
}

/// Closes a comm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommClose {
    /// Name of the comm.
    pub comm_id: String,
    /// Last message.
    #[serde(default = "nothing")]
    pub data: Value,
}

fn nothing() -> Value {
    Map::new().into()
}

/// Asks which comms are open.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommInfoRequest {
    /// Only those with this target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_name: Option<String>,
}

/// The open comms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommInfoReply {
    /// Whether the request was understood.
    pub status: ReplyStatus,
    /// The comms by name.
    pub comms: BTreeMap<String, CommTarget>,
}

/// What a comm is connected to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommTarget {
    /// The name that the comm was opened with.
    pub target_name: String,
}
