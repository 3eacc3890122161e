//! The sources that were compiled, in which places are told in terms of the user's cells.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use ferrolab_cell::{Place, Source};

/// The name of each source.
const FILE: &str = "/cell.rs";

/// Sources by their files. Output is translated by them while cells run.
#[derive(Debug)]
pub(super) struct Sources {
    /// The folder that they are below, with a `/` at its end.
    folder: String,
    known: Mutex<HashMap<PathBuf, Source>>,
}

impl Sources {
    pub(super) fn below(folder: &Path) -> Self {
        Self {
            folder: format!("{}/", folder.display()),
            known: Mutex::default(),
        }
    }

    fn known(&self) -> MutexGuard<'_, HashMap<PathBuf, Source>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn insert(&self, file: PathBuf, source: Source) {
        self.known().insert(file, source);
    }

    pub(super) fn clear(&self) {
        self.known().clear();
    }

    /// The part of a cell at a place in a source.
    pub(super) fn place(&self, file: &str, line: u32, column: u32) -> Option<Place> {
        let known = self.known();
        let source = known.get(Path::new(file))?;
        let at = source.offset(line as usize, column as usize)?;
        source.place(at..at + 1)
    }

    /// Text of a program, such as `dbg!` or a thread that panics, with places in the user's cells where it
    /// tells of places in sources.
    pub(super) fn translate(&self, text: &str) -> String {
        let mut translated = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find(&self.folder) {
            translated.push_str(&rest[..at]);
            rest = &rest[at..];
            let (told, length) = match self.place_in_front(rest) {
                Some((place, length)) => {
                    let told = format!(
                        "In [{}]:{}:{}",
                        place.cell.number,
                        place.line(),
                        place.column()
                    );
                    (told, length)
                }
                None => (self.folder.clone(), self.folder.len()),
            };
            translated.push_str(&told);
            rest = &rest[length..];
        }
        translated.push_str(rest);
        translated
    }

    /// The place that a text begins with, as `…/7/cell.rs:3:14`, and the length of that.
    fn place_in_front(&self, text: &str) -> Option<(Place, usize)> {
        let file = text.find(FILE)? + FILE.len();
        let (line, rest) = number(&text[file..])?;
        let (column, rest) = number(rest)?;
        let place = self.place(&text[..file], line, column)?;
        Some((place, text.len() - rest.len()))
    }
}

/// The number behind a colon at the beginning of a text, and the text behind it.
fn number(text: &str) -> Option<(u32, &str)> {
    let digits = text.strip_prefix(':')?;
    let end = digits
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(digits.len());
    Some((digits[..end].parse().ok()?, &digits[end..]))
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};
    use std::sync::Arc;

    use ferrolab_cell::{CellText, Notebook, Plan, parse};

    use super::Sources;

    #[test]
    fn places_are_told_in_the_users_terms() {
        let text = Arc::new(CellText {
            number: 4,
            text: "let a = 1;\n  dbg!(a)".to_owned(),
        });
        let plan = Plan {
            notebook: &Notebook::default(),
            cell: &parse(&text, 0),
            defines: false,
            not_stored: &std::collections::BTreeSet::default(),
            not_put_back: &std::collections::BTreeSet::default(),
            block_on: "",
            extern_crates: "",
        };
        let source = plan.program().source;
        let line = source.code().lines().position(|line| line.contains("dbg!"));
        let line = line.unwrap() + 1;
        let column = source.code().lines().nth(line - 1).unwrap().find("dbg!");
        let column = column.unwrap() + 1;
        let sources = Sources::below(Path::new("/s/cells"));
        sources.insert(PathBuf::from("/s/cells/7/cell.rs"), source);
        let said =
            format!("[/s/cells/7/cell.rs:{line}:{column}] a = 1 /s/cells/8/cell.rs:1:1 /s/cells/");
        assert_eq!(
            sources.translate(&said),
            "[In [4]:2:3] a = 1 /s/cells/8/cell.rs:1:1 /s/cells/"
        );
    }
}
