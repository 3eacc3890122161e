//! From text to tokens, and how a mistake in the text is shown.

use std::ops::Range;

use num_complex::Complex;

use crate::array::dtype::Scalar;
use crate::error::Error;

/// Bytes of an expression. A longer one is refused, which bounds what a parse costs.
const LONGEST: usize = 1 << 16;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token<'a> {
    Number(Scalar),
    Name(&'a str),
    /// An operator or a bracket.
    Symbol(&'static str),
    End,
}

/// A token and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Placed<'a> {
    pub(super) token: Token<'a>,
    pub(super) place: Range<usize>,
}

/// Longer ones before those that they begin with.
const SYMBOLS: [&str; 26] = [
    "**", "//", "<<", ">>", "<=", ">=", "==", "!=", "+", "-", "*", "/", "%", "~", "&", "|", "^",
    "<", ">", "(", ")", ",", "=", ".", "[", "]",
];

/// An error with the expression and a mark under the place.
pub(super) fn mistake(text: &str, place: Range<usize>, message: impl AsRef<str>) -> Error {
    let start = text[..place.start].rfind('\n').map_or(0, |at| at + 1);
    let end = text[place.start..]
        .find('\n')
        .map_or(text.len(), |at| place.start + at);
    // A long line is shown around the place.
    let before: Vec<char> = text[start..place.start].chars().collect();
    let skipped = before.len().saturating_sub(60);
    let before: String = before[skipped..].iter().collect();
    let marked = text[place.start..place.end.clamp(place.start, end)].chars();
    let marked = marked.count().clamp(1, 40);
    let rest: String = text[place.start..end].chars().take(60).collect();
    let line: String = format!("{before}{rest}").replace('\t', " ");
    let indent = " ".repeat(before.chars().count());
    let message = format!(
        "{}\n  {line}\n  {indent}{}",
        message.as_ref(),
        "^".repeat(marked)
    );
    Error::argument("evaluate", message)
}

/// All tokens of an expression, with [`Token::End`] as the last.
pub(super) fn tokens(text: &str) -> Result<Vec<Placed<'_>>, Error> {
    if text.len() > LONGEST {
        let message = format!(
            "the expression has {} bytes; {LONGEST} is the most",
            text.len()
        );
        return Err(Error::argument("evaluate", message));
    }
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(next) = text[at..].chars().next() {
        if next.is_whitespace() {
            at += next.len_utf8();
            continue;
        }
        let (token, len) = token(text, at, next)?;
        let place = at..at + len;
        at += len;
        tokens.push(Placed { token, place });
    }
    let place = text.len()..text.len();
    tokens.push(Placed {
        token: Token::End,
        place,
    });
    Ok(tokens)
}

/// The token that begins at a place with the character `next`, and its length.
fn token(text: &str, at: usize, next: char) -> Result<(Token<'_>, usize), Error> {
    let rest = &text[at..];
    let is_fraction = next == '.' && rest[1..].starts_with(|c: char| c.is_ascii_digit());
    if next.is_ascii_digit() || is_fraction {
        return number(text, at);
    }
    if next.is_alphabetic() || next == '_' {
        let len = rest
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        return Ok((Token::Name(&rest[..len]), len));
    }
    for wrong in ["&&", "||"] {
        if rest.starts_with(wrong) {
            let message = format!("write `{}` for `{wrong}`", &wrong[1..]);
            return Err(mistake(text, at..at + 2, message));
        }
    }
    if let Some(symbol) = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)) {
        return Ok((Token::Symbol(symbol), symbol.len()));
    }
    let message = match next {
        '\'' | '"' => "there are no strings in expressions".to_owned(),
        '!' => "write `~` for `not`, and `!=` for `not equal`".to_owned(),
        '@' => "matrices are multiplied outside of the expression".to_owned(),
        _ => format!("{next:?} is no part of an expression"),
    };
    Err(mistake(text, at..at + next.len_utf8(), message))
}

/// A number as Python writes them: `12`, `1_000`, `0xff`, `1.5e-3`, `2j`.
fn number(text: &str, at: usize) -> Result<(Token<'_>, usize), Error> {
    let rest = &text[at..];
    let bytes = rest.as_bytes();
    let digits = |from: usize| {
        let tail = &bytes[from.min(bytes.len())..];
        tail.iter()
            .take_while(|byte| byte.is_ascii_digit() || **byte == b'_')
            .count()
    };
    let radix = match bytes.get(..2) {
        Some(b"0x" | b"0X") => Some(16),
        Some(b"0o" | b"0O") => Some(8),
        Some(b"0b" | b"0B") => Some(2),
        _ => None,
    };
    let word = |from: usize| {
        let is_word = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_';
        from + bytes[from..].iter().take_while(is_word).count()
    };
    if let Some(radix) = radix {
        let len = word(2);
        let value = u64::from_str_radix(&rest[2..len].replace('_', ""), radix);
        let refusal = |_| {
            mistake(
                text,
                at..at + len,
                format!("not a 64-bit number of base {radix}"),
            )
        };
        return Ok((Token::Number(integer(value.map_err(refusal)?)), len));
    }
    let mut len = digits(0);
    let mut is_integer = true;
    if bytes.get(len) == Some(&b'.') {
        is_integer = false;
        len += 1;
        len += digits(len);
    }
    if matches!(bytes.get(len), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(len + 1), Some(b'+' | b'-')));
        let exponent = digits(len + 1 + sign);
        if exponent > 0 {
            is_integer = false;
            len += 1 + sign + exponent;
        }
    }
    let written = rest[..len].replace('_', "");
    let end = word(len);
    let is_imaginary = matches!(&rest[len..end], "j" | "J");
    if end > len && !is_imaginary {
        let message = format!("`{}` is no number", &rest[..end]);
        return Err(mistake(text, at..at + end, message));
    }
    if is_integer && !is_imaginary {
        let refusal = |_| {
            let message =
                format!("{written} is too large for an integer; write it as `{written}.0`");
            mistake(text, at..at + len, message)
        };
        let value = written.parse().map_err(refusal)?;
        return Ok((Token::Number(integer(value)), len));
    }
    let Ok(value) = written.parse() else {
        let message = format!("`{}` is no number", &rest[..end]);
        return Err(mistake(text, at..at + end, message));
    };
    let scalar = if is_imaginary {
        Scalar::Complex(Complex::new(0.0, value))
    } else {
        Scalar::Float(value)
    };
    Ok((Token::Number(scalar), end))
}

fn integer(value: u64) -> Scalar {
    i64::try_from(value).map_or(Scalar::Uint(value), Scalar::Int)
}
