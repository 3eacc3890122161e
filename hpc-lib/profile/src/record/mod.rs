//! The format of a recording: one file of 64-bit words, shared by the threads that write it and the
//! processes that read it.
//!
//! ```text
//! block 0          header: what, whose, clocks, budgets; which blocks are taken
//! block 1 ..= T    a block for each thread: counts, chains, the stack of open regions
//! block T+1 ..     chunks, taken when they are needed: definitions, nodes of call trees, records
//! ```
//!
//! A block is 64 KiB. The file is sparse: a block takes memory or disk from when it is taken. All
//! numbers are in the byte order of the machine, and the first word tells which that is.

pub(crate) mod counter;
pub(crate) mod definition;
pub(crate) mod event;
pub(crate) mod layout;
pub(crate) mod region;
