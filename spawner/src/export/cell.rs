//! A code cell, taken apart into items and statements.

use std::collections::HashSet;
use std::ops::Range;

use proc_macro2::{TokenStream, TokenTree};
use syn::parse::Parser;
use syn::spanned::Spanned;
use syn::{Block, Item, Stmt};

use super::items::Key;

/// A part of a cell's text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// An item, with the comments in front of it.
    Item {
        /// What it defines.
        key: Key,
        /// Its text.
        text: String,
    },
    /// Statements or comments.
    Code(String),
}

/// Why a cell does not parse.
#[derive(Debug)]
pub(super) struct SyntaxError {
    pub(super) line: usize,
    pub(super) what: String,
}

/// The parts of a cell in order. Its last expression, if it has a value, is made to be shown.
pub(super) fn parts(code: &str) -> Result<Vec<Part>, SyntaxError> {
    let error = |error: syn::Error| SyntaxError {
        line: error.span().start().line,
        what: error.to_string(),
    };
    let tokens: TokenStream = code
        .parse()
        .map_err(|cause: proc_macro2::LexError| error(syn::Error::new(cause.span(), cause)))?;
    let statements = Block::parse_within.parse2(tokens).map_err(error)?;
    let mut parts = Vec::new();
    let mut end = 0;
    for (index, statement) in statements.iter().enumerate() {
        let range = statement.span().byte_range();
        let start = end;
        end = end_of_line_comment(code, range.end);
        let text = &code[start..end];
        let is_last = index + 1 == statements.len();
        let part = match statement {
            Stmt::Item(item) => Part::Item {
                key: Key::of(item),
                text: text.trim().into(),
            },
            _ => match ferrolab_cell::value(statement).filter(|_| is_last) {
                Some(value) => Part::Code(shown(code, start..end, value)),
                None => Part::Code(text.into()),
            },
        };
        parts.push(part);
    }
    if !code[end..].trim().is_empty() {
        parts.push(Part::Code(code[end..].into()));
    }
    Ok(parts)
}

/// Whether an item is a function `main`.
pub(super) fn is_main(key: &Key) -> bool {
    *key == Key::named("value", "main")
}

/// The lines, counted from 0, that start inside a literal and so must not be moved.
pub(super) fn lines_in_literals(code: &str) -> HashSet<usize> {
    fn collect(tokens: TokenStream, lines: &mut HashSet<usize>) {
        for token in tokens {
            match token {
                TokenTree::Group(group) => collect(group.stream(), lines),
                TokenTree::Literal(literal) => {
                    let span = literal.span();
                    // Lines of spans count from 1: the line after the first is the first inside.
                    lines.extend(span.start().line..span.end().line);
                }
                _ => {}
            }
        }
    }
    let mut lines = HashSet::new();
    if let Ok(tokens) = code.parse() {
        collect(tokens, &mut lines);
    }
    lines
}

fn shown(code: &str, part: Range<usize>, value: Range<usize>) -> String {
    format!(
        "{}hpc::show!({});{}",
        &code[part.start..value.start],
        &code[value.clone()],
        &code[value.end..part.end]
    )
}

/// `end`, or the end of its line if only a comment follows in it.
fn end_of_line_comment(code: &str, end: usize) -> usize {
    let line = code[end..].split('\n').next().unwrap_or_default();
    if line.trim_start().starts_with("//") {
        end + line.trim_end().len()
    } else {
        end
    }
}

/// Items other than definitions with a name, such as `impl` blocks, are what their text is.
impl Key {
    fn of(item: &Item) -> Self {
        match item {
            Item::Fn(item) => Self::named("value", &item.sig.ident.to_string()),
            Item::Const(item) => Self::named("value", &item.ident.to_string()),
            Item::Static(item) => Self::named("value", &item.ident.to_string()),
            Item::Struct(item) => Self::named("type", &item.ident.to_string()),
            Item::Enum(item) => Self::named("type", &item.ident.to_string()),
            Item::Union(item) => Self::named("type", &item.ident.to_string()),
            Item::Type(item) => Self::named("type", &item.ident.to_string()),
            Item::Trait(item) => Self::named("type", &item.ident.to_string()),
            Item::Mod(item) => Self::named("type", &item.ident.to_string()),
            Item::Macro(item) => match &item.ident {
                Some(name) => Self::named("macro", &name.to_string()),
                None => Self::Unnamed,
            },
            _ => Self::Unnamed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> Part {
        Part::Code(text.into())
    }

    #[test]
    fn items_and_statements_keep_their_comments() {
        let cell = "// about f\nfn f() -> i32 { 1 } // one\n\nlet a = f(); // a\n// é\na + 1 // shown\n// end";
        let function = Part::Item {
            key: Key::named("value", "f"),
            text: "// about f\nfn f() -> i32 { 1 } // one".into(),
        };
        assert_eq!(
            parts(cell).unwrap(),
            [
                function,
                code("\n\nlet a = f(); // a"),
                code("\n// é\nhpc::show!(a + 1); // shown"),
                code("\n// end"),
            ]
        );
    }

    #[test]
    fn only_the_last_value_is_shown() {
        for (cell, shown) in [
            ("x", true),
            ("if a { 1 } else { 2 }", true),
            ("vec![1]", true),
            ("f()?", true),
            ("x;", false),
            ("x = 1", false),
            ("for i in 0..3 { f(i) }", false),
            ("thread_local! { static A: u8 = 1; }", false),
            ("if a { f() }\nlet b = 1;", false),
        ] {
            let parts = parts(cell).unwrap();
            let text = format!("{:?}", parts.last().unwrap());
            assert_eq!(text.contains("show!"), shown, "{text}");
        }
    }

    #[test]
    fn errors_have_a_line() {
        for (cell, line) in [
            ("let a = 1;\nlet = 2;", 2),
            ("let s = \"open;\n", 1),
            ("f(\n)\n)", 3),
        ] {
            assert_eq!(parts(cell).unwrap_err().line, line, "{cell}");
        }
    }

    #[test]
    fn lines_of_literals_are_known() {
        let lines = lines_in_literals("let a = \"x\ny\nz\";\nf(r#\"\n\"#);");
        assert_eq!(lines, HashSet::from([1, 2, 4]));
    }
}
