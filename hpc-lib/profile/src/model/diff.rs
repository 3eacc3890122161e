use std::collections::{HashMap, HashSet};

use super::{Counts, Profile};
use crate::record::region::Role;

/// How many times as long a region must take, in it alone, to be called slower.
const LEAST_FACTOR: f64 = 1.1;

/// The share of the whole time by which a region must change to be called slower or faster.
const LEAST_SHARE: f64 = 0.01;

/// By how many standard errors the times of all visits must differ.
const LEAST_ERRORS: f64 = 2.0;

/// The first step of paths that are the compiler's work on a cell.
const COMPILATION: &str = "compile";

/// What became of a call path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing that could not be chance.
    #[default]
    Same,
    /// It takes longer: by a tenth in the region alone, by a hundredth of the whole, and by more than
    /// its visits differ from each other.
    Slower,
    /// It takes less time, by as much.
    Faster,
    /// It was not there before.
    New,
    /// It is not there any more.
    Gone,
}

impl Verdict {
    /// A word for it; none if nothing changed.
    pub fn word(self) -> &'static str {
        match self {
            Self::Same => "",
            Self::Slower => "slower",
            Self::Faster => "faster",
            Self::New => "new",
            Self::Gone => "gone",
        }
    }
}

/// A call path in two profiles.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Its names, the outermost first.
    pub path: Vec<String>,
    /// What all locations counted there before; nothing if it was not there.
    pub before: Counts,
    /// The same after.
    pub after: Counts,
    /// What became of it.
    pub verdict: Verdict,
}

impl Change {
    /// Nanoseconds of exclusive time that came; negative if some went.
    pub fn exclusive(&self) -> f64 {
        self.after.exclusive - self.before.exclusive
    }

    /// How many times as long the region takes with those inside; `None` if it took no time before.
    pub fn factor(&self) -> Option<f64> {
        (self.before.inclusive > 0.0).then(|| self.after.inclusive / self.before.inclusive)
    }
}

/// Whether all visits together took another time, as far as they tell how much is chance. How often a
/// thread of a pool gets a task is chance too.
fn differ(before: &Counts, after: &Counts, is_task: bool) -> bool {
    if before.visits < 2 || after.visits < 2 {
        return true;
    }
    let variance = |counts: &Counts| {
        let of_count = if is_task { counts.mean().powi(2) } else { 0.0 };
        counts.visits as f64 * (counts.deviation().powi(2) + of_count)
    };
    let error = (variance(before) + variance(after)).sqrt();
    (after.time - before.time).abs() > LEAST_ERRORS * error
}

/// What became of a path, where the whole takes `whole` nanoseconds.
fn verdict(before: &Counts, after: &Counts, whole: f64, is_task: bool) -> Verdict {
    match (before.visits, after.visits) {
        (0, 0) => return Verdict::Same,
        (0, _) => return Verdict::New,
        (_, 0) => return Verdict::Gone,
        _ => {}
    }
    let (old, new) = (before.exclusive, after.exclusive);
    if (new - old).abs() < LEAST_SHARE * whole || !differ(before, after, is_task) {
        Verdict::Same
    } else if new > LEAST_FACTOR * old {
        Verdict::Slower
    } else if old > LEAST_FACTOR * new {
        Verdict::Faster
    } else {
        Verdict::Same
    }
}

/// Which of the two counts of a change.
type Side = fn(&mut Change) -> &mut Counts;

/// The names of a path's steps. The cell of a profile that knows only one is called `cell`, whatever its
/// number, so that two cells can be compared.
fn path(profile: &Profile, node: usize) -> Vec<String> {
    let mut names = profile.path(node);
    let cells = profile.nodes()[0].children.iter();
    let cells: Vec<usize> = cells
        .copied()
        .filter(|one| is_cell(profile, *one))
        .collect();
    if let [cell] = cells[..]
        && let Some(first) = names.first_mut()
        && *first == profile.name(cell)
    {
        "cell".clone_into(first);
    }
    if profile.is_compilation(node)
        && let Some(first) = names.first_mut()
    {
        COMPILATION.clone_into(first);
    }
    names
}

fn is_cell(profile: &Profile, node: usize) -> bool {
    let region = profile.region(node);
    // Of cells before a reset there is a path still, on which nothing is counted.
    let is_counted = profile.total(node).visits > 0;
    is_counted && region.is_some_and(|region| region.role == Role::Cell)
}

/// Compares two profiles path by path, those with the largest change of exclusive time first,
/// and of two that are as large the one that became slower. Paths are the same if their names are;
/// cells, if each profile knows only one.
pub fn diff(before: &Profile, after: &Profile) -> Vec<Change> {
    let mut changes: Vec<Change> = Vec::new();
    let mut known: HashMap<Vec<String>, usize> = HashMap::new();
    let mut tasks = HashSet::new();
    let sides: [(&Profile, Side); 2] = [
        (before, |change| &mut change.before),
        (after, |change| &mut change.after),
    ];
    for (profile, side) in sides {
        for node in 1..profile.nodes().len() {
            let counts = profile.total(node);
            if counts.visits == 0 && counts.inclusive == 0.0 {
                continue;
            }
            let path = path(profile, node);
            let index = *known.entry(path.clone()).or_insert_with(|| {
                changes.push(Change {
                    path,
                    before: Counts::default(),
                    after: Counts::default(),
                    verdict: Verdict::default(),
                });
                changes.len() - 1
            });
            side(&mut changes[index]).add(&counts);
            let region = profile.region(node);
            if region.is_some_and(|region| region.role == Role::Task) {
                tasks.insert(index);
            }
        }
    }
    let whole = before.run_time().max(after.run_time());
    for (index, change) in changes.iter_mut().enumerate() {
        // How long the compiler takes depends on what else the machine does.
        if change.path[0] != COMPILATION {
            change.verdict = verdict(&change.before, &change.after, whole, tasks.contains(&index));
        }
    }
    changes.sort_by(|one, other| {
        let (one, other) = (one.exclusive(), other.exclusive());
        let by_size = other.abs().total_cmp(&one.abs());
        by_size.then(other.total_cmp(&one))
    });
    changes
}
