//! What runs on the compute node: the first program of every job, and the one in front of every
//! kernel that Slurm starts.
//!
//! A job's script is a fixed text; what the job is to do is in its spec, a file that only its
//! owner can read. This program stays in front of what it starts: it reserves the ports, tells
//! them to whoever waits for them, passes signals on, and ends as its child ends.

mod batch;
mod callback;
mod environment;
mod kernel;
mod port;
mod server;
mod spec;

pub use environment::keep_for_job;
pub use kernel::{Placement, launch_kernel, run_kernel};
pub use spec::{BatchSpec, ServerSpec, Spec};

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{ExitCode, ExitStatus};

use anyhow::Context;
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::Child;

use crate::ledger::read_private;

/// Does what the spec says, to its end.
///
/// # Errors
/// When the spec cannot be read or what it says cannot be started.
pub fn run_job(spec: &Path) -> anyhow::Result<ExitCode> {
    let what: Spec = read_private(spec)
        .context("this job does not know what to do (was it started a second time by Slurm?)")?;
    match what {
        Spec::Batch(batch) => batch::run(&batch),
        Spec::Server(server) => server::run(server, spec),
    }
}

/// The name of this node in Slurm, or else of this machine.
fn node_name() -> String {
    std::env::var("SLURMD_NODENAME").unwrap_or_else(|_| {
        rustix::system::uname()
            .nodename()
            .to_string_lossy()
            .into_owned()
    })
}

/// Tells a child to end, as this process was told.
fn pass_on_termination(child: &Child) -> io::Result<()> {
    match child.id().and_then(|id| Pid::from_raw(id.cast_signed())) {
        Some(pid) => Ok(kill_process(pid, Signal::TERM)?),
        None => Ok(()),
    }
}

/// The exit code to pass on: that of the program, or 128 and the number of the signal.
fn exit_code(status: ExitStatus) -> u8 {
    let code = status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok())
        .unwrap_or(u8::MAX)
}
