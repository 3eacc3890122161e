//! Turns what evcxr and the compiler report into errors that speak of the user's cell.

use std::fmt::Write;

use evcxr::CompilationError;

use super::rewrite::Insertion;
use crate::engine::CellError;

const RED: &str = "\u{1b}[1;31m";
const BLUE: &str = "\u{1b}[1;34m";
const CYAN: &str = "\u{1b}[1;36m";
const BOLD: &str = "\u{1b}[1m";
const RESET: &str = "\u{1b}[0m";

/// An error of the compiler, in the places that the user knows.
pub(super) fn compile_error(
    errors: &[CompilationError],
    cell: &str,
    number: u32,
    insertion: Option<Insertion>,
) -> CellError {
    let lines: Vec<&str> = cell.lines().collect();
    let mut shown: Vec<&CompilationError> = errors
        .iter()
        .filter(|error| error.level() == "error")
        .collect();
    if shown.is_empty() {
        shown = errors.iter().collect();
    }
    // One mistake in a macro is reported once per place where its argument is used.
    let mut texts: Vec<String> = Vec::new();
    for error in &shown {
        let text = render(error, &lines, number, insertion);
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    let value = shown.first().map_or_else(
        || "the cell does not compile".to_owned(),
        |error| title(error),
    );
    CellError {
        name: "CompileError".to_owned(),
        value,
        traceback: texts.join("\n\n").lines().map(str::to_owned).collect(),
    }
}

fn title(error: &CompilationError) -> String {
    match error.code() {
        Some(code) => format!("{} [{code}]", error.message()),
        None => error.message(),
    }
}

fn render(
    error: &CompilationError,
    lines: &[&str],
    number: u32,
    insertion: Option<Insertion>,
) -> String {
    let mut text = match error.code() {
        Some(code) => format!(
            "{RED}error[{code}]{RESET}{BOLD}: {}{RESET}",
            error.message()
        ),
        None => format!("{RED}error{RESET}{BOLD}: {}{RESET}", error.message()),
    };
    let mut spans: Vec<_> = error
        .spanned_messages()
        .iter()
        .filter_map(|message| message.span.map(|span| (span, message)))
        // The marker's line lies behind the cell's last.
        .filter(|(span, _)| span.start_line <= lines.len())
        .collect();
    spans.sort_by_key(|(span, message)| (!message.is_primary, span.start_line));
    for (index, (span, message)) in spans.iter().enumerate() {
        let column = |line, column| {
            insertion.map_or(column, |insertion| insertion.user_column(line, column))
        };
        let start = column(span.start_line, span.start_column);
        let line = lines[span.start_line - 1];
        let end = if span.end_line == span.start_line {
            column(span.end_line, span.end_column)
        } else {
            line.chars().count() + 1
        };
        let gutter = span.start_line.to_string();
        let blank = " ".repeat(gutter.len());
        let arrow = if index == 0 { "-->" } else { ":::" };
        let (mark, colour) = if message.is_primary {
            ("^", RED)
        } else {
            ("-", BLUE)
        };
        let underline = mark.repeat(end.saturating_sub(start).max(1));
        let label = if message.label.starts_with("error: ") {
            ""
        } else {
            message.label.as_str()
        };
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "\n{blank}{BLUE}{arrow}{RESET} In [{number}]:{}:{start}\n{blank} {BLUE}|{RESET}\n\
             {BLUE}{gutter} |{RESET} {line}\n{blank} {BLUE}|{RESET} {}{colour}{underline} {label}{RESET}",
            span.start_line,
            " ".repeat(start.saturating_sub(1)),
        );
    }
    for help in error.help() {
        let _ = write!(text, "\n{CYAN}help{RESET}: {help}");
    }
    if let Some(hint) = error.evcxr_extra_hint() {
        let _ = write!(text, "\n{CYAN}note{RESET}: {hint}");
    }
    text
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
    place: Option<(u32, usize)>,
    frames: &[String],
) -> CellError {
    let mut text = format!("{RED}Panic{RESET}: {message}");
    if let Some((cell, line)) = place {
        let _ = write!(text, "\n {BLUE}-->{RESET} In [{cell}], line {line}");
    }
    if !frames.is_empty() {
        let _ = write!(text, "\n {BLUE}in{RESET} {}", frames.join(" ← "));
    }
    CellError {
        name: "Panic".to_owned(),
        value: message.lines().next().unwrap_or_default().to_owned(),
        traceback: text.lines().map(str::to_owned).collect(),
    }
}
