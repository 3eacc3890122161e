//! What the kernel and the host process tell each other, in the frames of [`hpc_channel`].

use std::path::PathBuf;

use hpc_channel::{CellEnd, CommMessage};
use serde::{Deserialize, Serialize};

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

/// What the host tells.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub(super) enum Report {
    /// A cell is loaded and about to run.
    Begin,
    /// The cell's function has returned.
    End {
        /// How it ended.
        end: CellEnd,
    },
    /// The message on a comm concerned nobody.
    Unwanted,
    /// The cell could not be loaded.
    NotLoaded {
        /// Why.
        reason: String,
    },
}
