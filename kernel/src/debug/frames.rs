//! What the debugger says of the generated sources, in the words of cells.

use std::path::Path;

use serde_json::{Value, json};

use super::places::{CellPlace, Places};

/// How the names of functions begin that run cells.
const CELL_FUNCTION: &str = "ferrolab_cell";

/// Where every panic comes by, in the standard library.
pub(super) const PANIC_FUNCTION: &str = "std::panicking::panic_with_hook";

/// The line of a cell that a stack frame is in.
pub(super) fn place<'a>(frame: &Value, places: &'a Places) -> Option<&'a CellPlace> {
    let file = frame.pointer("/source/path")?.as_str()?;
    places.in_cell(Path::new(file), frame["line"].as_u64()?)
}

/// Whether a stack frame is where every panic comes by.
pub(super) fn is_panic(frame: &Value) -> bool {
    let name = frame["name"].as_str().unwrap_or_default();
    name.contains(PANIC_FUNCTION)
}

/// Whether a stack frame is in a source that the kernel wrote, be it the user's text or not.
pub(super) fn is_generated(frame: &Value, places: &Places) -> bool {
    let file = frame.pointer("/source/path").and_then(Value::as_str);
    file.is_some_and(|file| places.has_source(Path::new(file)))
}

/// The frames that are in cells, as frontends know those; all frames when none is.
pub(super) fn in_cells(frames: &[Value], places: &Places) -> Vec<Value> {
    let found: Vec<Value> = frames
        .iter()
        .filter_map(|frame| Some(in_cell(frame, place(frame, places)?)))
        .collect();
    if found.is_empty() {
        return frames.to_vec();
    }
    found
}

fn in_cell(frame: &Value, place: &CellPlace) -> Value {
    let name = frame["name"].as_str().unwrap_or_default();
    let head = format!("In [{}]", place.cell);
    json!({
        "id": frame["id"],
        "name": if name.contains(CELL_FUNCTION) { head.clone() } else { function(name).to_owned() },
        "source": { "name": head, "path": &*place.path },
        "line": place.line,
        "column": 1,
    })
}

/// A function's name as the user wrote it: without the crate, the types of its arguments and the hash
/// that the compiler ends names with.
fn function(name: &str) -> &str {
    let name = name.split('(').next().unwrap_or(name);
    // A closure, or what an `async fn` is made of, is a part of its function.
    let end = ["::{", "::_$u7b$"]
        .iter()
        .filter_map(|mark| name.find(mark))
        .min();
    let name = &name[..end.unwrap_or(name.len())];
    let name = match name.rsplit_once("::h") {
        Some((name, hash)) if hash.len() == 16 && hash.bytes().all(|b| b.is_ascii_hexdigit()) => {
            name
        }
        _ => name,
    };
    ["cells::", "cell::"]
        .iter()
        .find_map(|krate| name.strip_prefix(krate))
        .unwrap_or(name)
}

/// Whether a variable is one that the compiler has made: what a closure has captured, which is there by
/// its own names too, and the state of `.await`.
pub(super) fn is_made_up(variable: &Value) -> bool {
    matches!(
        variable["name"].as_str(),
        None | Some("<null>" | "_task_context" | "__awaitee")
    )
}

/// Says in the lines of the cell which of several variables of one name is meant. `file` is the
/// source that the stack frame is in.
pub(super) fn variable(mut variable: Value, file: &Path, places: &Places) -> Value {
    let renamed = variable["name"].as_str().and_then(|name| {
        let (name, at) = name.split_once(" @ ")?;
        let line = at.rsplit_once(':')?.1.parse().ok()?;
        let place = places.in_cell(file, line)?;
        Some(format!("{name} @ line {}", place.line))
    });
    if let Some(renamed) = renamed {
        variable["name"] = renamed.into();
    }
    variable
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};
    use std::sync::Arc;

    use ferrolab_cell::{CellText, Fragment, Source};
    use serde_json::{Value, json};

    use super::{in_cells, variable};
    use crate::debug::places::Places;

    fn places() -> Places {
        let cell = Arc::new(CellText {
            number: 7,
            text: "f();\ng();".to_owned(),
        });
        let mut source = Source::default();
        source.generated("// head\n");
        source.fragment(&Fragment {
            range: 0..cell.text.len(),
            cell,
            edits: Vec::new(),
        });
        let mut places = Places::new(Path::new("/cells"));
        places.add_source(PathBuf::from("/1/cell.rs"), &source);
        places
    }

    fn frame(name: &str, path: &str, line: u64) -> Value {
        json!({"id": line, "name": name, "source": {"path": path}, "line": line})
    }

    #[test]
    fn frames_are_told_in_the_words_of_cells() {
        let places = places();
        let frames = [
            frame("core::panicking::panic", "/rustc/core.rs", 3),
            frame("cells::g::h0123456789abcdef(i64)", "/1/cell.rs", 3),
            frame("cells::f::{closure#0}", "/1/cell.rs", 2),
            frame("cells::ferrolab_cell_1::{closure#0}", "/1/cell.rs", 2),
            frame("ferrolab_cell_1", "/1/cell.rs", 1),
        ];
        let told: Vec<_> = in_cells(&frames, &places)
            .iter()
            .map(|frame| (frame["name"].clone(), frame["line"].clone()))
            .collect();
        let expected = [("g", 2), ("f", 1), ("In [7]", 1)];
        assert_eq!(
            told,
            expected.map(|(name, line)| (json!(name), json!(line)))
        );
        assert_eq!(in_cells(&frames[..1], &places), frames[..1]);
    }

    #[test]
    fn variables_of_one_name_are_told_apart() {
        let places = places();
        let name = |name: &str| {
            let variable = variable(json!({"name": name}), Path::new("/1/cell.rs"), &places);
            variable["name"].clone()
        };
        assert_eq!(name("x"), "x");
        assert_eq!(name("x @ cell.rs:3"), "x @ line 2");
        assert_eq!(name("x @ cell.rs:1"), "x @ cell.rs:1");
    }
}
