//! A frontend that sees every message, and the kernel that it talks to.

use std::collections::VecDeque;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use bytes::Bytes;
use ferrolab_kernel::engine::Engine;
use ferrolab_kernel::server::{self, HistoryPlace, Settings};
use ferrolab_wire::content::{
    Content, ExecuteReply, ExecuteRequest, ExecutionState, IopubWelcome, ShutdownReply,
    ShutdownRequest, Status, Stream,
};
use ferrolab_wire::transport::{ClientSocket, OmqTransport, Socket, Transport};
use ferrolab_wire::{Channel, ConnectionFile, Header, Message, Session};
use serde_json::{Map, Value};

use crate::parrot::Parrot;

pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
/// Long enough for a message that should not come.
pub(crate) const SILENCE: Duration = Duration::from_millis(300);

/// A kernel in a thread of this process.
pub(crate) struct Kernel {
    pub(crate) connection: ConnectionFile,
    serving: JoinHandle<anyhow::Result<()>>,
}

impl Kernel {
    pub(crate) fn start() -> Self {
        Self::with(|| Ok(Box::new(Parrot::default())))
    }

    pub(crate) fn with(
        make_engine: impl FnOnce() -> anyhow::Result<Box<dyn Engine>> + Send + 'static,
    ) -> Self {
        Self::at(loopback(), settings(), make_engine)
    }

    pub(crate) fn at(
        connection: ConnectionFile,
        settings: Settings,
        make_engine: impl FnOnce() -> anyhow::Result<Box<dyn Engine>> + Send + 'static,
    ) -> Self {
        let serving = thread::spawn({
            let connection = connection.clone();
            move || server::serve(&connection.into(), &settings, make_engine)
        });
        Self {
            connection,
            serving,
        }
    }

    pub(crate) fn frontend(&self) -> Frontend {
        Frontend::connect(&self.connection)
    }

    /// Shuts the kernel down and waits for its end.
    pub(crate) fn stop(self) {
        let mut frontend = self.frontend();
        let reply: ShutdownReply = frontend
            .ask(Channel::Control, &ShutdownRequest { restart: false })
            .content_as()
            .unwrap();
        assert!(!reply.restart);
        self.join();
    }

    /// Waits for the end of a kernel that was told to end.
    pub(crate) fn join(self) {
        self.serving.join().unwrap().unwrap();
    }
}

/// A connection by TCP at an address that no other test uses, so that the ports stay free until the
/// kernel takes them.
pub(crate) fn loopback() -> ConnectionFile {
    static USED: AtomicU8 = AtomicU8::new(1);
    let [.., high, low] = std::process::id().to_be_bytes();
    let address = Ipv4Addr::new(127, high, low, USED.fetch_add(1, Ordering::Relaxed));
    ConnectionFile::for_tcp(address.into()).unwrap()
}

pub(crate) fn settings() -> Settings {
    Settings {
        language_version: "1.0".to_owned(),
        banner: "parrot".to_owned(),
        history: HistoryPlace::Memory,
        debugger: None,
    }
}

/// A connected frontend.
pub(crate) struct Frontend {
    pub(crate) session: Session,
    shell: Box<dyn Socket>,
    control: Box<dyn Socket>,
    iopub: Box<dyn Socket>,
    stdin: Box<dyn Socket>,
    heartbeat: Box<dyn Socket>,
    /// What came on iopub and was not asked for yet.
    published: VecDeque<Message>,
}

/// How a cell went.
pub(crate) struct Done {
    pub(crate) reply: ExecuteReply,
    pub(crate) metadata: Map<String, Value>,
    /// Everything that was published about it.
    pub(crate) published: Vec<Message>,
}

impl Done {
    /// What was published, by type, without repetition of streams.
    pub(crate) fn types(&self) -> Vec<&str> {
        self.published.iter().map(Message::msg_type).collect()
    }

    pub(crate) fn text(&self) -> String {
        self.published
            .iter()
            .filter(|message| message.msg_type() == Stream::TYPE)
            .map(|message| message.content_as::<Stream>().unwrap().text)
            .collect()
    }

    pub(crate) fn content(&self, msg_type: &str) -> &Value {
        let message = self
            .published
            .iter()
            .find(|message| message.msg_type() == msg_type);
        &message.expect("it is published").content
    }
}

impl Frontend {
    /// Connects and waits until it is subscribed.
    pub(crate) fn connect(connection: &ConnectionFile) -> Self {
        let transport = OmqTransport::new("frontend");
        let encryption = connection.encryption().unwrap();
        let socket = |kind, channel| {
            transport
                .connect(kind, &connection.endpoint(channel), &encryption)
                .unwrap()
        };
        let mut frontend = Self {
            session: Session::new(&connection.key),
            shell: socket(ClientSocket::Dealer, Channel::Shell),
            control: socket(ClientSocket::Dealer, Channel::Control),
            iopub: socket(ClientSocket::Subscriber, Channel::Iopub),
            stdin: socket(ClientSocket::Dealer, Channel::Stdin),
            heartbeat: socket(ClientSocket::Dealer, Channel::Heartbeat),
            published: VecDeque::new(),
        };
        frontend.published(|message| message.msg_type() == IopubWelcome::TYPE);
        frontend
    }

    pub(crate) fn socket(&self, channel: Channel) -> &dyn Socket {
        match channel {
            Channel::Shell => &*self.shell,
            Channel::Iopub => &*self.iopub,
            Channel::Stdin => &*self.stdin,
            Channel::Control => &*self.control,
            Channel::Heartbeat => &*self.heartbeat,
        }
    }

    pub(crate) fn message<C: Content>(&self, content: &C) -> Message {
        self.session.message(content, None).unwrap()
    }

    /// Sends a message and returns its name.
    pub(crate) fn post(&self, channel: Channel, message: &Message) -> String {
        self.socket(channel)
            .send(self.session.encode(message))
            .unwrap();
        message.header.msg_id().to_owned()
    }

    pub(crate) fn send<C: Content>(&self, channel: Channel, content: &C) -> String {
        self.post(channel, &self.message(content))
    }

    /// Sends a request for a subshell.
    pub(crate) fn send_to_subshell<C: Content>(&self, subshell: &str, content: &C) -> String {
        let mut message = self.message(content);
        let mut header: Map<String, Value> = serde_json::from_slice(message.header.text()).unwrap();
        header.insert("subshell_id".to_owned(), subshell.into());
        message.header = Header::parse(Bytes::from(Value::Object(header).to_string())).unwrap();
        self.post(Channel::Shell, &message)
    }

    /// The next message on a channel, if one comes in time.
    pub(crate) fn receive(&self, channel: Channel, patience: Duration) -> Option<Message> {
        let frames = self.socket(channel).receive(patience).unwrap()?;
        Some(self.session.decode(&frames).unwrap())
    }

    /// The reply to a request on that channel. There must be no other before it.
    pub(crate) fn reply(&self, channel: Channel, request: &str) -> Message {
        let reply = self.receive(channel, PATIENCE).expect("the kernel replies");
        assert_eq!(reply.parent_id(), Some(request), "{}", reply.content);
        reply
    }

    /// Sends a request and waits for its reply.
    pub(crate) fn ask<C: Content>(&mut self, channel: Channel, content: &C) -> Message {
        let request = self.send(channel, content);
        self.reply(channel, &request)
    }

    /// The first published message like that. Those before it are dropped.
    pub(crate) fn published(&mut self, like: impl Fn(&Message) -> bool) -> Message {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            let next = self
                .published
                .pop_front()
                .or_else(|| self.receive(Channel::Iopub, Duration::from_millis(100)));
            if let Some(message) = next
                && like(&message)
            {
                return message;
            }
        }
        panic!("nothing like that was published");
    }

    /// What is published about a request until it is done. The rest is kept.
    pub(crate) fn until_idle(&mut self, request: &str) -> Vec<Message> {
        let mut about = Vec::new();
        let mut rest = VecDeque::new();
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            let next = self
                .published
                .pop_front()
                .or_else(|| self.receive(Channel::Iopub, Duration::from_millis(100)));
            let Some(message) = next else {
                continue;
            };
            if message.parent_id() != Some(request) {
                rest.push_back(message);
                continue;
            }
            let idle = is_status(&message, ExecutionState::Idle);
            about.push(message);
            if idle {
                rest.append(&mut self.published);
                self.published = rest;
                return about;
            }
        }
        panic!("the request is not done; so far {about:?}");
    }

    /// Runs a cell and waits for everything about it.
    pub(crate) fn run(&mut self, request: &ExecuteRequest) -> Done {
        let id = self.send(Channel::Shell, request);
        self.done(&id)
    }

    /// The end of a cell that was sent.
    pub(crate) fn done(&mut self, request: &str) -> Done {
        let reply = self.reply(Channel::Shell, request);
        Done {
            reply: reply.content_as().unwrap(),
            metadata: reply.metadata,
            published: self.until_idle(request),
        }
    }
}

pub(crate) fn is_status(message: &Message, state: ExecutionState) -> bool {
    message
        .content_as::<Status>()
        .is_ok_and(|status| message.msg_type() == Status::TYPE && status.execution_state == state)
}

/// A cell that may ask for input.
pub(crate) fn cell(code: &str) -> ExecuteRequest {
    ExecuteRequest {
        allow_stdin: true,
        ..ExecuteRequest::new(code)
    }
}

/// Not one of the sockets of [`Frontend`].
pub(crate) fn stranger(connection: &ConnectionFile, channel: Channel) -> Arc<dyn Socket> {
    let transport = OmqTransport::new("stranger");
    let encryption = connection.encryption().unwrap();
    transport
        .connect(
            ClientSocket::Dealer,
            &connection.endpoint(channel),
            &encryption,
        )
        .unwrap()
        .into()
}
