use std::fmt::{Display, Formatter, Write as _};

use super::{Text, time};
use crate::markup::escape;
use crate::model::{Change, Verdict};

/// Lines of the HTML: more are of no help to anybody.
const MOST_ROWS: usize = 300;

/// Changes of call paths as a table.
#[derive(Clone, Debug)]
pub struct Comparison<'a> {
    changes: &'a [Change],
}

impl<'a> Comparison<'a> {
    /// A table of changes, in their order.
    pub fn of(changes: &'a [Change]) -> Self {
        Self { changes }
    }

    /// How many paths are slower, and how many faster, in words.
    pub fn summary(&self) -> String {
        let count = |wanted| {
            let found = self.changes.iter().filter(|one| one.verdict == wanted);
            found.count()
        };
        let paths = |count| if count == 1 { "path" } else { "paths" };
        match (count(Verdict::Slower), count(Verdict::Faster)) {
            (0, 0) => "no path is slower or faster".into(),
            (0, faster) => format!("{faster} {} faster", paths(faster)),
            (slower, 0) => format!("{slower} {} slower", paths(slower)),
            (slower, faster) => format!("{slower} {} slower, {faster} faster", paths(slower)),
        }
    }

    /// The table below a title, as HTML which needs no script: what is slower is marked in red, what is
    /// faster in green.
    pub fn html(&self, title: &str) -> String {
        let mut html = format!(
            "<div class=\"hpc-prof\"><style>{}</style><div class=\"head\">{}</div>\
             <div class=\"scroll\"><table><thead><tr>",
            include_str!("page.css"),
            escape(title)
        );
        for title in TITLES {
            let _ = write!(html, "<th>{}</th>", title.to_lowercase());
        }
        html.push_str("</tr></thead><tbody>");
        for change in self.changes.iter().take(MOST_ROWS) {
            let class = change.verdict.word();
            let cells = cells(change);
            let _ = write!(
                html,
                "<tr class=\"{class}\"><th scope=\"row\">{}</th>",
                escape(&cells[0])
            );
            for cell in &cells[1..] {
                let _ = write!(html, "<td>{}</td>", escape(cell));
            }
            html.push_str("</tr>");
        }
        html.push_str("</tbody></table></div>");
        if let Some(more) = self.changes.len().checked_sub(MOST_ROWS + 1) {
            let _ = write!(html, "<div class=\"note\">… and {} more</div>", more + 1);
        }
        html.push_str("</div>");
        html
    }
}

const TITLES: [&str; 7] = ["REGION", "BEFORE", "AFTER", "RATIO", "CHANGE", "VISITS", ""];

/// What a line says. Times are of the region with those inside, their change of the region alone.
fn cells(change: &Change) -> Vec<String> {
    let difference = change.exclusive();
    let sign = if difference > 0.0 { "+" } else { "" };
    let visits = match (change.before.visits, change.after.visits) {
        (before, after) if before == after => before.to_string(),
        (before, after) => format!("{before} → {after}"),
    };
    let ratio = change.factor();
    vec![
        change.path.join("/"),
        time(change.before.inclusive),
        time(change.after.inclusive),
        ratio.map_or_else(String::new, |ratio| format!("{ratio:.2}")),
        format!("{sign}{}", time(difference)),
        visits,
        change.verdict.word().into(),
    ]
}

impl Display for Comparison<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let mut table = Text::new(&TITLES);
        for change in self.changes {
            table.push(cells(change));
        }
        table.fmt(f)
    }
}
