use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A request of the Debug Adapter Protocol, or of Jupyter's additions to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DebugRequest {
    /// Number of the request, which its response repeats.
    #[serde(default)]
    pub seq: i64,
    /// What is asked for.
    pub command: String,
    /// What it is asked for with.
    #[serde(default)]
    pub arguments: Value,
    /// `type` and what else there is.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// A response of the Debug Adapter Protocol.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DebugReply(pub Map<String, Value>);

/// An event of the Debug Adapter Protocol.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DebugEvent(pub Map<String, Value>);
