//! Echo, by which clients know that the process is alive.

use ferrolab_wire::transport::{Socket, TransportError};

use crate::server::WAKE_INTERVAL;

/// Sends everything back until the socket closes.
pub(super) fn echo(socket: &dyn Socket) {
    loop {
        let frames = match socket.receive(WAKE_INTERVAL) {
            Ok(Some(frames)) => frames,
            Ok(None) => continue,
            Err(TransportError::Closed) => return,
            Err(error) => {
                tracing::error!(%error, "the heartbeat stops");
                return;
            }
        };
        if let Err(error) = socket.send(frames) {
            tracing::debug!(%error, "a heartbeat was lost");
        }
    }
}
