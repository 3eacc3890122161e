//! Messages between code in a cell and the process that hosts it.
//!
//! A cell runs in a child process of the kernel. Text that it prints travels through ordinary
//! pipes; everything else (rich results, updates of a display, the panic that ended the cell)
//! travels as a [`CellMessage`] over a Unix stream socket whose path is in [`CHANNEL_ENV`].
//!
//! A [`CellRequest`] is a frame: its length as a little-endian `u32`, then that many bytes of JSON. The
//! receiver answers each [`CellMessage`] in it with the byte [`ACK`] once the message has taken its
//! place in the cell's output. The sender waits for it, which keeps what a cell prints and what
//! it displays in the order in which the cell did it.

mod bundle;
mod comm;
mod frame;
mod message;
pub mod record;

pub use bundle::MimeBundle;
pub use comm::{Buffer, CommAction, CommMessage};
pub use frame::{ACK, MAX_FRAME_BYTES, read_ack, read_frame, write_ack, write_frame};
pub use message::{CellEnd, CellMessage, CellRequest, Frame, InputAnswer, PanicReport};

/// Message of the panic that ends a cell which the user interrupted.
pub const INTERRUPTED: &str = "interrupted";

/// Environment variable that holds the path of the channel's socket. Without it a program is not
/// hosted (it is an exported project, or a test) and what it displays goes to its own stdout.
pub const CHANNEL_ENV: &str = "FERROLAB_CHANNEL";
