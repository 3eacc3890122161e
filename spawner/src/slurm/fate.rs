use std::collections::BTreeMap;

use serde::Serialize;

use super::QueueEntry;

/// What is known of a job. Only [`Fate::Ended`] and [`Fate::Gone`] are proof that it runs no
/// more; [`Fate::Unknown`] must keep it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "fate", rename_all = "lowercase")]
pub enum Fate {
    /// It waits or runs.
    Live {
        /// What the queue says.
        entry: QueueEntry,
    },
    /// It has ended, and Slurm still remembers how.
    Ended {
        /// What the queue says.
        entry: QueueEntry,
    },
    /// Slurm has no record of it any more, which it drops only some time after the end.
    Gone,
    /// There was no usable answer.
    Unknown {
        /// Why, in a sentence.
        why: String,
    },
}

/// The fate of each asked-for job, by number.
pub type Fates = BTreeMap<u32, Fate>;

impl Default for Fate {
    /// Nothing is known of a job that was not asked for.
    fn default() -> Self {
        Self::Unknown {
            why: "not asked for yet".to_owned(),
        }
    }
}

impl Fate {
    /// Whether it certainly runs no more.
    #[must_use]
    pub fn is_over(&self) -> bool {
        matches!(self, Self::Ended { .. } | Self::Gone)
    }

    /// The queue's entry, when there is one.
    #[must_use]
    pub fn entry(&self) -> Option<&QueueEntry> {
        match self {
            Self::Live { entry } | Self::Ended { entry } => Some(entry),
            Self::Gone | Self::Unknown { .. } => None,
        }
    }
}
