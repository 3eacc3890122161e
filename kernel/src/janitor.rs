//! Cleans up after a kernel that was killed.
//!
//! A small process of this program waits for the end of its standard input, which comes when the
//! kernel ends, however it ends. It then ends what cells have started and removes the session's
//! folder, if the kernel did not come to it.

use std::collections::HashSet;
use std::env;
use std::fs;
use std::io::{self, BufRead, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use anyhow::Context;
use rustix::process::{Pid, Signal, kill_process_group};

/// Environment variable with the session's folder, which makes this program the janitor.
const JANITOR_ENV: &str = "FERROLAB_JANITOR";

/// The kernel's line to its janitor. The janitor works when it is dropped.
#[derive(Debug)]
pub struct Janitor {
    line: Mutex<Option<ChildStdin>>,
    process: Child,
}

impl Janitor {
    /// Starts a janitor for a session's folder.
    ///
    /// # Errors
    /// Fails when the process cannot be started.
    pub fn start(folder: &Path) -> anyhow::Result<Self> {
        let program = env::current_exe().context("cannot find this program's own path")?;
        let mut process = Command::new(&program)
            .env(JANITOR_ENV, folder)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // What stops the kernel and all that belongs to it must not stop the janitor.
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        Ok(Self {
            line: Mutex::new(process.stdin.take()),
            process,
        })
    }

    /// Says that a process group has to end with the kernel.
    pub fn watch(&self, group: Pid) {
        self.say(&format!("+{group}"));
    }

    /// Says that a process group has ended: its number may be somebody else's soon.
    pub fn forget(&self, group: Pid) {
        self.say(&format!("-{group}"));
    }

    fn say(&self, words: &str) {
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = line.as_mut()
            && let Err(error) = writeln!(line, "{words}")
        {
            tracing::warn!("nobody cleans up after this kernel when it is killed: {error}");
        }
    }
}

impl Drop for Janitor {
    fn drop(&mut self) {
        *self.line.lock().unwrap_or_else(PoisonError::into_inner) = None;
        if let Err(error) = self.process.wait() {
            tracing::debug!("the janitor is gone: {error}");
        }
    }
}

/// Does the janitor's work when this process was started for it.
pub fn run_as_janitor() -> Option<anyhow::Result<()>> {
    let folder = PathBuf::from(env::var_os(JANITOR_ENV)?);
    Some(wait_and_clean(&folder))
}

fn wait_and_clean(folder: &Path) -> anyhow::Result<()> {
    let mut groups = HashSet::new();
    for line in io::stdin().lock().lines() {
        let line = line?;
        let (sign, number) = line.split_at(line.len().min(1));
        let Some(group) = number.parse().ok().and_then(Pid::from_raw) else {
            continue;
        };
        if sign == "+" {
            groups.insert(group);
        } else {
            groups.remove(&group);
        }
    }
    for group in groups {
        // An error means that nothing of it is left.
        let _ = kill_process_group(group, Signal::KILL);
    }
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}
