//! Pieces of what the user wrote, and the changes that a program needs in them.

use std::ops::Range;
use std::sync::Arc;

/// The text of a cell as the user wrote it.
#[derive(Debug, PartialEq, Eq)]
pub struct CellText {
    /// The `N` of `In [N]`.
    pub number: u32,
    /// The text.
    pub text: String,
}

/// A change of a text: `removed` bytes at `at` give way to `inserted`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    at: usize,
    removed: usize,
    inserted: Insertion,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Insertion {
    /// Text without a newline.
    Text(String),
    /// Bytes of the same cell.
    Copy(Range<usize>),
}

impl Edit {
    /// Puts text in.
    pub fn insert(at: usize, text: impl Into<String>) -> Self {
        Self {
            at,
            removed: 0,
            inserted: Insertion::Text(text.into()),
        }
    }

    /// Puts `new` in the place of `old` where that is what is inserted.
    pub(crate) fn replace_text(&mut self, old: &str, new: &str) {
        if let Insertion::Text(text) = &mut self.inserted
            && text == old
        {
            new.clone_into(text);
        }
    }

    /// Repeats a part of the cell at another place.
    pub fn copy(at: usize, from: Range<usize>) -> Self {
        Self {
            at,
            removed: 0,
            inserted: Insertion::Copy(from),
        }
    }

    /// Leaves text out.
    pub fn remove(range: Range<usize>) -> Self {
        Self {
            at: range.start,
            removed: range.len(),
            inserted: Insertion::Text(String::new()),
        }
    }

    /// Whether it changes something in that part of the text.
    pub(crate) fn is_in(&self, part: &Range<usize>) -> bool {
        part.contains(&self.at)
    }

    /// Puts text in the place of other text.
    pub fn replace(range: Range<usize>, text: impl Into<String>) -> Self {
        Self {
            at: range.start,
            removed: range.len(),
            inserted: Insertion::Text(text.into()),
        }
    }
}

/// A part of a cell, with changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fragment {
    /// The cell that it is a part of.
    pub cell: Arc<CellText>,
    /// The bytes of it.
    pub range: Range<usize>,
    /// The changes, in any order; they do not overlap.
    pub edits: Vec<Edit>,
}

impl Fragment {
    /// The part as the user wrote it.
    pub fn original(&self) -> &str {
        self.cell.text.get(self.range.clone()).unwrap_or_default()
    }

    /// The part in pieces that are either the user's or were inserted.
    pub fn pieces(&self) -> Vec<Piece> {
        let mut edits: Vec<&Edit> = self
            .edits
            .iter()
            .filter(|edit| self.range.start <= edit.at && edit.at + edit.removed <= self.range.end)
            .collect();
        // Stable: what is inserted at one place stays in the order in which it was asked for, and in
        // front of what takes the place of the text behind it.
        edits.sort_by_key(|edit| (edit.at, edit.removed > 0));
        let mut pieces = Vec::new();
        let mut at = self.range.start;
        for edit in edits {
            if edit.at < at {
                // Inside something that was left out already.
                continue;
            }
            if edit.at > at {
                pieces.push(Piece::Written(at..edit.at));
            }
            at = edit.at + edit.removed;
            match &edit.inserted {
                Insertion::Text(text) if text.is_empty() => {}
                Insertion::Text(text) => pieces.push(Piece::Inserted {
                    text: text.clone(),
                    place: edit.at..at,
                }),
                Insertion::Copy(from) => pieces.push(Piece::Written(from.clone())),
            }
        }
        if at < self.range.end {
            pieces.push(Piece::Written(at..self.range.end));
        }
        pieces
    }
}

/// A piece of a changed text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Bytes of the cell, as they are.
    Written(Range<usize>),
    /// Text that stands in the place of those bytes.
    Inserted {
        /// The text.
        text: String,
        /// What it replaced; empty where it was only inserted.
        place: Range<usize>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_become_pieces_in_order() {
        let cell = Arc::new(CellText {
            number: 1,
            text: "let a = f(b);".into(),
        });
        let fragment = Fragment {
            cell,
            range: 4..13,
            edits: vec![
                Edit::replace(10..11, "c"),
                Edit::insert(10, "&"),
                Edit::insert(4, "mut "),
                Edit::insert(0, "outside"),
            ],
        };
        let text: String = fragment
            .pieces()
            .into_iter()
            .map(|piece| match piece {
                Piece::Written(range) => fragment.cell.text[range].to_owned(),
                Piece::Inserted { text, .. } => text,
            })
            .collect();
        assert_eq!(text, "mut a = f(&c);");
    }
}
