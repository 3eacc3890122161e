use std::collections::HashMap;
use std::fmt::{self, Write as _};
use std::sync::Arc;
use std::time::Duration;

use super::region::{open, restart_open};
use super::tree::{Counts, NameId, ROOT, name_text, trees};
use crate::array::bytes_text;
use crate::display::{Bundle, Render, escape};
use crate::simd::Clock;

/// A line of a [`Report`]: one path of nested regions, over all threads.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The names from the outermost region to this one.
    pub path: Vec<String>,
    /// How often it was entered.
    pub visits: u64,
    /// Time from entering to leaving, added up over visits and threads.
    pub inclusive: Duration,
    /// The same without the time in the regions inside.
    pub exclusive: Duration,
    /// Bytes of arrays that were made in it and the regions inside, on the threads that were in it.
    /// Memory of other values (a `Vec`, say) is not counted.
    pub array_bytes: u64,
}

impl Row {
    /// The region's own name.
    pub fn name(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }
}

/// Where the time went: a table of regions in the order in which they nest, the longest first.
///
/// Shown as a table in a notebook and as text elsewhere.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    rows: Vec<Row>,
}

/// What was counted under one path over all threads.
#[derive(Default)]
struct Merged {
    counts: Counts,
    children: HashMap<NameId, Merged>,
}

impl Merged {
    fn add(&mut self, counts: Counts) {
        self.counts.visits += counts.visits;
        self.counts.ticks += counts.ticks;
        self.counts.bytes += counts.bytes;
    }

    fn at(&mut self, path: &[NameId]) -> &mut Self {
        path.iter().fold(self, |merged, name| {
            merged.children.entry(*name).or_default()
        })
    }

    fn rows(&self, path: &mut Vec<String>, seconds_per_tick: f64, rows: &mut Vec<Row>) {
        let mut children: Vec<_> = self.children.iter().collect();
        children.sort_by_key(|(name, child)| (std::cmp::Reverse(child.counts.ticks), name.0));
        for (name, child) in children {
            path.push(name_text(*name).to_string());
            let inner: u64 = child
                .children
                .values()
                .map(|inner| inner.counts.ticks)
                .sum();
            let time = |ticks: u64| Duration::from_secs_f64(ticks as f64 * seconds_per_tick);
            if child.counts.visits > 0 {
                rows.push(Row {
                    path: path.clone(),
                    visits: child.counts.visits,
                    inclusive: time(child.counts.ticks),
                    exclusive: time(child.counts.ticks.saturating_sub(inner)),
                    array_bytes: child.counts.bytes,
                });
            }
            child.rows(path, seconds_per_tick, rows);
            path.pop();
        }
    }
}

/// The regions of all threads since the start or the last [`reset`]. Regions that this thread has
/// open are counted up to now.
///
/// ```
/// use hpc::prelude::*;
/// region!("outer", {
///     for _ in 0..3 {
///         region!("inner", { arange(0, 1000, 1).sum() });
///     }
/// });
/// let report = prof::report();
/// let inner = report.get("outer/inner").unwrap();
/// assert_eq!(inner.visits, 3);
/// assert_eq!(inner.array_bytes, 3 * 8000);
/// assert!(report.get("outer").unwrap().inclusive >= inner.inclusive);
/// ```
pub fn report() -> Report {
    let mut merged = Merged::default();
    let open = open();
    for tree in trees() {
        let mut paths: Vec<Vec<NameId>> = vec![Vec::new()];
        for id in ROOT + 1..tree.len() {
            let node = tree.node(id);
            // A parent is always older than its children.
            let mut path = paths[node.parent() as usize].clone();
            path.push(node.name());
            merged.at(&path).add(node.counts());
            paths.push(path);
        }
        if let Some(open) = open.as_ref().filter(|open| Arc::ptr_eq(&open.tree, &tree)) {
            for (node, counts) in &open.counts {
                merged.at(&paths[*node as usize]).add(*counts);
            }
        }
    }
    let mut rows = Vec::new();
    merged.rows(&mut Vec::new(), Clock::seconds_per_tick(), &mut rows);
    Report { rows }
}

/// Forgets what was counted so far. Regions that are open are counted from now on.
///
/// ```
/// use hpc::prelude::*;
/// region!("before", {});
/// prof::reset();
/// assert!(prof::report().rows().is_empty());
/// ```
pub fn reset() {
    restart_open();
    for tree in trees() {
        tree.clear();
    }
}

impl Report {
    /// The lines, a region right before those inside it.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The line of a path such as `outer/inner`.
    pub fn get(&self, path: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.path.join("/") == path)
    }

    /// The time of the outermost regions, which is 100 % in the table.
    fn total(&self) -> Duration {
        self.rows
            .iter()
            .filter(|row| row.path.len() == 1)
            .map(|row| row.inclusive)
            .sum()
    }

    fn cells(&self) -> Vec<[String; 6]> {
        let total = self.total().as_secs_f64();
        self.rows
            .iter()
            .map(|row| {
                let share = if total > 0.0 {
                    row.inclusive.as_secs_f64() / total * 100.0
                } else {
                    0.0
                };
                [
                    row.name().to_owned(),
                    row.visits.to_string(),
                    duration_text(row.inclusive),
                    duration_text(row.exclusive),
                    format!("{share:.1}"),
                    bytes_text(row.array_bytes as f64),
                ]
            })
            .collect()
    }
}

const HEADERS: [&str; 6] = [
    "region",
    "visits",
    "inclusive",
    "exclusive",
    "%",
    "array bytes",
];

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.rows.is_empty() {
            return f.write_str("no regions were entered");
        }
        let mut lines = vec![HEADERS.map(str::to_owned)];
        for (row, mut cells) in self.rows.iter().zip(self.cells()) {
            cells[0].insert_str(0, &"  ".repeat(row.path.len() - 1));
            lines.push(cells);
        }
        let width = |column: usize| {
            lines
                .iter()
                .map(|line| line[column].chars().count())
                .max()
                .unwrap_or(0)
        };
        let widths: [usize; 6] = std::array::from_fn(width);
        for (index, line) in lines.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{:<1$}", line[0], widths[0])?;
            for (cell, width) in line.iter().zip(widths).skip(1) {
                write!(f, "  {cell:>width$}")?;
            }
        }
        Ok(())
    }
}

impl Render for Report {
    fn render(&self) -> Bundle {
        let text = self.to_string();
        if self.rows.is_empty() {
            return Bundle::text(text);
        }
        let mut html = String::from("<table><caption>Regions</caption><thead><tr>");
        for (column, header) in HEADERS.iter().enumerate() {
            let align = if column == 0 { "left" } else { "right" };
            let _ = write!(
                html,
                "<th scope=\"col\" style=\"text-align:{align}\">{header}</th>"
            );
        }
        html += "</tr></thead><tbody>";
        for (row, cells) in self.rows.iter().zip(self.cells()) {
            let indent = 1.5 * (row.path.len() - 1) as f64;
            let _ = write!(
                html,
                "<tr><th scope=\"row\" style=\"text-align:left;font-weight:normal;padding-left:{:.1}em\">{}</th>",
                indent + 0.5,
                escape(&cells[0])
            );
            for cell in &cells[1..] {
                let _ = write!(html, "<td style=\"text-align:right\">{}</td>", escape(cell));
            }
            html += "</tr>";
        }
        html += "</tbody></table>";
        Bundle::text(text).html(html)
    }
}

/// A time with the unit that suits it.
pub(crate) fn duration_text(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    match seconds {
        s if s >= 1.0 => format!("{s:.3} s"),
        s if s >= 1e-3 => format!("{:.3} ms", s * 1e3),
        s if s >= 1e-6 => format!("{:.3} µs", s * 1e6),
        s => format!("{:.0} ns", s * 1e9),
    }
}
