//! Jupyter counts positions in Unicode code points, Rust in bytes.

/// Byte offset of a position; the end of the text when the position is behind it.
pub(super) fn bytes(text: &str, code_points: usize) -> usize {
    text.char_indices()
        .nth(code_points)
        .map_or(text.len(), |(offset, _)| offset)
}

/// Position of a byte offset; one inside of a code point counts as its start.
pub(super) fn code_points(text: &str, bytes: usize) -> usize {
    text.char_indices()
        .take_while(|(offset, symbol)| offset + symbol.len_utf8() <= bytes)
        .count()
}

#[cfg(test)]
mod tests {
    use super::{bytes, code_points};

    #[test]
    fn positions_survive_the_way_there_and_back() {
        let text = "aé😀e\u{301}z";
        let offsets = [0, 1, 3, 7, 8, 10, 11];
        for (position, offset) in offsets.into_iter().enumerate() {
            assert_eq!(bytes(text, position), offset);
            assert_eq!(code_points(text, offset), position);
        }
        assert_eq!(bytes(text, 99), text.len());
        assert_eq!(code_points(text, 5), 2);
        assert_eq!(code_points(text, 99), 6);
    }
}
