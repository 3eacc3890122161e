//! A profile as one piece of HTML: a table, a flame graph, a timeline. Without scripts (in a notebook
//! that is not trusted) the first two are still there.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU32, Ordering};

use super::flame::Flame;
use super::palette::Palette;
use super::{Order, Row, Table, Timeline, bytes, count, time};
use crate::markup::escape;
use crate::model::Profile;
use crate::reader::Recording;
use crate::record::counter::Counter;

/// Lines of the table: more are of no help to anybody.
const MOST_ROWS: usize = 300;

/// What a flame graph says when the pointer is elsewhere.
const FLAME_HELP: &str = "click a region to look closer";

/// What a timeline says then.
const HELP: &str = "drag to move, Ctrl or Shift and the wheel to look closer, a double click shows a \
                    region";

/// Shows all again.
const RESET: &str = "<button type=\"button\" class=\"reset\" disabled>reset zoom</button>";

/// A page of a profile.
#[derive(Debug)]
pub struct Page<'a> {
    profile: &'a Profile,
    title: String,
    order: Order,
    timeline: Option<Timeline>,
}

impl<'a> Page<'a> {
    /// A page of all call paths.
    pub fn of(profile: &'a Profile) -> Self {
        Self {
            profile,
            title: String::new(),
            order: Order::default(),
            timeline: None,
        }
    }

    /// Adds a line above everything.
    #[must_use]
    pub fn titled(mut self, title: &str) -> Self {
        title.clone_into(&mut self.title);
        self
    }

    /// Chooses the order of the table.
    #[must_use]
    pub fn ordered(mut self, order: Order) -> Self {
        self.order = order;
        self
    }

    /// Adds a timeline of the events of recordings, if there are any.
    #[must_use]
    pub fn with_timeline(mut self, recordings: &[Recording]) -> Self {
        self.timeline = Timeline::of(recordings);
        self
    }

    /// The page: a `<div>` with all that belongs to it. Nothing is fetched from anywhere.
    pub fn html(&self) -> String {
        let id = unique_id();
        let mut html = format!(
            "<div class=\"hpc-prof\" id=\"{id}\"><style>{}</style><div class=\"head\"><div>{}</div>\
             <div class=\"tools\"><span class=\"found\"></span><input type=\"search\" \
             placeholder=\"find a region\" aria-label=\"find a region\"></div></div>",
            include_str!("page.css"),
            escape(&self.title)
        );
        self.table(&mut html);
        let palette = Palette::of(self.profile);
        let flame = Flame::of(self.profile);
        if !flame.is_empty() {
            let _ = write!(
                html,
                "<h4>Flame graph <span>time of all threads</span>{RESET}</h4>"
            );
            flame.write(self.profile, &palette, &mut html);
            let _ = write!(html, "<div class=\"note\">{FLAME_HELP}</div>");
        }
        if let Some(timeline) = &self.timeline {
            let _ = write!(
                html,
                "<h4>Timeline <span>{}</span>{RESET}</h4><div class=\"timeline\"><canvas></canvas>\
                 </div><div class=\"note\">{HELP}</div>\
                 <script type=\"application/json\">{}</script>",
                escape(&timeline.summary()),
                // Nothing in it may end the element that it stands in.
                timeline.json(&palette).to_string().replace('<', "\\u003c")
            );
        }
        let script = include_str!("page.js").replace("\"ID\"", &format!("\"{id}\""));
        let _ = write!(html, "<script>{script}</script></div>");
        html
    }

    fn table(&self, html: &mut String) {
        let table = Table::of(self.profile, 0, self.order, Some(MOST_ROWS));
        let columns: Vec<&Column> = COLUMNS
            .iter()
            .filter(|column| {
                let mut rows = table.rows.iter();
                rows.any(|row| !(column.text)(row, table.whole).is_empty())
            })
            .collect();
        let times = table.rows.iter().filter(|row| !row.is_compilation);
        let most = times.map(|row| row.counts.exclusive).fold(1.0, f64::max);
        html.push_str("<div class=\"scroll\"><table><thead><tr><th>region</th>");
        for column in &columns {
            let _ = write!(html, "<th title=\"{}\">{}</th>", column.help, column.title);
        }
        html.push_str("</tr></thead><tbody>");
        for row in &table.rows {
            let depth = if table.nests { row.depth } else { 0 };
            let indent = format!("{:.1}em", 0.5 + 1.2 * depth as f64);
            let _ = write!(
                html,
                "<tr data-indent=\"{indent}\"><th scope=\"row\" style=\"padding-left:{indent}\" \
                 title=\"{}\">{}</th>",
                escape(&row.path.join("/")),
                escape(&table.title(row))
            );
            for column in &columns {
                let text = (column.text)(row, table.whole);
                let value = (column.value)(row);
                let bar = match column.title {
                    "%" if !text.is_empty() => {
                        let share = 100.0 * value / most;
                        format!(" class=\"share\" style=\"--share:{share:.1}%\"")
                    }
                    _ => String::new(),
                };
                let _ = write!(html, "<td data-v=\"{value}\"{bar}>{text}</td>");
            }
            html.push_str("</tr>");
        }
        html.push_str("</tbody></table></div>");
        if table.more > 0 {
            let _ = write!(html, "<div class=\"note\">… and {} more</div>", table.more);
        }
    }
}

/// A column of numbers.
struct Column {
    title: &'static str,
    help: &'static str,
    value: fn(&Row) -> f64,
    /// Of a line, and the time of the whole.
    text: fn(&Row, f64) -> String,
}

const COLUMNS: [Column; 12 + Counter::ALL.len()] = [
    Column {
        title: "visits",
        help: "how often it was entered",
        value: |row| row.counts.visits as f64,
        text: |row, _| row.counts.visits.to_string(),
    },
    Column {
        title: "inclusive",
        help: "time in it and the regions inside, over all threads",
        value: |row| row.counts.inclusive,
        text: |row, _| time(row.counts.inclusive),
    },
    Column {
        title: "exclusive",
        help: "time in it without the regions inside",
        value: |row| row.counts.exclusive,
        text: |row, _| time(row.counts.exclusive),
    },
    Column {
        title: "%",
        help: "share of exclusive time",
        value: |row| row.counts.exclusive,
        text: Row::share,
    },
    Column {
        title: "mean",
        help: "mean time of a visit",
        value: |row| row.counts.mean(),
        text: |row, _| time(row.counts.mean()),
    },
    Column {
        title: "max",
        help: "time of the longest visit",
        value: |row| row.counts.max,
        text: |row, _| time(row.counts.max),
    },
    Column {
        title: "GB/s",
        help: "gigabytes moved in a second, as routines tell",
        value: |row| row.counts.gigabytes().unwrap_or(0.0),
        text: |row, _| rate(row.counts.gigabytes()),
    },
    Column {
        title: "GFLOP/s",
        help: "floating-point operations in a nanosecond, as routines tell",
        value: |row| row.counts.gflops().unwrap_or(0.0),
        text: |row, _| rate(row.counts.gflops()),
    },
    Column {
        title: "FLOP/B",
        help: "operations for each byte: where a routine lies on the roofline",
        value: |row| row.counts.intensity().unwrap_or(0.0),
        text: |row, _| rate(row.counts.intensity()),
    },
    Column {
        title: "allocated",
        help: "bytes and allocations, with the regions inside",
        value: |row| row.counts.allocated as f64,
        text: |row, _| match row.counts.allocations {
            0 => String::new(),
            some => format!("{} ({})", bytes(row.counts.allocated), count(some)),
        },
    },
    Column {
        title: "peak",
        help: "the most memory that a thread had at a time",
        value: |row| row.counts.peak as f64,
        text: |row, _| bytes(row.counts.peak),
    },
    Column {
        title: "IPC",
        help: "instructions in a cycle of the processor",
        value: |row| row.counts.counters.instructions_per_cycle().unwrap_or(0.0),
        text: |row, _| rate(row.counts.counters.instructions_per_cycle()),
    },
    counter::<0>(),
    counter::<1>(),
    counter::<2>(),
    counter::<3>(),
    counter::<4>(),
    counter::<5>(),
    counter::<6>(),
    counter::<7>(),
    counter::<8>(),
    counter::<9>(),
    counter::<10>(),
];

/// What a counter of the processor counted, by its place in [`Counter::ALL`].
const fn counter<const NUMBER: usize>() -> Column {
    Column {
        title: Counter::ALL[NUMBER].name(),
        help: "counted by the processor, with the regions inside",
        value: |row| row.counts.counters.get(Counter::ALL[NUMBER]) as f64,
        text: |row, _| match row.counts.counters.get(Counter::ALL[NUMBER]) {
            0 => String::new(),
            some => count(some),
        },
    }
}

fn rate(rate: Option<f64>) -> String {
    rate.map_or_else(String::new, |rate| format!("{rate:.2}"))
}

/// Pages of one notebook must not get in each other's way.
fn unique_id() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let time = std::time::SystemTime::UNIX_EPOCH
        .elapsed()
        .unwrap_or_default();
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("hpc-prof-{:x}-{number}", time.as_nanos())
}
