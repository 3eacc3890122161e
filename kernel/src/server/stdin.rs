//! Questions to the user, which a running cell waits for.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use ferrolab_wire::content::{Content, InputReply, InputRequest, ReplyStatus};
use ferrolab_wire::transport::{Socket, TransportError};
use ferrolab_wire::{Header, Message, Session};

use crate::engine::InputRefused;

/// How long the frontend that sent a cell has to connect its stdin channel.
const CONNECT_LIMIT: Duration = Duration::from_secs(2);
/// How often it is tried.
const CONNECT_INTERVAL: Duration = Duration::from_millis(50);

/// Who is asked: the sender of a request.
#[derive(Clone)]
pub(super) struct Asker {
    /// Header of the request.
    pub(super) request: Header,
    /// The sender, by the name that its sockets share.
    pub(super) identities: Vec<Bytes>,
}

/// The stdin channel.
pub(super) struct Stdin {
    session: Arc<Session>,
    socket: Arc<dyn Socket>,
    /// Held by whoever asks: one question at a time.
    turn: Mutex<()>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    question: Option<Question>,
    /// Counts interrupts, so that those who wait for their turn hear of one too.
    interrupts: u64,
    ended: bool,
}

/// A question that is on its way.
struct Question {
    /// Name of the message that asks.
    id: String,
    /// Name of the request that runs the code.
    request: String,
    identities: Vec<Bytes>,
    answer: Option<Result<String, InputRefused>>,
}

impl Question {
    /// Whether a reply answers this question and no earlier one. Some clients do not say which
    /// message they answer.
    fn is_answered_by(&self, reply: &Message) -> bool {
        self.identities == reply.identities
            && reply
                .parent_id()
                .is_none_or(|parent| parent == self.id || parent == self.request)
    }
}

impl Stdin {
    pub(super) fn new(session: Arc<Session>, socket: Arc<dyn Socket>) -> Self {
        Self {
            session,
            socket,
            turn: Mutex::default(),
            state: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    /// Asks for a line and waits for it.
    pub(super) fn ask(
        &self,
        asker: &Asker,
        prompt: &str,
        password: bool,
    ) -> Result<String, InputRefused> {
        let interrupts = self.lock().interrupts;
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let content = InputRequest {
            prompt: prompt.to_owned(),
            password,
        };
        let message = match self.session.message(&content, Some(&asker.request)) {
            Ok(message) => Message {
                identities: asker.identities.clone(),
                ..message
            },
            Err(error) => {
                tracing::error!(%error, "a question to the user was not sent");
                return Err(InputRefused::NobodyThere);
            }
        };
        self.lock().question = Some(Question {
            id: message.header.msg_id().to_owned(),
            request: asker.request.msg_id().to_owned(),
            identities: asker.identities.clone(),
            answer: None,
        });
        let answer = self.send(&message).and_then(|()| self.wait(interrupts));
        self.lock().question = None;
        answer
    }

    fn send(&self, message: &Message) -> Result<(), InputRefused> {
        let start = Instant::now();
        loop {
            match self.socket.send(self.session.encode(message)) {
                Ok(()) => return Ok(()),
                Err(TransportError::PeerGone) if start.elapsed() < CONNECT_LIMIT => {
                    thread::sleep(CONNECT_INTERVAL);
                }
                Err(TransportError::Closed) => return Err(InputRefused::Ended),
                Err(error) => {
                    tracing::warn!(%error, "the user cannot be asked");
                    return Err(InputRefused::NobodyThere);
                }
            }
        }
    }

    /// Waits for the answer, or for a reason not to, unless one has come up since `interrupts` were
    /// counted.
    fn wait(&self, interrupts: u64) -> Result<String, InputRefused> {
        let mut state = self.lock();
        loop {
            if state.ended {
                return Err(InputRefused::Ended);
            }
            if state.interrupts != interrupts {
                return Err(InputRefused::Interrupted);
            }
            if let Some(answer) = state
                .question
                .as_mut()
                .and_then(|question| question.answer.take())
            {
                return answer;
            }
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Ends the wait for an answer, if someone waits.
    pub(super) fn interrupt(&self) {
        self.lock().interrupts += 1;
        self.changed.notify_all();
    }

    /// Ends the wait for an answer, now and for ever.
    pub(super) fn end(&self) {
        self.lock().ended = true;
        self.changed.notify_all();
    }

    /// Takes a reply in. One to a question that nobody asks any more is dropped.
    pub(super) fn take_in(&self, reply: &Message) {
        if reply.msg_type() != InputReply::TYPE {
            tracing::debug!(msg_type = reply.msg_type(), "a message that is no input");
            return;
        }
        let answer = match reply.content_as::<InputReply>() {
            Ok(reply) if reply.status == ReplyStatus::Ok => Ok(reply.value),
            Ok(_) => Err(InputRefused::Interrupted),
            Err(error) => {
                tracing::warn!(%error, "an input was refused");
                return;
            }
        };
        let mut state = self.lock();
        match &mut state.question {
            Some(question) if question.is_answered_by(reply) => {
                question.answer = Some(answer);
                self.changed.notify_all();
            }
            _ => tracing::debug!("an input came that nobody asked for"),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
