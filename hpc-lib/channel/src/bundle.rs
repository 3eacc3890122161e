use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One value in several representations, keyed by MIME type: what Jupyter calls a MIME bundle.
///
/// A frontend shows the richest representation that it knows; `text/plain` should always be there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MimeBundle(BTreeMap<String, Value>);

impl MimeBundle {
    /// A bundle without any representation.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A bundle with `text` as its only representation, `text/plain`.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::new().with("text/plain", text.into())
    }

    /// Adds a representation, replacing one of the same MIME type. Binary formats are base64 text.
    #[must_use]
    pub fn with(mut self, mime: impl Into<String>, content: impl Into<Value>) -> Self {
        self.0.insert(mime.into(), content.into());
        self
    }

    /// The representation of that MIME type.
    #[must_use]
    pub fn get(&self, mime: &str) -> Option<&Value> {
        self.0.get(mime)
    }

    /// The plain text, if the bundle has one.
    #[must_use]
    pub fn plain(&self) -> Option<&str> {
        self.get("text/plain").and_then(Value::as_str)
    }

    /// Whether there is no representation at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// MIME types and their representations, in the order of the MIME types.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0
            .iter()
            .map(|(mime, content)| (mime.as_str(), content))
    }
}
