//! Takes rich content out of what a cell prints.
//!
//! Types of third-party crates that display themselves in a notebook do it by the convention of
//! evcxr: marked lines around the content, on standard output.

use hpc_channel::MimeBundle;

const MARK: &[u8] = b"EVCXR_BEGIN_CONTENT ";
const BEGIN_CONTENT: &str = "EVCXR_BEGIN_CONTENT ";
const END_CONTENT: &[u8] = b"EVCXR_END_CONTENT\n";

/// A piece of a cell's standard output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// What the user printed.
    Text(Vec<u8>),
    /// Content in one representation.
    Content(MimeBundle),
}

/// Splits a stream of bytes into pieces, whatever the sizes in which it arrives.
#[derive(Debug, Default)]
pub(super) struct Splitter {
    /// Bytes that may be the beginning of something marked.
    held: Vec<u8>,
}

impl Splitter {
    /// Takes more bytes in and gives what is certain by now.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Vec<Piece> {
        self.held.extend_from_slice(bytes);
        let mut pieces = Vec::new();
        loop {
            let Some(start) = find(&self.held, MARK) else {
                let keep = longest_suffix_that_starts(&self.held, MARK);
                let text: Vec<u8> = self.held.drain(..self.held.len() - keep).collect();
                push_text(&mut pieces, text);
                return pieces;
            };
            let text: Vec<u8> = self.held.drain(..start).collect();
            push_text(&mut pieces, text);
            let Some(length) = self.held.iter().position(|&byte| byte == b'\n') else {
                return pieces;
            };
            let line = String::from_utf8_lossy(&self.held[..length]).into_owned();
            if let Some(mime) = line.strip_prefix(BEGIN_CONTENT) {
                let Some(end) = find(&self.held[length..], END_CONTENT) else {
                    return pieces;
                };
                let body = &self.held[length + 1..length + end];
                let body = body.strip_suffix(b"\n").unwrap_or(body);
                let content = String::from_utf8_lossy(body).into_owned();
                pieces.push(Piece::Content(MimeBundle::new().with(mime.trim(), content)));
                self.held.drain(..length + end + END_CONTENT.len());
            } else {
                let text: Vec<u8> = self.held.drain(..=length).collect();
                push_text(&mut pieces, text);
            }
        }
    }

    /// Gives what is still held: nothing more will come that could complete it.
    pub(super) fn finish(&mut self) -> Vec<Piece> {
        let mut pieces = Vec::new();
        push_text(&mut pieces, std::mem::take(&mut self.held));
        pieces
    }
}

fn push_text(pieces: &mut Vec<Piece>, text: Vec<u8>) {
    if text.is_empty() {
        return;
    }
    if let Some(Piece::Text(before)) = pieces.last_mut() {
        before.extend_from_slice(&text);
    } else {
        pieces.push(Piece::Text(text));
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    // The mark's first letter is rare in most output, which makes this as fast as the pipe.
    let mut from = 0;
    while let Some(at) = bytes[from..].iter().position(|byte| byte == &wanted[0]) {
        let start = from + at;
        if bytes[start..].starts_with(wanted) {
            return Some(start);
        }
        from = start + 1;
    }
    None
}

fn longest_suffix_that_starts(bytes: &[u8], wanted: &[u8]) -> usize {
    (1..wanted.len())
        .rev()
        .find(|&length| bytes.ends_with(&wanted[..length]))
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(chunks: &[&str]) -> Vec<Piece> {
        let mut splitter = Splitter::default();
        let mut pieces: Vec<_> = chunks
            .iter()
            .flat_map(|chunk| splitter.push(chunk.as_bytes()))
            .collect();
        pieces.extend(splitter.finish());
        pieces
    }

    fn text(text: &str) -> Piece {
        Piece::Text(text.as_bytes().to_vec())
    }

    #[test]
    fn plain_output_passes_unchanged() {
        assert_eq!(split(&["one\ntwo"]), [text("one\ntwo")]);
        assert_eq!(
            split(&["an EVC of its own\n"]),
            [text("an EVC of its own\n")]
        );
    }

    #[test]
    fn content_is_found_behind_an_unfinished_line_and_across_chunks() {
        let content = Piece::Content(MimeBundle::new().with("text/html", "<b>"));
        let chunks = [
            "abcEVC",
            "XR_BEGIN_CON",
            "TENT text/html\n<b>\nEVCXR_END",
            "_CONTENT\n",
        ];
        assert_eq!(split(&chunks), [text("abc"), content]);
    }

    #[test]
    fn content_keeps_its_inner_newlines() {
        let pieces = split(&[
            "EVCXR_BEGIN_CONTENT text/html\n<b>\n</b>",
            "\nEVCXR_END_CONTENT\nx",
        ]);
        assert_eq!(
            pieces,
            [
                Piece::Content(MimeBundle::new().with("text/html", "<b>\n</b>")),
                text("x")
            ]
        );
    }

    #[test]
    fn a_mark_that_is_not_completed_is_text() {
        assert_eq!(split(&["EVCXR_X\n"]), [text("EVCXR_X\n")]);
        assert_eq!(split(&["EVCXR_BEGIN"]), [text("EVCXR_BEGIN")]);
    }
}
