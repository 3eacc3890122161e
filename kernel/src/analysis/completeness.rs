//! Whether a text is a whole cell.

use proc_macro2::LexError;
use syn::parse::Parser;
use syn::{Block, Stmt};

use crate::engine::Completeness;

const INDENT: &str = "    ";

/// Decides whether `code` can be run, needs more text, or cannot become valid.
pub(super) fn completeness(code: &str) -> Completeness {
    let rust: String = code
        .lines()
        .filter(|line| !line.trim_start().starts_with([':', '!']))
        .flat_map(|line| [line, "\n"])
        .collect();
    let open = match open_delimiters(&rust) {
        Scan::Open(open) => open,
        Scan::Mismatch => return Completeness::Invalid,
    };
    if open > 0 {
        return Completeness::Incomplete {
            indent: INDENT.repeat(open),
        };
    }
    let tokens: Result<proc_macro2::TokenStream, LexError> = rust.parse();
    if tokens.is_err() {
        return Completeness::Invalid;
    }
    let parsed: syn::Result<Vec<Stmt>> = Block::parse_within.parse_str(&rust);
    match parsed {
        Ok(_) => Completeness::Complete,
        // The parser stopped because there was no more, not because of something it met.
        Err(error) if error.to_string().starts_with("unexpected end of input") => {
            Completeness::Incomplete {
                indent: String::new(),
            }
        }
        Err(_) => Completeness::Invalid,
    }
}

enum Scan {
    /// Number of brackets, strings and comments that are not closed.
    Open(usize),
    /// A bracket closes one of another kind, or none.
    Mismatch,
}

/// Counts what is open at the end. Strings and comments hide brackets.
fn open_delimiters(rust: &str) -> Scan {
    let bytes = rust.as_bytes();
    let mut stack = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let skipped = if rest.starts_with(b"//") {
            rest.iter().position(|&byte| byte == b'\n')
        } else if rest.starts_with(b"/*") {
            block_comment(rest)
        } else if rest[0] == b'"' {
            string(rest)
        } else if rest[0] == b'\'' {
            Some(character(rest))
        } else if rest[0] == b'r' {
            match raw_string(bytes, at) {
                Raw::Absent => Some(1),
                Raw::Closed(length) => Some(length),
                Raw::Open => None,
            }
        } else {
            match rest[0] {
                b'(' => stack.push(b')'),
                b'[' => stack.push(b']'),
                b'{' => stack.push(b'}'),
                b')' | b']' | b'}' if stack.pop() != Some(rest[0]) => return Scan::Mismatch,
                _ => {}
            }
            Some(1)
        };
        match skipped {
            Some(length) => at += length,
            None if rest.starts_with(b"//") => break,
            None => return Scan::Open(stack.len() + 1),
        }
    }
    Scan::Open(stack.len())
}

fn block_comment(rest: &[u8]) -> Option<usize> {
    let mut depth = 0;
    let mut at = 0;
    while at + 1 < rest.len() {
        match &rest[at..at + 2] {
            b"/*" => depth += 1,
            b"*/" => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

fn string(rest: &[u8]) -> Option<usize> {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 2,
            b'"' => return Some(at + 1),
            _ => at += 1,
        }
    }
    None
}

/// What stands at a place where a raw string may begin.
enum Raw {
    /// Something else.
    Absent,
    /// A raw string that is closed after so many bytes.
    Closed(usize),
    /// A raw string without its end.
    Open,
}

fn raw_string(bytes: &[u8], at: usize) -> Raw {
    let after_name = at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_');
    if bytes[at] != b'r' || (after_name && bytes[at - 1] != b'b' && bytes[at - 1] != b'c') {
        return Raw::Absent;
    }
    let hashes = bytes[at + 1..]
        .iter()
        .take_while(|&&byte| byte == b'#')
        .count();
    if bytes.get(at + 1 + hashes) != Some(&b'"') {
        return Raw::Absent;
    }
    let mut end = vec![b'"'];
    end.resize(hashes + 1, b'#');
    let body = at + hashes + 2;
    match bytes[body..]
        .windows(end.len())
        .position(|window| window == end)
    {
        Some(length) => Raw::Closed(body - at + length + end.len()),
        None => Raw::Open,
    }
}

/// A character literal or a lifetime.
fn character(rest: &[u8]) -> usize {
    if rest.get(1) == Some(&b'\\') {
        return rest[3.min(rest.len())..]
            .iter()
            .position(|&byte| byte == b'\'')
            .map_or(1, |end| end + 4);
    }
    let text = String::from_utf8_lossy(&rest[1..rest.len().min(6)]);
    let mut characters = text.char_indices();
    match (characters.next(), characters.next()) {
        (Some(_), Some((end, '\''))) => end + 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_cells_are_complete() {
        for code in [
            "1 + 1",
            "let x = 1;",
            "fn f() {}",
            "\"{\"",
            "'{'",
            "'\\''",
            "r#\"{\"#",
            "// {",
            "/* { /* */ */ 1",
            "let f = |x: &'static str| x.len();",
            ":dep serde\nlet a = 1;",
            "",
        ] {
            assert_eq!(completeness(code), Completeness::Complete, "{code}");
        }
    }

    #[test]
    fn unfinished_cells_ask_for_more() {
        for (code, depth) in [
            ("fn f() {", 1),
            ("f(|x| {", 2),
            ("\"a", 1),
            ("r#\"a\"", 1),
            ("/* a", 1),
            ("let x =", 0),
        ] {
            let indent = INDENT.repeat(depth);
            assert_eq!(
                completeness(code),
                Completeness::Incomplete { indent },
                "{code}"
            );
        }
    }

    #[test]
    fn nonsense_is_invalid() {
        for code in [")", "fn f( {]", "let let = 3;", "1 + ;"] {
            assert_eq!(completeness(code), Completeness::Invalid, "{code}");
        }
    }
}
