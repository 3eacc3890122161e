use serde::Serialize;
use serde_json::{Map, Value, json};

use super::text::{join_text, split_text};

/// What a cell holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellKind {
    /// Code for the kernel.
    Code,
    /// Text in Markdown.
    Markdown,
    /// Text for another program.
    Raw,
}

/// A cell: the JSON object it was read from. [`super::Notebook`] has checked its shape.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Cell(pub(super) Map<String, Value>);

impl Cell {
    /// A code cell without outputs.
    pub fn code(id: &str, source: &str, tags: &[&str]) -> Self {
        let mut fields = Map::new();
        fields.insert("cell_type".into(), json!("code"));
        fields.insert("execution_count".into(), Value::Null);
        fields.insert("id".into(), json!(id));
        fields.insert("metadata".into(), json!({ "tags": tags }));
        fields.insert("outputs".into(), json!([]));
        fields.insert("source".into(), split_text(source));
        Self(fields)
    }

    /// What the cell holds.
    pub fn kind(&self) -> CellKind {
        match self.0.get("cell_type").and_then(Value::as_str) {
            Some("code") => CellKind::Code,
            Some("markdown") => CellKind::Markdown,
            _ => CellKind::Raw,
        }
    }

    /// The name of the cell, unique in its notebook.
    pub fn id(&self) -> &str {
        self.0.get("id").and_then(Value::as_str).unwrap_or_default()
    }

    /// The text as the user wrote it.
    pub fn source(&self) -> String {
        self.0.get("source").map(join_text).unwrap_or_default()
    }

    /// Whether the cell has that tag.
    pub fn has_tag(&self, tag: &str) -> bool {
        self.metadata()
            .and_then(|metadata| metadata.get("tags"))
            .and_then(Value::as_array)
            .is_some_and(|tags| tags.iter().any(|candidate| candidate == tag))
    }

    /// The cell's metadata.
    pub fn metadata(&self) -> Option<&Map<String, Value>> {
        self.0.get("metadata").and_then(Value::as_object)
    }

    /// Sets one key of the cell's metadata; `None` removes it.
    pub fn set_metadata(&mut self, key: &str, value: Option<Value>) {
        let metadata = self.0.entry("metadata").or_insert_with(|| json!({}));
        if let Some(metadata) = metadata.as_object_mut() {
            match value {
                Some(value) => metadata.insert(key.into(), value),
                // Not `remove`, which would move the last key into the gap.
                None => metadata.shift_remove(key),
            };
        }
    }

    /// The outputs of a code cell.
    pub fn outputs(&self) -> &[Value] {
        self.0
            .get("outputs")
            .and_then(Value::as_array)
            .map_or(&[], Vec::as_slice)
    }

    /// Replaces the outputs of a code cell.
    pub fn set_outputs(&mut self, outputs: Vec<Value>) {
        self.0.insert("outputs".into(), Value::Array(outputs));
    }

    /// The `N` of `In [N]`, of a code cell that has run.
    pub fn execution_count(&self) -> Option<u64> {
        self.0.get("execution_count").and_then(Value::as_u64)
    }

    /// Sets the `N` of `In [N]`.
    pub fn set_execution_count(&mut self, count: Option<u64>) {
        self.0.insert(
            "execution_count".into(),
            count.map_or(Value::Null, Value::from),
        );
    }

    /// Images and other files pasted into a Markdown cell: name to MIME bundle.
    pub fn attachments(&self) -> Option<&Map<String, Value>> {
        self.0.get("attachments").and_then(Value::as_object)
    }
}
