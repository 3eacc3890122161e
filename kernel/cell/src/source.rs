//! Generated source that remembers where its bytes come from.

use std::ops::Range;
use std::sync::Arc;

use crate::text::{CellText, Fragment, Piece};

/// A generated line that stands for something the user should hear about in other words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A variable is taken up at the beginning of a cell.
    Load(String),
    /// A variable that the cell brought in is kept at its end.
    Store(String),
    /// A variable that was taken up is put back.
    PutBack(String),
}

/// A part of a cell that a part of the source came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The cell.
    pub cell: Arc<CellText>,
    /// The bytes of it.
    pub range: Range<usize>,
}

impl Place {
    /// Line in the cell, from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        let before = self.cell.text.get(..self.range.start).unwrap_or_default();
        before.matches('\n').count() + 1
    }

    /// Column in the cell's line, in characters, from 1.
    #[must_use]
    pub fn column(&self) -> usize {
        let before = self.cell.text.get(..self.range.start).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        line.chars().count() + 1
    }
}

/// A generated line and the user's line in it. Both are counted from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Number of the generated line.
    pub generated: usize,
    /// The cell.
    pub cell: Arc<CellText>,
    /// Number of the line in the cell.
    pub written: usize,
}

/// Text with its origins.
#[derive(Clone, Debug, Default)]
pub struct Source {
    code: String,
    segments: Vec<Segment>,
    marks: Vec<(Range<usize>, Mark)>,
}

#[derive(Clone, Debug)]
struct Segment {
    generated: Range<usize>,
    cell: Arc<CellText>,
    written: Range<usize>,
    /// Whether it is the user's text itself, byte for byte.
    verbatim: bool,
}

impl Source {
    /// The text.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// Appends text of our own.
    pub fn generated(&mut self, text: &str) {
        self.code.push_str(text);
    }

    /// Appends text of our own that has a meaning.
    pub fn marked(&mut self, mark: Mark, text: &str) {
        let start = self.code.len();
        self.code.push_str(text);
        self.marks.push((start..self.code.len(), mark));
    }

    /// Appends text of the user's, on lines of its own.
    pub fn fragment(&mut self, fragment: &Fragment) {
        for piece in fragment.pieces() {
            let start = self.code.len();
            let (text, written, verbatim) = match &piece {
                Piece::Written(range) => (&fragment.cell.text[range.clone()], range, true),
                Piece::Inserted { text, place } => (text.as_str(), place, false),
            };
            self.code.push_str(text);
            self.segments.push(Segment {
                generated: start..self.code.len(),
                cell: Arc::clone(&fragment.cell),
                written: written.clone(),
                verbatim,
            });
        }
        self.code.push('\n');
    }

    /// Appends text of our own behind a fragment. What is wrong with it is what is missing at the fragment's
    /// end.
    pub fn end_of(&mut self, fragment: &Fragment, text: &str) {
        let written = fragment.cell.text[fragment.range.clone()].trim_end();
        let end = fragment.range.start + written.len();
        let last = written.chars().next_back().map_or(0, char::len_utf8);
        let start = self.code.len();
        self.code.push_str(text);
        self.segments.push(Segment {
            generated: start..self.code.len(),
            cell: Arc::clone(&fragment.cell),
            written: end - last..end,
            verbatim: false,
        });
        self.code.push('\n');
    }

    /// Where in a cell the bytes `range` come from; `None` when we wrote them.
    #[must_use]
    pub fn place(&self, range: Range<usize>) -> Option<Place> {
        let first = self.segment_at(range.start)?;
        let last = self
            .segment_at(range.end.saturating_sub(1).max(range.start))
            .filter(|last| Arc::ptr_eq(&last.cell, &first.cell))
            .unwrap_or(first);
        let start = first.written_at(range.start, false);
        let end = last.written_at(range.end, true).max(start);
        Some(Place {
            cell: Arc::clone(&first.cell),
            range: start..end,
        })
    }

    /// The lines that have something of the user's in them, in order, each with the first line of a cell
    /// that is in it.
    #[must_use]
    pub fn lines(&self) -> Vec<Line> {
        let mut lines: Vec<Line> = Vec::new();
        let (mut number, mut counted) = (1, 0);
        for segment in self.segments.iter().filter(|segment| segment.verbatim) {
            let text = &self.code[segment.generated.clone()];
            number += newlines(&self.code[counted..segment.generated.start]);
            counted = segment.generated.start;
            let first = newlines(&segment.cell.text[..segment.written.start]) + 1;
            for (at, line) in text.split('\n').enumerate() {
                let generated = number + at;
                let is_new = lines.last().is_none_or(|last| last.generated < generated);
                if is_new && !line.trim().is_empty() {
                    lines.push(Line {
                        generated,
                        cell: Arc::clone(&segment.cell),
                        written: first + at,
                    });
                }
            }
        }
        lines
    }

    /// The meaning of the generated text at those bytes.
    #[must_use]
    pub fn mark(&self, range: &Range<usize>) -> Option<&Mark> {
        self.marks
            .iter()
            .find(|(marked, _)| marked.start <= range.start && range.start < marked.end)
            .map(|(_, mark)| mark)
    }

    /// Byte offset of a line and a column in characters, both from 1.
    #[must_use]
    pub fn offset(&self, line: usize, column: usize) -> Option<usize> {
        let start: usize = self
            .code
            .split_inclusive('\n')
            .take(line.checked_sub(1)?)
            .map(str::len)
            .sum();
        let text = self.code.get(start..)?;
        let column = text.char_indices().nth(column.saturating_sub(1));
        column.map(|(at, _)| start + at)
    }

    fn segment_at(&self, byte: usize) -> Option<&Segment> {
        let index = self
            .segments
            .partition_point(|segment| segment.generated.end <= byte);
        self.segments
            .get(index)
            .filter(|segment| segment.generated.contains(&byte))
    }
}

fn newlines(text: &str) -> usize {
    text.matches('\n').count()
}

impl Segment {
    fn written_at(&self, byte: usize, is_end: bool) -> usize {
        match (self.verbatim, is_end) {
            (true, _) => self.written.start + (byte - self.generated.start).min(self.written.len()),
            (false, false) => self.written.start,
            (false, true) => self.written.end,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Edit;

    #[test]
    fn bytes_are_found_again() {
        let cell = Arc::new(CellText {
            number: 3,
            text: "let é = f(x);\ny".into(),
        });
        let mut source = Source::default();
        source.generated("fn main() {\n");
        source.fragment(&Fragment {
            cell: Arc::clone(&cell),
            range: 0..14,
            edits: vec![Edit::insert(0, "check();"), Edit::replace(9..10, "gg")],
        });
        source.marked(Mark::Store("é".into()), "put(é);\n");
        let at = source.code().find("(x)").unwrap();
        let place = source.place(at..at + 3).unwrap();
        assert_eq!(&cell.text[place.range.clone()], "(x)");
        assert_eq!(place.line(), 1);
        assert_eq!(source.place(0..2), None);
        let at = source.code().find("gg").unwrap();
        assert_eq!(source.place(at..at + 1).unwrap().range, 9..10);
        let at = source.code().find("put").unwrap();
        assert_eq!(source.mark(&(at..at + 1)), Some(&Mark::Store("é".into())));
        assert_eq!(source.offset(2, 1), Some(12));
    }

    #[test]
    fn lines_are_found_again() {
        let cell = Arc::new(CellText {
            number: 1,
            text: "// sum\nlet a = 1; let b = 2;\nfor i in 0..b {\n\n  f(i);\n}".into(),
        });
        let fragment = |range: Range<usize>, edits| Fragment {
            cell: Arc::clone(&cell),
            range,
            edits,
        };
        let mut source = Source::default();
        source.generated("fn main() {\n");
        source.fragment(&fragment(7..17, Vec::new()));
        source.fragment(&fragment(18..28, Vec::new()));
        let check = Edit::insert(44, "check(); ");
        source.fragment(&fragment(29..cell.text.len(), vec![check]));
        source.generated("}\n");
        let lines: Vec<_> = source
            .lines()
            .iter()
            .map(|line| (line.generated, line.written))
            .collect();
        assert_eq!(lines, [(2, 2), (3, 2), (4, 3), (6, 5), (7, 6)]);
    }
}
