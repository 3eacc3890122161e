//! The programs that debug: LLDB's adapter and its server, as children of the kernel.
//!
//! ```text
//!  kernel ── requests (stdin) ──▶ lldb-dap ── debug.sock ──▶ lldb-server ── ptrace ──▶ host process
//!         ◀── responses, events (stdout) ──
//! ```
//!
//! Left alone, `lldb-dap` starts a server that listens on a TCP port. Here it gets a socket in the
//! session's private folder to connect to, and the server has the other end as its standard input.

use std::collections::HashMap;
use std::fs;
use std::io::{self, BufReader};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::{Value, json};

use super::backend::Backend;
use super::framing;
use crate::janitor::Janitor;

/// How long the adapter may take to answer: it reads symbols meanwhile, perhaps from a slow disk.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running adapter.
#[derive(Debug)]
pub(super) struct Adapter {
    stdin: Mutex<ChildStdin>,
    waiting: Arc<Mutex<Waiting>>,
    programs: Mutex<Programs>,
}

/// Who waits for the responses to which requests.
#[derive(Debug, Default)]
struct Waiting {
    last: u64,
    senders: HashMap<u64, Sender<Value>>,
    /// Nothing more will come.
    ended: bool,
}

/// The adapter, and the server as soon as there is one, until they are ended.
#[derive(Debug)]
struct Programs {
    running: Vec<Child>,
    janitor: Arc<Janitor>,
}

/// What the adapter says by itself.
#[derive(Debug)]
pub(super) enum Said {
    /// An event.
    Event(Value),
    /// It has ended.
    Ended,
}

/// What an adapter is started with.
#[derive(Debug)]
pub(super) struct Start<'a> {
    pub(super) backend: &'a Backend,
    pub(super) janitor: &'a Arc<Janitor>,
    /// The process to debug.
    pub(super) process: u32,
    /// The program that runs in it.
    pub(super) program: &'a Path,
    /// Commands of LLDB to run first.
    pub(super) commands: &'a [String],
    /// A path for a socket.
    pub(super) socket: &'a Path,
}

impl Adapter {
    /// Starts the adapter and stops the process, until [`Adapter::go`].
    ///
    /// # Errors
    /// Fails when a program cannot be started or the process cannot be debugged.
    pub(super) fn attach(
        start: &Start<'_>,
        heard: impl Fn(Said) + Send + 'static,
    ) -> anyhow::Result<Self> {
        let mut adapter = Command::new(start.backend.adapter())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .current_dir("/")
            // What is meant for the kernel must not reach it.
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start {}", start.backend.adapter().display()))?;
        watch(start.janitor, &adapter);
        let (Some(stdin), Some(stdout)) = (adapter.stdin.take(), adapter.stdout.take()) else {
            bail!("the debugger has no streams");
        };
        let waiting = Arc::<Mutex<Waiting>>::default();
        let made = Self {
            stdin: Mutex::new(stdin),
            waiting: Arc::clone(&waiting),
            programs: Mutex::new(Programs {
                running: vec![adapter],
                janitor: Arc::clone(start.janitor),
            }),
        };
        let (ready, is_ready) = mpsc::channel();
        thread::Builder::new()
            .name("debug-reader".into())
            .spawn(move || listen(stdout, &waiting, &ready, &heard))?;
        made.connect(start, &is_ready)?;
        Ok(made)
    }

    fn connect(&self, start: &Start<'_>, is_ready: &mpsc::Receiver<()>) -> anyhow::Result<()> {
        self.request(
            "initialize",
            json!({
                "clientID": "ferrolab",
                "adapterID": "lldb",
                "pathFormat": "path",
                "linesStartAt1": true,
                "columnsStartAt1": true,
                "supportsVariableType": true,
                "supportsVariablePaging": true,
            }),
        )?;
        let socket = Socket::listen(start.socket)?;
        let connect = format!(
            "process connect --plugin gdb-remote unix-connect://{}",
            start.socket.display()
        );
        let attached = self.send(
            "attach",
            json!({
                "program": start.program,
                "initCommands": start.commands,
                // By itself the connection is made behind the adapter's back, which may look too early
                // whether there is a process.
                "attachCommands": [
                    "script lldb.debugger.SetAsync(False)",
                    connect,
                    "script lldb.debugger.SetAsync(True)",
                    pass_signals(),
                ],
                "stopOnEntry": false,
            }),
        )?;
        let stream = socket.accept(|| self.has_ended())?;
        let server = Command::new(&start.backend.server)
            .args(["gdbserver", "--fd", "0", "--attach"])
            .arg(start.process.to_string())
            .stdin(OwnedFd::from(stream))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .current_dir("/")
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start {}", start.backend.server.display()))?;
        watch(start.janitor, &server);
        self.programs().running.push(server);
        // Some versions answer only after `configurationDone`: being ready is what counts.
        let deadline = Instant::now() + PATIENCE;
        loop {
            match is_ready.recv_timeout(Duration::from_millis(20)) {
                Ok(()) => return Ok(()),
                Err(RecvTimeoutError::Disconnected) => bail!("the debugger ended"),
                Err(RecvTimeoutError::Timeout) if Instant::now() > deadline => {
                    bail!("the debugger did not attach in {} s", PATIENCE.as_secs())
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            if let Ok(response) = attached.try_recv() {
                checked(response).context("the debugger cannot attach")?;
            }
        }
    }

    /// Lets the process go on after it was attached to.
    ///
    /// # Errors
    /// Fails when the adapter does.
    pub(super) fn go(&self) -> anyhow::Result<()> {
        self.request("configurationDone", json!({})).map(|_| ())
    }

    /// Asks for something and waits for the response's `body`.
    ///
    /// # Errors
    /// Fails with what the adapter says when it cannot do it, or when it does not answer.
    pub(super) fn request(&self, command: &str, arguments: Value) -> anyhow::Result<Value> {
        let mut response = checked(self.response(command, arguments)?)?;
        Ok(response["body"].take())
    }

    /// As [`Adapter::request`], but gives the response as it is.
    ///
    /// # Errors
    /// Fails when the adapter does not answer.
    pub(super) fn response(&self, command: &str, arguments: Value) -> anyhow::Result<Value> {
        self.send(command, arguments)?
            .recv_timeout(PATIENCE)
            .map_err(|error| match error {
                RecvTimeoutError::Timeout => anyhow!(
                    "the debugger did not answer `{command}` in {} s",
                    PATIENCE.as_secs()
                ),
                RecvTimeoutError::Disconnected => anyhow!("the debugger has ended"),
            })
    }

    fn send(&self, command: &str, arguments: Value) -> anyhow::Result<mpsc::Receiver<Value>> {
        let (sender, response) = mpsc::channel();
        let seq = {
            let mut waiting = lock(&self.waiting);
            if waiting.ended {
                bail!("the debugger has ended");
            }
            waiting.last += 1;
            let seq = waiting.last;
            waiting.senders.insert(seq, sender);
            seq
        };
        let mut message = json!({ "seq": seq, "type": "request", "command": command });
        message["arguments"] = arguments;
        tracing::trace!(%message, "to the debugger");
        framing::write(&mut *lock(&self.stdin), &message).context("the debugger has ended")?;
        Ok(response)
    }

    fn has_ended(&self) -> bool {
        lock(&self.waiting).ended
    }

    fn programs(&self) -> MutexGuard<'_, Programs> {
        lock(&self.programs)
    }

    /// Leaves the process, which goes on, and ends.
    pub(super) fn detach(&self) {
        let arguments = json!({"restart": false, "terminateDebuggee": false});
        if let Err(error) = self.request("disconnect", arguments) {
            tracing::debug!("the debugger did not let go: {error:#}");
        }
        // Its own way out adds nothing but time, and in some builds a crash.
        self.end();
    }

    /// Ends the programs. A process that is stopped in the debugger goes on, or ends.
    pub(super) fn end(&self) {
        let Programs { running, janitor } = &mut *self.programs();
        for mut program in running.drain(..) {
            end(&mut program, janitor);
        }
    }
}

impl Drop for Adapter {
    fn drop(&mut self) {
        self.end();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The response, unless it says that the request failed.
fn checked(response: Value) -> anyhow::Result<Value> {
    if response["success"] == true {
        return Ok(response);
    }
    let formatted = response.pointer("/body/error/format");
    let message = formatted.unwrap_or(&response["message"]);
    Err(anyhow!(
        "{}",
        message.as_str().unwrap_or("the debugger does not say why")
    ))
}

/// Hands on what the adapter says, until it ends.
fn listen(
    stdout: ChildStdout,
    waiting: &Mutex<Waiting>,
    ready: &Sender<()>,
    heard: &impl Fn(Said),
) {
    let mut stdout = BufReader::new(stdout);
    loop {
        let message = match framing::read(&mut stdout) {
            Ok(Some(message)) => message,
            Ok(None) => break,
            Err(error) => {
                tracing::warn!(%error, "the debugger is not understood");
                break;
            }
        };
        tracing::trace!(%message, "from the debugger");
        match message["type"].as_str() {
            Some("response") => {
                let seq = message["request_seq"].as_u64().unwrap_or_default();
                if let Some(sender) = lock(waiting).senders.remove(&seq) {
                    // Whoever asked may have given up waiting.
                    let _ = sender.send(message);
                }
            }
            Some("event") if message["event"] == "initialized" => {
                // Nobody waits for it twice.
                let _ = ready.send(());
            }
            // What commands print, which nobody reads.
            Some("event") if message["event"] == "output" => {}
            Some("event") => heard(Said::Event(message)),
            _ => {}
        }
    }
    let mut waiting = lock(waiting);
    waiting.ended = true;
    waiting.senders.clear();
    drop(waiting);
    heard(Said::Ended);
}

/// A socket that one process may connect to.
struct Socket<'a> {
    path: &'a Path,
    listener: UnixListener,
}

impl<'a> Socket<'a> {
    fn listen(path: &'a Path) -> anyhow::Result<Self> {
        let listener = UnixListener::bind(path)
            .with_context(|| format!("cannot make the socket {}", path.display()))?;
        Ok(Self { path, listener })
    }

    fn accept(&self, has_ended: impl Fn() -> bool) -> anyhow::Result<UnixStream> {
        let nap = Timespec {
            tv_sec: 0,
            tv_nsec: 50_000_000,
        };
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline && !has_ended() {
            let mut ready = [PollFd::new(&self.listener, PollFlags::IN)];
            match poll(&mut ready, Some(&nap)) {
                Ok(0) | Err(rustix::io::Errno::INTR) => {}
                Ok(_) => return Ok(self.listener.accept()?.0),
                Err(error) => return Err(io::Error::from(error).into()),
            }
        }
        Err(anyhow!("the debugger did not connect to its server"))
    }
}

impl Drop for Socket<'_> {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(self.path) {
            tracing::debug!("{} was not removed: {error}", self.path.display());
        }
    }
}

fn group(child: &Child) -> Option<Pid> {
    i32::try_from(child.id()).ok().and_then(Pid::from_raw)
}

fn watch(janitor: &Janitor, child: &Child) {
    if let Some(group) = group(child) {
        janitor.watch(group);
    }
}

fn end(child: &mut Child, janitor: &Janitor) {
    if let Some(group) = group(child) {
        if let Ok(None) = child.try_wait() {
            // An error means that it has ended by now.
            let _ = kill_process_group(group, Signal::KILL);
        }
        janitor.forget(group);
    }
    if let Err(error) = child.wait() {
        tracing::debug!("the debugger cannot be waited for: {error}");
    }
}

/// The command that leaves alone what does not end a process by an error of its own.
fn pass_signals() -> String {
    let names = [
        "HUP", "INT", "QUIT", "PIPE", "ALRM", "TERM", "USR1", "USR2", "CHLD", "CONT", "TSTP",
        "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO",
    ];
    let mut command = "process handle --stop false --pass true --notify false".to_owned();
    for name in names {
        command.push_str(" SIG");
        command.push_str(name);
    }
    command
}
