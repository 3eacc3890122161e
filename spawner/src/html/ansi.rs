//! Terminal text: colours, and lines that were written over.

use std::fmt::Write;

use super::escape::escape;

/// Terminal text as HTML. The sixteen named colours become classes (`fg1`, `bg9`, …), so that the
/// style sheet decides them; other escape sequences than colours are dropped.
pub(super) fn to_html(text: &str) -> String {
    let text = overwrite(text);
    let mut html = String::with_capacity(text.len());
    let mut style = Style::default();
    let mut rest = text.as_str();
    while let Some(start) = rest.find('\u{1b}') {
        style.push(&mut html, &rest[..start]);
        let (sequence, after) = Sequence::read(&rest[start + 1..]);
        if let Sequence::Colours(codes) = sequence {
            style.apply(codes);
        }
        rest = after;
    }
    style.push(&mut html, rest);
    html
}

/// What is left of lines that a carriage return started anew: their last version.
fn overwrite(text: &str) -> String {
    text.split_inclusive('\n')
        .map(|line| {
            let (content, end) = match line.strip_suffix('\n') {
                Some(content) => (content, "\n"),
                None => (line, ""),
            };
            let kept = content.rsplit('\r').find(|version| !version.is_empty()).unwrap_or_default();
            format!("{kept}{end}")
        })
        .collect()
}

enum Sequence<'text> {
    /// `ESC [ codes m`.
    Colours(&'text str),
    Other,
}

impl<'text> Sequence<'text> {
    /// Reads what follows an ESC; gives the rest as well.
    fn read(text: &'text str) -> (Self, &'text str) {
        if let Some(body) = text.strip_prefix('[') {
            let Some(end) = body.find(|character| ('@'..='~').contains(&character)) else {
                return (Self::Other, "");
            };
            let after = &body[end + 1..];
            let is_colour = body[end..].starts_with('m');
            (if is_colour { Self::Colours(&body[..end]) } else { Self::Other }, after)
        } else if let Some(body) = text.strip_prefix(']') {
            // A title or link: up to BEL or ESC \.
            let after = match body.find(['\u{7}', '\u{1b}']) {
                Some(end) => body[end..].trim_start_matches('\u{7}'),
                None => "",
            };
            (Self::Other, after.strip_prefix("\u{1b}\\").unwrap_or(after))
        } else {
            let mut characters = text.chars();
            characters.next();
            (Self::Other, characters.as_str())
        }
    }
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
    bold: bool,
    faint: bool,
    italic: bool,
    underline: bool,
    struck: bool,
    reversed: bool,
}

impl Style {
    fn apply(&mut self, codes: &str) {
        let mut codes = codes.split([';', ':']).map(|code| code.parse::<u16>().unwrap_or(0));
        while let Some(code) = codes.next() {
            match code {
                0 => *self = Self::default(),
                1 => self.bold = true,
                2 => self.faint = true,
                3 => self.italic = true,
                4 => self.underline = true,
                7 => self.reversed = true,
                9 => self.struck = true,
                22 => (self.bold, self.faint) = (false, false),
                23 => self.italic = false,
                24 => self.underline = false,
                27 => self.reversed = false,
                29 => self.struck = false,
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
        for (kind, property, colour) in
            [("fg", "color", self.foreground), ("bg", "background", self.background)]
        {
            match colour {
                Some(Colour::Named(number)) => classes.push(format!("{kind}{number}")),
                Some(Colour::Exact(red, green, blue)) => {
                    let _ = write!(exact, "{property}:#{red:02x}{green:02x}{blue:02x};");
                }
                None => {}
            }
        }
        for (name, is_set) in [
            ("bold", self.bold),
            ("faint", self.faint),
            ("italic", self.italic),
            ("underline", self.underline),
            ("struck", self.struck),
            ("reversed", self.reversed),
        ] {
            if is_set {
                classes.push(name.to_owned());
            }
        }
        let text = escape(text);
        let _ = match (classes.is_empty(), exact.is_empty()) {
            (true, true) => write!(html, "{text}"),
            (false, true) => write!(html, "<span class=\"{}\">{text}</span>", classes.join(" ")),
            (true, false) => write!(html, "<span style=\"{exact}\">{text}</span>"),
            (false, false) => {
                write!(html, "<span class=\"{}\" style=\"{exact}\">{text}</span>", classes.join(" "))
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
            ("\u{1b}[31;1mred\u{1b}[0m x", "<span class=\"fg1 bold\">red</span> x"),
            ("\u{1b}[92mg\u{1b}[39mx", "<span class=\"fg10\">g</span>x"),
            ("\u{1b}[38;5;208mo\u{1b}[m", "<span style=\"color:#ff8700;\">o</span>"),
            ("\u{1b}[48;2;1;2;3mo", "<span style=\"background:#010203;\">o</span>"),
            ("\u{1b}[38;5;244mg", "<span style=\"color:#808080;\">g</span>"),
            ("\u{1b}[2K\u{1b}[1Ax", "x"),
            ("\u{1b}]8;;http://x\u{1b}\\link\u{1b}]8;;\u{7}", "link"),
            ("\u{1b}[38;5m", ""),
            ("\u{1b}[31", ""),
            ("\u{1b}", ""),
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
