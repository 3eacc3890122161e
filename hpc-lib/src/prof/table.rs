use std::fmt;
use std::time::Duration;

use hpc_profile::Profile;
use hpc_profile::report::{Order, Page, Table};

use super::session::session;
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
    /// What was measured in it.
    pub metrics: Vec<Quantity>,
}

impl Row {
    /// The region's own name.
    pub fn name(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }
}

/// Where the time went: a table of regions in the order in which they nest, the longest first.
///
/// Shown in a notebook as a table that can be sorted, a flame graph and, when events are recorded, a
/// timeline; as text elsewhere.
#[derive(Clone, Debug, Default)]
pub struct Report {
    rows: Vec<Row>,
    table: Table,
    html: String,
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
    let Some(session) = session() else {
        return Report::default();
    };
    session.know_cost();
    // The longer the recording is known to last, the better its rate is known.
    session.recorder.stamp();
    let profile = Profile::of(std::slice::from_ref(&session.recording));
    let table = Table::of(&profile, 0, Order::Tree, None);
    let time = |nanoseconds: f64| Duration::from_nanos(nanoseconds.max(0.0) as u64);
    let row = |row: &hpc_profile::report::Row| {
        let counts = &row.counts;
        let metrics = counts.metrics.iter().map(|values| {
            let metric = &profile.catalog().metrics()[values.metric];
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
            metrics: metrics.collect(),
        }
    };
    Report {
        rows: table.rows.iter().map(row).collect(),
        table,
        html: Page::of(&profile)
            .with_timeline(std::slice::from_ref(&session.recording))
            .html(),
    }
}

impl Report {
    /// The lines, a region right before those inside it.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The first line whose path is, or ends with, one such as `outer/inner`.
    pub fn get(&self, path: &str) -> Option<&Row> {
        let names: Vec<&str> = path.split('/').collect();
        let fits = |row: &&Row| {
            row.path.ends_with(
                &names
                    .iter()
                    .map(|name| (*name).to_owned())
                    .collect::<Vec<_>>(),
            )
        };
        let whole = self.rows.iter().find(|row| row.path == names);
        whole.or_else(|| self.rows.iter().find(fits))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.rows.is_empty() {
            return f.write_str("no regions were entered");
        }
        f.write_str(self.table.first(LINES).to_string().trim_end())
    }
}

impl Render for Report {
    fn render(&self) -> Bundle {
        let text = self.to_string();
        if self.rows.is_empty() {
            return Bundle::text(text);
        }
        Bundle::text(text).html(self.html.as_str())
    }
}
