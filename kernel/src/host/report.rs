//! What the host process tells the kernel, in the frames of [`hpc_channel`].

use hpc_channel::CellEnd;
use serde::{Deserialize, Serialize};

/// A report of the host.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub(super) enum Report {
    /// A cell is loaded and about to run.
    Begin,
    /// The cell's function has returned. Answered by [`ControlLines`].
    End {
        /// How it ended.
        end: CellEnd,
    },
}

/// The lines that evcxr's generated code printed for evcxr. They were taken out of the cell's
/// output and are handed to evcxr by the host, on the descriptor that evcxr listens to.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct ControlLines(pub(super) Vec<String>);
