//! Which debugger is installed on this machine.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rustix::process::geteuid;

/// Oldest version of LLDB that is known to work, and the newest that is looked for by its number.
const VERSIONS: std::ops::RangeInclusive<u32> = 19..=40;

/// Where Linux says who may trace a process.
const PTRACE_SCOPE: &str = "/proc/sys/kernel/yama/ptrace_scope";

/// The programs of LLDB, of one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backend {
    /// Speaks the Debug Adapter Protocol.
    pub(super) adapter: PathBuf,
    /// Traces the process.
    pub(super) server: PathBuf,
}

impl Backend {
    /// Looks for LLDB in a search path such as `PATH`: `lldb-dap`, or that of the newest version as
    /// Debian names it (`lldb-dap-19`). `None` too where nobody may trace processes.
    #[must_use]
    pub fn find(search: &OsStr) -> Option<Self> {
        let scope = fs::read_to_string(PTRACE_SCOPE).unwrap_or_default();
        if !may_trace(scope.trim(), geteuid().is_root()) {
            return None;
        }
        let folders: Vec<PathBuf> = env::split_paths(search)
            .filter(|folder| folder.is_absolute())
            .collect();
        let plain = std::iter::once(String::new());
        let numbered = VERSIONS.rev().map(|version| format!("-{version}"));
        plain.chain(numbered).find_map(|suffix| {
            let adapter = program(&folders, &format!("lldb-dap{suffix}"))?;
            let server = program(&folders, &format!("lldb-server{suffix}"))?;
            Some(Self { adapter, server })
        })
    }

    /// The program that speaks the Debug Adapter Protocol.
    #[must_use]
    pub fn adapter(&self) -> &Path {
        &self.adapter
    }
}

/// Whether a process may allow another one of the same user to trace it.
fn may_trace(scope: &str, is_root: bool) -> bool {
    match scope {
        "3" => false,
        "2" => is_root,
        _ => true,
    }
}

fn program(folders: &[PathBuf], name: &str) -> Option<PathBuf> {
    let is_program = |path: &PathBuf| {
        path.metadata()
            .is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
    };
    folders
        .iter()
        .map(|folder| folder.join(name))
        .find(is_program)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::{Backend, may_trace};

    #[test]
    fn the_newest_pair_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let find = || Backend::find(folder.path().as_os_str());
        let add = |name: &str, mode| {
            let file = folder.path().join(name);
            fs::write(&file, "").unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        };
        assert_eq!(find(), None);
        add("lldb-dap-19", 0o755);
        assert_eq!(find(), None, "the server is missing");
        add("lldb-server-19", 0o755);
        let adapter = |name| Some(folder.path().join(name));
        assert_eq!(find().map(|found| found.adapter), adapter("lldb-dap-19"));
        add("lldb-dap-21", 0o644);
        add("lldb-server-21", 0o755);
        assert_eq!(find().map(|found| found.adapter), adapter("lldb-dap-19"));
        add("lldb-dap-20", 0o755);
        add("lldb-server-20", 0o755);
        assert_eq!(find().map(|found| found.adapter), adapter("lldb-dap-20"));
    }

    #[test]
    fn where_nobody_may_trace_there_is_no_debugger() {
        assert!(may_trace("", false) && may_trace("0", false) && may_trace("1", false));
        assert!(!may_trace("2", false) && may_trace("2", true));
        assert!(!may_trace("3", true));
    }
}
