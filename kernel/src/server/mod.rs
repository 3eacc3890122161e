//! The protocol side of the kernel: sockets, requests, replies and what is published.
//!
//! Each socket has a thread of its own, and so has the engine: a cell that runs holds up neither
//! the heartbeat nor an interrupt. The threads share a [`desk::Desk`], which writes every message
//! that goes out.
//!
//! | thread | module |
//! |---|---|
//! | `control` | [`control`]: interrupt, shutdown, subshells, use of the machine |
//! | `debug` | [`debug`]: what the debugger is asked |
//! | `shell` | [`shell`]: takes requests in and passes them on |
//! | `worker` | [`worker`]: makes the engine, then runs cells and what comes by comms |
//! | `analysis`, `syntax` | [`questions`]: questions about code, also while a cell runs |
//! | `subshell` | [`subshells`]: one thread for each |
//! | `history` | [`history`]: writes and reads the cells of all sessions |
//! | `stdin` | [`stdin`]: what the user types |
//! | `publish` | [`publisher`]: everything that clients see, with text streams joined |
//! | `subscribe` | [`publisher`]: greets new subscribers |
//! | `reminder` | [`desk`]: says that a cell still runs |
//! | `heartbeat` | [`heartbeat`] |
//! | `signals`, `parent` | [`signals`], [`parent`]: reasons to stop that are not messages |

mod comms;
mod control;
mod debug;
mod desk;
mod heartbeat;
mod history;
mod output;
mod parent;
mod position;
mod publisher;
mod questions;
mod shell;
mod signals;
mod stdin;
mod subshells;
mod usage;
mod worker;

pub use crate::server::history::HistoryPlace;

use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use anyhow::Context;
use ferrolab_wire::connection::Scheme;
use ferrolab_wire::content::{
    ConnectReply, ExecutionState, HelpLink, KernelInfoReply, LanguageInfo, ReplyStatus,
};
use ferrolab_wire::transport::{OmqTransport, ServerSocket, Socket, Transport};
use ferrolab_wire::{Channel, ConnectionFile, PROTOCOL_VERSION, Session, StartFile};

use crate::engine::{Debugging, Engine};
use crate::server::control::{Control, Stopper};
use crate::server::debug::DebugDesk;
use crate::server::desk::Desk;
use crate::server::history::History;
use crate::server::publisher::Publisher;
use crate::server::questions::Questions;
use crate::server::shell::{Shell, for_each_message};
use crate::server::stdin::Stdin;
use crate::server::subshells::Subshells;
use crate::server::worker::{Job, Worker};

/// How long a thread waits for a message before it waits again. Closing a socket ends the wait.
const WAKE_INTERVAL: Duration = Duration::from_secs(1);
/// How long the engine has to end. Jupyter kills a kernel 5 s after it asked it to shut down.
const STOP_LIMIT: Duration = Duration::from_secs(3);

/// How long the launcher has to say that it knows where the kernel listens.
const REGISTRATION_LIMIT: Duration = Duration::from_secs(30);
/// How long the last cells have to be written.
const SETTLE_LIMIT: Duration = Duration::from_secs(1);

/// What the kernel tells of itself, and where it keeps what clients ask for later.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Version of the Rust compiler that cells are compiled by, such as `1.95.0`.
    pub language_version: String,
    /// Text that consoles show at start.
    pub banner: String,
    /// Where the history of cells is kept.
    pub history: HistoryPlace,
    /// What stops cells, if this machine has something that can.
    pub debugger: Option<Arc<dyn Debugging>>,
}

/// Serves clients until one of them, a signal or the end of the parent process stops the kernel.
///
/// Clients get answers as soon as the sockets listen; `make_engine` runs behind, and cells wait
/// for it. When it fails, the kernel goes on and each cell fails with what it said.
///
/// # Errors
/// When a socket cannot listen or a thread cannot be started.
pub fn serve(
    start_file: &StartFile,
    settings: &Settings,
    make_engine: impl FnOnce() -> anyhow::Result<Box<dyn Engine>> + Send + 'static,
) -> anyhow::Result<()> {
    let mut connection = start_file.connection()?;
    let sockets = Sockets::bind(&mut connection)?;
    let session = Arc::new(Session::new(&connection.key).refusing_repetitions());

    // Clients come only now, so nothing is late that is started after this.
    if let StartFile::Registration(file) = start_file {
        file.register(&connection, REGISTRATION_LIMIT)?;
    }

    let (publisher, publications) = Publisher::new(Arc::clone(&session));
    start_thread("publish", {
        let socket = Arc::clone(&sockets.iopub);
        move || publications.run(&*socket)
    })?;
    publisher.status(None, ExecutionState::Starting);
    start_thread("subscribe", {
        let (socket, publisher) = (Arc::clone(&sockets.iopub), publisher.clone());
        move || publisher::greet_subscribers(&*socket, &publisher)
    })?;
    start_thread("heartbeat", {
        let socket = Arc::clone(&sockets.heartbeat);
        move || heartbeat::echo(&*socket)
    })?;

    let stdin = Stdin::new(Arc::clone(&session), Arc::clone(&sockets.stdin));
    let history = History::start(settings.history.clone())?;
    let info = kernel_info(settings);
    let ports = ConnectReply {
        status: ReplyStatus::Ok,
        shell_port: connection.shell_port,
        iopub_port: connection.iopub_port,
        stdin_port: connection.stdin_port,
        control_port: connection.control_port,
        hb_port: connection.hb_port,
    };
    let desk = Desk::new(session, publisher.clone(), stdin, history, info, ports)?;
    start_thread("stdin", {
        let (socket, desk) = (Arc::clone(&sockets.stdin), Arc::clone(&desk));
        move || for_each_message(&desk, &socket, |reply| desk.stdin.take_in(&reply.message))
    })?;
    let questions = Questions::new(Arc::clone(&desk));
    let interrupter = Arc::new(OnceLock::new());
    let (stop, stopped) = mpsc::channel();
    let (jobs, worker) = Worker::new(
        Arc::clone(&desk),
        Arc::clone(&interrupter),
        questions.clone(),
    );
    let stopper = Stopper {
        interrupter,
        jobs: jobs.clone(),
        desk: Arc::clone(&desk),
        stop,
    };
    let debug = DebugDesk::start(Arc::clone(&desk), jobs.clone(), settings.debugger.clone())?;
    let subshells = Subshells::new(Arc::clone(&desk), jobs.clone(), questions.clone());
    let control = Control {
        desk: Arc::clone(&desk),
        stopper: stopper.clone(),
        subshells: subshells.clone(),
        usage: Arc::default(),
        debug,
    };
    let shell = Shell::new(desk, jobs, control.clone(), subshells, &questions)?;
    start_thread("shell", {
        let socket = Arc::clone(&sockets.shell);
        move || shell.run(&socket)
    })?;
    start_thread("control", {
        let socket = Arc::clone(&sockets.control);
        move || control.run(&socket)
    })?;
    signals::watch(&stopper)?;
    parent::watch(&stopper)?;
    let (worker_ended, worker_end) = mpsc::channel();
    start_thread("worker", move || {
        worker.run(make_engine);
        // Nobody listens when the kernel has given up on the worker.
        let _ = worker_ended.send(());
    })?;

    wait_for_stop(&stopped);
    stop_worker(&stopper, &worker_end);
    stopper.desk.history.settle(SETTLE_LIMIT);
    publisher.flush();
    sockets.close();
    Ok(())
}

fn wait_for_stop(stopped: &Receiver<&'static str>) {
    if let Ok(reason) = stopped.recv() {
        tracing::info!(reason, "the kernel stops");
    } else {
        tracing::error!("the kernel stops: nothing is left that could stop it");
    }
}

/// Interrupts the cell that runs, if one does, and lets the engine end its process.
fn stop_worker(stopper: &Stopper, worker_end: &Receiver<()>) {
    stopper.jobs.abort_all();
    stopper.jobs.send(Job::Stop);
    stopper.interrupt();
    stopper.desk.stdin.end();
    if worker_end.recv_timeout(STOP_LIMIT).is_err() {
        tracing::warn!("the engine did not end within {} s", STOP_LIMIT.as_secs());
    }
}

fn kernel_info(settings: &Settings) -> KernelInfoReply {
    KernelInfoReply {
        status: ReplyStatus::Ok,
        protocol_version: PROTOCOL_VERSION.to_owned(),
        implementation: "ferrolab".to_owned(),
        implementation_version: env!("CARGO_PKG_VERSION").to_owned(),
        language_info: LanguageInfo {
            name: "rust".to_owned(),
            version: settings.language_version.clone(),
            mimetype: "text/rust".to_owned(),
            file_extension: ".rs".to_owned(),
            pygments_lexer: "rust".to_owned(),
            codemirror_mode: "rust".into(),
            nbconvert_exporter: "script".to_owned(),
        },
        banner: settings.banner.clone(),
        help_links: [
            ("The Rust Book", "https://doc.rust-lang.org/book/"),
            ("Rust's Standard Library", "https://doc.rust-lang.org/std/"),
        ]
        .map(|(text, url)| HelpLink {
            text: text.to_owned(),
            url: url.to_owned(),
        })
        .to_vec(),
        debugger: settings.debugger.is_some(),
        supported_features: ["iopub_welcome", "kernel subshells"]
            .into_iter()
            .chain(settings.debugger.as_ref().map(|_| "debugger"))
            .map(str::to_owned)
            .collect(),
    }
}

/// The five sockets of a kernel, listening.
struct Sockets {
    shell: Arc<dyn Socket>,
    iopub: Arc<dyn Socket>,
    stdin: Arc<dyn Socket>,
    control: Arc<dyn Socket>,
    heartbeat: Arc<dyn Socket>,
}

impl Sockets {
    /// Listens, and puts the ports into `connection` that the system chose where it says 0.
    fn bind(connection: &mut ConnectionFile) -> anyhow::Result<Self> {
        let encryption = connection.encryption()?;
        let transport = OmqTransport::new("kernel");
        let mut bind = |kind, channel: Channel| -> anyhow::Result<Arc<dyn Socket>> {
            let socket = transport
                .bind(kind, &connection.endpoint(channel), &encryption)
                .with_context(|| format!("the {} channel is not available", channel.name()))?;
            if let Some(port) = chosen_port(connection, &*socket) {
                connection.set_port(channel, port);
            }
            Ok(Arc::from(socket))
        };
        Ok(Self {
            shell: bind(ServerSocket::Router, Channel::Shell)?,
            iopub: bind(ServerSocket::Publisher, Channel::Iopub)?,
            stdin: bind(ServerSocket::Router, Channel::Stdin)?,
            control: bind(ServerSocket::Router, Channel::Control)?,
            heartbeat: bind(ServerSocket::Replier, Channel::Heartbeat)?,
        })
    }

    fn close(&self) {
        for socket in [
            &self.heartbeat,
            &self.stdin,
            &self.shell,
            &self.control,
            &self.iopub,
        ] {
            socket.close();
        }
    }
}

/// The port at which a socket listens, for transports that have such.
fn chosen_port(connection: &ConnectionFile, socket: &dyn Socket) -> Option<u16> {
    if connection.transport != Scheme::Tcp {
        return None;
    }
    let (_, port) = socket.endpoint().rsplit_once(':')?;
    port.parse().ok()
}

/// Starts a thread, which ends when the sockets close or the process does.
fn start_thread(name: &str, body: impl FnOnce() + Send + 'static) -> anyhow::Result<()> {
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(body)
        .with_context(|| format!("cannot start the {name} thread"))?;
    Ok(())
}
