use std::fmt::{Display, Formatter, Write as _};

use super::{Text, time};
use crate::markup::escape;
use crate::model::OpenStack;
use crate::reader::Recording;

/// Threads that are shown: of more than these, only how many there are is said.
const MOST_THREADS: usize = 16;

/// Regions of a thread that are shown: the outermost of more, and the innermost.
const MOST_REGIONS: usize = 20;

/// What a program is doing at a moment: the regions that its threads are in, and for how long.
#[derive(Clone, Debug)]
pub struct Live {
    /// Threads that are in a region.
    busy: Vec<OpenStack>,
    /// Threads that are in none.
    idle: usize,
}

impl Live {
    /// What the program that makes a recording is doing now. It is not disturbed.
    pub fn of(recording: &Recording) -> Self {
        let stacks = OpenStack::all(recording);
        let all = stacks.len();
        let is_busy = |stack: &OpenStack| !stack.regions.is_empty();
        let busy: Vec<_> = stacks.into_iter().filter(is_busy).collect();
        Self {
            idle: all - busy.len(),
            busy,
        }
    }

    /// Whether no thread is in a region.
    pub fn is_idle(&self) -> bool {
        self.busy.is_empty()
    }

    /// Lines: the thread if it is its first one, how deep, the region, for how many nanoseconds.
    fn lines(&self) -> Vec<(&str, usize, &str, f64)> {
        let mut lines = Vec::new();
        for stack in self.busy.iter().take(MOST_THREADS) {
            let left_out = stack.regions.len().saturating_sub(MOST_REGIONS);
            let regions = stack.regions.iter().enumerate();
            for (depth, (region, elapsed)) in regions {
                let thread = if depth == 0 {
                    stack.thread.as_str()
                } else {
                    ""
                };
                // From the middle: what began the work is told, and what is done now.
                match depth.checked_sub(MOST_REGIONS / 2) {
                    Some(0) if left_out > 0 => lines.push((thread, depth, "…", *elapsed)),
                    Some(place) if place < left_out => {}
                    _ => lines.push((thread, depth, region, *elapsed)),
                }
            }
        }
        lines
    }

    /// What is not in the lines.
    fn remark(&self) -> String {
        let hidden = self.busy.len().saturating_sub(MOST_THREADS);
        let threads = |count| if count == 1 { "thread" } else { "threads" };
        let parts = [(hidden, "more"), (self.idle, "without work")];
        let parts = parts.into_iter().filter(|(count, _)| *count > 0);
        let parts: Vec<_> = parts
            .map(|(count, what)| format!("{count} {} {what}", threads(count)))
            .collect();
        parts.join(", ")
    }

    /// The same as HTML, each region with a bar as long as its share of the longest.
    pub fn html(&self) -> String {
        let mut html = format!(
            "<div class=\"hpc-prof live\"><style>{}</style><table><thead><tr><th>thread</th>\
             <th>region</th><th>for</th><th></th></tr></thead><tbody>",
            include_str!("page.css")
        );
        let lines = self.lines();
        let longest = lines.iter().map(|(.., elapsed)| *elapsed);
        let longest = longest.fold(1.0, f64::max);
        for (thread, depth, region, elapsed) in lines {
            let _ = write!(
                html,
                "<tr><th scope=\"row\">{}</th><th style=\"padding-left:{:.1}em\">{}</th><td>{}</td>\
                 <td><span style=\"width:{:.1}%\"></span></td></tr>",
                escape(thread),
                0.6 + 1.2 * depth.min(MOST_REGIONS) as f64,
                escape(region),
                time(elapsed),
                100.0 * elapsed / longest
            );
        }
        let _ = write!(
            html,
            "</tbody></table><div class=\"note\">{}</div></div>",
            self.remark()
        );
        html
    }
}

impl Display for Live {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let mut table = Text::new(&["THREAD", "REGION", "FOR"]);
        table.set_left(1);
        for (thread, depth, region, elapsed) in self.lines() {
            let region = format!("{}{region}", "  ".repeat(depth.min(MOST_REGIONS)));
            table.push(vec![thread.into(), region, time(elapsed)]);
        }
        table.fmt(f)?;
        match self.remark().as_str() {
            "" => Ok(()),
            remark => writeln!(f, "{remark}"),
        }
    }
}
