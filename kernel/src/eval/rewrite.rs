//! What is changed in a cell's text before it is compiled.
//!
//! The last expression becomes `hpc::show!(…)`: evcxr would compile such a cell twice to find
//! out how to display it. A marker behind the last statement tells whether the cell got there.
//! Line numbers stay as the user wrote them.

use std::ops::Range;

use proc_macro2::{LineColumn, Span};
use syn::parse::Parser;
use syn::spanned::Spanned;
use syn::{Block, Expr, MacroDelimiter, Stmt};

/// What is put in front of a last expression.
pub(super) const SHOW: &str = "hpc::show!(";
/// What is put behind it.
pub(super) const SHOW_END: &str = ");";
const MARKER: &str = "\nhpc::host::cell_done();";

/// A cell as it is compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rewritten {
    pub(super) code: String,
    /// Where text was inserted into a line of the user's.
    pub(super) insertion: Option<Insertion>,
    /// Whether the cell marks its end. One that consists of commands does not.
    pub(super) marked: bool,
}

/// Text that was inserted into a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Insertion {
    /// Line, from 1.
    pub(super) line: usize,
    /// Column in characters, from 1, of the first character that was moved.
    pub(super) column: usize,
    /// How far it was moved.
    pub(super) length: usize,
}

impl Insertion {
    /// The column that the user sees for one that the compiler reports.
    pub(super) fn user_column(self, line: usize, column: usize) -> usize {
        if line == self.line && column >= self.column {
            column.saturating_sub(self.length).max(self.column)
        } else {
            column
        }
    }
}

/// Prepares a cell for compilation.
pub(super) fn rewrite(cell: &str) -> Rewritten {
    let rust = without_commands(cell);
    if rust.trim().is_empty() {
        return Rewritten {
            code: cell.to_owned(),
            insertion: None,
            marked: false,
        };
    }
    let mut code = cell.trim_end().to_owned();
    let value = last_value(&rust);
    let insertion = value.map(|Value { range, start }| {
        code.insert_str(range.end, SHOW_END);
        code.insert_str(range.start, SHOW);
        Insertion {
            line: start.line,
            column: start.column + 1,
            length: SHOW.len(),
        }
    });
    code.push_str(MARKER);
    Rewritten {
        code,
        insertion,
        marked: true,
    }
}

/// The lines in front of the code that evcxr takes as commands.
pub(super) fn commands(cell: &str) -> impl Iterator<Item = &str> {
    cell.lines()
        .map(str::trim_start)
        .take_while(|line| is_command(line) || is_blank(line))
        .filter(|line| is_command(line))
}

fn is_command(line: &str) -> bool {
    line.starts_with([':', '!'])
}

fn is_blank(line: &str) -> bool {
    line.is_empty() || line.starts_with("//")
}

/// Blanks the lines in front of the code that start with `:` or `!`, which evcxr takes as
/// commands.
fn without_commands(cell: &str) -> String {
    let mut in_code = false;
    let mut rust = String::with_capacity(cell.len());
    for line in cell.split_inclusive('\n') {
        let text = line.trim();
        let command = is_command(text);
        in_code |= !(command || is_blank(text));
        if command && !in_code {
            // Byte for byte, so that offsets stay valid.
            rust.extend(
                line.bytes()
                    .map(|byte| if byte == b'\n' { '\n' } else { ' ' }),
            );
        } else {
            rust.push_str(line);
        }
    }
    if !in_code {
        return String::new();
    }
    rust
}

struct Value {
    range: Range<usize>,
    start: LineColumn,
}

/// The expression at the end of a cell whose value is its result.
fn last_value(rust: &str) -> Option<Value> {
    let statements = Block::parse_within.parse_str(rust).ok()?;
    let span: Span = match statements.last()? {
        Stmt::Expr(expression, None) if has_value(expression) => expression.span(),
        Stmt::Macro(call) if call.semi_token.is_none() => match call.mac.delimiter {
            // Braces are for macros that define something.
            MacroDelimiter::Brace(_) => return None,
            _ => call.mac.span(),
        },
        _ => return None,
    };
    Some(Value {
        range: span.byte_range(),
        start: span.start(),
    })
}

fn has_value(expression: &Expr) -> bool {
    !matches!(
        expression,
        Expr::ForLoop(_)
            | Expr::While(_)
            | Expr::Assign(_)
            | Expr::Return(_)
            | Expr::Break(_)
            | Expr::Continue(_)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(cell: &str) -> String {
        rewrite(cell).code
    }

    #[test]
    fn a_last_expression_is_shown_in_its_line() {
        let rewritten = rewrite("let x = 1;\nx + 1 // more");
        assert_eq!(
            rewritten.code,
            "let x = 1;\nhpc::show!(x + 1); // more\nhpc::host::cell_done();"
        );
        let insertion = rewritten.insertion.unwrap();
        assert_eq!((insertion.line, insertion.column), (2, 1));
        assert_eq!(insertion.user_column(2, SHOW.len() + 5), 5);
        assert_eq!(insertion.user_column(1, 9), 9);
    }

    #[test]
    fn statements_are_left_alone() {
        for cell in [
            "let x = 1;",
            "fn f() {}",
            "x = 3",
            "for _ in 0..3 {}",
            "x;",
            "struct S;",
        ] {
            assert_eq!(code(cell), format!("{cell}{MARKER}"), "{cell}");
        }
    }

    #[test]
    fn macros_blocks_and_early_returns_have_values() {
        assert!(code("vec![1, 2]").starts_with("hpc::show!(vec![1, 2]);"));
        assert!(code("if a { 1 } else { 2 }").starts_with("hpc::show!(if a"));
        assert!(code("f()?").starts_with("hpc::show!(f()?);"));
        assert!(code("é.len()").starts_with("hpc::show!(é.len());"));
        assert_eq!(
            code("thread_local! { static A: u8 = 1; }")
                .matches("show!")
                .count(),
            0
        );
    }

    #[test]
    fn commands_stay_in_front_and_code_behind_them_is_found() {
        let rewritten = rewrite(":dep libm = \"0.2\" # é\nlibm::sin(1.0)");
        assert!(
            rewritten.code.starts_with(":dep libm"),
            "{}",
            rewritten.code
        );
        assert!(
            rewritten.code.contains("\nhpc::show!(libm::sin(1.0));\n"),
            "{}",
            rewritten.code
        );
        assert!(!rewrite(":vars").marked);
        assert!(!rewrite("// nothing\n").marked);
    }

    #[test]
    fn commands_are_found_in_front_of_the_code_only() {
        let found: Vec<_> = commands(":vars\n\n// note\n!ls\nlet a = 1;\n:quit").collect();
        assert_eq!(found, [":vars", "!ls"]);
    }

    #[test]
    fn what_does_not_parse_is_left_to_the_compiler() {
        assert_eq!(code("1 + ;"), format!("1 + ;{MARKER}"));
    }
}
