//! Maps lines of the source that evcxr generates back to the cells that they came from.

use super::rewrite::{SHOW, SHOW_END};

/// Cells that ran, by their number.
#[derive(Debug, Default)]
pub(super) struct Places {
    cells: Vec<(u32, String)>,
}

impl Places {
    pub(super) fn remember(&mut self, number: u32, code: &str) {
        self.cells.push((number, code.to_owned()));
    }

    /// The cell and the line in it, from 1, of a line of the generated source. evcxr keeps each
    /// statement and item as it was written, among lines of its own; the newest cell with the most
    /// neighbouring lines in common is the one.
    pub(super) fn find(&self, generated: &str, line: u32) -> Option<(u32, usize)> {
        let generated: Vec<&str> = generated.lines().map(str::trim).collect();
        let at = (line as usize).checked_sub(1)?;
        let wanted = *generated.get(at)?;
        let mut best = None;
        for (number, code) in &self.cells {
            let lines: Vec<&str> = code.lines().map(str::trim).collect();
            for (index, candidate) in lines.iter().enumerate() {
                if !same(candidate, wanted) {
                    continue;
                }
                let before = common(lines[..index].iter().rev(), generated[..at].iter().rev());
                let after = common(lines[index + 1..].iter(), generated[at + 1..].iter());
                let score = before + after;
                if best.is_none_or(|(found, _)| score >= found) {
                    best = Some((score, (*number, index + 1)));
                }
            }
        }
        best.map(|(_, place)| place)
    }
}

/// Whether a line of the user's is that line of the source, perhaps wrapped for display.
fn same(written: &str, generated: &str) -> bool {
    let shown = generated.strip_prefix(SHOW).unwrap_or(generated);
    let unwrapped = shown
        .rfind(SHOW_END)
        .map(|end| [&shown[..end], &shown[end + SHOW_END.len()..]].concat());
    !written.is_empty()
        && (generated == written || shown == written || unwrapped.as_deref() == Some(written))
}

fn common<'a>(
    written: impl Iterator<Item = &'a &'a str>,
    generated: impl Iterator<Item = &'a &'a str>,
) -> usize {
    written
        .zip(generated)
        .take_while(|(written, generated)| same(written, generated))
        .count()
}

#[cfg(test)]
mod tests {
    use super::Places;

    #[test]
    fn a_line_is_found_in_the_cell_that_has_its_neighbours() {
        let mut places = Places::default();
        places.remember(1, "fn f() {\n    panic!(\"a\");\n}");
        places.remember(2, "let x = 1;\npanic!(\"a\");");
        let generated = "mod m {}\nfn f() {\n    panic!(\"a\");\n}\npub fn run() {\nlet x = 1;\npanic!(\"a\");\n}";
        assert_eq!(places.find(generated, 3), Some((1, 2)));
        assert_eq!(places.find(generated, 7), Some((2, 2)));
        assert_eq!(places.find(generated, 1), None);
        assert_eq!(places.find(generated, 99), None);
    }
}
