//! Signals: Ctrl-C interrupts the cell, a request to terminate ends the kernel.

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};

use crate::server::control::Stopper;
use crate::server::start_thread;

/// Starts to watch for signals.
pub(super) fn watch(stopper: &Stopper) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .context("cannot watch for signals")?;
    let (mut interrupt, mut terminate) = {
        let _inside = runtime.enter();
        let watch = |kind| signal(kind).context("cannot watch for signals");
        (
            watch(SignalKind::interrupt())?,
            watch(SignalKind::terminate())?,
        )
    };
    let stopper = stopper.clone();
    start_thread("signals", move || {
        runtime.block_on(async {
            loop {
                tokio::select! {
                    Some(()) = interrupt.recv() => stopper.interrupt(),
                    Some(()) = terminate.recv() => {
                        stopper.stop("it was told to terminate");
                        return;
                    }
                    else => return,
                }
            }
        });
    })
}
