use std::fmt::Write as _;

use super::bundle::{Bundle, escape};

/// Rows that are shown.
pub(super) const ROWS: usize = 30;

/// Columns that are shown; of more, the first and the last.
const COLUMNS: usize = 20;

/// Characters of a cell that are shown.
const CELL: usize = 60;

/// Rows and columns of text, the first of them perhaps labels.
pub(super) struct Table {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
    /// Whether the first column only names the rows.
    labelled: bool,
    /// Rows there are besides.
    left_out: usize,
}

impl Table {
    /// A table with a line of names above its columns. A row may be shorter.
    pub(super) fn new(head: Vec<String>) -> Self {
        Self {
            head,
            rows: Vec::new(),
            labelled: false,
            left_out: 0,
        }
    }

    /// A table whose first column, before those of `head`, is for the names of rows.
    pub(super) fn labelled(mut head: Vec<String>) -> Self {
        head.insert(0, String::new());
        Self {
            labelled: true,
            ..Self::new(head)
        }
    }

    pub(super) fn push(&mut self, row: Vec<String>) {
        self.rows.push(row);
    }

    /// Notes the number of rows of which this table shows the first.
    pub(super) fn out_of(mut self, rows: usize) -> Self {
        self.left_out = rows.saturating_sub(self.rows.len());
        self
    }

    pub(super) fn render(mut self) -> Bundle {
        self.leave_out_columns();
        for cell in self.head.iter_mut().chain(self.rows.iter_mut().flatten()) {
            shorten(cell, CELL);
        }
        let numeric: Vec<bool> = (0..self.head.len()).map(|i| self.is_numeric(i)).collect();
        Bundle::of_text(self.text(&numeric)).html(self.html(&numeric))
    }

    fn leave_out_columns(&mut self) {
        let labels = usize::from(self.labelled);
        let columns = self.head.len();
        if columns - labels <= COLUMNS {
            return;
        }
        let middle = labels + COLUMNS / 2..columns - COLUMNS / 2;
        self.head.splice(middle.clone(), ["…".into()]);
        for row in &mut self.rows {
            row.resize(columns, String::new());
            row.splice(middle.clone(), ["…".into()]);
        }
    }

    fn is_numeric(&self, column: usize) -> bool {
        let mut cells = self
            .rows
            .iter()
            .filter_map(|row| row.get(column))
            .peekable();
        cells.peek().is_some() && cells.all(|cell| is_number(cell))
    }

    /// The rest of the rows, in words.
    fn rest(&self) -> Option<String> {
        match self.left_out {
            0 => None,
            1 => Some("… 1 more row".into()),
            n => Some(format!("… {n} more rows")),
        }
    }

    fn text(&self, numeric: &[bool]) -> String {
        let lines = || std::iter::once(&self.head).chain(&self.rows);
        let width = |column: usize| {
            let widths = lines().filter_map(|line| line.get(column));
            widths.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.head.len()).map(width).collect();
        let mut text: Vec<String> = Vec::new();
        for line in lines() {
            let mut written = String::new();
            for (column, &width) in widths.iter().enumerate() {
                let cell = line.get(column).map_or("", String::as_str);
                let gap = if column == 0 { "" } else { "  " };
                let _ = if numeric[column] {
                    write!(written, "{gap}{cell:>width$}")
                } else {
                    write!(written, "{gap}{cell:<width$}")
                };
            }
            text.push(written.trim_end().into());
        }
        text.extend(self.rest());
        text.join("\n")
    }

    fn html(&self, numeric: &[bool]) -> String {
        let align = |column: usize| {
            let side = if numeric[column] { "right" } else { "left" };
            format!("style=\"text-align:{side}\"")
        };
        let mut html = String::from("<table><thead><tr>");
        for (column, name) in self.head.iter().enumerate() {
            let _ = if self.labelled && column == 0 {
                write!(html, "<td></td>")
            } else {
                let align = align(column);
                write!(html, "<th scope=\"col\" {align}>{}</th>", escape(name))
            };
        }
        html += "</tr></thead><tbody>";
        for row in &self.rows {
            html += "<tr>";
            for column in 0..self.head.len() {
                let cell = escape(row.get(column).map_or("", String::as_str));
                let _ = if self.labelled && column == 0 {
                    write!(html, "<th scope=\"row\">{cell}</th>")
                } else {
                    write!(html, "<td {}>{cell}</td>", align(column))
                };
            }
            html += "</tr>";
        }
        html += "</tbody></table>";
        if let Some(rest) = self.rest() {
            let _ = write!(
                html,
                "<p style=\"margin:0.4em 0 0;opacity:0.75\">{rest}</p>"
            );
        }
        html
    }
}

/// Whether a value's text is a number (or NaN, or an infinity).
pub(super) fn is_number(text: &str) -> bool {
    text.parse::<f64>().is_ok()
}

/// Cuts text to a number of characters, with a mark at the end.
pub(super) fn shorten(text: &mut String, characters: usize) {
    if let Some((at, _)) = text.char_indices().nth(characters) {
        let last = text[..at].char_indices().last().map_or(0, |(last, _)| last);
        text.truncate(last);
        text.push('…');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(row: &[&str]) -> Vec<String> {
        row.iter().map(|&cell| cell.to_owned()).collect()
    }

    #[test]
    fn numbers_are_on_the_right() {
        let mut table = Table::labelled(texts(&["name", "value"]));
        table.push(texts(&["0", "a <b>", "1.5"]));
        table.push(texts(&["1", "ö", "-10.25"]));
        let bundle = table.out_of(5).render();
        assert_eq!(
            bundle.plain(),
            "   name    value\n0  a <b>     1.5\n1  ö      -10.25\n… 3 more rows"
        );
        let html = bundle.get("text/html").unwrap();
        assert!(html.starts_with(
            "<table><thead><tr><td></td><th scope=\"col\" style=\"text-align:left\">name</th>"
        ));
        assert!(html.contains("<td style=\"text-align:left\">a &lt;b&gt;</td>"));
        assert!(html.contains("<td style=\"text-align:right\">-10.25</td>"));
        assert!(html.ends_with("… 3 more rows</p>"));
    }

    #[test]
    fn short_rows_and_many_columns() {
        let mut table = Table::new((0..100).map(|i| i.to_string()).collect());
        table.push(texts(&["a", "b"]));
        let bundle = table.out_of(1).render();
        let head = bundle.plain().lines().next().unwrap();
        assert_eq!(
            head,
            "0  1  2  3  4  5  6  7  8  9  …  90  91  92  93  94  95  96  97  98  99"
        );
        assert_eq!(
            bundle
                .plain()
                .lines()
                .nth(1)
                .unwrap()
                .split_whitespace()
                .count(),
            3
        );
    }

    #[test]
    fn long_cells_are_cut_between_characters() {
        let mut cell = "ä".repeat(61);
        shorten(&mut cell, 60);
        assert_eq!(cell, "ä".repeat(59) + "…");
        let mut cell = "ä".repeat(60);
        shorten(&mut cell, 60);
        assert_eq!(cell.chars().count(), 60);
    }
}
