//! Text for people and terminals.

/// A part of a terminal text.
pub(crate) enum Piece<'text> {
    /// Characters to show.
    Shown(&'text str),
    /// The codes of `ESC [ codes m`, which set colours and styles.
    Style(&'text str),
}

/// A terminal text in its parts, without other escape sequences than those that set the style.
pub(crate) fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            match rest.find('\u{1b}') {
                _ if rest.is_empty() => return None,
                None => return Some(Piece::Shown(std::mem::take(&mut rest))),
                Some(0) => {
                    let (style, after) = sequence(&rest[1..]);
                    rest = after;
                    if let Some(codes) = style {
                        return Some(Piece::Style(codes));
                    }
                }
                Some(start) => {
                    let (shown, after) = rest.split_at(start);
                    rest = after;
                    return Some(Piece::Shown(shown));
                }
            }
        }
    })
}

/// The text without escape sequences.
pub(crate) fn without_escapes(text: &str) -> String {
    pieces(text)
        .filter_map(|piece| match piece {
            Piece::Shown(shown) => Some(shown),
            Piece::Style(_) => None,
        })
        .collect()
}

/// A duration, given in milliseconds, in the unit that suits it.
pub(crate) fn duration(milliseconds: f64) -> String {
    match milliseconds {
        ms if ms < 10.0 => format!("{ms:.1} ms"),
        ms if ms < 1000.0 => format!("{ms:.0} ms"),
        ms if ms < 60_000.0 => format!("{:.1} s", ms / 1000.0),
        ms => {
            let seconds = (ms / 1000.0).round() as u64;
            let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
            if hours > 0 {
                format!("{hours} h {minutes:02} min")
            } else {
                format!("{minutes} min {seconds:02} s")
            }
        }
    }
}

/// The first line that is not empty, without the white space around it.
pub(crate) fn first_line(text: &str) -> &str {
    text.lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or_default()
}

/// Reads the escape sequence that follows an ESC: the codes, if it sets the style, and what comes
/// after the sequence.
fn sequence(text: &str) -> (Option<&str>, &str) {
    if let Some(body) = text.strip_prefix('[') {
        let Some(end) = body.find(|character| ('@'..='~').contains(&character)) else {
            return (None, "");
        };
        let is_style = body[end..].starts_with('m');
        (is_style.then(|| &body[..end]), &body[end + 1..])
    } else if let Some(body) = text.strip_prefix(']') {
        // A title or a link: up to BEL or ESC \.
        let after = body
            .find(['\u{7}', '\u{1b}'])
            .map_or("", |end| &body[end..]);
        let after = after
            .strip_prefix('\u{7}')
            .or_else(|| after.strip_prefix("\u{1b}\\"));
        (None, after.unwrap_or_default())
    } else {
        let mut characters = text.chars();
        characters.next();
        (None, characters.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_are_taken_out() {
        for (text, expected) in [
            ("plain", "plain"),
            ("\u{1b}[31;1mred\u{1b}[0m x", "red x"),
            ("\u{1b}[2K\u{1b}[1Ax", "x"),
            ("\u{1b}]8;;http://x\u{1b}\\link\u{1b}]8;;\u{7}.", "link."),
            ("a\u{1b}(b", "ab"),
            ("a\u{1b}[31", "a"),
            ("a\u{1b}]x", "a"),
            ("a\u{1b}", "a"),
            ("", ""),
        ] {
            assert_eq!(without_escapes(text), expected, "{text:?}");
        }
    }

    #[test]
    fn durations_have_a_fitting_unit() {
        for (milliseconds, expected) in [
            (0.25, "0.2 ms"),
            (41.25, "41 ms"),
            (1500.0, "1.5 s"),
            (65_000.0, "1 min 05 s"),
            (7_300_000.0, "2 h 01 min"),
        ] {
            assert_eq!(duration(milliseconds), expected);
        }
    }
}
