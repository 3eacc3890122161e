//! Tables of text.

/// Lines of cells: the first column is set to the left, the others to the right.
pub(super) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new(titles: &[&str]) -> Self {
        let titles = titles.iter().map(|title| (*title).to_owned()).collect();
        Self { rows: vec![titles] }
    }

    pub(super) fn push(&mut self, row: Vec<String>) {
        self.rows.push(row);
    }
}

impl std::fmt::Display for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for row in &self.rows {
            for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
                let space = " ".repeat(width - cell.chars().count());
                match column {
                    0 => write!(f, "{cell}{space}")?,
                    _ => write!(f, "  {space}{cell}")?,
                }
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

/// A time in nanoseconds, in the unit that suits it.
pub(super) fn time(nanoseconds: f64) -> String {
    match nanoseconds.abs() {
        0.0 => "0".into(),
        ns if ns < 1e3 => format!("{nanoseconds:.0} ns"),
        ns if ns < 1e6 => format!("{:.1} µs", nanoseconds / 1e3),
        ns if ns < 1e9 => format!("{:.1} ms", nanoseconds / 1e6),
        _ => format!("{:.2} s", nanoseconds / 1e9),
    }
}

/// A number of bytes, in the unit that suits it.
pub(super) fn bytes(count: u64) -> String {
    let count = count as f64;
    match count {
        0.0 => String::new(),
        count if count < 1024.0 => format!("{count} B"),
        count if count < 1024.0 * 1024.0 => format!("{:.1} KiB", count / 1024.0),
        count if count < 1024.0 * 1024.0 * 1024.0 => format!("{:.1} MiB", count / 1024.0 / 1024.0),
        count => format!("{:.1} GiB", count / 1024.0 / 1024.0 / 1024.0),
    }
}

/// A share as a percentage.
pub(super) fn percent(part: f64, whole: f64) -> String {
    if whole > 0.0 {
        format!("{:.1}", 100.0 * part / whole)
    } else {
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let mut table = Table::new(&["REGION", "N"]);
        table.push(vec!["größe".into(), "12".into()]);
        assert_eq!(table.to_string(), "REGION   N\ngröße   12\n");
    }

    #[test]
    fn units_suit_the_number() {
        assert_eq!(time(999.0), "999 ns");
        assert_eq!(time(-1_500.0), "-1.5 µs");
        assert_eq!(time(61e9), "61.00 s");
        assert_eq!(bytes(1536), "1.5 KiB");
        assert_eq!(percent(1.0, 8.0), "12.5");
    }
}
