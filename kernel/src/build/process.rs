//! A tool that runs for a cell and can be stopped with it.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::janitor::Janitor;

/// The tool that runs now, if one does, for whoever wants to stop it.
#[derive(Debug, Default)]
pub struct Running {
    state: Mutex<State>,
    janitor: Option<Arc<Janitor>>,
}

#[derive(Debug, Default)]
struct State {
    /// Its process group.
    group: Option<Pid>,
    /// Whether no tool may start.
    stopped: bool,
}

/// The tool was not started, or ended, because the user stopped it.
#[derive(Debug)]
pub struct Stopped;

impl Running {
    /// Tools that end with the kernel.
    #[must_use]
    pub fn ending_with(janitor: &Arc<Janitor>) -> Self {
        Self {
            state: Mutex::default(),
            janitor: Some(Arc::clone(janitor)),
        }
    }

    /// Starts a tool in a process group of its own.
    ///
    /// # Errors
    /// Fails when the program cannot be started. Gives `Err(Stopped)` inside when it was not to be.
    pub fn start(&self, command: &mut Command) -> io::Result<Result<Child, Stopped>> {
        let mut state = self.state();
        if state.stopped {
            return Ok(Err(Stopped));
        }
        let child = command.process_group(0).spawn()?;
        state.group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        if let (Some(janitor), Some(group)) = (&self.janitor, state.group) {
            janitor.watch(group);
        }
        Ok(Ok(child))
    }

    /// Waits for a tool that was started here. `Err(Stopped)` when the user stopped it.
    ///
    /// # Errors
    /// Fails when the process cannot be waited for.
    pub fn wait(&self, child: &mut Child) -> io::Result<Result<ExitStatus, Stopped>> {
        let status = child.wait()?;
        let mut state = self.state();
        if let (Some(janitor), Some(group)) = (&self.janitor, state.group.take()) {
            janitor.forget(group);
        }
        state.group = None;
        Ok(if state.stopped {
            Err(Stopped)
        } else {
            Ok(status)
        })
    }

    /// Stops the tool that runs, and lets none start until [`Running::allow`].
    pub fn stop(&self) {
        let mut state = self.state();
        state.stopped = true;
        if let Some(group) = state.group
            && let Err(error) = kill_process_group(group, Signal::KILL)
        {
            tracing::debug!("the tool had ended before it could be stopped: {error}");
        }
    }

    /// Lets tools start again.
    pub fn allow(&self) {
        self.state().stopped = false;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
