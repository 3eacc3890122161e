//! What all clients see. Any thread publishes; one thread sends, in the order of publishing.

use std::fmt::Display;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, SyncSender};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use ferrolab_wire::content::{Content, ExecutionState, IopubWelcome, Status, Stream, StreamName};
use ferrolab_wire::transport::{Frames, Socket, TransportError};
use ferrolab_wire::{Header, Message, Session};
use serde_json::{Map, Value};

use crate::server::WAKE_INTERVAL;

/// How long printed text waits for more of its kind, so that a loop of `println!` makes few
/// messages.
const STREAM_DELAY: Duration = Duration::from_millis(20);
/// Text that is sent without waiting for more.
const STREAM_BYTES: usize = 64 * 1024;
/// Output that may wait for slow clients. A cell that is further ahead of them waits.
const WAITING_BYTES: usize = 8 * 1024 * 1024;
/// First byte of what a subscriber sends; the topic follows.
const SUBSCRIBE: u8 = 1;

/// Publishes. Copies publish into the same queue.
#[derive(Clone)]
pub(super) struct Publisher {
    session: Arc<Session>,
    queue: Sender<Publication>,
    room: Arc<Room>,
    audience: Arc<Audience>,
}

/// Whether anybody listens.
#[derive(Default)]
struct Audience {
    is_there: Mutex<bool>,
    came: Condvar,
}

enum Publication {
    /// Printed text, which may be joined with what follows.
    Text { parent: Header, text: Stream },
    /// Anything else, ready to be sent, and how many bytes of room it took.
    Message { frames: Frames, bytes: usize },
    /// Someone wants to know when everything before this has been sent.
    Flush(SyncSender<()>),
}

impl Publisher {
    pub(super) fn new(session: Arc<Session>) -> (Self, Publications) {
        let (queue, publications) = mpsc::channel();
        let room = Arc::new(Room::default());
        let publications = Publications {
            session: Arc::clone(&session),
            queue: publications,
            room: Arc::clone(&room),
        };
        (
            Self {
                session,
                queue,
                room,
                audience: Arc::default(),
            },
            publications,
        )
    }

    /// Waits for the first subscriber, but no longer than `patience`: a client may send a cell before
    /// its subscription has arrived, and would miss what the cell puts out.
    pub(super) fn wait_for_subscriber(&self, patience: Duration) {
        let is_there = self
            .audience
            .is_there
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        drop(
            self.audience
                .came
                .wait_timeout_while(is_there, patience, |is_there| !*is_there),
        );
    }

    fn has_subscriber(&self) {
        *self
            .audience
            .is_there
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = true;
        self.audience.came.notify_all();
    }

    /// Publishes what the kernel does. Never waits for clients.
    pub(super) fn status(&self, parent: Option<&Header>, execution_state: ExecutionState) {
        self.publish(parent, &Status { execution_state });
    }

    /// Publishes a message that is not output of a cell. Never waits for clients.
    pub(super) fn publish<C: Content>(&self, parent: Option<&Header>, content: &C) {
        match self.session.message(content, parent) {
            Ok(message) => self.enqueue(Publication::Message {
                frames: frames(&self.session, message),
                bytes: 0,
            }),
            Err(error) => log_loss(&error),
        }
    }

    /// Publishes output of a cell, waiting while clients are far behind.
    pub(super) fn output<C: Content>(&self, parent: &Header, content: &C) {
        self.parcel(parent, content, Map::new(), Vec::new());
    }

    /// Publishes output of a cell with what travels beside its content, waiting while clients are far
    /// behind.
    pub(super) fn parcel<C: Content>(
        &self,
        parent: &Header,
        content: &C,
        metadata: Map<String, Value>,
        buffers: Vec<Bytes>,
    ) {
        match self.session.message(content, Some(parent)) {
            Ok(message) => {
                let message = Message {
                    metadata,
                    buffers,
                    ..message
                };
                let frames = frames(&self.session, message);
                let bytes = frames.iter().map(Bytes::len).sum();
                self.room.take(bytes);
                self.enqueue(Publication::Message { frames, bytes });
            }
            Err(error) => log_loss(&error),
        }
    }

    /// Publishes printed text, waiting while clients are far behind.
    pub(super) fn text(&self, parent: &Header, name: StreamName, text: &str) {
        self.room.take(text.len());
        let text = Stream {
            name,
            text: text.to_owned(),
        };
        self.enqueue(Publication::Text {
            parent: parent.clone(),
            text,
        });
    }

    /// Waits until everything that was published before has been sent.
    pub(super) fn flush(&self) {
        let (sent, wait) = mpsc::sync_channel(1);
        self.enqueue(Publication::Flush(sent));
        // An error means that the sending thread is gone, and then there is nothing to wait for.
        let _ = wait.recv();
    }

    fn enqueue(&self, publication: Publication) {
        if self.queue.send(publication).is_err() {
            tracing::debug!("something was published after the end");
        }
    }
}

/// The sending end.
pub(super) struct Publications {
    session: Arc<Session>,
    queue: Receiver<Publication>,
    room: Arc<Room>,
}

/// Printed text that waits for more.
struct Waiting {
    parent: Header,
    text: Stream,
    due: Instant,
}

impl Publications {
    /// Sends until nobody is left who could publish.
    pub(super) fn run(self, socket: &dyn Socket) {
        let mut waiting: Option<Waiting> = None;
        loop {
            let next = match &waiting {
                Some(text) => self
                    .queue
                    .recv_timeout(text.due.saturating_duration_since(Instant::now())),
                None => self.queue.recv().map_err(RecvTimeoutError::from),
            };
            match next {
                Ok(Publication::Text { parent, text }) => {
                    waiting = self.join(waiting, parent, text, socket);
                }
                Ok(Publication::Message { frames, bytes }) => {
                    self.send_text(waiting.take(), socket);
                    send(frames, socket);
                    self.room.give_back(bytes);
                }
                Ok(Publication::Flush(sent)) => {
                    self.send_text(waiting.take(), socket);
                    // Whoever asked may have given up waiting.
                    let _ = sent.send(());
                }
                Err(RecvTimeoutError::Timeout) => self.send_text(waiting.take(), socket),
                Err(RecvTimeoutError::Disconnected) => {
                    self.send_text(waiting.take(), socket);
                    return;
                }
            }
        }
    }

    /// Joins text with what waits, if both came from the same cell and stream.
    fn join(
        &self,
        waiting: Option<Waiting>,
        parent: Header,
        text: Stream,
        socket: &dyn Socket,
    ) -> Option<Waiting> {
        let joined = match waiting {
            Some(mut before)
                if before.text.name == text.name && before.parent.msg_id() == parent.msg_id() =>
            {
                before.text.text.push_str(&text.text);
                before
            }
            other => {
                self.send_text(other, socket);
                Waiting {
                    parent,
                    text,
                    due: Instant::now() + STREAM_DELAY,
                }
            }
        };
        if joined.text.text.len() < STREAM_BYTES {
            return Some(joined);
        }
        self.send_text(Some(joined), socket);
        None
    }

    fn send_text(&self, waiting: Option<Waiting>, socket: &dyn Socket) {
        let Some(Waiting { parent, text, .. }) = waiting else {
            return;
        };
        match self.session.message(&text, Some(&parent)) {
            Ok(message) => send(frames(&self.session, message), socket),
            Err(error) => log_loss(&error),
        }
        self.room.give_back(text.text.len());
    }
}

/// A message as it is sent to all clients, with its topic.
fn frames(session: &Session, mut message: Message) -> Frames {
    let topic = format!("kernel.{}.{}", session.id(), message.msg_type());
    message.identities = vec![Bytes::from(topic)];
    session.encode(&message)
}

fn send(frames: Frames, socket: &dyn Socket) {
    match socket.send(frames) {
        Ok(()) => {}
        Err(TransportError::Closed) => tracing::debug!("something was published after the end"),
        Err(error) => log_loss(&error),
    }
}

fn log_loss(error: &impl Display) {
    tracing::warn!(%error, "a message to all clients was lost");
}

/// Greets those who subscribe, which tells them that they miss nothing from then on.
pub(super) fn greet_subscribers(socket: &dyn Socket, publisher: &Publisher) {
    loop {
        let frames = match socket.receive(WAKE_INTERVAL) {
            Ok(Some(frames)) => frames,
            Ok(None) => continue,
            Err(TransportError::Closed) => return,
            Err(error) => {
                tracing::error!(%error, "new subscribers will not be greeted");
                return;
            }
        };
        let Some((&SUBSCRIBE, topic)) = frames.first().and_then(|frame| frame.split_first()) else {
            continue;
        };
        match std::str::from_utf8(topic) {
            Ok(topic) => {
                publisher.has_subscriber();
                publisher.publish(
                    None,
                    &IopubWelcome {
                        subscription: topic.to_owned(),
                    },
                );
            }
            Err(error) => tracing::warn!(%error, "a subscription is not UTF-8"),
        }
    }
}

/// Bytes of output that wait to be sent.
#[derive(Default)]
struct Room {
    taken: Mutex<usize>,
    freed: Condvar,
}

impl Room {
    /// Waits until there is room. A single piece larger than all the room gets it when it is empty.
    fn take(&self, bytes: usize) {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let mut taken = self
            .freed
            .wait_while(taken, |taken| *taken > 0 && *taken + bytes > WAITING_BYTES)
            .unwrap_or_else(PoisonError::into_inner);
        *taken += bytes;
    }

    fn give_back(&self, bytes: usize) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        *taken = taken.saturating_sub(bytes);
        drop(taken);
        self.freed.notify_all();
    }
}
