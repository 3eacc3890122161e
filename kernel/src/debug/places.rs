//! Which lines of the programs that were compiled are which lines of cells.
//!
//! A frontend knows a cell by the name of a file that it computes from the cell's text. The debugger
//! knows the sources that the kernel has written, in which the same text may stand many times: every
//! edition of the notebook's items has all of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ferrolab_cell::Source;

use super::murmur::murmur2;

/// What the hash begins with. Any number does; this is the one that is told to frontends.
pub(super) const HASH_SEED: u32 = 0xc70f_6907;

/// How the names of cells' files end.
pub(super) const SUFFIX: &str = ".rs";

/// The files of cells, and the sources that their lines are in.
#[derive(Debug)]
pub(super) struct Places {
    /// How the names of cells' files begin.
    prefix: String,
    /// Texts of cells by their files.
    texts: BTreeMap<Arc<str>, String>,
    sources: BTreeMap<PathBuf, Vec<Line>>,
}

#[derive(Debug)]
struct Line {
    generated: u64,
    place: CellPlace,
}

/// A line in a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CellPlace {
    /// The cell's file.
    pub(super) path: Arc<str>,
    /// The line, from 1.
    pub(super) line: u64,
    /// The `N` of `In [N]`.
    pub(super) cell: u32,
}

impl Places {
    /// Nothing yet; the files of cells are called to be in `folder`.
    pub(super) fn new(folder: &Path) -> Self {
        Self {
            prefix: format!("{}/", folder.display()),
            texts: BTreeMap::new(),
            sources: BTreeMap::new(),
        }
    }

    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Takes a cell's text in and gives the name of its file.
    pub(super) fn add_cell(&mut self, text: &str) -> Arc<str> {
        let hash = murmur2(text.as_bytes(), HASH_SEED);
        let path: Arc<str> = format!("{}{hash}{SUFFIX}", self.prefix).into();
        self.texts
            .entry(Arc::clone(&path))
            .or_insert_with(|| text.to_owned());
        path
    }

    /// Takes in what was compiled from `file`.
    pub(super) fn add_source(&mut self, file: PathBuf, source: &Source) {
        let mut paths: BTreeMap<u32, Arc<str>> = BTreeMap::new();
        let lines = source.lines().into_iter().map(|line| {
            let number = line.cell.number;
            let path = paths
                .entry(number)
                .or_insert_with(|| self.add_cell(&line.cell.text));
            Line {
                generated: line.generated as u64,
                place: CellPlace {
                    path: Arc::clone(path),
                    line: line.written as u64,
                    cell: number,
                },
            }
        });
        let lines = lines.collect();
        self.sources.insert(file, lines);
    }

    /// The text of a cell by its file.
    pub(super) fn text(&self, path: &str) -> Option<&str> {
        self.texts.get(path).map(String::as_str)
    }

    /// The files of the cells that were compiled, and the last `N` of `In [N]` that each had.
    pub(super) fn cells(&self) -> BTreeMap<Arc<str>, u32> {
        let mut cells = BTreeMap::new();
        for line in self.sources.values().flatten() {
            let number = cells.entry(Arc::clone(&line.place.path)).or_default();
            *number = line.place.cell.max(*number);
        }
        // What the kernel itself asks of variables has no number.
        cells.retain(|_, number| *number > 0);
        cells
    }

    /// The sources that have lines of a cell in them.
    pub(super) fn sources_with(&self, path: &str) -> Vec<PathBuf> {
        let has = |lines: &Vec<Line>| lines.iter().any(|line| &*line.place.path == path);
        let found = self.sources.iter().filter(|(_, lines)| has(lines));
        found.map(|(file, _)| file.clone()).collect()
    }

    /// All sources.
    pub(super) fn sources(&self) -> Vec<PathBuf> {
        self.sources.keys().cloned().collect()
    }

    /// What the line of a source shows of a cell.
    pub(super) fn in_cell(&self, file: &Path, line: u64) -> Option<&CellPlace> {
        let lines = self.sources.get(file)?;
        let at = lines.binary_search_by_key(&line, |line| line.generated);
        Some(&lines[at.ok()?].place)
    }

    /// Whether a source of that name was compiled.
    pub(super) fn has_source(&self, file: &Path) -> bool {
        self.sources.contains_key(file)
    }

    /// The first line of `file` that shows a line of the cell, or else the next one that the file has
    /// of it.
    pub(super) fn in_source(&self, file: &Path, path: &str, line: u64) -> Option<u64> {
        self.sources
            .get(file)?
            .iter()
            .filter(|candidate| &*candidate.place.path == path && candidate.place.line >= line)
            .min_by_key(|candidate| (candidate.place.line, candidate.generated))
            .map(|found| found.generated)
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};
    use std::sync::Arc;

    use ferrolab_cell::{CellText, Fragment, Source};

    use super::Places;

    #[test]
    fn lines_are_found_in_both_directions() {
        let text = |number, text: &str| {
            Arc::new(CellText {
                number,
                text: text.to_owned(),
            })
        };
        let (first, second) = (text(1, "f();\n\ng();"), text(2, "h();"));
        let mut source = Source::default();
        source.generated("// head\n");
        for (cell, range) in [(&second, 0..4), (&first, 0..4), (&first, 6..10)] {
            source.fragment(&Fragment {
                cell: Arc::clone(cell),
                range,
                edits: Vec::new(),
            });
        }
        let mut places = Places::new(Path::new("/cells"));
        let path = places.add_cell("f();\n\ng();");
        assert!(path.starts_with("/cells/") && path.ends_with(".rs"));
        assert!(places.sources_with(&path).is_empty());
        let file = PathBuf::from("/1/cell.rs");
        places.add_source(file.clone(), &source);
        assert_eq!(places.sources_with(&path), [file.as_path()]);
        assert_eq!(places.text(&path), Some("f();\n\ng();"));
        let cells: Vec<_> = places.cells().into_values().collect();
        assert_eq!(cells.iter().sum::<u32>(), 3);
        let in_source = |line| places.in_source(&file, &path, line);
        assert_eq!(
            [1, 2, 3, 4].map(in_source),
            [Some(3), Some(4), Some(4), None]
        );
        let found = places.in_cell(&file, 4).unwrap();
        assert_eq!((found.line, found.cell, &found.path), (3, 1, &path));
        assert_eq!(places.in_cell(&file, 2).unwrap().cell, 2);
        assert_eq!(places.in_cell(&file, 1), None);
    }
}
