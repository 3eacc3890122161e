//! The private folder of one kernel: generated sources, compiled cells, sockets.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use anyhow::Context;
use tempfile::TempDir;

use crate::build::{CARGO_ENV, TOOL_NAMES};
use crate::layout::Layout;

/// Longest path of a Unix socket, without its terminating zero.
const MAX_SOCKET_PATH: usize = 107;

/// A session's folder, readable by its owner only and removed at the end.
#[derive(Debug)]
pub struct Session {
    folder: TempDir,
}

impl Session {
    /// Makes the folder below the system's temporary folder.
    ///
    /// # Errors
    /// Fails when the folder cannot be made or filled.
    pub fn create() -> anyhow::Result<Self> {
        let parent = env::temp_dir();
        let folder = tempfile::Builder::new()
            .prefix("ferrolab-")
            .permissions(fs::Permissions::from_mode(0o700))
            .tempdir_in(&parent)
            .with_context(|| format!("cannot make a folder in {}", parent.display()))?;
        let session = Self { folder };
        if session.host_socket().as_os_str().len() > MAX_SOCKET_PATH {
            return Err(anyhow::anyhow!(
                "the temporary folder {} has too long a path for sockets: set TMPDIR to a shorter one",
                parent.display()
            ));
        }
        let tools = session.tools();
        fs::create_dir(&tools)?;
        fs::create_dir(session.cells())?;
        let program = env::current_exe().context("cannot find this program's own path")?;
        for tool in TOOL_NAMES {
            symlink(&program, tools.join(tool))?;
        }
        Ok(session)
    }

    /// Folder of the crate that a cell is compiled as.
    #[must_use]
    pub fn cells(&self) -> PathBuf {
        self.path().join("cells")
    }

    /// Socket on which the process that runs cells reports to the kernel.
    #[must_use]
    pub fn host_socket(&self) -> PathBuf {
        self.path().join("host.sock")
    }

    /// Socket on which code in cells sends displays to the kernel.
    #[must_use]
    pub fn cell_socket(&self) -> PathBuf {
        self.path().join("cell.sock")
    }

    /// The variables that this process must have in its environment before it starts evcxr, which
    /// is configured by them.
    #[must_use]
    pub fn environment(&self, layout: &Layout) -> Vec<(&'static str, OsString)> {
        let mut path = self.tools().into_os_string();
        if let Some(inherited) = env::var_os("PATH") {
            path.push(":");
            path.push(inherited);
        }
        vec![
            ("PATH", path),
            ("CARGO", self.tools().join("cargo").into()),
            ("RUSTC", layout.rustc().into()),
            ("RUST_SRC_PATH", layout.rust_sources().into()),
            ("EVCXR_TMPDIR", self.cells().into()),
            (CARGO_ENV, layout.cargo().into()),
        ]
    }

    fn tools(&self) -> PathBuf {
        self.path().join("tools")
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }
}
