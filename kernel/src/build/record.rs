//! What a build leaves behind for the kernel: whom to stop, and where the time went.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

const FILE: &str = "build.json";

/// The state of the newest build in a session.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct BuildRecord {
    /// Process group of the build while it runs.
    pub group: Option<i32>,
    /// Time spent on the crates that the notebook depends on.
    pub dependencies: Duration,
    /// Time spent in the compiler, including the link.
    pub rustc: Duration,
}

impl BuildRecord {
    /// Reads the record of the session whose cells are compiled in `cells`. A session without a
    /// build has an empty one.
    #[must_use]
    pub fn read(cells: &Path) -> Self {
        fs::read(cells.join(FILE))
            .ok()
            .and_then(|json| serde_json::from_slice(&json).ok())
            .unwrap_or_default()
    }

    /// Removes the record, so that the next one read is of a build that came later.
    pub fn clear(cells: &Path) {
        // Absent is as good as removed.
        let _ = fs::remove_file(cells.join(FILE));
    }

    pub(super) fn write(&self, cells: &Path) -> io::Result<()> {
        let temporary = cells.join("build.json.new");
        fs::write(&temporary, serde_json::to_vec(self)?)?;
        fs::rename(temporary, cells.join(FILE))
    }
}
