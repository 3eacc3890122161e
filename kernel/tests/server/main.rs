//! The protocol side of the kernel with an engine that does what a test wants, over real sockets.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod bad_input;
mod cells;
mod comms;
mod debugger;
mod flood;
mod frontend;
mod history;
mod input;
mod life;
mod parrot;
mod questions;
mod subshells;
