#![allow(unsafe_code)] // A setting of the child process has to be made between fork and exec.

use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use ferrolab_wire::Control;
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, kill_process_group, set_parent_process_death_signal, waitid,
};

use super::log_tail::LogTail;
use crate::kernelspec::InterruptMode;

/// How long a kernel has to answer an interrupt or a shutdown.
const ANSWER: Duration = Duration::from_secs(5);
/// How long a kernel has to end after it agreed to, and after a SIGTERM.
const END: Duration = Duration::from_secs(5);
/// How often an ending kernel is looked at.
const STEP: Duration = Duration::from_millis(20);

/// A kernel's process, and all it started, as far as those stay in its process group.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    group: Pid,
    log: LogTail,
    interrupt: Interrupt,
    /// How the process ended, once it has been reaped and its number may belong to another.
    ended: Option<String>,
}

/// How to interrupt the kernel.
pub(super) enum Interrupt {
    Signal,
    Message(Control),
}

impl std::fmt::Debug for Interrupt {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Signal => "Signal",
            Self::Message(_) => "Message",
        })
    }
}

impl Interrupt {
    pub(super) fn new(mode: InterruptMode, control: Control) -> Self {
        match mode {
            InterruptMode::Signal => Self::Signal,
            InterruptMode::Message => Self::Message(control),
        }
    }
}

impl Process {
    /// Starts the command in a process group of its own, so that Ctrl-C in a terminal reaches only
    /// us; it ends when we do, however that happens.
    pub(super) fn start(mut command: Command, interrupt: Interrupt) -> io::Result<Self> {
        let (reader, writer) = io::pipe()?;
        command
            .stdin(Stdio::null())
            .stdout(writer.try_clone()?)
            .stderr(writer)
            .process_group(0);
        // SAFETY: the closure makes one system call, and allocates and locks nothing.
        unsafe {
            command.pre_exec(|| {
                set_parent_process_death_signal(Some(Signal::KILL)).map_err(io::Error::from)
            });
        }
        let child = command.spawn()?;
        // The command holds our ends of the pipe, which would keep the log from ending.
        drop(command);
        let group = Pid::from_child(&child);
        Ok(Self {
            child,
            group,
            log: LogTail::follow(reader)?,
            interrupt,
            ended: None,
        })
    }

    /// Whether the process has ended. It is not reaped, so that its number stays taken.
    pub(super) fn has_ended(&self) -> bool {
        if self.ended.is_some() {
            return true;
        }
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        matches!(
            waitid(WaitId::Pid(self.group), options),
            Ok(Some(_)) | Err(_)
        )
    }

    /// Says how the process, which has ended, did so, and what it wrote last.
    pub(super) fn death(&mut self) -> (String, String) {
        let how = self.reap();
        // The reader of the log may be a moment behind.
        std::thread::sleep(STEP);
        (how, self.log.text())
    }

    /// What the process wrote on its own.
    pub(super) fn log(&self) -> String {
        self.log.text()
    }

    /// Asks the kernel to stop the cell that runs. Whether it did is seen by the cell's end; a
    /// kernel that cannot be asked is treated as one that does not obey.
    pub(super) fn interrupt(&self) {
        match &self.interrupt {
            Interrupt::Message(control) => {
                let _ = control.interrupt(ANSWER);
            }
            Interrupt::Signal => {
                let _ = kill_process_group(self.group, Signal::INT);
            }
        }
    }

    /// Ends the process: by `control` if it listens, by SIGTERM if not, by SIGKILL at last.
    pub(super) fn end(&mut self, control: Option<&Control>) {
        let agreed = control
            .is_some_and(|control| !self.has_ended() && control.shutdown(false, ANSWER).is_ok());
        let ended = agreed && self.wait(END);
        if !ended && !self.has_ended() {
            let _ = kill_process_group(self.group, Signal::TERM);
            self.wait(END);
        }
        self.reap();
    }

    /// Kills what is left of the process group, and the process itself unless it has ended. Says how
    /// it ended.
    fn reap(&mut self) -> String {
        if let Some(ended) = &self.ended {
            return ended.clone();
        }
        // It may be empty, which is no failure.
        let _ = kill_process_group(self.group, Signal::KILL);
        let ended = self
            .child
            .wait()
            .map_or_else(|error| error.to_string(), describe);
        self.ended.insert(ended).clone()
    }

    /// Waits for the end, and says whether it came.
    fn wait(&self, limit: Duration) -> bool {
        let start = Instant::now();
        while start.elapsed() < limit {
            if self.has_ended() {
                return true;
            }
            std::thread::sleep(STEP);
        }
        self.has_ended()
    }
}

fn describe(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("it ended with exit code {code}"),
        (None, Some(9)) => "it was killed (SIGKILL), often for using too much memory".into(),
        (None, Some(number)) => match signal_hook::low_level::signal_name(number) {
            Some(name) => format!("it was ended by {name}"),
            None => format!("it was ended by signal {number}"),
        },
        (None, None) => status.to_string(),
    }
}
