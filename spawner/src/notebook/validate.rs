//! The shape of a notebook, checked once when it is read; all other code relies on it.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::Cell;

/// The first minor version of format 4 in which cells have names.
const MINOR_WITH_IDS: u64 = 5;

/// A checked document.
pub(super) struct Parts {
    pub(super) fields: Map<String, Value>,
    pub(super) cells: Vec<Cell>,
}

/// Checks a document and takes the cells out of it. Says what is wrong, and where.
pub(super) fn take_apart(json: Value) -> Result<Parts, String> {
    let Value::Object(mut fields) = json else {
        return Err(format!("the file holds {}, not an object", describe(&json)));
    };
    match fields.get("nbformat").and_then(Value::as_u64) {
        Some(4) => {}
        Some(major) => {
            return Err(format!(
                "it has format {major}, and only 4 is read; convert it with \
                 `jupyter nbconvert --to notebook --nbformat 4`"
            ));
        }
        None => return Err("the number `nbformat` is missing".into()),
    }
    let minor = fields
        .get("nbformat_minor")
        .and_then(Value::as_u64)
        .ok_or("the number `nbformat_minor` is missing")?;
    if minor < MINOR_WITH_IDS {
        fields.insert("nbformat_minor".into(), json!(MINOR_WITH_IDS));
    }
    expect_object(
        fields.entry("metadata").or_insert_with(|| json!({})),
        "`metadata`",
    )?;
    let cells = match fields.get_mut("cells").map(Value::take) {
        Some(Value::Array(cells)) => cells,
        Some(other) => return Err(format!("`cells` is {}, not a list", describe(&other))),
        None => return Err("the list `cells` is missing".into()),
    };
    let mut cells = cells
        .into_iter()
        .enumerate()
        .map(|(index, cell)| check_cell(cell).map_err(|what| format!("cell {}: {what}", index + 1)))
        .collect::<Result<Vec<_>, _>>()?;
    name_cells(&mut cells);
    Ok(Parts { fields, cells })
}

/// `stem`, or `stem-1`, `stem-2`, … if that is taken.
pub(super) fn free_id(stem: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let mut id = stem.to_owned();
    let mut number = 0_usize;
    while is_taken(&id) {
        number += 1;
        id = format!("{stem}-{number}");
    }
    id
}

/// Gives a name to every cell that has none, an illegal one, or that of an earlier cell.
fn name_cells(cells: &mut [Cell]) {
    let mut taken = HashSet::new();
    for cell in cells.iter_mut() {
        if !is_legal_id(cell.id()) || !taken.insert(cell.id().to_owned()) {
            cell.0.shift_remove("id");
        }
    }
    for (index, cell) in cells.iter_mut().enumerate() {
        if cell.id().is_empty() {
            let id = free_id(&format!("cell-{}", index + 1), |id| taken.contains(id));
            taken.insert(id.clone());
            cell.0.insert("id".into(), json!(id));
        }
    }
}

fn is_legal_id(id: &str) -> bool {
    (1..=64).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

fn check_cell(cell: Value) -> Result<Cell, String> {
    let Value::Object(mut cell) = cell else {
        return Err(format!("it is {}, not an object", describe(&cell)));
    };
    let is_code = match cell.get("cell_type") {
        Some(Value::String(kind)) if kind == "code" => true,
        Some(Value::String(kind)) if kind == "markdown" || kind == "raw" => false,
        Some(other) => {
            return Err(format!(
                "`cell_type` is {other}; it is code, markdown or raw"
            ));
        }
        None => return Err("`cell_type` is missing".into()),
    };
    match cell.get("source") {
        Some(source) => expect_text(source, "`source`")?,
        None => return Err("`source` is missing".into()),
    }
    expect_object(
        cell.entry("metadata").or_insert_with(|| json!({})),
        "`metadata`",
    )?;
    if is_code {
        match cell.entry("execution_count").or_insert(Value::Null) {
            Value::Null | Value::Number(_) => {}
            other => return Err(format!("`execution_count` is {}", describe(other))),
        }
        match cell.entry("outputs").or_insert_with(|| json!([])) {
            Value::Array(outputs) => {
                for (index, output) in outputs.iter().enumerate() {
                    check_output(output).map_err(|what| format!("output {}: {what}", index + 1))?;
                }
            }
            other => return Err(format!("`outputs` is {}, not a list", describe(other))),
        }
    }
    Ok(Cell(cell))
}

fn check_output(output: &Value) -> Result<(), String> {
    match output.get("output_type").and_then(Value::as_str) {
        Some("stream") => expect_text(output.get("text").unwrap_or(&Value::Null), "`text`"),
        Some("display_data" | "execute_result") => {
            expect_object(output.get("data").unwrap_or(&Value::Null), "`data`")
        }
        Some("error") => Ok(()),
        Some(other) => Err(format!("the output type `{other}` is unknown")),
        None => Err("`output_type` is missing".into()),
    }
}

fn expect_object(value: &Value, name: &str) -> Result<(), String> {
    if value.is_object() {
        Ok(())
    } else {
        Err(format!("{name} is {}, not an object", describe(value)))
    }
}

fn expect_text(value: &Value, name: &str) -> Result<(), String> {
    let is_text = match value {
        Value::String(_) => true,
        Value::Array(lines) => lines.iter().all(Value::is_string),
        _ => false,
    };
    if is_text {
        Ok(())
    } else {
        Err(format!("{name} is {}, not text", describe(value)))
    }
}

fn describe(value: &Value) -> &'static str {
    match value {
        Value::Null => "null or missing",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_cells(minor: u64, cells: &Value) -> Value {
        json!({"nbformat": 4, "nbformat_minor": minor, "metadata": {}, "cells": cells})
    }

    #[test]
    fn older_notebooks_get_cell_names() {
        let cells = json!([
            {"cell_type": "markdown", "metadata": {}, "source": ""},
            {"cell_type": "code", "source": "1", "id": "cell-1"},
            {"cell_type": "code", "source": "2", "id": "cell-1"},
        ]);
        let parts = take_apart(with_cells(4, &cells)).unwrap();
        let ids: Vec<_> = parts.cells.iter().map(Cell::id).collect();
        assert_eq!(ids, ["cell-1-1", "cell-1", "cell-3"]);
        assert_eq!(parts.fields["nbformat_minor"], 5);
        assert_eq!(parts.cells[1].outputs(), &[] as &[Value]);
    }

    #[test]
    fn a_newer_minor_version_is_kept() {
        let parts = take_apart(with_cells(9, &json!([]))).unwrap();
        assert_eq!(parts.fields["nbformat_minor"], 9);
    }

    #[test]
    fn what_is_wrong_is_said() {
        let cases = [
            (json!([]), "a list, not an object"),
            (json!({"nbformat": 3, "worksheets": []}), "format 3"),
            (json!({"cells": []}), "`nbformat` is missing"),
            (
                json!({"nbformat": 4, "nbformat_minor": 5, "metadata": {}}),
                "list `cells`",
            ),
            (
                with_cells(5, &json!([{"cell_type": "code"}])),
                "cell 1: `source` is missing",
            ),
            (
                with_cells(5, &json!([{"cell_type": "c", "source": ""}])),
                "cell 1: `cell_type` is",
            ),
            (
                with_cells(
                    5,
                    &json!([{"cell_type": "code", "source": "", "outputs": [{"output_type": "stream"}]}]),
                ),
                "cell 1: output 1: `text` is null",
            ),
        ];
        for (document, expected) in cases {
            let message = take_apart(document).err().unwrap();
            assert!(
                message.contains(expected),
                "{message:?} should contain {expected:?}"
            );
        }
    }
}
