//! The project's `main.rs`.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::ExportError;
use super::cell::{self, Part};
use super::command::{self, Command};
use super::items::Items;
use crate::notebook::{Cell, CellKind, Notebook};
use crate::params::INJECTED_TAG;
use crate::run::SKIP_TAG;

/// A program in its parts.
#[derive(Debug, Default)]
pub(super) struct Program {
    /// Crates and their lines in the manifest.
    pub(super) dependencies: BTreeMap<String, String>,
    /// What could not be carried over.
    pub(super) warnings: Vec<String>,
    items: Items,
    main: String,
}

impl Program {
    /// Translates the cells of a notebook.
    pub(super) fn new(notebook: &Notebook) -> Result<Self, ExportError> {
        let mut program = Self::default();
        let mut number = 0;
        for cell in &notebook.cells {
            match cell.kind() {
                CellKind::Code => {
                    // The user does not see a cell that was put in for this export.
                    number += usize::from(!cell.has_tag(INJECTED_TAG));
                    program.code(number, cell)?;
                }
                CellKind::Markdown => program.markdown(&cell.source()),
                CellKind::Raw => {}
            }
        }
        Ok(program)
    }

    /// The text of `main.rs`.
    pub(super) fn text(&self, notebook: &str) -> String {
        let mut text = format!(
            "//! The program of the notebook `{notebook}`, made by `ferrolab export`.\n\n\
             // A notebook may define more than it uses.\n#![allow(unused)]\n\n\
             use hpc::prelude::*;\n\n"
        );
        for item in self.items.texts() {
            text.push_str(item);
            text.push_str("\n\n");
        }
        text.push_str("fn main() -> Result<(), Box<dyn std::error::Error>> {\n");
        text.push_str(self.main.trim_start_matches('\n'));
        text.push_str("    Ok(())\n}\n");
        text
    }

    fn markdown(&mut self, source: &str) {
        self.main.push('\n');
        for line in source.trim().lines() {
            let _ = writeln!(self.main, "    {}", format!("// {line}").trim_end());
        }
    }

    fn code(&mut self, number: usize, cell: &Cell) -> Result<(), ExportError> {
        if cell.has_tag(SKIP_TAG) {
            self.warnings
                .push(format!("cell {number} is tagged `{SKIP_TAG}` and left out"));
            return Ok(());
        }
        let source = cell.source();
        let (commands, code) = command::take_out(&source);
        let mut body = String::new();
        for command in commands {
            match command {
                Command::Dependency { name, .. } if name == "hpc" => {}
                Command::Dependency { name, spec } => {
                    self.dependencies.insert(name, spec);
                }
                Command::Other(line) => {
                    let _ = writeln!(body, "// {line}");
                    self.warnings.push(format!(
                        "cell {number} has the line `{line}`, which means nothing outside a notebook"
                    ));
                }
            }
        }
        let parts = cell::parts(&code).map_err(|error| ExportError::Syntax {
            cell: number,
            line: error.line,
            what: error.what,
        })?;
        for part in parts {
            match part {
                Part::Code(text) => body.push_str(&text),
                Part::Item { key, .. } if cell::is_main(&key) => {
                    return Err(ExportError::Main(number));
                }
                Part::Item { key, text } => {
                    if let Some(name) = self.items.add(key, text) {
                        self.warnings.push(format!(
                            "cell {number} defines `{name}` anew, which now holds for earlier \
                             cells too"
                        ));
                    }
                }
            }
        }
        let body = body.trim_matches('\n').trim_end();
        if !body.trim().is_empty() {
            self.main.push('\n');
            self.main.push_str(&indented(body));
        }
        Ok(())
    }
}

/// The text moved to the right, except where that would change a string.
fn indented(text: &str) -> String {
    let fixed = cell::lines_in_literals(text);
    let mut indented = String::new();
    for (index, line) in text.lines().enumerate() {
        if !line.is_empty() && !fixed.contains(&index) {
            indented.push_str("    ");
        }
        indented.push_str(line);
        indented.push('\n');
    }
    indented
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn program(cells: &[Value]) -> Result<Program, ExportError> {
        let notebook = Notebook::from_json(json!({
            "nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells,
        }));
        Program::new(&notebook.unwrap())
    }

    fn code(source: &str) -> Value {
        json!({"cell_type": "code", "source": source})
    }

    #[test]
    fn a_notebook_becomes_a_program() {
        let program = program(&[
            json!({"cell_type": "markdown", "source": "# Waves\n\n*Sines*."}),
            code(":dep libm = \"0.2\"\n:dep hpc\n:vars\nuse std::fmt;\nlet n = 3;"),
            code("fn twice(x: i32) -> i32 {\n    2 * x\n}\nlet text = \"a\n  b\";\ntwice(n)"),
            code(""),
            json!({"cell_type": "code", "source": "boom()", "metadata": {"tags": ["skip-execution"]}}),
            code("use std::fmt;\nfn twice(x: i32) -> i32 { x + x }"),
        ])
        .unwrap();
        assert_eq!(
            program.text("w.ipynb"),
            "//! The program of the notebook `w.ipynb`, made by `ferrolab export`.\n\n\
             // A notebook may define more than it uses.\n#![allow(unused)]\n\n\
             use hpc::prelude::*;\n\nuse std::fmt;\n\n\
             fn twice(x: i32) -> i32 { x + x }\n\n\
             fn main() -> Result<(), Box<dyn std::error::Error>> {\n    \
             // Waves\n    //\n    // *Sines*.\n\n    // :vars\n\n    let n = 3;\n\n    \
             let text = \"a\n  b\";\n    hpc::show!(twice(n));\n    Ok(())\n}\n"
                .replace("// Waves", "// # Waves")
        );
        assert_eq!(
            program.dependencies,
            BTreeMap::from([("libm".into(), "\"0.2\"".into())])
        );
        assert_eq!(program.warnings.len(), 3, "{:?}", program.warnings);
    }

    #[test]
    fn what_cannot_be_exported_is_said() {
        let error = program(&[code("1"), code("let = 2;")])
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("cell 2 is not valid Rust: ") && error.contains("line 1"),
            "{error}"
        );
        let error = program(&[code("fn main() {}")]).unwrap_err().to_string();
        assert!(
            error.contains("cell 1 defines a function `main`"),
            "{error}"
        );
    }
}
