//! The side of a cell that faces the process that runs it.
//!
//! A cell is *hosted* when it runs in a process started by the kernel: what it displays then
//! travels over a channel to the notebook, and a panic is recorded instead of printed. An
//! exported program is not hosted; what it displays goes to its standard output.

mod abi;
mod channel;
mod completion;
mod input;
pub mod interrupt;
mod output;
mod panics;
mod persistent;
mod repeat;
mod run;
pub mod variables;
mod wait;

pub use channel::is_hosted;
pub(crate) use channel::{folder, say, send};
pub use completion::cell_done;
pub use input::{input, password};
pub use persistent::{Persistent, PersistentLazy, PersistentLocal};
pub use repeat::{repeat, repeat_async, try_repeat};
pub use run::{EarlyReturn, Ending, run};
pub use wait::{block_on, runtime};
