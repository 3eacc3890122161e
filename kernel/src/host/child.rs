//! The kernel's handle on the process in which cells run.

use std::env;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command as Process, ExitStatus};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context;
use hpc_channel::{CHANNEL_ENV, CellEnd, CommMessage, write_frame};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use super::pump::Event;
use super::report::{Command, Measure};
use super::stdin::Stdin;
use super::usage::Usage;
use super::{HOST_ENV, LIBHPC_ENV};
use crate::engine::OutputSink;
use crate::layout::Layout;
use crate::session::Session;

/// How long the process may take to start, on a machine that does other things too.
const START_TIMEOUT: Duration = Duration::from_mins(1);

/// How long the process may take to close its recording.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(500);

/// The process in which cells run. There is one at a time; it is started anew when it ends.
#[derive(Debug)]
pub struct Host {
    child: Child,
    /// That of the session.
    folder: PathBuf,
    stdin: Stdin,
    events: Receiver<Event>,
    /// `None` until it is ready.
    commands: Option<UnixStream>,
    /// Where regions are recorded, as far as that was told.
    recording: Option<PathBuf>,
    /// How cells are to be measured, and what the process knows of that.
    measure: Measure,
    told: Measure,
    /// Whether what was recorded before is to be forgotten.
    anew: bool,
    /// What the last cell used, if that was asked for.
    usage: Option<Usage>,
}

/// How a cell ended.
#[derive(Debug)]
pub enum End {
    /// Its function returned.
    Returned(CellEnd),
    /// Nobody waited for the message on a comm.
    Unwanted,
    /// It was not run, for this reason.
    NotLoaded(String),
    /// It took the process with it: what ended that, and its last words on standard error.
    Crashed(ExitStatus, String),
}

impl Host {
    /// Starts the process. Its events come from [`super::Output::start`].
    ///
    /// # Errors
    /// Fails when the process cannot be started.
    pub fn start(
        layout: &Layout,
        session: &Session,
        events: Receiver<Event>,
    ) -> anyhow::Result<Self> {
        let (child, stdin) = spawn(layout, session)?;
        Ok(Self {
            child,
            folder: session.path().to_owned(),
            stdin,
            events,
            commands: None,
            recording: None,
            measure: Measure::default(),
            told: Measure::default(),
            anew: false,
            usage: None,
        })
    }

    /// Number of the process, which leads a group of the same number.
    #[must_use]
    pub fn group(&self) -> Option<Pid> {
        group_of(&self.child)
    }

    /// Runs a cell to its end. `began` is called when its code begins to run, with where regions are
    /// recorded; what it reads from its standard input is asked for at `sink`.
    ///
    /// # Errors
    /// Fails when the process cannot be reached.
    pub fn run(
        &mut self,
        file: &Path,
        function: &str,
        number: u32,
        sink: &Arc<dyn OutputSink>,
        mut began: impl FnMut(Option<&Path>),
    ) -> anyhow::Result<End> {
        let command = Command::Run {
            file: file.to_owned(),
            function: function.to_owned(),
            number,
        };
        self.carry_out(&command, sink, &mut began)
    }

    /// Hands a message on a comm to whoever waits for it. The rest is as with [`Host::run`].
    ///
    /// # Errors
    /// Fails when the process cannot be reached.
    pub fn deliver(
        &mut self,
        message: CommMessage,
        sink: &Arc<dyn OutputSink>,
        mut began: impl FnMut(Option<&Path>),
    ) -> anyhow::Result<End> {
        self.carry_out(&Command::Comm { message }, sink, &mut began)
    }

    fn carry_out(
        &mut self,
        command: &Command,
        sink: &Arc<dyn OutputSink>,
        began: &mut dyn FnMut(Option<&Path>),
    ) -> anyhow::Result<End> {
        if self.commands.is_none() && !self.connect()? {
            return Ok(End::Crashed(self.child.wait()?, String::new()));
        }
        self.usage = None;
        self.tell_how_to_measure();
        if let Some(commands) = &mut self.commands
            && let Err(error) = write_frame(commands, command)
        {
            // It ended while no cell ran; the event that says so follows.
            tracing::debug!("the process that runs cells is gone: {error}");
        }
        let mut watch = None;
        loop {
            match self.events.recv().context("output is no longer read")? {
                Event::Began => {
                    began(self.recording());
                    watch
                        .get_or_insert_with(|| self.stdin.watch(self.child.id(), Arc::clone(sink)));
                }
                Event::Recording(path) => self.recording = Some(path),
                Event::Ended(end, usage) => {
                    self.usage = usage;
                    return Ok(End::Returned(end));
                }
                Event::Unwanted => return Ok(End::Unwanted),
                Event::NotLoaded(reason) => return Ok(End::NotLoaded(reason)),
                Event::Connected(commands) => self.commands = Some(commands),
                Event::Gone(last_words) => {
                    self.commands = None;
                    return Ok(End::Crashed(self.child.wait()?, last_words));
                }
            }
        }
    }

    /// Waits until the process is ready. Returns whether it is; if not, it has ended.
    fn connect(&mut self) -> anyhow::Result<bool> {
        let deadline = Instant::now() + START_TIMEOUT;
        while Instant::now() < deadline {
            match self.events.recv_timeout(Duration::from_millis(100)) {
                Ok(Event::Connected(commands)) => {
                    self.commands = Some(commands);
                    return Ok(true);
                }
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => {
                    if self.child.try_wait()?.is_some() {
                        return Ok(false);
                    }
                }
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        Err(anyhow::anyhow!(
            "the process that runs cells did not become ready in {} s",
            START_TIMEOUT.as_secs()
        ))
    }

    /// Measures the cells that follow that way; `anew` forgets what was recorded before.
    pub fn measure(&mut self, measure: Measure, anew: bool) {
        self.measure = measure;
        self.anew |= anew;
    }

    /// How cells are measured.
    #[must_use]
    pub fn measured(&self) -> Measure {
        self.measure
    }

    fn tell_how_to_measure(&mut self) {
        if (self.measure, false) == (self.told, self.anew) {
            return;
        }
        let command = Command::Measure {
            what: self.measure,
            anew: self.anew,
        };
        // If it cannot be told, the next command says why.
        if let Some(commands) = &mut self.commands
            && write_frame(commands, &command).is_ok()
        {
            (self.told, self.anew) = (self.measure, false);
        }
    }

    /// Where regions are recorded: by the process before if this one has not told yet. `None` when
    /// nothing is recorded.
    #[must_use]
    pub fn recording(&self) -> Option<&Path> {
        let path = self.recording.as_deref();
        path.filter(|path| !path.as_os_str().is_empty())
    }

    /// What the last cell used, if that was asked for.
    #[must_use]
    pub fn usage(&self) -> Option<Usage> {
        self.usage
    }

    /// Drops variables.
    pub fn forget(&mut self, names: &[String]) {
        let command = Command::Forget {
            names: names.to_vec(),
        };
        if let Some(commands) = &mut self.commands
            && let Err(error) = write_frame(commands, &command)
        {
            tracing::debug!("the process that runs cells is gone: {error}");
        }
    }

    /// Starts the process anew, in the place of the one that has ended or is ended here.
    ///
    /// # Errors
    /// Fails when the process cannot be started.
    pub fn restart(&mut self, layout: &Layout, session: &Session) -> anyhow::Result<()> {
        self.end();
        // What the old one still had to say must not be taken for the new one's.
        while self.commands.is_some() {
            if let Ok(Event::Gone(_)) | Err(_) = self.events.recv_timeout(START_TIMEOUT) {
                self.commands = None;
            }
        }
        if let Some(group) = self.group() {
            session.janitor().forget(group);
        }
        (self.child, self.stdin) = spawn(layout, session)?;
        self.told = Measure::default();
        Ok(())
    }

    /// Lets the process close a recording that is kept, if it is not busy.
    fn let_close(&self) {
        let folder = self.recording().and_then(Path::parent);
        if folder.is_none_or(|folder| folder == self.folder) {
            return;
        }
        let Some(commands) = &self.commands else {
            return;
        };
        if let Err(error) = commands.shutdown(Shutdown::Write) {
            tracing::debug!("the process that runs cells is gone: {error}");
        }
        let pid = group_of(&self.child);
        let deadline = Instant::now() + CLOSE_TIMEOUT;
        while Instant::now() < deadline && pid.is_some_and(|pid| !has_ended(pid)) {
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Ends the process and the programs that it started.
    pub fn end(&mut self) {
        self.let_close();
        if let Some(group) = self.group()
            && matches!(self.child.try_wait(), Ok(None))
            && let Err(error) = kill_process_group(group, Signal::KILL)
        {
            tracing::debug!("the process that runs cells had ended before: {error}");
        }
        if let Err(error) = self.child.wait() {
            tracing::debug!("the process that runs cells cannot be waited for: {error}");
        }
    }
}

fn spawn(layout: &Layout, session: &Session) -> anyhow::Result<(Child, Stdin)> {
    let program = env::current_exe().context("cannot find this program's own path")?;
    let (stdin, terminal) = Stdin::open().context("cannot open a terminal for cells")?;
    let child = Process::new(&program)
        .env(HOST_ENV, session.host_socket())
        .env(LIBHPC_ENV, layout.libhpc())
        .env(CHANNEL_ENV, session.cell_socket())
        .stdin(terminal)
        .spawn()
        .with_context(|| format!("cannot start {}", program.display()))?;
    if let Some(group) = group_of(&child) {
        session.janitor().watch(group);
    }
    Ok((child, stdin))
}

/// Whether a child of ours has ended, which may still be to be waited for.
fn has_ended(pid: Pid) -> bool {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    !matches!(waitid(WaitId::Pid(pid), options), Ok(None))
}

fn group_of(child: &Child) -> Option<Pid> {
    i32::try_from(child.id()).ok().and_then(Pid::from_raw)
}

/// What ended a process, in words. `last_words` is what it wrote on standard error last.
#[must_use]
pub fn cause(status: ExitStatus, last_words: &str) -> String {
    let Some(signal) = status.signal() else {
        return match status.code() {
            Some(code) => format!("it exited with status {code}"),
            None => "for an unknown reason".to_owned(),
        };
    };
    match signal {
        libc::SIGABRT if last_words.contains("overflowed its stack") => {
            "SIGABRT: stack overflow".into()
        }
        libc::SIGABRT if last_words.contains("panic") => {
            "SIGABRT: a panic that could not be unwound".into()
        }
        libc::SIGABRT => "SIGABRT: it aborted".into(),
        libc::SIGSEGV => "SIGSEGV: it used memory that is not its own".into(),
        libc::SIGBUS => "SIGBUS: it used memory that is not there".into(),
        libc::SIGFPE => "SIGFPE: arithmetic error".into(),
        libc::SIGILL => "SIGILL: illegal instruction".into(),
        libc::SIGKILL => "SIGKILL: it was killed, for want of memory perhaps".into(),
        libc::SIGTERM => "SIGTERM: it was told to end".into(),
        other => format!("signal {other}"),
    }
}
