use std::fmt::{Display, Formatter};
use std::str::FromStr;

use super::{Text, bytes, count, percent, time};
use crate::model::{Counts, Profile};
use crate::record::counter::Counter;

/// The order of the lines of a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// As regions nest, the longest first.
    #[default]
    Tree,
    /// By time with the regions inside.
    Inclusive,
    /// By time without the regions inside.
    Exclusive,
    /// By number of visits.
    Visits,
    /// By bytes that were allocated.
    Allocated,
}

impl Order {
    /// All orders, with their names.
    pub const ALL: [(&'static str, Self); 5] = [
        ("tree", Self::Tree),
        ("inclusive", Self::Inclusive),
        ("exclusive", Self::Exclusive),
        ("visits", Self::Visits),
        ("allocated", Self::Allocated),
    ];
}

impl FromStr for Order {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let known = Self::ALL.iter().find(|(known, _)| *known == name);
        known.map(|(_, order)| *order).ok_or_else(|| {
            let names = Self::ALL.map(|(name, _)| name).join(", ");
            format!("`{name}` is no order; use one of {names}")
        })
    }
}

/// A line of a table: a call path.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Its number in the profile.
    pub node: usize,
    /// How many paths of the table it goes on from.
    pub depth: usize,
    /// The names of its steps below the table's root, the outermost first.
    pub path: Vec<String>,
    /// What all threads counted there.
    pub counts: Counts,
    /// Whether it is the compiler's work, which is no part of the whole.
    pub is_compilation: bool,
}

impl Row {
    /// The share of a whole that is spent in the region alone, in percent.
    pub fn share(&self, whole: f64) -> String {
        if self.is_compilation {
            String::new()
        } else {
            percent(self.counts.exclusive, whole)
        }
    }
}

/// The call paths below one of a profile.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// The lines that are shown.
    pub rows: Vec<Row>,
    /// How many more there are.
    pub more: usize,
    /// Time of the whole, in nanoseconds, without the compiler's.
    pub whole: f64,
    /// Whether lines are indented by their depth; else each has its path.
    pub nests: bool,
}

impl Table {
    /// The paths below `root` (0 is the whole program), at most `top` of them.
    pub fn of(profile: &Profile, root: usize, order: Order, top: Option<usize>) -> Self {
        let mut rows = nested(profile, root);
        rows.retain(|row| row.counts.visits > 0 || row.counts.inclusive > 0.0);
        let key = |row: &Row| match order {
            Order::Tree => 0.0,
            Order::Inclusive => row.counts.inclusive,
            Order::Exclusive => row.counts.exclusive,
            Order::Visits => row.counts.visits as f64,
            Order::Allocated => row.counts.allocated as f64,
        };
        rows.sort_by(|one, other| key(other).total_cmp(&key(one)));
        let shown = top.unwrap_or(rows.len()).min(rows.len());
        let more = rows.len() - shown;
        rows.truncate(shown);
        Self {
            rows,
            more,
            whole: if root == 0 {
                profile.run_time()
            } else {
                profile.total(root).inclusive
            },
            nests: order == Order::Tree,
        }
    }

    /// The same with that many lines at most.
    #[must_use]
    pub fn first(&self, top: usize) -> Self {
        let shown = top.min(self.rows.len());
        Self {
            rows: self.rows[..shown].to_vec(),
            more: self.more + self.rows.len() - shown,
            ..*self
        }
    }

    /// What a line is called.
    pub fn title(&self, row: &Row) -> String {
        if self.nests {
            row.path.last().cloned().unwrap_or_default()
        } else {
            row.path.join("/")
        }
    }
}

/// The paths below one, each right before those that go on from it, the longest first.
fn nested(profile: &Profile, root: usize) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut stack = Vec::new();
    push_children(profile, root, &[], &mut stack);
    while let Some(row) = stack.pop() {
        push_children(profile, row.node, &row.path, &mut stack);
        rows.push(row);
    }
    rows
}

fn push_children(profile: &Profile, of: usize, path: &[String], stack: &mut Vec<Row>) {
    let children = profile.nodes()[of].children.iter();
    let mut rows: Vec<Row> = children
        .map(|node| Row {
            node: *node,
            depth: path.len(),
            path: [path, &[profile.name(*node)]].concat(),
            counts: profile.total(*node),
            is_compilation: profile.is_compilation(*node),
        })
        .collect();
    // The last is taken first: the longest, and after all others the compiler's work in the order of time.
    rows.sort_by(
        |one, other| match (one.is_compilation, other.is_compilation) {
            (true, true) => other.node.cmp(&one.node),
            (false, false) => one.counts.inclusive.total_cmp(&other.counts.inclusive),
            (one, other) => other.cmp(&one),
        },
    );
    stack.append(&mut rows);
}

/// How many; nothing for none.
fn some(number: u64) -> String {
    match number {
        0 => String::new(),
        some => count(some),
    }
}

impl Display for Table {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let titles = [
            "REGION",
            "VISITS",
            "INCLUSIVE",
            "EXCLUSIVE",
            "%",
            "MEAN",
            "GB/s",
            "GFLOP/s",
            "ALLOCATIONS",
            "ALLOCATED",
            "PEAK",
            "IPC",
        ];
        let counters = Counter::ALL.map(|counter| counter.name().to_uppercase());
        let counters = counters.iter().map(String::as_str);
        let titles: Vec<&str> = titles.into_iter().chain(counters).collect();
        let mut text = Text::new(&titles);
        let rate = |rate: Option<f64>| rate.map_or_else(String::new, |rate| format!("{rate:.2}"));
        for row in &self.rows {
            let indent = if self.nests { 2 * row.depth } else { 0 };
            let counts = &row.counts;
            let mut line = vec![
                format!("{}{}", " ".repeat(indent), self.title(row)),
                counts.visits.to_string(),
                time(counts.inclusive),
                time(counts.exclusive),
                row.share(self.whole),
                time(counts.mean()),
                rate(counts.gigabytes()),
                rate(counts.gflops()),
                some(counts.allocations),
                bytes(counts.allocated),
                bytes(counts.peak),
                rate(counts.counters.instructions_per_cycle()),
            ];
            line.extend(Counter::ALL.map(|counter| some(counts.counters.get(counter))));
            text.push(line);
        }
        text.fmt(f)?;
        if self.more > 0 {
            writeln!(f, "… and {} more", self.more)?;
        }
        Ok(())
    }
}
