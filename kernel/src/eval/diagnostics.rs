//! Turns what the compiler says into words about the user's cells.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Patch, Renderer, Snippet};
use ferrolab_cell::{CellText, Mark, Place, Source};
use serde::Deserialize;

use crate::engine::CellError;

const RED: &str = "\u{1b}[1;31m";
const BLUE: &str = "\u{1b}[1;34m";
const RESET: &str = "\u{1b}[0m";

/// Something that the compiler says.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Diagnostic {
    pub(super) message: String,
    code: Option<Code>,
    level: String,
    pub(super) spans: Vec<Span>,
    pub(super) children: Vec<Diagnostic>,
}

#[derive(Clone, Debug, Deserialize)]
struct Code {
    code: String,
}

/// A part of the source that it speaks of.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Span {
    byte_start: usize,
    byte_end: usize,
    is_primary: bool,
    label: Option<String>,
    pub(super) suggested_replacement: Option<String>,
    expansion: Option<Box<Expansion>>,
    file_name: String,
}

#[derive(Clone, Debug, Deserialize)]
struct Expansion {
    span: Span,
}

impl Span {
    pub(super) fn range(&self) -> Range<usize> {
        self.byte_start..self.byte_end
    }

    /// The place where a macro was called, if this is inside of one that another crate defines.
    fn in_source(&self) -> &Self {
        let mut span = self;
        while !span.is_of_a_cell()
            && let Some(expansion) = &span.expansion
        {
            span = &expansion.span;
        }
        span
    }

    /// Whether it is in the compiled source and not in another crate's. The compiler runs in a folder
    /// with a number for a name; the standard library has a `cell.rs` too.
    fn is_of_a_cell(&self) -> bool {
        let Some(folder) = self.file_name.strip_suffix("/cell.rs") else {
            return false;
        };
        let name = folder.rsplit('/').next().unwrap_or_default();
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit())
    }

    /// Its bytes in the compiled source.
    fn in_source_range(&self) -> Option<Range<usize>> {
        let span = self.in_source();
        span.is_of_a_cell().then(|| span.range())
    }
}

/// Reads the compiler's messages, one JSON object per line.
pub(super) fn read(messages: &str) -> Vec<Diagnostic> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}

impl Diagnostic {
    pub(super) fn is_error(&self) -> bool {
        self.level.starts_with("error")
    }

    pub(super) fn is_warning(&self) -> bool {
        self.level == "warning"
    }

    pub(super) fn code(&self) -> &str {
        self.code.as_ref().map_or("", |code| &code.code)
    }

    /// The path, without `::` in front, that it is about.
    pub(super) fn path_at<'a>(&self, source: &'a Source) -> Option<&'a str> {
        let span = self.spans.iter().find(|span| span.is_primary)?;
        let (range, code) = (span.in_source_range()?, source.code());
        let in_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
        let start = code.get(..range.start)?.trim_end_matches(in_path).len();
        let rest = code.get(range.end..)?;
        let end = code.len() - rest.trim_start_matches(in_path).len();
        Some(code.get(start..end)?.trim_start_matches("::"))
    }

    /// What the generated text that it is about stands for.
    pub(super) fn mark<'a>(&self, source: &'a Source) -> Option<&'a Mark> {
        self.spans
            .iter()
            .filter(|span| span.is_primary)
            .find_map(|span| source.mark(&span.in_source_range()?))
    }

    /// What it is about, if the user wrote that.
    pub(super) fn primary_place(&self, source: &Source) -> Option<Place> {
        let mut spans: Vec<&Span> = self.spans.iter().collect();
        // A mistake may show up behind the user's text, with its cause in it.
        spans.sort_by_key(|span| !span.is_primary);
        spans.into_iter().find_map(|span| place(span, source))
    }

    fn is_about_cells(&self, source: &Source) -> bool {
        self.primary_place(source).is_some()
    }

    fn title(&self) -> String {
        match self.code() {
            "" => self.message.clone(),
            code => format!("{} [{code}]", self.message),
        }
    }

    /// Says what to write where an array meets a number of a type that arrays do not compute with, or is
    /// compared by a sign, in the place of what the compiler guesses.
    pub(super) fn help_with_arrays(&mut self) {
        let message = if let Some(number) = self.number_beside_array() {
            format!(
                "arrays compute with `f64`, `i64` and `Complex<f64>`, not with `{number}`: write `… as f64` \
                 or `… as i64`, or give the number that type where it is made, as in `2.0` and `2_i64`"
            )
        } else if let Some((sign, method)) = self.comparison_of_arrays() {
            format!(
                "`{sign}` gives one answer, and arrays give one for each element: write `….{method}(…)`"
            )
        } else {
            return;
        };
        self.children = vec![Self {
            message,
            code: None,
            level: "help".to_owned(),
            spans: Vec::new(),
            children: Vec::new(),
        }];
    }

    fn number_beside_array(&self) -> Option<String> {
        const NUMBERS: [&str; 12] = [
            "i8", "i16", "i32", "i128", "isize", "u8", "u16", "u32", "u64", "u128", "usize", "f32",
        ];
        if self.code() != "E0277" || !self.message.starts_with("cannot ") {
            return None;
        }
        let quoted = self.message.split('`').skip(1).step_by(2);
        let types: Vec<&str> = quoted.map(|ty| ty.trim_start_matches('&')).collect();
        match types[..] {
            [array, number] | [number, array] if is_array(array) && NUMBERS.contains(&number) => {
                Some(number.to_owned())
            }
            _ => None,
        }
    }

    /// The sign by which arrays are compared, and the method to use instead.
    fn comparison_of_arrays(&self) -> Option<(&'static str, &'static str)> {
        const METHODS: [(&str, &str); 6] = [
            ("<", "lt"),
            ("<=", "le"),
            (">", "gt"),
            (">=", "ge"),
            ("==", "eq"),
            ("!=", "ne"),
        ];
        let rest = self.message.strip_prefix("binary operation `")?;
        let (sign, rest) = rest.split_once('`')?;
        let ty = rest.rsplit('`').nth(1)?.trim_start_matches('&');
        is_array(ty)
            .then(|| METHODS.into_iter().find(|(known, _)| *known == sign))
            .flatten()
    }

    /// The variable whose value cannot be kept because it borrows from another one, with its name.
    fn borrower<'a>(&self, source: &'a Source) -> Option<&'a str> {
        const BORROWS: [&str; 9] = [
            "E0597", "E0716", "E0521", "E0373", "E0505", "E0310", "E0700", "E0502", "E0506",
        ];
        if !BORROWS.contains(&self.code()) {
            return None;
        }
        self.spans
            .iter()
            .filter_map(|span| source.mark(&span.in_source_range()?))
            .find_map(|mark| match mark {
                Mark::Store(name) => Some(name.as_str()),
                _ => None,
            })
    }
}

/// Whether a type is `hpc`'s array, which cells see by the crate of their items too.
fn is_array(ty: &str) -> bool {
    matches!(ty, "hpc::Array" | "cells::Array" | "Array")
}

fn place(span: &Span, source: &Source) -> Option<Place> {
    source.place(span.in_source_range()?)
}

/// An error of the compiler, in the places that the user knows. `notes` are added at its end.
pub(super) fn compile_error(
    diagnostics: &[Diagnostic],
    source: &Source,
    notes: &[String],
) -> CellError {
    let errors: Vec<&Diagnostic> = diagnostics.iter().filter(|said| said.is_error()).collect();
    // The last words, "aborting due to …", are about nothing.
    let mut shown: Vec<&Diagnostic> = errors
        .iter()
        .copied()
        .filter(|error| error.is_about_cells(source))
        .collect();
    if shown.is_empty() {
        shown = errors
            .iter()
            .copied()
            .filter(|error| !error.message.starts_with("aborting due to"))
            .collect();
    }
    if shown.iter().any(|error| error.code() == "E0597") {
        // The same mistake from the other end: what a kept reference points to is kept, too.
        shown.retain(|error| error.code() != "E0505" || error.mark(source).is_none());
    }
    let mut texts: Vec<String> = Vec::new();
    for error in &shown {
        let text = match error.borrower(source) {
            Some(name) => borrowed(error, name, source),
            None => render(error, source),
        };
        // One mistake in a macro is reported once per place where its argument is used.
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    texts.extend(
        notes
            .iter()
            .map(|note| format!("{BLUE}note{RESET}: {note}")),
    );
    let value = shown.first().map_or_else(
        || "the cell does not compile".to_owned(),
        |error| error.title(),
    );
    CellError {
        name: "CompileError".to_owned(),
        value,
        traceback: texts.join("\n\n").lines().map(str::to_owned).collect(),
    }
}

/// A variable cannot outlive its cell because it borrows from something that does not.
fn borrowed(error: &Diagnostic, name: &str, source: &Source) -> String {
    let mut text = render(error, source);
    let _ = write!(
        text,
        "\n{BLUE}note{RESET}: variables live on after their cell, and a reference to another \
         variable cannot: it is `{name}` here.\n\
         {BLUE}help{RESET}: keep the value itself (`.clone()`, `.to_vec()`, `.to_owned()`), give it a \
         place that stays (`let {name} = keep(…);`), or wrap the statements in `{{ … }}` if the \
         variable is for this cell only"
    );
    text
}

/// Warnings about the text of cell `number`, rendered. Those about earlier cells were told with them,
/// and the variables whose names begin at the bytes `kept` are for the cells that follow.
pub(super) fn warnings(
    diagnostics: &[Diagnostic],
    source: &Source,
    number: u32,
    kept: &BTreeSet<usize>,
) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    for warning in diagnostics.iter().filter(|said| said.is_warning()) {
        let Some(place) = warning.primary_place(source) else {
            continue;
        };
        let is_kept = warning.code() == "unused_variables" && kept.contains(&place.range.start);
        if place.cell.number != number || is_kept {
            continue;
        }
        let text = render(warning, source);
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    texts
}

/// The compiler's own look, with the cell as the file.
fn render(diagnostic: &Diagnostic, source: &Source) -> String {
    let level = if diagnostic.is_error() {
        Level::ERROR
    } else {
        Level::WARNING
    };
    let mut title = level.primary_title(diagnostic.message.as_str());
    if !diagnostic.code().is_empty() && diagnostic.code().starts_with('E') {
        title = title.id(diagnostic.code());
    }
    let mut groups = vec![with_snippets(
        Group::with_title(title),
        &diagnostic.spans,
        source,
    )];
    for child in &diagnostic.children {
        let suggests = child
            .spans
            .iter()
            .any(|span| span.suggested_replacement.is_some());
        let about_cells = child.spans.iter().any(|span| place(span, source).is_some());
        if !child.spans.is_empty() && !about_cells || child.message.contains("#[warn(") {
            continue;
        }
        let level = match child.level.as_str() {
            "help" => Level::HELP,
            _ => Level::NOTE,
        };
        if suggests {
            let group = Group::with_title(level.secondary_title(child.message.as_str()));
            groups.push(with_patches(group, &child.spans, source));
        } else if child.spans.is_empty() {
            if let Some(first) = groups.pop() {
                groups.push(first.element(level.message(child.message.as_str())));
            }
        } else {
            let group = Group::with_title(level.secondary_title(child.message.as_str()));
            groups.push(with_snippets(group, &child.spans, source));
        }
    }
    Renderer::styled().render(&groups)
}

/// The cells that spans are in, in the order of the spans.
fn cells_of(spans: &[Span], source: &Source) -> Vec<Arc<CellText>> {
    let mut cells: Vec<Arc<CellText>> = Vec::new();
    for place in spans.iter().filter_map(|span| place(span, source)) {
        if !cells.iter().any(|cell| Arc::ptr_eq(cell, &place.cell)) {
            cells.push(place.cell);
        }
    }
    cells
}

fn file_name(cell: &CellText) -> String {
    format!("In [{}]", cell.number)
}

fn with_snippets<'a>(mut group: Group<'a>, spans: &'a [Span], source: &Source) -> Group<'a> {
    let only_secondary = !spans
        .iter()
        .any(|span| span.is_primary && place(span, source).is_some());
    for cell in cells_of(spans, source) {
        let mut snippet = Snippet::source(cell.text.clone())
            .path(file_name(&cell))
            .fold(true);
        let mut seen = BTreeSet::new();
        for span in spans {
            let Some(place) = place(span, source).filter(|place| Arc::ptr_eq(&place.cell, &cell))
            else {
                continue;
            };
            let kind = if span.is_primary || only_secondary {
                AnnotationKind::Primary
            } else {
                AnnotationKind::Context
            };
            if seen.insert((place.range.start, place.range.end, span.is_primary)) {
                snippet = snippet.annotation(kind.span(place.range).label(span.label.as_deref()));
            }
        }
        group = group.element(snippet);
    }
    group
}

fn with_patches<'a>(mut group: Group<'a>, spans: &'a [Span], source: &Source) -> Group<'a> {
    for cell in cells_of(spans, source) {
        let mut snippet = Snippet::source(cell.text.clone())
            .path(file_name(&cell))
            .fold(true);
        for span in spans {
            let (Some(place), Some(replacement)) =
                (place(span, source), &span.suggested_replacement)
            else {
                continue;
            };
            if Arc::ptr_eq(&place.cell, &cell) {
                snippet = snippet.patch(Patch::new(place.range, replacement.as_str()));
            }
        }
        group = group.element(snippet);
    }
    group
}

/// An error without a place in the cell.
pub(super) fn plain_error(name: &str, message: &str) -> CellError {
    let message = message.trim();
    CellError {
        name: name.to_owned(),
        value: message.lines().next().unwrap_or_default().to_owned(),
        traceback: format!("{RED}{name}{RESET}: {message}")
            .lines()
            .map(str::to_owned)
            .collect(),
    }
}

/// A panic in the cell.
pub(super) fn panic_error(
    message: &str,
    place: Option<&Place>,
    frames: &[(&str, Place)],
) -> CellError {
    let mut text = format!("{RED}Panic{RESET}: {message}");
    if let Some(place) = place {
        let line = place.line();
        let written = place.cell.text.lines().nth(line - 1).unwrap_or_default();
        let margin = " ".repeat(line.to_string().len());
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "\n{margin}{BLUE}-->{RESET} In [{}], line {line}\n{margin} {BLUE}|{RESET}\n\
             {BLUE}{line} |{RESET} {written}",
            place.cell.number
        );
    }
    // The way from the cell to the panic, the panic first.
    for (function, place) in frames {
        let _ = write!(
            text,
            "\n  {BLUE}in{RESET} {function}, In [{}], line {}",
            place.cell.number,
            place.line()
        );
    }
    CellError {
        name: "Panic".to_owned(),
        value: message.lines().next().unwrap_or_default().to_owned(),
        traceback: text.lines().map(str::to_owned).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::Diagnostic;

    fn said(message: &str) -> Diagnostic {
        let said = format!(
            r#"{{"message": "{message}", "code": {{"code": "E0277"}}, "level": "error", "spans": [],
            "children": []}}"#
        );
        serde_json::from_str(&said).unwrap()
    }

    #[test]
    fn comparisons_of_arrays_are_found() {
        let found = |message: &str| said(message).comparison_of_arrays();
        let one = "binary operation `>=` cannot be applied to type `&hpc::Array`";
        assert_eq!(found(one), Some((">=", "ge")));
        let other = "binary operation `>=` cannot be applied to type `cells::Point`";
        assert_eq!(found(other), None);
    }

    #[test]
    fn numbers_beside_arrays_are_found() {
        let number = |message: &str| said(message).number_beside_array();
        for message in [
            "cannot multiply `&hpc::Array` by `i32`",
            "cannot add `&hpc::Array` to `i32`",
            "cannot add-assign `&i32` to `hpc::Array`",
        ] {
            assert_eq!(number(message).as_deref(), Some("i32"), "{message}");
        }
        for message in [
            "cannot multiply `i64` by `i32`",
            "cannot add `&str` to `hpc::Array`",
            "the trait bound `hpc::Array: From<i32>` is not satisfied",
        ] {
            assert_eq!(number(message), None, "{message}");
        }
    }

    #[test]
    fn places_in_other_files_are_not_places_in_cells() {
        for (file, wanted) in [
            ("/tmp/s/cells/12/cell.rs", Some(3..5)),
            ("/rustc/abc/library/core/src/cell.rs", None),
            ("hpc-lib/src/host/interrupt.rs", None),
        ] {
            let said = format!(
                r#"{{"message": "m", "code": null, "level": "error", "children": [], "spans":
                [{{"byte_start": 3, "byte_end": 5, "is_primary": true, "label": null,
                "suggested_replacement": null, "expansion": null, "file_name": "{file}"}}]}}"#
            );
            let said: Diagnostic = serde_json::from_str(&said).unwrap();
            assert_eq!(said.spans[0].in_source_range(), wanted, "{file}");
        }
    }
}
