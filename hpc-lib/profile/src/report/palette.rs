use std::collections::HashMap;

use crate::model::Profile;

/// Degrees from a hue to the next: the golden angle, so that each is far from all that are near it in order.
const STEP: f64 = 137.508;

/// The hue of the region that takes longest.
const FIRST: f64 = 205.0;

/// Colours of regions, by name: those that take long are told apart best.
#[derive(Debug, Default)]
pub(super) struct Palette {
    places: HashMap<String, usize>,
}

impl Palette {
    pub(super) fn of(profile: &Profile) -> Self {
        let paths = 1..profile.nodes().len();
        let mut times: HashMap<String, f64> = HashMap::new();
        for path in paths {
            *times.entry(profile.name(path)).or_default() += profile.total(path).inclusive;
        }
        let mut names: Vec<(String, f64)> = times.into_iter().collect();
        names.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
        let names = names.into_iter().map(|(name, _)| name);
        Self {
            places: names.zip(0..).collect(),
        }
    }

    /// The hue of a name, in degrees.
    pub(super) fn hue(&self, name: &str) -> u32 {
        let place = self.places.get(name).copied().unwrap_or_default();
        ((FIRST + STEP * place as f64) % 360.0) as u32
    }
}
