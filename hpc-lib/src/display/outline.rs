//! What the `{:?}` text of a value tells about its structure.
//!
//! Rust has no reflection, but `derive(Debug)` and the collections of the standard library all write
//! the same few forms: `Name { field: value }`, `[item, item]`, `{key: value}`. Text that is written
//! in another way, by hand, is simply not one of them.

use std::fmt::{self, Debug, Write};

/// The structure at the outside of a value's text; what is inside stays text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outline<'a> {
    /// `Name { field: value, … }`
    Struct {
        name: &'a str,
        fields: Vec<(&'a str, &'a str)>,
    },
    /// `[item, …]`
    List(Vec<&'a str>),
    /// `{key: value, …}`
    Map(Vec<(&'a str, &'a str)>),
    /// `Some(value)`, `Ok(value)` or `Err(value)`
    Wrapped { name: &'a str, inner: &'a str },
    /// Anything else.
    Plain,
}

impl<'a> Outline<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self::structured(text).unwrap_or(Self::Plain)
    }

    fn structured(text: &'a str) -> Option<Self> {
        if let Some(items) = between(text, "[", "]") {
            return Some(Self::List(parts(items)?));
        }
        if let Some(entries) = between(text, "{", "}") {
            return Some(Self::Map(pairs(entries)?));
        }
        for name in ["Some", "Ok", "Err"] {
            if let Some(inner) = text
                .strip_prefix(name)
                .and_then(|rest| between(rest, "(", ")"))
                && parts(inner)?.len() == 1
            {
                return Some(Self::Wrapped { name, inner });
            }
        }
        let (name, rest) = text.split_once(" { ")?;
        let body = rest.strip_suffix(" }")?;
        let body = body.strip_suffix(", ..").unwrap_or(body);
        let fields = pairs(body)?;
        let is_struct = is_identifier(name) && fields.iter().all(|(field, _)| is_identifier(field));
        is_struct.then_some(Self::Struct { name, fields })
    }
}

fn between<'a>(text: &'a str, open: &str, close: &str) -> Option<&'a str> {
    text.strip_prefix(open)?.strip_suffix(close)
}

fn is_identifier(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c == '_' || c.is_alphanumeric())
}

/// What the commas outside of brackets and quotes separate; `None` when the brackets and quotes
/// do not match.
fn parts(text: &str) -> Option<Vec<&str>> {
    let mut parts = Vec::new();
    let mut begin = 0;
    let mut comma = |at: usize| {
        parts.push(&text[begin..at]);
        begin = at + ", ".len();
    };
    scan(text, ", ", &mut comma)?;
    if !text.is_empty() {
        comma(text.len());
    }
    Some(parts)
}

fn pairs(text: &str) -> Option<Vec<(&str, &str)>> {
    parts(text)?.into_iter().map(pair).collect()
}

fn pair(text: &str) -> Option<(&str, &str)> {
    let mut colon = None;
    scan(text, ": ", &mut |at| {
        colon.get_or_insert(at);
    })?;
    let colon = colon?;
    Some((&text[..colon], &text[colon + ": ".len()..]))
}

/// Calls `found` with the places of a separator outside of brackets and quotes.
fn scan(text: &str, separator: &str, found: &mut dyn FnMut(usize)) -> Option<()> {
    let bytes = text.as_bytes();
    let mut open = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => at = end_of_string(bytes, at)?,
            b'\'' => at = end_of_char(text, at),
            b'(' => open.push(b')'),
            b'[' => open.push(b']'),
            b'{' => open.push(b'}'),
            close @ (b')' | b']' | b'}') if open.pop() != Some(close) => return None,
            _ if open.is_empty() && bytes[at..].starts_with(separator.as_bytes()) => found(at),
            _ => {}
        }
        at += 1;
    }
    open.is_empty().then_some(())
}

/// The place of the quotation mark that ends a string.
fn end_of_string(bytes: &[u8], begin: usize) -> Option<usize> {
    let mut at = begin + 1;
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// The place of the mark that ends a character, or `begin` where it is only an apostrophe.
fn end_of_char(text: &str, begin: usize) -> usize {
    let rest = &text[begin + 1..];
    let mut chars = rest.char_indices();
    let end = match chars.next() {
        Some((_, '\\')) => {
            chars.next(); // What is escaped, perhaps the mark itself.
            chars.find(|(_, c)| *c == '\'')
        }
        Some(_) => chars.next().filter(|(_, c)| *c == '\''),
        None => None,
    };
    end.map_or(begin, |(at, _)| begin + 1 + at)
}

/// The first part of a value's `{:?}` text.
pub(super) struct Excerpt {
    pub(super) text: String,
    /// Whether there would be more.
    pub(super) is_cut: bool,
}

impl Excerpt {
    /// Writes no more than about `limit` bytes, however large the value.
    pub(super) fn of(value: &dyn Debug, limit: usize) -> Self {
        let mut excerpt = Limited {
            text: String::new(),
            limit,
        };
        let is_cut = write!(excerpt, "{value:?}").is_err();
        Self {
            text: excerpt.text,
            is_cut,
        }
    }

    /// The text, with a mark at the end where it is cut.
    pub(super) fn marked(self) -> String {
        if self.is_cut {
            self.text + "…"
        } else {
            self.text
        }
    }
}

struct Limited {
    text: String,
    limit: usize,
}

impl Write for Limited {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        let room = self.limit.saturating_sub(self.text.len());
        let fits = more.floor_char_boundary(room);
        self.text.push_str(&more[..fits]);
        // An error makes the value stop writing.
        if fits == more.len() {
            Ok(())
        } else {
            Err(fmt::Error)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    #[derive(Debug)]
    #[expect(dead_code, reason = "only written")]
    struct Inner(f64, char);

    #[derive(Debug)]
    #[expect(dead_code, reason = "only written")]
    struct Sample {
        name: String,
        inner: Inner,
        pairs: BTreeMap<String, Vec<i32>>,
        r#type: Option<char>,
    }

    fn sample(name: &str, mark: char) -> Sample {
        Sample {
            name: name.into(),
            inner: Inner(1.5, mark),
            pairs: BTreeMap::from([("a, b: c".into(), vec![1, 2]), ("}".into(), vec![])]),
            r#type: None,
        }
    }

    #[test]
    fn fields_are_found_whatever_they_hold() {
        for name in [
            "plain",
            "a, b: {\"[(\\",
            "it's 'q' \u{1f600} \n",
            "\\\"",
            "",
        ] {
            for mark in [
                'x',
                '\'',
                '"',
                '{',
                '\\',
                '\n',
                '\u{301}',
                '\u{1f600}',
                '\0',
            ] {
                let sample = sample(name, mark);
                let text = format!("{sample:?}");
                let Outline::Struct { name: of, fields } = Outline::of(&text) else {
                    panic!("{text}");
                };
                assert_eq!(of, "Sample");
                let expected = [
                    ("name", format!("{name:?}")),
                    ("inner", format!("Inner(1.5, {mark:?})")),
                    ("pairs", format!("{:?}", sample.pairs)),
                    ("type", "None".into()),
                ];
                assert!(
                    fields
                        .iter()
                        .map(|&(field, value)| (field, value.to_owned()))
                        .eq(expected),
                    "{fields:?}"
                );
            }
        }
    }

    proptest! {
        #[test]
        fn strings_of_any_kind_are_one_item(texts: Vec<String>, mark: char) {
            let pairs: Vec<_> = texts.iter().map(|text| (text, mark)).collect();
            let written: Vec<_> = pairs.iter().map(|pair| format!("{pair:?}")).collect();
            let text = format!("{pairs:?}");
            prop_assert_eq!(Outline::of(&text), Outline::List(written.iter().map(String::as_str).collect()));
        }

        #[test]
        fn text_of_any_kind_is_read(text in "([A-Za]|[\\[\\](){}'\"\\\\]|, |: | \\{ |\\PC){0,40}") {
            let outline = Outline::of(&text);
            if let Outline::List(items) = outline {
                prop_assert_eq!(format!("[{}]", items.join(", ")), text);
            }
        }
    }

    #[test]
    fn lists_maps_and_wrappers() {
        assert_eq!(
            Outline::of("[1, [2, 3]]"),
            Outline::List(vec!["1", "[2, 3]"])
        );
        assert_eq!(Outline::of("[]"), Outline::List(vec![]));
        assert_eq!(
            Outline::of("{\"a: b\": (1, 2), 'c': {}}"),
            Outline::Map(vec![("\"a: b\"", "(1, 2)"), ("'c'", "{}")])
        );
        let wrapped = Outline::Wrapped {
            name: "Some",
            inner: "[1, 2]",
        };
        assert_eq!(Outline::of("Some([1, 2])"), wrapped);
    }

    #[test]
    fn other_text_is_plain() {
        for text in [
            "",
            "3.5",
            "Unit",
            "{1, 2}",
            "Ok(1, 2)",
            "Some(1), Some(2)",
            "[1, (2]",
            "[\"open]",
            "a b { c: 1 }",
            "Name { c }",
            "Name { 5: 1 }",
            "[0. 1.]\nf64, shape [2]",
        ] {
            let outline = Outline::of(text);
            let single = Outline::List(vec![text.trim_matches(['[', ']'])]);
            assert!(
                outline == Outline::Plain || outline == single,
                "{text}: {outline:?}"
            );
        }
        let apostrophe = Outline::of("Note { author: O'Brien, place: L'A }");
        let fields = vec![("author", "O'Brien"), ("place", "L'A")];
        let name = "Note";
        assert_eq!(apostrophe, Outline::Struct { name, fields });
    }

    #[test]
    fn a_struct_that_does_not_show_everything() {
        let name = "Name";
        let fields = vec![("a", "1")];
        assert_eq!(
            Outline::of("Name { a: 1, .. }"),
            Outline::Struct { name, fields }
        );
    }

    #[test]
    fn large_values_are_not_written_out() {
        struct Endless;
        impl Debug for Endless {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                loop {
                    f.write_str("äöü")?;
                }
            }
        }
        let excerpt = Excerpt::of(&Endless, 9);
        assert_eq!(excerpt.text, "äöüä");
        assert_eq!(excerpt.marked(), "äöüä…");
        assert!(!Excerpt::of(&12, 2).is_cut);
    }
}
