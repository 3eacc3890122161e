//! What the kernel and the host process tell each other, in the frames of [`hpc_channel`].

use std::path::PathBuf;

use hpc_channel::{CellEnd, CommMessage};
use serde::{Deserialize, Serialize};

use super::usage::Usage;

/// What the kernel asks for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub(super) enum Command {
    /// Run a cell. Answered by [`Report::Begin`] and [`Report::End`], or [`Report::NotLoaded`].
    Run {
        /// The shared object.
        file: PathBuf,
        /// Name of the function in it.
        function: String,
        /// The cell's number.
        number: u32,
    },
    /// Measure the cells that follow that way. Not answered.
    Measure {
        /// What.
        what: Measure,
        /// Whether what was recorded before is to be forgotten.
        anew: bool,
    },
    /// Hand a message to whoever in cells' code waits for it. Answered like [`Command::Run`], with
    /// [`Report::Unwanted`] in the place of [`Report::End`] when nobody does.
    Comm {
        /// The message.
        message: CommMessage,
    },
    /// Drop variables. Not answered.
    Forget {
        /// Their names.
        names: Vec<String>,
    },
}

/// How cells are run and measured, beyond the counts of their regions.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measure {
    /// The times of all events.
    pub events: bool,
    /// The memory that regions allocate.
    pub memory: bool,
    /// What the processor counts in each region.
    pub counters: bool,
    /// What cells use of the machine.
    pub usage: bool,
    /// With how many threads arrays are computed; 0 for as many as the cells themselves say.
    pub threads: u32,
}

/// What the host tells.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub(super) enum Report {
    /// Where regions are recorded.
    Recording {
        /// The file.
        path: PathBuf,
    },
    /// A cell is loaded and about to run.
    Begin,
    /// The cell's function has returned.
    End {
        /// How it ended.
        end: CellEnd,
        /// What it used, if that was asked for.
        usage: Option<Usage>,
    },
    /// The message on a comm concerned nobody.
    Unwanted,
    /// The cell could not be loaded.
    NotLoaded {
        /// Why.
        reason: String,
    },
}
