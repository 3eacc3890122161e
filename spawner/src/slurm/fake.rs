//! What a real controller does not show on demand: stand-ins for its programs that hang, lie or fail.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rustix::process::geteuid;

use super::Slurm;
use crate::config::SlurmConfig;

/// What follows the number in a line of `squeue` about a running job of that user.
pub(crate) fn line(uid: u32) -> String {
    format!("{uid}|RUNNING|n1|n1|1790000000|29:30|0:30|1|debug|None")
}

pub(crate) fn own_line() -> String {
    line(geteuid().as_raw())
}

/// A folder of programs, and what they were asked.
pub(crate) struct FakeSlurm {
    folder: tempfile::TempDir,
}

impl FakeSlurm {
    pub(crate) fn new(tool: &str, script: &str) -> Self {
        let fake = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        fake.put(tool, script);
        fake
    }

    /// Adds a program, or replaces it.
    pub(crate) fn put(&self, tool: &str, script: &str) {
        let path = self.folder.path().join(tool);
        let calls = self.folder.path().join("calls").display().to_string();
        fs::write(
            &path,
            format!("#!/bin/sh\necho \"$*\" >> {calls}\n{script}\n"),
        )
        .unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn client(&self) -> Slurm {
        Slurm::new(&SlurmConfig {
            bin_dir: Some(self.folder.path().to_owned()),
            conf: None,
            timeout_seconds: 1,
        })
    }

    pub(crate) fn calls(&self) -> Vec<String> {
        let text = fs::read_to_string(self.folder.path().join("calls")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }
}
