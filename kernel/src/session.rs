//! The private folder of one kernel: generated sources, compiled cells, sockets.

use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use anyhow::Context;
use rustix::process::getuid;
use tempfile::TempDir;

use crate::analysis::TOOL_NAMES;
use crate::janitor::Janitor;
use crate::layout::Layout;

/// Environment variable with the path of the real Cargo.
pub(crate) const CARGO_ENV: &str = "FERROLAB_CARGO";

/// Environment variable with the folder in which the real Cargo works: it takes settings from there
/// and from the folders above.
pub(crate) const CARGO_FOLDER_ENV: &str = "FERROLAB_CARGO_FOLDER";

/// The search path that the kernel was started with; its own begins with the build tools.
const PATH_ENV: &str = "FERROLAB_PATH";

/// The user's `CARGO_HOME`, if there is one; the kernel's own has the build tools in it.
const CARGO_HOME_ENV: &str = "FERROLAB_CARGO_HOME";

/// What [`Session::environment`] adds and cells must not see.
const ADDED: [&str; 8] = [
    "CARGO",
    "RUSTC",
    "RUST_SRC_PATH",
    "EVCXR_TMPDIR",
    CARGO_ENV,
    CARGO_FOLDER_ENV,
    PATH_ENV,
    CARGO_HOME_ENV,
];

/// What [`Session::environment`] replaces, and where the user's is kept.
const REPLACED: [(&str, &str); 2] = [("PATH", PATH_ENV), ("CARGO_HOME", CARGO_HOME_ENV)];

/// The variables that differ from what the kernel was started with, and what they were then: nothing,
/// or a value. No variables in a process that is no kernel's.
pub(crate) fn inherited() -> Vec<(&'static str, Option<OsString>)> {
    if env::var_os(PATH_ENV).is_none() {
        return Vec::new();
    }
    let added = ADDED.into_iter().map(|name| (name, None));
    let replaced = REPLACED.into_iter();
    let replaced = replaced.map(|(name, kept)| (name, env::var_os(kept)));
    added.chain(replaced).collect()
}

/// The environment that the kernel was started with.
pub(crate) fn inherited_environment() -> impl Iterator<Item = (OsString, OsString)> {
    let changed = inherited();
    let kept = env::vars_os().filter({
        let changed = changed.clone();
        move |(name, _)| changed.iter().all(|(other, _)| name != other)
    });
    let restored = changed.into_iter();
    kept.chain(restored.filter_map(|(name, value)| Some((name.into(), value?))))
}

/// Gives a program those variables as the kernel was started with them.
pub(crate) fn restore_environment(command: &mut Command) {
    for (name, value) in inherited() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
}

/// How the names of session folders begin.
const PREFIX: &str = "ferrolab-session-";

/// Cargo looks for the root of a workspace in each folder above a package. This one is found first:
/// above it lies the temporary folder, where anybody may put files.
const WORKSPACE: &str = "[workspace]\nresolver = \"3\"\nmembers = [\"notebook\"]\n";

/// The file in a session's folder that its kernel holds a lock on.
const LOCK: &str = "lock";

/// Longest path of a Unix socket, without its terminating zero.
const MAX_SOCKET_PATH: usize = 107;

/// A session's folder, readable by its owner only and removed at the end.
#[derive(Debug)]
pub struct Session {
    /// Before the folder: when it ends there is nothing left for it to do.
    janitor: Arc<Janitor>,
    folder: TempDir,
    /// Held as long as the session lives.
    _lock: File,
}

impl Session {
    /// Makes the folder below the system's temporary folder.
    ///
    /// # Errors
    /// Fails when the folder cannot be made or filled.
    pub fn create() -> anyhow::Result<Self> {
        let parent = env::temp_dir();
        remove_abandoned(&parent);
        let folder = tempfile::Builder::new()
            .prefix(PREFIX)
            .permissions(fs::Permissions::from_mode(0o700))
            .tempdir_in(&parent)
            .with_context(|| format!("cannot make a folder in {}", parent.display()))?;
        let lock = File::create_new(folder.path().join(LOCK))?;
        lock.try_lock()?;
        let session = Self {
            janitor: Arc::new(Janitor::start(folder.path())?),
            folder,
            _lock: lock,
        };
        if session.host_socket().as_os_str().len() > MAX_SOCKET_PATH {
            return Err(anyhow::anyhow!(
                "the temporary folder {} has too long a path for sockets: set TMPDIR to a shorter one",
                parent.display()
            ));
        }
        let tools = session.tools();
        fs::create_dir_all(&tools)?;
        fs::create_dir(session.cells())?;
        fs::create_dir_all(session.analysis())?;
        fs::write(session.workspace().join("Cargo.toml"), WORKSPACE)?;
        let program = env::current_exe().context("cannot find this program's own path")?;
        for tool in TOOL_NAMES {
            symlink(&program, tools.join(tool))?;
        }
        Ok(session)
    }

    /// Who cleans up after this kernel when it is killed.
    #[must_use]
    pub fn janitor(&self) -> &Arc<Janitor> {
        &self.janitor
    }

    /// Folder of what cells are compiled to.
    #[must_use]
    pub fn cells(&self) -> PathBuf {
        self.path().join("cells")
    }

    /// Folder of the crates that the notebook depends on.
    #[must_use]
    pub fn dependencies(&self) -> PathBuf {
        self.path().join("dependencies")
    }

    /// Folder of the debugger: files of cells, a socket.
    #[must_use]
    pub fn debugger(&self) -> PathBuf {
        self.path().join("debug")
    }

    /// Folder of what rust-analyzer reads.
    fn workspace(&self) -> PathBuf {
        self.path().join("analysis")
    }

    /// Folder that evcxr takes for the notebook's.
    fn analysis(&self) -> PathBuf {
        self.workspace().join("notebook")
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
        let inherited = env::var_os("PATH").unwrap_or_default();
        let mut path = self.tools().into_os_string();
        path.push(":");
        path.push(&inherited);
        let mut variables = vec![
            ("PATH", path),
            (PATH_ENV, inherited),
            ("CARGO", self.tools().join("cargo").into()),
            ("RUSTC", layout.rustc().into()),
            ("RUST_SRC_PATH", layout.rust_sources().into()),
            ("EVCXR_TMPDIR", self.analysis().into()),
            (CARGO_ENV, layout.cargo().into()),
            (CARGO_FOLDER_ENV, layout.root().into()),
        ];
        if let Some(home) = env::var_os("CARGO_HOME") {
            variables.push((CARGO_HOME_ENV, home));
        }
        variables.push(("CARGO_HOME", self.cargo_home().into()));
        variables
    }

    /// rust-analyzer calls tools in the folder `bin` of Cargo's home before all others.
    fn cargo_home(&self) -> PathBuf {
        self.path().join("cargo")
    }

    fn tools(&self) -> PathBuf {
        self.cargo_home().join("bin")
    }

    /// The folder itself. Whoever outlives the session removes it when the session's own end did
    /// not come to it.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Removes folders of this user's kernels that were killed. A kernel that lives holds its lock.
fn remove_abandoned(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else {
        return;
    };
    for entry in entries.flatten() {
        let named = entry.file_name().to_string_lossy().starts_with(PREFIX);
        let own = entry
            .metadata()
            .is_ok_and(|folder| folder.is_dir() && folder.uid() == getuid().as_raw());
        if !named || !own {
            continue;
        }
        let Ok(lock) = File::open(entry.path().join(LOCK)) else {
            continue;
        };
        if lock.try_lock().is_ok()
            && let Err(error) = fs::remove_dir_all(entry.path())
        {
            tracing::debug!("{} cannot be removed: {error}", entry.path().display());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{LOCK, PREFIX, remove_abandoned};

    #[test]
    fn only_folders_whose_kernel_is_gone_are_removed() {
        let parent = tempfile::tempdir().unwrap();
        let [dead, alive, other] = ["a", "b", "c"].map(|name| match name {
            "c" => parent.path().join("something-else"),
            name => parent.path().join(format!("{PREFIX}{name}")),
        });
        for folder in [&dead, &alive, &other] {
            fs::create_dir(folder).unwrap();
            fs::write(folder.join(LOCK), "").unwrap();
        }
        let held = fs::File::open(alive.join(LOCK)).unwrap();
        held.try_lock().unwrap();
        remove_abandoned(parent.path());
        assert!(!dead.exists());
        assert!(alive.exists());
        assert!(other.exists());
    }
}
