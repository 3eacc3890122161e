//! What the machine allows: room, executable temporary files, locked memory.

use std::env;
use std::path::{Path, PathBuf};

use rustix::fs::{StatVfsMountFlags, statvfs};
use rustix::process::{Resource, getrlimit};

use super::Finding;

/// A session writes about 100 MB of compiled cells, a home some notebooks; in bytes.
const LEAST_ROOM: u64 = 1 << 30;
/// Below this, in bytes, MPI over InfiniBand cannot register its buffers.
const LEAST_LOCKED: u64 = 64 << 20;

pub(super) fn examine() -> Vec<Finding> {
    let mut findings = vec![temporary_files(&env::temp_dir())];
    findings.extend(
        env::var_os("HOME")
            .map(PathBuf::from)
            .map(|home| room("home folder", &home)),
    );
    findings.push(locked_memory());
    findings
}

/// Cells are compiled into, and loaded from, the temporary folder.
fn temporary_files(folder: &Path) -> Finding {
    let name = "temporary files";
    match statvfs(folder) {
        Ok(system) if system.f_flag.contains(StatVfsMountFlags::NOEXEC) => Finding::missing(
            name,
            format!(
                "{} is mounted noexec: compiled cells cannot be loaded from it",
                folder.display()
            ),
            "set TMPDIR to a folder on a local disk",
        ),
        _ => room(name, folder),
    }
}

fn room(name: &'static str, folder: &Path) -> Finding {
    let system = match statvfs(folder) {
        Ok(system) => system,
        Err(error) => {
            return Finding::missing(
                name,
                format!("{}: {error}", folder.display()),
                "ask the administrator",
            );
        }
    };
    let free = system.f_bavail.saturating_mul(system.f_frsize);
    let found = format!("{}, {:.1} GB free", folder.display(), free as f64 / 1e9);
    if let Err(error) = tempfile::tempfile_in(folder) {
        return Finding::missing(
            name,
            format!("{}: {error}", folder.display()),
            "make it writable, or make room",
        );
    }
    if free < LEAST_ROOM {
        Finding::warn(name, found, "make room: at least 1 GB")
    } else {
        Finding::ok(name, found)
    }
}

fn locked_memory() -> Finding {
    let name = "locked memory";
    match getrlimit(Resource::Memlock).current {
        None => Finding::ok(name, "unlimited"),
        Some(bytes) if bytes >= LEAST_LOCKED => Finding::ok(name, format!("{} MB", bytes >> 20)),
        Some(bytes) => Finding::warn(
            name,
            format!("{} kB", bytes >> 10),
            "fine on one node; for MPI over InfiniBand raise `memlock` (PropagateResourceLimits in slurm.conf)",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Level;

    #[test]
    fn a_folder_that_is_not_there_is_missing() {
        assert_eq!(
            room("home folder", Path::new("/no/such/folder")).level,
            Level::Missing
        );
    }

    #[test]
    fn a_usual_folder_can_be_written() {
        let folder = tempfile::tempdir().unwrap();
        assert_ne!(room("home folder", folder.path()).level, Level::Missing);
    }
}
