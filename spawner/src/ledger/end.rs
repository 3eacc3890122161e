use serde::{Deserialize, Serialize};

use super::entry::now;

/// How the run of a notebook ended, written on the node. It outlives Slurm's own memory of the
/// job, which on a site without accounting is a few minutes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// Exit code of the run: 0 is success.
    pub exit: u8,
    /// When it ended, in seconds since 1970.
    pub ended: u64,
    /// How long it took, in seconds.
    pub elapsed: u64,
    /// The node it ran on.
    pub node: String,
    /// The first cell that failed.
    pub failed_cell: Option<FailedCell>,
}

/// A cell that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedCell {
    /// Which code cell of the executed notebook, from 1.
    pub number: usize,
    /// The kind of error.
    pub ename: String,
    /// Its text, the first line.
    pub evalue: String,
}

impl End {
    /// An end right now.
    #[must_use]
    pub fn now(exit: u8, elapsed: u64, node: String, failed_cell: Option<FailedCell>) -> Self {
        Self {
            exit,
            ended: now(),
            elapsed,
            node,
            failed_cell,
        }
    }
}
