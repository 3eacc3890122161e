//! Jupyter messages and their ZeroMQ transport, for kernels and for clients.
//!
//! A kernel listens on five sockets whose addresses and keys are in a [`ConnectionFile`]. What
//! travels on them is a [`Message`]: a few JSON frames, signed by a [`Session`], whose content is
//! one of the types in [`content`]. The sockets are behind the [`transport::Transport`] trait.
//!
//! The kernel builds on these parts; [`KernelClient`] is the other end, for programs that run
//! cells in any kernel.

pub mod client;
pub mod connection;
pub mod content;
mod date;
mod message;
mod registration;
mod session;
pub mod transport;

pub use client::{ClientError, Control, Event, Execution, Finished, KernelClient};
pub use connection::{Channel, ConnectionError, ConnectionFile, KeyPolicy};
pub use date::now as timestamp;
pub use message::{Header, Message};
pub use registration::{RegistrationError, RegistrationFile, StartFile};
pub use session::{Session, WireError};

/// Version of the messaging protocol that is spoken here.
pub const PROTOCOL_VERSION: &str = "5.5";

/// A message with more bytes than this is refused by the receiving socket, which closes the
/// connection it came by.
pub const MAX_MESSAGE_BYTES: usize = 512 * 1024 * 1024;
