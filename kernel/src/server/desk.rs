//! Where messages go out: replies to clients, and what is published about requests.

use std::fmt::Display;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use ferrolab_wire::content::{ConnectReply, Content, ExecutionState, KernelInfoReply};
use ferrolab_wire::transport::{Frames, Socket, TransportError};
use ferrolab_wire::{Header, Message, Session, WireError};
use serde_json::{Map, Value, json};

use crate::server::comms::Comms;
use crate::server::history::History;
use crate::server::publisher::Publisher;
use crate::server::start_thread;
use crate::server::stdin::{Asker, Stdin};

/// How long code may run on after a question before clients hear of it again.
const REMINDER_DELAY: Duration = Duration::from_millis(250);

/// A request, with what is needed to answer it.
pub(super) struct Request {
    pub(super) message: Message,
    /// When it was taken in.
    pub(super) received: Instant,
    /// Where it came in and the reply goes out.
    origin: Arc<dyn Socket>,
}

impl Request {
    pub(super) fn header(&self) -> &Header {
        &self.message.header
    }

    /// Who sent it.
    pub(super) fn asker(&self) -> Asker {
        Asker {
            request: self.header().clone(),
            identities: self.message.identities.clone(),
        }
    }
}

/// What all threads that answer requests share.
pub(super) struct Desk {
    session: Arc<Session>,
    pub(super) publisher: Publisher,
    pub(super) info: KernelInfoReply,
    pub(super) ports: ConnectReply,
    pub(super) comms: Comms,
    pub(super) stdin: Stdin,
    pub(super) history: History,
    /// The request whose code is being run.
    running: Mutex<Option<Header>>,
    /// Where it is told that clients may have taken the kernel for idle.
    idled: Sender<String>,
}

impl Desk {
    pub(super) fn new(
        session: Arc<Session>,
        publisher: Publisher,
        stdin: Stdin,
        history: History,
        info: KernelInfoReply,
        ports: ConnectReply,
    ) -> anyhow::Result<Arc<Self>> {
        let (idled, told) = mpsc::channel();
        let desk = Arc::new(Self {
            session,
            publisher,
            info,
            ports,
            comms: Comms::default(),
            stdin,
            history,
            running: Mutex::default(),
            idled,
        });
        start_thread("reminder", {
            let desk = Arc::downgrade(&desk);
            move || remind(&desk, &told)
        })?;
        Ok(desk)
    }

    /// The request in frames that arrived, if they are one; otherwise the log says why not.
    pub(super) fn open(&self, frames: &Frames, origin: &Arc<dyn Socket>) -> Option<Request> {
        match self.session.decode(frames) {
            Ok(message) => {
                tracing::trace!(
                    msg_type = message.msg_type(),
                    msg_id = message.header.msg_id(),
                    "request"
                );
                Some(Request {
                    message,
                    received: Instant::now(),
                    origin: Arc::clone(origin),
                })
            }
            Err(error) => {
                tracing::warn!(endpoint = origin.endpoint(), %error, "a message was refused");
                None
            }
        }
    }

    /// Tells clients that the request is being worked on, until the answer is dropped.
    pub(super) fn busy<'a>(&'a self, request: &'a Request) -> Busy<'a> {
        self.publisher
            .status(Some(request.header()), ExecutionState::Busy);
        Busy {
            desk: self,
            request,
            runs_code: false,
        }
    }

    /// As [`Desk::busy`], for the one request at a time that runs the user's code.
    pub(super) fn busy_with_code<'a>(&'a self, request: &'a Request) -> Busy<'a> {
        let mut running = self.running();
        *running = Some(request.header().clone());
        self.publisher
            .status(Some(request.header()), ExecutionState::Busy);
        Busy {
            desk: self,
            request,
            runs_code: true,
        }
    }

    fn running(&self) -> MutexGuard<'_, Option<Header>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The request's content as a type, or an answer that says what is wrong with it.
    pub(super) fn content<C: Content>(&self, request: &Request) -> Option<C> {
        match request.message.content_as() {
            Ok(content) => Some(content),
            Err(error) => {
                self.refuse(request, &error);
                None
            }
        }
    }

    pub(super) fn reply<C: Content>(&self, request: &Request, content: &C) {
        self.reply_with(request, content, Map::new());
    }

    pub(super) fn reply_with<C: Content>(
        &self,
        request: &Request,
        content: &C,
        metadata: Map<String, Value>,
    ) {
        let message = self.session.message(content, Some(request.header()));
        self.send(
            request,
            message.map(|message| Message {
                metadata,
                ..message
            }),
        );
    }

    /// Answers a request that cannot be met.
    pub(super) fn refuse(&self, request: &Request, error: &dyn Display) {
        let request_type = request.message.msg_type();
        tracing::warn!(msg_type = request_type, %error, "a request was refused");
        let Some(name) = request_type.strip_suffix("_request") else {
            return;
        };
        let content = json!({
            "status": "error",
            "ename": "InvalidRequest",
            "evalue": error.to_string(),
            "traceback": [],
        });
        let reply_type = format!("{name}_reply");
        self.send(
            request,
            self.session
                .untyped_message(&reply_type, content, Some(request.header())),
        );
    }

    fn send(&self, request: &Request, message: Result<Message, WireError>) {
        let message = match message {
            Ok(message) => Message {
                identities: request.message.identities.clone(),
                ..message
            },
            Err(error) => {
                tracing::error!(%error, "a reply was not sent");
                return;
            }
        };
        match request.origin.send(self.session.encode(&message)) {
            Ok(()) => {}
            Err(TransportError::PeerGone) => {
                tracing::debug!(msg_type = message.msg_type(), "nobody is left to reply to");
            }
            Err(error) => tracing::warn!(msg_type = message.msg_type(), %error, "a reply was lost"),
        }
    }
}

/// Publishes `idle` when the work on a request is over, whichever way it ended.
pub(super) struct Busy<'a> {
    desk: &'a Desk,
    request: &'a Request,
    runs_code: bool,
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        let publisher = &self.desk.publisher;
        let mut running = self.desk.running();
        if self.runs_code {
            *running = None;
        }
        publisher.status(Some(self.request.header()), ExecutionState::Idle);
        if let Some(code) = running.as_ref() {
            // An error means that the kernel ends.
            let _ = self.desk.idled.send(code.msg_id().to_owned());
        }
    }
}

/// Many clients, and the server that ends kernels which do nothing, take the last status for the
/// kernel's. So when a question was answered while code runs, they are told of the code again, if it
/// still runs a little later.
fn remind(desk: &Weak<Desk>, idled: &Receiver<String>) {
    while let Ok(mut during) = idled.recv() {
        thread::sleep(REMINDER_DELAY);
        while let Ok(later) = idled.try_recv() {
            during = later;
        }
        let Some(desk) = desk.upgrade() else {
            return;
        };
        let running = desk.running();
        // What began since then has told of itself after the answer.
        if let Some(code) = running.as_ref().filter(|code| code.msg_id() == during) {
            desk.publisher.status(Some(code), ExecutionState::Busy);
        }
    }
}
