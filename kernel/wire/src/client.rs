//! The other end of a kernel: runs cells in it and collects what they say.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::{Map, Value};
use thiserror::Error;
use uuid::Uuid;

use crate::connection::{Channel, ConnectionError, ConnectionFile};
use crate::content::{
    ClearOutput, Content, DisplayData, ErrorReport, ExecuteInput, ExecuteReply, ExecuteRequest,
    ExecuteResult, ExecutionState, InterruptReply, InterruptRequest, KernelInfoReply,
    KernelInfoRequest, ShutdownReply, ShutdownRequest, Status, Stream, UpdateDisplayData,
};
use crate::message::Message;
use crate::session::{Session, WireError};
use crate::transport::{ClientSocket, OmqTransport, Socket, Transport, TransportError};

/// How long a thread waits for a message before it waits again. Closing a socket ends the wait.
const WAKE_INTERVAL: Duration = Duration::from_secs(1);
/// How long a kernel has for an answer before it is asked whether it is ready once more.
const READY_INTERVAL: Duration = Duration::from_secs(1);
/// How long the `idle` status may come after the reply. They travel on different sockets; a kernel
/// that loses the status must not hold up a batch job.
const IDLE_GRACE: Duration = Duration::from_secs(10);

/// Why a kernel could not be asked, or did not answer.
#[derive(Debug, Error)]
pub enum ClientError {
    /// The connection file is of no use.
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    /// A socket failed.
    #[error("the connection to the kernel failed: {0}")]
    Transport(#[from] TransportError),
    /// The kernel sent something that breaks the protocol.
    #[error("the kernel broke the protocol: {0}")]
    Wire(#[from] WireError),
    /// No answer in time.
    #[error("the kernel did not answer a {request} within {:.0} s", .waited.as_secs_f64())]
    TimedOut {
        /// What was asked.
        request: &'static str,
        /// How long an answer was waited for.
        waited: Duration,
    },
    /// The kernel's process has ended.
    #[error("the kernel died: {0}")]
    Died(String),
    /// A thread cannot be started.
    #[error("cannot start a thread for the kernel's messages: {0}")]
    Thread(#[source] std::io::Error),
}

/// A connection to a kernel, over which cells are run one after another.
pub struct KernelClient {
    shell: Arc<dyn Socket>,
    iopub: Arc<dyn Socket>,
    session: Arc<Session>,
    control: Control,
    incoming: Receiver<(Channel, Message)>,
}

impl KernelClient {
    /// Connects to the kernel of that connection file, now or as soon as it listens.
    ///
    /// # Errors
    /// When the file's keys or addresses are malformed.
    pub fn connect(connection: &ConnectionFile) -> Result<Self, ClientError> {
        let encryption = connection.encryption()?;
        let transport = OmqTransport::new("client");
        let socket = |kind, channel| -> Result<Arc<dyn Socket>, TransportError> {
            transport
                .connect(kind, &connection.endpoint(channel), &encryption)
                .map(Arc::from)
        };
        let shell = socket(ClientSocket::Dealer, Channel::Shell)?;
        let iopub = socket(ClientSocket::Subscriber, Channel::Iopub)?;
        let session = Arc::new(Session::new(&connection.key));
        let control = Control {
            session: Arc::clone(&session),
            requests: Arc::new(Mutex::new(socket(ClientSocket::Dealer, Channel::Control)?)),
            heartbeat: Arc::new(Mutex::new(socket(
                ClientSocket::Dealer,
                Channel::Heartbeat,
            )?)),
        };
        let (sender, incoming) = mpsc::channel();
        for (channel, socket) in [(Channel::Shell, &shell), (Channel::Iopub, &iopub)] {
            let reader = Reader {
                channel,
                socket: Arc::clone(socket),
                session: Arc::clone(&session),
                sender: sender.clone(),
            };
            thread::Builder::new()
                .name(format!("client-{}", channel.name()))
                .spawn(move || reader.run())
                .map_err(ClientError::Thread)?;
        }
        Ok(Self {
            shell,
            iopub,
            session,
            control,
            incoming,
        })
    }

    /// Waits until the kernel answers and its output arrives here. `alive` is asked now and then
    /// whether there is still someone to wait for; its error says how the kernel ended.
    ///
    /// # Errors
    /// When the kernel is not ready within `timeout`, or has died.
    pub fn wait_ready(
        &mut self,
        timeout: Duration,
        mut alive: impl FnMut() -> Result<(), String>,
    ) -> Result<KernelInfoReply, ClientError> {
        let start = Instant::now();
        let mut info = None;
        let mut subscribed = false;
        while start.elapsed() < timeout {
            alive().map_err(ClientError::Died)?;
            self.request(&KernelInfoRequest {})?;
            let asked = Instant::now();
            while let Some(wait) = remaining(asked, READY_INTERVAL.min(timeout)) {
                match self.take(wait)? {
                    Some((Channel::Iopub, _)) => subscribed = true,
                    Some((Channel::Shell, reply)) if reply.msg_type() == KernelInfoReply::TYPE => {
                        info = Some(reply.content_as::<KernelInfoReply>()?);
                    }
                    Some(_) => {}
                    None => break,
                }
                if subscribed && let Some(info) = info {
                    return Ok(info);
                }
            }
        }
        alive().map_err(ClientError::Died)?;
        Err(ClientError::TimedOut {
            request: KernelInfoRequest::TYPE,
            waited: timeout,
        })
    }

    /// Starts a cell. What it says comes out of the [`Execution`].
    ///
    /// # Errors
    /// When the kernel cannot be reached.
    pub fn execute(&mut self, request: &ExecuteRequest) -> Result<Execution<'_>, ClientError> {
        let id = self.request(request)?;
        Ok(Execution {
            client: self,
            id,
            reply: None,
            idle: false,
        })
    }

    /// What can be asked of the kernel at any time, also from other threads while a cell runs.
    #[must_use]
    pub fn control(&self) -> Control {
        self.control.clone()
    }

    /// Sends a request on the shell channel and returns its name.
    fn request<C: Content>(&self, content: &C) -> Result<String, ClientError> {
        let message = self.session.message(content, None)?;
        self.shell.send(self.session.encode(&message))?;
        Ok(message.header.msg_id().to_owned())
    }

    fn take(&self, timeout: Duration) -> Result<Option<(Channel, Message)>, ClientError> {
        match self.incoming.recv_timeout(timeout) {
            Ok(message) => Ok(Some(message)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(TransportError::Closed.into()),
        }
    }
}

impl Drop for KernelClient {
    fn drop(&mut self) {
        self.shell.close();
        self.iopub.close();
    }
}

/// Hands the messages of one socket over.
struct Reader {
    channel: Channel,
    socket: Arc<dyn Socket>,
    session: Arc<Session>,
    sender: Sender<(Channel, Message)>,
}

impl Reader {
    fn run(self) {
        loop {
            let frames = match self.socket.receive(WAKE_INTERVAL) {
                Ok(Some(frames)) => frames,
                Ok(None) => continue,
                Err(TransportError::Closed) => return,
                Err(error) => {
                    tracing::warn!(channel = self.channel.name(), %error, "while receiving");
                    return;
                }
            };
            match self.session.decode(&frames) {
                Ok(message) => {
                    if self.sender.send((self.channel, message)).is_err() {
                        return;
                    }
                }
                Err(error) => {
                    tracing::warn!(channel = self.channel.name(), %error, "a message was refused");
                }
            }
        }
    }
}

/// A cell that runs, or has run.
pub struct Execution<'a> {
    client: &'a mut KernelClient,
    id: String,
    reply: Option<(Instant, Finished)>,
    idle: bool,
}

/// What happened in a cell.
#[derive(Clone, Debug)]
pub enum Event {
    /// The kernel has taken the cell up.
    Started(ExecuteInput),
    /// It printed.
    Stream(Stream),
    /// It showed something.
    Display(DisplayData),
    /// It replaced something that was shown, perhaps by an earlier cell.
    Update(UpdateDisplayData),
    /// Its value.
    Result(ExecuteResult),
    /// It failed.
    Error(ErrorReport),
    /// Its outputs so far are to be removed.
    Clear(ClearOutput),
    /// It is over; nothing comes after this.
    Finished(Finished),
}

/// The end of a cell.
#[derive(Clone, Debug)]
pub struct Finished {
    /// How it ended.
    pub reply: ExecuteReply,
    /// The reply's metadata, where kernels tell timings.
    pub metadata: Map<String, Value>,
    /// Whether all output has certainly arrived.
    pub complete: bool,
}

impl Execution<'_> {
    /// The next event, or `None` when none came within `timeout`: time to look whether the kernel
    /// is still alive, and to ask again.
    ///
    /// # Errors
    /// When the connection fails or the kernel breaks the protocol.
    pub fn next(&mut self, timeout: Duration) -> Result<Option<Event>, ClientError> {
        let start = Instant::now();
        loop {
            if let Some(finished) = self.finished() {
                return Ok(Some(Event::Finished(finished)));
            }
            let Some(mut wait) = remaining(start, timeout) else {
                return Ok(None);
            };
            if let Some((replied, _)) = &self.reply {
                wait = wait.min(IDLE_GRACE.saturating_sub(replied.elapsed()));
            }
            let Some((channel, message)) = self.client.take(wait)? else {
                continue;
            };
            if message.parent_id() != Some(self.id.as_str()) {
                continue;
            }
            if let Some(event) = self.event(channel, &message)? {
                return Ok(Some(event));
            }
        }
    }

    /// The end, once both the reply and the last output are there.
    fn finished(&self) -> Option<Finished> {
        let (replied, finished) = self.reply.as_ref()?;
        if !self.idle && replied.elapsed() < IDLE_GRACE {
            return None;
        }
        Some(Finished {
            complete: self.idle,
            ..finished.clone()
        })
    }

    fn event(&mut self, channel: Channel, message: &Message) -> Result<Option<Event>, ClientError> {
        Ok(Some(match message.msg_type() {
            ExecuteReply::TYPE if channel == Channel::Shell => {
                let finished = Finished {
                    reply: message.content_as()?,
                    metadata: message.metadata.clone(),
                    complete: false,
                };
                self.reply = Some((Instant::now(), finished));
                return Ok(None);
            }
            Status::TYPE => {
                // Frontends must live with states that they do not know.
                if let Ok(status) = message.content_as::<Status>() {
                    self.idle |= status.execution_state == ExecutionState::Idle;
                }
                return Ok(None);
            }
            ExecuteInput::TYPE => Event::Started(message.content_as()?),
            Stream::TYPE => Event::Stream(message.content_as()?),
            DisplayData::TYPE => Event::Display(message.content_as()?),
            UpdateDisplayData::TYPE => Event::Update(message.content_as()?),
            ExecuteResult::TYPE => Event::Result(message.content_as()?),
            ErrorReport::TYPE => Event::Error(message.content_as()?),
            ClearOutput::TYPE => Event::Clear(message.content_as()?),
            other => {
                tracing::debug!(msg_type = other, "a message that means nothing here");
                return Ok(None);
            }
        }))
    }
}

/// What can be asked of a kernel at any time. Copies ask the same kernel.
#[derive(Clone)]
pub struct Control {
    session: Arc<Session>,
    requests: Arc<Mutex<Arc<dyn Socket>>>,
    heartbeat: Arc<Mutex<Arc<dyn Socket>>>,
}

impl Control {
    /// Stops the cell that runs; its [`Execution`] then tells of an error.
    ///
    /// # Errors
    /// When the kernel does not answer within `timeout`.
    pub fn interrupt(&self, timeout: Duration) -> Result<(), ClientError> {
        self.ask::<_, InterruptReply>(&InterruptRequest {}, timeout)
            .map(drop)
    }

    /// Ends the kernel. It answers before it ends; its process is the caller's to wait for.
    ///
    /// # Errors
    /// When the kernel does not answer within `timeout`.
    pub fn shutdown(&self, restart: bool, timeout: Duration) -> Result<(), ClientError> {
        self.ask::<_, ShutdownReply>(&ShutdownRequest { restart }, timeout)
            .map(drop)
    }

    /// What the kernel is.
    ///
    /// # Errors
    /// When the kernel does not answer within `timeout`.
    pub fn kernel_info(&self, timeout: Duration) -> Result<KernelInfoReply, ClientError> {
        self.ask(&KernelInfoRequest {}, timeout)
    }

    /// Whether the kernel's process answers within `timeout`, busy or not.
    ///
    /// # Errors
    /// When the connection fails.
    pub fn beats(&self, timeout: Duration) -> Result<bool, ClientError> {
        let socket = self
            .heartbeat
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let beat = Bytes::from(Uuid::new_v4().simple().to_string());
        socket.send(vec![Bytes::new(), beat.clone()])?;
        let start = Instant::now();
        while let Some(wait) = remaining(start, timeout) {
            let answer = socket.receive(wait)?;
            if answer.is_some_and(|frames| frames.last() == Some(&beat)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn ask<Q: Content, A: Content>(
        &self,
        question: &Q,
        timeout: Duration,
    ) -> Result<A, ClientError> {
        let socket = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let request = self.session.message(question, None)?;
        socket.send(self.session.encode(&request))?;
        let start = Instant::now();
        while let Some(wait) = remaining(start, timeout) {
            let Some(frames) = socket.receive(wait)? else {
                continue;
            };
            let answer = self.session.decode(&frames)?;
            if answer.parent_id() == Some(request.header.msg_id()) && answer.msg_type() == A::TYPE {
                return Ok(answer.content_as()?);
            }
        }
        Err(ClientError::TimedOut {
            request: Q::TYPE,
            waited: timeout,
        })
    }
}

/// What is left of `limit` since `start`.
fn remaining(start: Instant, limit: Duration) -> Option<Duration> {
    limit
        .checked_sub(start.elapsed())
        .filter(|left| !left.is_zero())
}
