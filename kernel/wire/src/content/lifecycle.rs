use serde::{Deserialize, Serialize};

use super::ReplyStatus;

/// What the kernel is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Its state from now on.
    pub execution_state: ExecutionState,
}

/// States of a kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExecutionState {
    /// It has just been started.
    Starting,
    /// It works on a request.
    Busy,
    /// It is done with a request.
    Idle,
}

/// Asks the kernel to stop what it runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InterruptRequest {}

/// The interrupt has been passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InterruptReply {
    /// Whether it could be passed on.
    pub status: ReplyStatus,
}

/// Asks the kernel to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShutdownRequest {
    /// Whether a new kernel will take its place.
    #[serde(default)]
    pub restart: bool,
}

/// The kernel is about to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShutdownReply {
    /// Whether it will.
    pub status: ReplyStatus,
    /// Repeats the request.
    pub restart: bool,
}

/// A new subscriber is connected and will miss nothing from now on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IopubWelcome {
    /// Topic that it subscribed to; empty for everything.
    pub subscription: String,
}

/// Asks the user for a line of input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputRequest {
    /// Text to show.
    pub prompt: String,
    /// Whether what is typed must not be shown.
    #[serde(default)]
    pub password: bool,
}

/// What the user typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputReply {
    /// Whether there is an answer.
    #[serde(default = "done")]
    pub status: ReplyStatus,
    /// The line.
    #[serde(default)]
    pub value: String,
}

fn done() -> ReplyStatus {
    ReplyStatus::Ok
}
