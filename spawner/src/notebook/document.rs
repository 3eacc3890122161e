use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};

use super::validate::{self, Parts};
use super::{Cell, FileError, NotebookError, write_atomic};

/// A notebook of format 4.5 or a later 4.x, in memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Notebook {
    /// Everything but the cells; `cells` is a place-holder that keeps its place among the keys.
    fields: Map<String, Value>,
    /// The cells, in order.
    pub cells: Vec<Cell>,
}

impl Notebook {
    /// Reads, checks and, from 4.0 to 4.4, upgrades a notebook.
    ///
    /// # Errors
    /// Says what is wrong with the file and where.
    pub fn read(path: &Path) -> Result<Self, NotebookError> {
        let text = fs::read(path).map_err(|source| match source.kind() {
            ErrorKind::NotFound => NotebookError::Missing(path.into()),
            _ => NotebookError::Unreadable {
                path: path.into(),
                source,
            },
        })?;
        let json = serde_json::from_slice(&text).map_err(|source| NotebookError::NotJson {
            path: path.into(),
            source,
        })?;
        Self::from_json(json).map_err(|what| NotebookError::Malformed {
            path: path.into(),
            what,
        })
    }

    /// Checks a document, and upgrades it from 4.0 to 4.4.
    ///
    /// # Errors
    /// Says what is wrong and where.
    pub fn from_json(json: Value) -> Result<Self, String> {
        let Parts { fields, cells } = validate::take_apart(json)?;
        Ok(Self { fields, cells })
    }

    /// The file's text: indented by one space, ended by a newline, as Jupyter writes it.
    ///
    /// # Errors
    /// Fails when the text does not fit in memory.
    pub fn to_json(&self) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        let layout = serde_json::ser::PrettyFormatter::with_indent(b" ");
        self.serialize(&mut serde_json::Serializer::with_formatter(
            &mut text, layout,
        ))?;
        text.push(b'\n');
        Ok(text)
    }

    /// Writes the notebook in one step: the file holds the old text or the new one.
    ///
    /// # Errors
    /// Fails when the file cannot be written; it is then as it was.
    pub fn write(&self, path: &Path) -> Result<(), FileError> {
        let text = self
            .to_json()
            .map_err(|source| FileError::new(path, source))?;
        write_atomic(path, &text)
    }

    /// Name of the kernel that the notebook asks for.
    pub fn kernel_name(&self) -> Option<&str> {
        self.metadata("kernelspec")?.get("name")?.as_str()
    }

    /// Language of the code cells, in lower case, when the notebook says it.
    pub fn language(&self) -> Option<String> {
        [("language_info", "name"), ("kernelspec", "language")]
            .iter()
            .find_map(|(key, field)| self.metadata(key)?.get(field)?.as_str())
            .map(str::to_lowercase)
    }

    /// The kernel's name for people, or its plain name.
    pub fn kernel_title(&self) -> Option<&str> {
        let spec = self.metadata("kernelspec")?;
        ["display_name", "name"]
            .iter()
            .find_map(|key| spec.get(key)?.as_str())
    }

    /// One key of the notebook's metadata.
    pub fn metadata(&self, key: &str) -> Option<&Value> {
        self.fields.get("metadata")?.get(key)
    }

    /// Sets one key of the notebook's metadata.
    pub fn set_metadata(&mut self, key: &str, value: Value) {
        if let Some(metadata) = self
            .fields
            .get_mut("metadata")
            .and_then(Value::as_object_mut)
        {
            metadata.insert(key.into(), value);
        }
    }

    /// A cell name that is not taken, starting with `stem`.
    pub fn free_id(&self, stem: &str) -> String {
        validate::free_id(stem, |id| self.cells.iter().any(|cell| cell.id() == id))
    }

    /// Text of the first heading in a Markdown cell, without the number signs.
    pub fn heading(&self) -> Option<String> {
        self.cells
            .iter()
            .filter(|cell| cell.kind() == super::CellKind::Markdown)
            .find_map(|cell| {
                cell.source().lines().find_map(|line| {
                    let heading = line
                        .trim_start()
                        .strip_prefix('#')?
                        .trim_start_matches('#')
                        .trim();
                    (!heading.is_empty()).then(|| heading.to_owned())
                })
            })
    }
}

impl Serialize for Notebook {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.fields.len()))?;
        for (key, value) in &self.fields {
            if key == "cells" {
                map.serialize_entry(key, &self.cells)?;
            } else {
                map.serialize_entry(key, value)?;
            }
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn sample() -> Value {
        json!({
            "nbformat": 4, "nbformat_minor": 5, "future": {"z": 1, "a": [1.5e-7]},
            "metadata": {"kernelspec": {"name": "rust-hpc", "language": "Rust"}, "x-unknown": null},
            "cells": [
                {"source": ["# A *title*\n", "text"], "cell_type": "markdown", "id": "one", "metadata": {}},
                {"cell_type": "code", "id": "two", "x": "kept", "metadata": {"tags": ["parameters"]},
                 "execution_count": null, "outputs": [], "source": "let n = 1;"},
            ],
        })
    }

    #[test]
    fn nothing_is_lost_and_no_key_moves() {
        let notebook = Notebook::from_json(sample()).unwrap();
        let written = notebook.to_json().unwrap();
        let layout = serde_json::ser::PrettyFormatter::with_indent(b" ");
        let mut expected = Vec::new();
        sample()
            .serialize(&mut serde_json::Serializer::with_formatter(
                &mut expected,
                layout,
            ))
            .unwrap();
        expected.push(b'\n');
        assert_eq!(
            String::from_utf8(written).unwrap(),
            String::from_utf8(expected).unwrap()
        );
    }

    #[test]
    fn the_views_read_what_is_there() {
        let mut notebook = Notebook::from_json(sample()).unwrap();
        assert_eq!(notebook.kernel_name(), Some("rust-hpc"));
        assert_eq!(notebook.language().as_deref(), Some("rust"));
        assert_eq!(notebook.heading().as_deref(), Some("A *title*"));
        assert_eq!(notebook.free_id("two"), "two-1");
        let cell = &mut notebook.cells[1];
        assert!(cell.has_tag("parameters") && !cell.has_tag("param"));
        cell.set_metadata("k", Some(json!(1)));
        cell.set_metadata("tags", None);
        assert_eq!(cell.metadata(), json!({"k": 1}).as_object());
    }
}
