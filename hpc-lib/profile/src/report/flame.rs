//! Call paths as bars: each as wide as its share of the time, on top of the one that it goes on from.

use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashMap};
use std::fmt::Write as _;

use super::palette::Palette;
use super::{count, time};
use crate::markup::escape;
use crate::model::Profile;

/// Bars that are drawn: the widest. What is left of a path is one bar more.
const MOST_BARS: usize = 4000;

/// Shares of the whole below which a bar has no room for letters.
const LEAST_LABEL: f64 = 0.03;

/// Pixels from bar to bar.
const BAR_HEIGHT: usize = 20;

/// A bar.
#[derive(Debug, PartialEq)]
struct Bar {
    /// Its path; that which it goes on from if it stands for several.
    node: usize,
    /// How many paths it stands for.
    paths: usize,
    depth: usize,
    /// Where it begins and how wide it is, as shares of the whole.
    start: f64,
    width: f64,
}

/// A path on the way to be a bar: the widest comes first, of two that are as wide the earlier.
struct Candidate(Bar);

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_width = self.0.width.total_cmp(&other.0.width);
        by_width.then(other.0.node.cmp(&self.0.node))
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Candidate {}

/// The bars of a profile, without the compiler's work; none if no time passed.
#[derive(Debug)]
pub(super) struct Flame {
    bars: Vec<Bar>,
}

impl Flame {
    pub(super) fn of(profile: &Profile) -> Self {
        let whole = profile.run_time();
        let mut bars = Vec::new();
        if whole <= 0.0 {
            return Self { bars };
        }
        let mut candidates = BinaryHeap::from([Candidate(Bar {
            node: 0,
            paths: 1,
            depth: 0,
            start: 0.0,
            width: 1.0,
        })]);
        while bars.len() < MOST_BARS
            && let Some(Candidate(bar)) = candidates.pop()
        {
            let mut at = bar.start;
            for (node, time) in longest_first(profile, bar.node) {
                let width = time / whole;
                candidates.push(Candidate(Bar {
                    node,
                    paths: 1,
                    depth: bar.depth + 1,
                    start: at,
                    width,
                }));
                at += width;
            }
            bars.push(bar);
        }
        // Those of a path that found no room lie side by side, as the narrowest of it.
        let mut rests: HashMap<usize, Bar> = HashMap::new();
        for Candidate(bar) in candidates {
            let parent = profile.nodes()[bar.node].parent;
            let rest = rests.entry(parent).or_insert(Bar {
                node: parent,
                paths: 0,
                width: 0.0,
                ..bar
            });
            rest.paths += 1;
            rest.width += bar.width;
            rest.start = rest.start.min(bar.start);
        }
        bars.extend(rests.into_values());
        bars.sort_by(|one, other| {
            let by_depth = one.depth.cmp(&other.depth);
            by_depth.then(one.start.total_cmp(&other.start))
        });
        Self { bars }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bars.is_empty()
    }

    pub(super) fn write(&self, profile: &Profile, palette: &Palette, html: &mut String) {
        let levels = self.bars.iter().map(|bar| bar.depth + 1).max().unwrap_or(0);
        let _ = write!(
            html,
            "<div class=\"flame\" style=\"height:{}px\">",
            levels * BAR_HEIGHT
        );
        let whole = profile.run_time();
        for bar in &self.bars {
            let is_rest = bar.paths > 1;
            let name = match bar.node {
                _ if is_rest => format!("{} more", count(bar.paths as u64)),
                0 => "all threads".to_owned(),
                node => profile.name(node),
            };
            let visits = match profile.total(bar.node).visits {
                0 => String::new(),
                _ if is_rest => String::new(),
                1 => ", 1 visit".to_owned(),
                visits => format!(", {visits} visits"),
            };
            let color = if is_rest || bar.node == 0 {
                "#bbb".to_owned()
            } else {
                format!("hsl({},65%,72%)", palette.hue(&name))
            };
            let _ = write!(
                html,
                "<div{} data-x=\"{:.7}\" data-w=\"{:.7}\" style=\"left:{:.4}%;width:{:.4}%;top:{}px;\
                 background:{color}\" title=\"{}: {}, {:.2} %{visits}\">{}</div>",
                if bar.width < LEAST_LABEL {
                    " class=\"thin\""
                } else {
                    ""
                },
                bar.start,
                bar.width,
                100.0 * bar.start,
                100.0 * bar.width,
                bar.depth * BAR_HEIGHT,
                escape(&name),
                time(bar.width * whole),
                100.0 * bar.width,
                escape(&name)
            );
        }
        html.push_str("</div>");
    }
}

/// The paths that go on from one, and their times.
fn longest_first(profile: &Profile, node: usize) -> Vec<(usize, f64)> {
    let children = profile.nodes()[node].children.iter();
    let mut found: Vec<(usize, f64)> = children
        .filter(|child| !profile.is_compilation(**child))
        .map(|child| (*child, profile.total(*child).inclusive))
        .filter(|(_, time)| *time > 0.0)
        .collect();
    found.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    found
}
