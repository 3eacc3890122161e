use serde::{Deserialize, Serialize};

/// Asks what the kernel is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KernelInfoRequest {}

/// What the kernel is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KernelInfoReply {
    /// Whether the request was understood.
    pub status: super::ReplyStatus,
    /// Version of the messaging protocol.
    pub protocol_version: String,
    /// Name of the kernel program.
    pub implementation: String,
    /// Version of the kernel program.
    #[serde(default)]
    pub implementation_version: String,
    /// The language of its cells.
    pub language_info: LanguageInfo,
    /// Text that consoles show at start.
    #[serde(default)]
    pub banner: String,
    /// Places to read about the language.
    #[serde(default)]
    pub help_links: Vec<HelpLink>,
    /// Whether it answers `debug_request`s; newer clients look for it among the features.
    #[serde(default)]
    pub debugger: bool,
    /// Optional parts of the protocol that it speaks.
    #[serde(default)]
    pub supported_features: Vec<String>,
}

/// Asks where the kernel listens; deprecated by the protocol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectRequest {}

/// Where the kernel listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectReply {
    /// Whether the request was understood.
    pub status: super::ReplyStatus,
    /// Port of the shell channel.
    pub shell_port: u16,
    /// Port of the iopub channel.
    pub iopub_port: u16,
    /// Port of the stdin channel.
    pub stdin_port: u16,
    /// Port of the control channel.
    pub control_port: u16,
    /// Port of the heartbeat.
    pub hb_port: u16,
}

/// A language, as frontends need to know it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LanguageInfo {
    /// Its name.
    pub name: String,
    /// Its version.
    #[serde(default)]
    pub version: String,
    /// MIME type of its source files.
    #[serde(default)]
    pub mimetype: String,
    /// Extension of its source files, with the dot.
    #[serde(default)]
    pub file_extension: String,
    /// Name of the highlighter in Pygments.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub pygments_lexer: String,
    /// Mode of the editor `CodeMirror`; some kernels give an object.
    #[serde(default, skip_serializing_if = "serde_json::Value::is_null")]
    pub codemirror_mode: serde_json::Value,
    /// Exporter of nbconvert.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub nbconvert_exporter: String,
}

/// A place to read about the language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HelpLink {
    /// What to show.
    pub text: String,
    /// Where it leads.
    pub url: String,
}
