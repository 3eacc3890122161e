//! The protocol side of the kernel: sockets, requests, replies and what is published.
//!
//! Each socket has a thread of its own, and so has the engine: a cell that runs holds up neither
//! the heartbeat nor an interrupt. The threads share a [`desk::Desk`], which writes every message
//! that goes out.
//!
//! | thread | module |
//! |---|---|
//! | `control` | [`control`]: interrupt, shutdown, subshells |
//! | `shell` | [`shell`]: takes requests in and passes them on |
//! | `worker` | [`worker`]: makes the engine, then runs cells and what comes by comms |
//! | `analysis`, `syntax` | [`questions`]: questions about code, also while a cell runs |
//! | `subshell` | [`subshells`]: one thread for each |
//! | `stdin` | [`stdin`]: what the user types |
//! | `publish` | [`publisher`]: everything that clients see, with text streams joined |
//! | `subscribe` | [`publisher`]: greets new subscribers |
//! | `heartbeat` | [`heartbeat`] |
//! | `signals`, `parent` | [`signals`], [`parent`]: reasons to stop that are not messages |

mod comms;
mod control;
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
mod worker;

use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use anyhow::Context;
use ferrolab_wire::content::{ExecutionState, KernelInfoReply, LanguageInfo, ReplyStatus};
use ferrolab_wire::transport::{OmqTransport, ServerSocket, Socket, Transport};
use ferrolab_wire::{Channel, ConnectionFile, PROTOCOL_VERSION, Session};

use crate::engine::Engine;
use crate::server::control::{Control, Stopper};
use crate::server::desk::Desk;
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

/// What the kernel tells of itself.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Version of the Rust compiler that cells are compiled by, such as `1.95.0`.
    pub language_version: String,
    /// Text that consoles show at start.
    pub banner: String,
}

/// Serves clients until one of them, a signal or the end of the parent process stops the kernel.
///
/// Clients get answers as soon as the sockets listen; `make_engine` runs behind, and cells wait
/// for it. When it fails, the kernel goes on and each cell fails with what it said.
///
/// # Errors
/// When a socket cannot listen or a thread cannot be started.
pub fn serve(
    connection: &ConnectionFile,
    identity: &Identity,
    make_engine: impl FnOnce() -> anyhow::Result<Box<dyn Engine>> + Send + 'static,
) -> anyhow::Result<()> {
    let sockets = Sockets::bind(connection)?;
    let session = Arc::new(Session::new(&connection.key));

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
    let info = kernel_info(identity);
    let desk = Arc::new(Desk::new(session, publisher.clone(), stdin, info));
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
    let subshells = Subshells::new(Arc::clone(&desk), jobs.clone(), questions.clone());
    let control = Control {
        desk: Arc::clone(&desk),
        stopper: stopper.clone(),
        subshells: subshells.clone(),
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

fn kernel_info(identity: &Identity) -> KernelInfoReply {
    KernelInfoReply {
        status: ReplyStatus::Ok,
        protocol_version: PROTOCOL_VERSION.to_owned(),
        implementation: "ferrolab".to_owned(),
        implementation_version: env!("CARGO_PKG_VERSION").to_owned(),
        language_info: LanguageInfo {
            name: "rust".to_owned(),
            version: identity.language_version.clone(),
            mimetype: "text/rust".to_owned(),
            file_extension: ".rs".to_owned(),
            pygments_lexer: "rust".to_owned(),
            codemirror_mode: "rust".into(),
            nbconvert_exporter: "script".to_owned(),
        },
        banner: identity.banner.clone(),
        help_links: Vec::new(),
        supported_features: ["iopub_welcome", "kernel subshells"]
            .map(str::to_owned)
            .to_vec(),
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
    fn bind(connection: &ConnectionFile) -> anyhow::Result<Self> {
        let encryption = connection.encryption()?;
        let transport = OmqTransport::new("kernel");
        let bind = |kind, channel: Channel| -> anyhow::Result<Arc<dyn Socket>> {
            let socket = transport
                .bind(kind, &connection.endpoint(channel), &encryption)
                .with_context(|| format!("the {} channel is not available", channel.name()))?;
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

/// Starts a thread, which ends when the sockets close or the process does.
fn start_thread(name: &str, body: impl FnOnce() + Send + 'static) -> anyhow::Result<()> {
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(body)
        .with_context(|| format!("cannot start the {name} thread"))?;
    Ok(())
}
