use std::sync::Arc;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::session::WireError;

/// The header of a message. Its text is kept as it came, because a reply repeats the header of
/// its request to the byte, with fields that are unknown here too.
#[derive(Clone, Debug)]
pub struct Header {
    text: Bytes,
    fields: Arc<Fields>,
}

/// What is read of a header.
#[derive(Clone, Debug, Deserialize)]
struct Fields {
    msg_id: String,
    msg_type: String,
    #[serde(default)]
    session: String,
    #[serde(default)]
    version: String,
    #[serde(default)]
    subshell_id: Option<String>,
}

impl Header {
    /// Reads the JSON text of a header.
    ///
    /// # Errors
    /// When the text is no JSON object with a `msg_id` and a `msg_type`.
    pub fn parse(text: Bytes) -> Result<Self, WireError> {
        // All of it is read, not only the fields that are wanted: it is sent back as it came, so it
        // has to be good JSON throughout.
        let fields: Map<String, Value> =
            serde_json::from_slice(&text).map_err(|error| WireError::json("header", error))?;
        let fields = Fields::deserialize(Value::Object(fields))
            .map_err(|error| WireError::json("header", error))?;
        Ok(Self {
            text,
            fields: Arc::new(fields),
        })
    }

    /// The header's JSON.
    #[must_use]
    pub fn text(&self) -> &Bytes {
        &self.text
    }

    /// Unique name of the message.
    #[must_use]
    pub fn msg_id(&self) -> &str {
        &self.fields.msg_id
    }

    /// Kind of message: `execute_request`, `status`, …
    #[must_use]
    pub fn msg_type(&self) -> &str {
        &self.fields.msg_type
    }

    /// Name of the sender's session.
    #[must_use]
    pub fn session(&self) -> &str {
        &self.fields.session
    }

    /// Protocol version that the sender speaks.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.fields.version
    }

    /// Name of the subshell that the message is meant for, or none for the main shell.
    #[must_use]
    pub fn subshell_id(&self) -> Option<&str> {
        self.fields.subshell_id.as_deref()
    }
}

/// A Jupyter message, without its signature.
#[derive(Clone, Debug)]
pub struct Message {
    /// Frames before the delimiter: the peer on a `ROUTER` socket, the topic on a publishing one.
    pub identities: Vec<Bytes>,
    /// Who sent it, what it is.
    pub header: Header,
    /// Header of the request that caused it, if one did.
    pub parent_header: Option<Header>,
    /// Anything about the message that is not its content.
    pub metadata: Map<String, Value>,
    /// What it says, a JSON object; [`Message::content_as`] gives it a type.
    pub content: Value,
    /// Binary attachments.
    pub buffers: Vec<Bytes>,
}

impl Message {
    /// Kind of message: `execute_request`, `status`, …
    #[must_use]
    pub fn msg_type(&self) -> &str {
        self.header.msg_type()
    }

    /// Name of the message that caused this one.
    #[must_use]
    pub fn parent_id(&self) -> Option<&str> {
        self.parent_header.as_ref().map(Header::msg_id)
    }

    /// The content as one of the types in [`crate::content`].
    ///
    /// # Errors
    /// When the content lacks a field or has one of another type.
    pub fn content_as<'a, C: Deserialize<'a>>(&'a self) -> Result<C, WireError> {
        C::deserialize(&self.content).map_err(|error| WireError::json("content", error))
    }
}
