//! What the messages say: one type per kind of message, as in Jupyter's messaging protocol.

mod comm;
mod debug;
mod display;
mod execute;
mod info;
mod lifecycle;
mod query;
mod subshell;
mod usage;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use comm::{CommClose, CommInfoReply, CommInfoRequest, CommMsg, CommOpen, CommTarget};
pub use debug::{DebugEvent, DebugReply, DebugRequest};
pub use display::{
    ClearOutput, DisplayData, ErrorReport, ExecuteInput, ExecuteResult, Stream, StreamName,
    Transient, UpdateDisplayData,
};
pub use execute::{ExecuteReply, ExecuteRequest, ReplyStatus};
pub use info::{
    ConnectReply, ConnectRequest, HelpLink, KernelInfoReply, KernelInfoRequest, LanguageInfo,
};
pub use lifecycle::{
    ExecutionState, InputReply, InputRequest, InterruptReply, InterruptRequest, IopubWelcome,
    ShutdownReply, ShutdownRequest, Status,
};
pub use query::{
    CompleteReply, CompleteRequest, HistoryAccess, HistoryReply, HistoryRequest, InspectReply,
    InspectRequest, IsCompleteReply, IsCompleteRequest, Told,
};
pub use subshell::{
    CreateSubshellReply, CreateSubshellRequest, DeleteSubshellReply, DeleteSubshellRequest,
    ListSubshellReply, ListSubshellRequest,
};
pub use usage::{HostMemory, UsageReply, UsageRequest};

/// A representation of a value per MIME type.
pub type Bundle = serde_json::Map<String, serde_json::Value>;

/// The content of one kind of message.
pub trait Content: Serialize + DeserializeOwned {
    /// The kind's name, the `msg_type` of its header.
    const TYPE: &'static str;
}

macro_rules! content_types {
    ($($content:ty => $name:literal,)*) => {
        $(impl Content for $content {
            const TYPE: &'static str = $name;
        })*
    };
}

content_types! {
    ClearOutput => "clear_output",
    CommClose => "comm_close",
    CommInfoReply => "comm_info_reply",
    CommInfoRequest => "comm_info_request",
    CommMsg => "comm_msg",
    CommOpen => "comm_open",
    CompleteReply => "complete_reply",
    CompleteRequest => "complete_request",
    ConnectReply => "connect_reply",
    ConnectRequest => "connect_request",
    CreateSubshellReply => "create_subshell_reply",
    CreateSubshellRequest => "create_subshell_request",
    DebugEvent => "debug_event",
    DebugReply => "debug_reply",
    DebugRequest => "debug_request",
    DeleteSubshellReply => "delete_subshell_reply",
    DeleteSubshellRequest => "delete_subshell_request",
    DisplayData => "display_data",
    ErrorReport => "error",
    ExecuteInput => "execute_input",
    ExecuteReply => "execute_reply",
    ExecuteRequest => "execute_request",
    ExecuteResult => "execute_result",
    HistoryReply => "history_reply",
    HistoryRequest => "history_request",
    InputReply => "input_reply",
    InputRequest => "input_request",
    InspectReply => "inspect_reply",
    InspectRequest => "inspect_request",
    InterruptReply => "interrupt_reply",
    InterruptRequest => "interrupt_request",
    IopubWelcome => "iopub_welcome",
    IsCompleteReply => "is_complete_reply",
    IsCompleteRequest => "is_complete_request",
    KernelInfoReply => "kernel_info_reply",
    KernelInfoRequest => "kernel_info_request",
    ListSubshellReply => "list_subshell_reply",
    ListSubshellRequest => "list_subshell_request",
    ShutdownReply => "shutdown_reply",
    ShutdownRequest => "shutdown_request",
    Status => "status",
    Stream => "stream",
    UpdateDisplayData => "update_display_data",
    UsageReply => "usage_reply",
    UsageRequest => "usage_request",
}
