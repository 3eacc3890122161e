//! Sockets, as far as the rest of the crate knows them.
//!
//! One backend implements these traits: [`omq`]. Why that one, and what was measured, is in
//! `kernel/zeromq.md`.

pub mod omq;

use std::time::Duration;

use bytes::Bytes;
use thiserror::Error;

pub use omq::{Keys, OmqTransport};

/// The parts of a ZeroMQ message.
pub type Frames = Vec<Bytes>;

/// Why a socket could not do what was asked of it.
#[derive(Debug, Error)]
pub enum TransportError {
    /// The socket cannot listen or connect.
    #[error("cannot {action} {endpoint}: {reason}")]
    Endpoint {
        /// What was tried.
        action: &'static str,
        /// Where.
        endpoint: String,
        /// What the backend said.
        reason: String,
    },
    /// The peer is gone.
    #[error("the peer is gone")]
    PeerGone,
    /// A peer does not read what it is sent, and the message is lost.
    #[error("a peer does not read what it is sent")]
    Stalled,
    /// The socket was closed on this side.
    #[error("the socket is closed")]
    Closed,
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

/// Kinds of sockets that listen: those of a kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerSocket {
    /// Many clients, each with its own identity.
    Router,
    /// Publishes to all subscribers, and tells who subscribes.
    Publisher,
    /// Answers each request before the next.
    Replier,
}

/// Kinds of sockets that connect: those of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientSocket {
    /// Talks to a [`ServerSocket::Router`], or to a [`ServerSocket::Replier`] by messages that begin
    /// with an empty frame, which unlike a strict requester outlives a lost answer.
    Dealer,
    /// Receives everything that a [`ServerSocket::Publisher`] sends.
    Subscriber,
}

/// Whether what travels is encrypted.
#[derive(Clone, Debug)]
pub enum Encryption {
    /// It is not.
    Off,
    /// By `CurveZMQ`. As in Jupyter, both ends know the whole key: it is the kernel's own, and
    /// clients that know its public half are let in.
    Curve(Keys),
}

/// Makes sockets.
pub trait Transport: Send + Sync {
    /// A socket that listens at `endpoint`; the port 0 means any free one.
    ///
    /// # Errors
    /// When it cannot listen there.
    fn bind(
        &self,
        kind: ServerSocket,
        endpoint: &str,
        encryption: &Encryption,
    ) -> Result<Box<dyn Socket>, TransportError>;

    /// A socket that connects to `endpoint`, now or as soon as someone listens there. Sockets that
    /// one transport connects carry one name, by which a [`ServerSocket::Router`] knows that they
    /// belong together.
    ///
    /// # Errors
    /// When the address is malformed.
    fn connect(
        &self,
        kind: ClientSocket,
        endpoint: &str,
        encryption: &Encryption,
    ) -> Result<Box<dyn Socket>, TransportError>;
}

/// A socket. Any thread may send and any thread may receive at the same time.
pub trait Socket: Send + Sync {
    /// Sends a message, waiting while the peer is busy with earlier ones.
    ///
    /// # Errors
    /// When the peer is gone or does not read.
    fn send(&self, frames: Frames) -> Result<(), TransportError>;

    /// The next message, or `None` when none came within `timeout`.
    ///
    /// # Errors
    /// When the socket is closed.
    fn receive(&self, timeout: Duration) -> Result<Option<Frames>, TransportError>;

    /// Where it listens or connects, with the port that was chosen.
    fn endpoint(&self) -> &str;

    /// Delivers what was sent, for as long as a second, and closes. Threads that wait in
    /// [`Socket::receive`] come back with [`TransportError::Closed`].
    fn close(&self);
}
