//! Terminal text: colours, and lines that were written over.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::escape::escape;
use crate::text::{Piece, pieces};

/// Terminal text as HTML. The sixteen named colours become classes (`fg1`, `bg9`, …), so that the
/// style sheet decides them; other escape sequences than colours are dropped.
pub(super) fn to_html(text: &str) -> String {
    let text = overwrite(text);
    let mut html = String::with_capacity(text.len());
    let mut style = Style::default();
    for piece in pieces(&text) {
        match piece {
            Piece::Shown(shown) => style.push(&mut html, shown),
            Piece::Style(codes) => style.apply(codes),
        }
    }
    html
}

/// What is left of lines that a carriage return started anew: their last version.
fn overwrite(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let content = line.strip_suffix('\n').unwrap_or(line);
        let kept = content.rsplit('\r').find(|version| !version.is_empty());
        result.push_str(kept.unwrap_or_default());
        result.push_str(&line[content.len()..]);
    }
    result
}

#[derive(Clone, Copy, PartialEq)]
enum Colour {
    Named(u8),
    Exact(u8, u8, u8),
}

#[derive(Default)]
struct Style {
    foreground: Option<Colour>,
    background: Option<Colour>,
    /// The other properties, as classes.
    classes: BTreeSet<&'static str>,
}

impl Style {
    fn apply(&mut self, codes: &str) {
        let mut codes = codes
            .split([';', ':'])
            .map(|code| code.parse::<u16>().unwrap_or(0));
        while let Some(code) = codes.next() {
            match code {
                0 => *self = Self::default(),
                1 => {
                    self.classes.insert("bold");
                }
                2 => {
                    self.classes.insert("faint");
                }
                3 => {
                    self.classes.insert("italic");
                }
                4 => {
                    self.classes.insert("underline");
                }
                7 => {
                    self.classes.insert("reversed");
                }
                9 => {
                    self.classes.insert("struck");
                }
                22 => self
                    .classes
                    .retain(|class| !["bold", "faint"].contains(class)),
                23 => {
                    self.classes.remove("italic");
                }
                24 => {
                    self.classes.remove("underline");
                }
                27 => {
                    self.classes.remove("reversed");
                }
                29 => {
                    self.classes.remove("struck");
                }
                30..=37 => self.foreground = Some(Colour::Named((code - 30) as u8)),
                38 => self.foreground = extended(&mut codes),
                39 => self.foreground = None,
                40..=47 => self.background = Some(Colour::Named((code - 40) as u8)),
                48 => self.background = extended(&mut codes),
                49 => self.background = None,
                90..=97 => self.foreground = Some(Colour::Named((code - 90 + 8) as u8)),
                100..=107 => self.background = Some(Colour::Named((code - 100 + 8) as u8)),
                _ => {}
            }
        }
    }

    /// Adds text in this style.
    fn push(&self, html: &mut String, text: &str) {
        if text.is_empty() {
            return;
        }
        let mut classes = Vec::new();
        let mut exact = String::new();
        for (kind, property, colour) in [
            ("fg", "color", self.foreground),
            ("bg", "background", self.background),
        ] {
            match colour {
                Some(Colour::Named(number)) => classes.push(format!("{kind}{number}")),
                Some(Colour::Exact(red, green, blue)) => {
                    let _ = write!(exact, "{property}:#{red:02x}{green:02x}{blue:02x};");
                }
                None => {}
            }
        }
        classes.extend(self.classes.iter().map(ToString::to_string));
        let text = escape(text);
        let _ = match (classes.is_empty(), exact.is_empty()) {
            (true, true) => write!(html, "{text}"),
            (false, true) => write!(html, "<span class=\"{}\">{text}</span>", classes.join(" ")),
            (true, false) => write!(html, "<span style=\"{exact}\">{text}</span>"),
            (false, false) => {
                write!(
                    html,
                    "<span class=\"{}\" style=\"{exact}\">{text}</span>",
                    classes.join(" ")
                )
            }
        };
    }
}

/// The colour after a 38 or 48: `5;n` of the palette, or `2;r;g;b`.
fn extended(codes: &mut impl Iterator<Item = u16>) -> Option<Colour> {
    let byte = |code: u16| u8::try_from(code).ok();
    match codes.next()? {
        2 => {
            let (red, green, blue) = (codes.next()?, codes.next()?, codes.next()?);
            Some(Colour::Exact(byte(red)?, byte(green)?, byte(blue)?))
        }
        5 => Some(palette(byte(codes.next()?)?)),
        _ => None,
    }
}

/// Colour `number` of xterm's 256: sixteen names, a cube of 6³ colours, and 24 greys.
fn palette(number: u8) -> Colour {
    match number {
        0..=15 => Colour::Named(number),
        16..=231 => {
            let step = |index: u8| if index == 0 { 0 } else { 55 + 40 * index };
            let cube = number - 16;
            Colour::Exact(step(cube / 36), step(cube / 6 % 6), step(cube % 6))
        }
        232..=255 => {
            let grey = 8 + 10 * (number - 232);
            Colour::Exact(grey, grey, grey)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_become_spans() {
        for (text, expected) in [
            ("a<b", "a&lt;b"),
            (
                "\u{1b}[31;1mred\u{1b}[0m x",
                "<span class=\"fg1 bold\">red</span> x",
            ),
            ("\u{1b}[92mg\u{1b}[39mx", "<span class=\"fg10\">g</span>x"),
            (
                "\u{1b}[38;5;208mo\u{1b}[m",
                "<span style=\"color:#ff8700;\">o</span>",
            ),
            (
                "\u{1b}[48;2;1;2;3mo",
                "<span style=\"background:#010203;\">o</span>",
            ),
            (
                "\u{1b}[38;5;244mg",
                "<span style=\"color:#808080;\">g</span>",
            ),
            ("\u{1b}[38;5mx", "x"),
        ] {
            assert_eq!(to_html(text), expected, "{text:?}");
        }
    }

    #[test]
    fn the_last_version_of_a_line_is_kept() {
        assert_eq!(to_html("10%\r50%\r100%\nnext\r\n"), "100%\nnext\n");
        assert_eq!(to_html("a\r"), "a");
    }
}
