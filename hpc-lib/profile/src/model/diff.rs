use std::collections::HashMap;

use super::{Counts, Profile};

/// A call path in two profiles.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Its names, the outermost first.
    pub path: Vec<String>,
    /// What all locations counted there before; nothing if it was not there.
    pub before: Counts,
    /// The same after.
    pub after: Counts,
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

/// Which of the two counts of a change.
type Side = fn(&mut Change) -> &mut Counts;

/// Compares two profiles path by path, those with the largest change of exclusive time first,
/// and of two that are as large the one that became slower. Paths are the same if their names are.
pub fn diff(before: &Profile, after: &Profile) -> Vec<Change> {
    let mut changes: Vec<Change> = Vec::new();
    let mut known: HashMap<Vec<String>, usize> = HashMap::new();
    let sides: [(&Profile, Side); 2] = [
        (before, |change| &mut change.before),
        (after, |change| &mut change.after),
    ];
    for (profile, side) in sides {
        for node in 1..profile.nodes().len() {
            let path = profile.path(node);
            let index = *known.entry(path.clone()).or_insert_with(|| {
                changes.push(Change {
                    path,
                    before: Counts::default(),
                    after: Counts::default(),
                });
                changes.len() - 1
            });
            side(&mut changes[index]).add(&profile.total(node));
        }
    }
    changes.sort_by(|one, other| {
        let (one, other) = (one.exclusive(), other.exclusive());
        let by_size = other.abs().total_cmp(&one.abs());
        by_size.then(other.total_cmp(&one))
    });
    changes
}
