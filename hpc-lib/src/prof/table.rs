use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use hpc_profile::report::{Order, Page, Table};
use hpc_profile::{Counter, Counts, Frame, Metric, Profile};

use super::session::{Session, session};
use crate::display::{Bundle, Render};

/// Lines of a report's text; [`Report::rows`] has all of them.
const LINES: usize = 50;

/// Values of a quantity that [`metric!`](crate::metric) recorded in a region.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantity {
    /// What it is called.
    pub name: String,
    /// The unit of its values; empty if there is none.
    pub unit: String,
    /// How many values there were.
    pub count: u64,
    /// Their mean.
    pub mean: f64,
    /// The least.
    pub min: f64,
    /// The greatest.
    pub max: f64,
}

/// A line of a [`Report`]: one path of nested regions, over all threads.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The names from the outermost region to this one.
    pub path: Vec<String>,
    /// How often it was entered.
    pub visits: u64,
    /// Time in it and the regions inside, added up over visits and threads: that of threads that
    /// worked for it as well.
    pub inclusive: Duration,
    /// The same without the time in the regions inside.
    pub exclusive: Duration,
    /// The shortest visit.
    pub min: Duration,
    /// The longest visit.
    pub max: Duration,
    /// Bytes that were moved in it and the regions inside, as far as that was said ([`work`](super::work)).
    pub bytes: u64,
    /// Floating-point operations in it and the regions inside, as far as that was said.
    pub flops: u64,
    /// What the processor counted in it and the regions inside, under the names that `perf` has: what
    /// `FERROLAB_PROF_METRIC_PERF` or `%%prof --counters` asked for. Of visits that have ended.
    pub counters: Vec<(&'static str, u64)>,
    /// What was measured in it.
    pub metrics: Vec<Quantity>,
}

impl Row {
    /// The region's own name.
    pub fn name(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }
}

/// What was counted up to a moment: a table of regions in the order in which they nest, the longest first.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    rows: Vec<Row>,
    /// The path of each line.
    paths: Vec<Vec<Frame>>,
    metrics: Vec<Metric>,
    table: Table,
}

/// Where the time went: a [`Snapshot`] with its pictures.
///
/// Shown in a notebook as a table that can be sorted, a flame graph and, when events are recorded, a
/// timeline; as text elsewhere.
#[derive(Clone, Debug, Default)]
pub struct Report {
    snapshot: Snapshot,
    html: String,
}

/// What was counted up to now. Nothing ends or is forgotten by it; regions that are open are counted
/// up to now. Costs some microseconds and a little for each call path.
///
/// ```
/// use hpc::prelude::*;
/// let inner = || region!("inner", {});
/// region!("outer", {
///     inner();
///     let before = prof::snapshot();
///     assert_eq!(before.get("outer").unwrap().visits, 1);
///     inner();
///     inner();
///     let between = prof::snapshot().since(&before);
///     assert_eq!(between.get("outer/inner").unwrap().visits, 2);
/// });
/// ```
pub fn snapshot() -> Snapshot {
    counted().map_or_else(Snapshot::default, |(_, profile)| Snapshot::of(&profile))
}

/// The regions of all threads since the start or the last [`reset`](super::reset). Regions that are
/// open are counted up to now.
///
/// In a notebook the outermost regions are the cells, called as their prompts: `In [3]`.
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
/// assert!(report.get("outer").unwrap().inclusive >= inner.inclusive);
/// ```
pub fn report() -> Report {
    let Some((session, profile)) = counted() else {
        return Report::default();
    };
    Report {
        snapshot: Snapshot::of(&profile),
        html: Page::of(&profile)
            .with_timeline(std::slice::from_ref(&session.recording))
            .html(),
    }
}

/// The profile up to now.
fn counted() -> Option<(&'static Session, Profile)> {
    let session = session()?;
    session.know_cost();
    // The longer the recording is known to last, the better its rate is known.
    session.recorder.stamp();
    let profile = Profile::of(std::slice::from_ref(&session.recording));
    Some((session, profile))
}

impl Snapshot {
    fn of(profile: &Profile) -> Self {
        let table = Table::of(profile, 0, Order::Tree, None);
        Self {
            paths: table
                .rows
                .iter()
                .map(|row| profile.frames(row.node))
                .collect(),
            metrics: profile.catalog().metrics().to_vec(),
            table,
            rows: Vec::new(),
        }
        .with_rows()
    }

    fn with_rows(self) -> Self {
        let rows = self.table.rows.iter().map(|row| self.row(row)).collect();
        Self { rows, ..self }
    }

    /// What was counted between an earlier snapshot and this one. Regions that were open at both have
    /// no visit in between, but time. `min` and `max` are of all visits so far.
    #[must_use]
    pub fn since(&self, before: &Self) -> Self {
        let known: HashMap<&[Frame], &Counts> = before
            .paths
            .iter()
            .map(Vec::as_slice)
            .zip(before.table.rows.iter().map(|row| &row.counts))
            .collect();
        let lines = self.table.rows.iter().zip(&self.paths);
        let (mut rows, mut paths) = (Vec::new(), Vec::new());
        for (row, path) in lines {
            let mut row = row.clone();
            if let Some(then) = known.get(path.as_slice()) {
                row.counts = row.counts.since(then);
            }
            if row.counts.visits > 0 || row.counts.inclusive > 0.0 {
                rows.push(row);
                paths.push(path.clone());
            }
        }
        let table = Table {
            rows,
            whole: (self.table.whole - before.table.whole).max(0.0),
            ..self.table
        };
        Self {
            rows: Vec::new(),
            paths,
            metrics: self.metrics.clone(),
            table,
        }
        .with_rows()
    }

    /// The lines, a region right before those inside it.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The first line whose path is, or ends with, one such as `outer/inner`.
    pub fn get(&self, path: &str) -> Option<&Row> {
        let names: Vec<&str> = path.split('/').collect();
        let ends = |row: &&Row| {
            let skipped = row.path.len().checked_sub(names.len());
            skipped.is_some_and(|skipped| row.path[skipped..] == names)
        };
        let whole = self.rows.iter().find(|row| row.path == names);
        whole.or_else(|| self.rows.iter().find(ends))
    }

    fn row(&self, row: &hpc_profile::report::Row) -> Row {
        let time = |nanoseconds: f64| Duration::from_nanos(nanoseconds.max(0.0) as u64);
        let counts = &row.counts;
        let metrics = counts.metrics.iter().map(|values| {
            let metric = &self.metrics[values.metric];
            Quantity {
                name: metric.name.clone(),
                unit: metric.unit.clone(),
                count: values.count,
                mean: values.sum / values.count as f64,
                min: values.min,
                max: values.max,
            }
        });
        Row {
            path: row.path.clone(),
            visits: counts.visits,
            inclusive: time(counts.inclusive),
            exclusive: time(counts.exclusive),
            min: time(if counts.visits > 0 { counts.min } else { 0.0 }),
            max: time(counts.max),
            bytes: counts.bytes,
            flops: counts.flops,
            counters: Counter::ALL
                .into_iter()
                .map(|counter| (counter.name(), counts.counters.get(counter)))
                .filter(|(_, sum)| *sum > 0)
                .collect(),
            metrics: metrics.collect(),
        }
    }
}

impl Report {
    /// The lines, a region right before those inside it.
    pub fn rows(&self) -> &[Row] {
        self.snapshot.rows()
    }

    /// The first line whose path is, or ends with, one such as `outer/inner`.
    pub fn get(&self, path: &str) -> Option<&Row> {
        self.snapshot.get(path)
    }
}

impl fmt::Display for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.rows.is_empty() {
            return f.write_str("no regions were entered");
        }
        f.write_str(self.table.first(LINES).to_string().trim_end())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.snapshot.fmt(f)
    }
}

impl Render for Snapshot {
    fn render(&self) -> Bundle {
        Bundle::text(self.to_string())
    }
}

impl Render for Report {
    fn render(&self) -> Bundle {
        let text = self.to_string();
        if self.rows().is_empty() {
            return Bundle::text(text);
        }
        Bundle::text(text).html(self.html.as_str())
    }
}
