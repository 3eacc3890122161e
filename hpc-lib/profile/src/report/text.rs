use std::fmt::{Display, Formatter, Result};

/// Lines of cells as text: the first columns are set to the left, the others to the right. Columns
/// with nothing below their title are left out.
#[derive(Clone, Debug)]
pub struct Text {
    rows: Vec<Vec<String>>,
    /// The last column that is set to the left.
    left: usize,
}

impl Text {
    /// A table with those titles and no lines.
    pub fn new(titles: &[&str]) -> Self {
        let titles = titles.iter().map(|title| (*title).to_owned()).collect();
        Self {
            rows: vec![titles],
            left: 0,
        }
    }

    /// Sets columns up to that one to the left; without it only the first, 0.
    pub fn set_left(&mut self, last: usize) {
        self.left = last;
    }

    /// Adds a line.
    pub fn push(&mut self, row: Vec<String>) {
        self.rows.push(row);
    }
}

impl Display for Text {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let has_content = |column: &usize| {
            let cells = self.rows.iter().skip(1).filter_map(|row| row.get(*column));
            *column == 0 || cells.into_iter().any(|cell| !cell.is_empty())
        };
        let shown: Vec<(usize, usize)> = (0..columns)
            .filter(has_content)
            .map(|column| (column, width(column)))
            .collect();
        for row in &self.rows {
            let mut line = String::new();
            for (column, width) in &shown {
                let cell = row.get(*column).map_or("", String::as_str);
                let space = " ".repeat(width - cell.chars().count());
                let between = if *column == 0 { "" } else { "  " };
                let parts = if *column <= self.left {
                    [between, cell, &space]
                } else {
                    [between, &space, cell]
                };
                line.extend(parts);
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_empty_ones_are_left_out() {
        let mut table = Text::new(&["REGION", "NOTHING", "N"]);
        table.push(vec!["größe".into(), String::new(), "12".into()]);
        assert_eq!(table.to_string(), "REGION   N\ngröße   12\n");
    }
}
