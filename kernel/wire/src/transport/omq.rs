//! The backend: `omq-tokio`, ZeroMQ in Rust.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use omq_tokio::blocking::Socket as BlockingSocket;
use omq_tokio::{
    Context, CurveKeypair, CurvePublicKey, CurveSecretKey, CurveServerOptions, DisconnectReason,
    Endpoint, Error, MechanismSetup, Message, MonitorEvent, MonitorRecvError, MonitorStream,
    Options, SocketType,
};
use uuid::Uuid;

use super::{ClientSocket, Encryption, Frames, ServerSocket, Socket, Transport, TransportError};
use crate::MAX_MESSAGE_BYTES;

/// How long a closed socket goes on delivering what was sent.
const LINGER: Duration = Duration::from_secs(1);
/// A peer that reads nothing for so long while messages wait for it is cut off, so that the
/// others get theirs.
const STALL_LIMIT: Duration = Duration::from_secs(20);
/// How long a send waits. It is longer than [`STALL_LIMIT`], at which the peer that is in the way
/// is cut off where the transport can tell (by TCP).
const SEND_LIMIT: Duration = Duration::from_secs(30);
/// How long a send waits after one that waited in vain, until a peer reads again.
const STALLED_SEND_LIMIT: Duration = Duration::from_millis(50);

/// A pair of keys for `CurveZMQ`.
#[derive(Clone)]
pub struct Keys {
    pair: CurveKeypair,
    public_text: String,
    secret_text: String,
}

/// Shows no key.
impl std::fmt::Debug for Keys {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Keys(..)")
    }
}

impl Keys {
    /// A fresh pair.
    #[must_use]
    pub fn generate() -> Self {
        Self::from_pair(CurveKeypair::generate())
    }

    /// The pair with these halves in Z85.
    ///
    /// # Errors
    /// Says what is wrong with them, without repeating them.
    pub fn from_z85(public: &str, secret: &str) -> Result<Self, String> {
        let broken = |half| move |_| format!("its {half} is no key of 32 bytes in Z85");
        let public = CurvePublicKey::from_z85(public).map_err(broken("curve_publickey"))?;
        let secret = CurveSecretKey::from_z85(secret).map_err(broken("curve_secretkey"))?;
        if secret.derive_public() != public {
            return Err("its curve_publickey and curve_secretkey are no pair".to_owned());
        }
        Ok(Self::from_pair(CurveKeypair { public, secret }))
    }

    fn from_pair(pair: CurveKeypair) -> Self {
        let (public_text, secret_text) = (pair.public.to_z85(), pair.secret.to_z85());
        Self {
            pair,
            public_text,
            secret_text,
        }
    }

    /// The public half in Z85.
    #[must_use]
    pub fn public(&self) -> &str {
        &self.public_text
    }

    /// The secret half in Z85.
    #[must_use]
    pub fn secret(&self) -> &str {
        &self.secret_text
    }
}

/// Makes sockets that share one I/O thread.
pub struct OmqTransport {
    context: Context,
    /// Name of the sockets that connect.
    identity: Bytes,
    max_message_bytes: usize,
}

impl OmqTransport {
    /// Starts the I/O thread, which carries `name`.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            context: Context::with_name(name),
            identity: Uuid::new_v4().simple().to_string().into(),
            max_message_bytes: MAX_MESSAGE_BYTES,
        }
    }

    /// Sets another limit than [`MAX_MESSAGE_BYTES`] for sockets that are made from now on.
    #[must_use]
    pub fn with_max_message_bytes(mut self, limit: usize) -> Self {
        self.max_message_bytes = limit;
        self
    }

    fn socket(&self, socket_type: SocketType, mechanism: MechanismSetup) -> BlockingSocket {
        let mut options = Options::default()
            .linger(LINGER)
            .max_message_size(self.max_message_bytes)
            .router_mandatory(socket_type == SocketType::Router)
            .tcp_user_timeout(STALL_LIMIT);
        if socket_type == SocketType::Dealer {
            options.identity = self.identity.clone();
        }
        options.mechanism = mechanism;
        // Without it a publisher drops what does not fit a subscriber's queue, in silence.
        options.xpub_nodrop = socket_type == SocketType::XPub;
        let socket = self.context.blocking_socket(socket_type, options);
        self.context.handle().spawn(log_refusals(socket.monitor()));
        socket
    }
}

impl Transport for OmqTransport {
    fn bind(
        &self,
        kind: ServerSocket,
        endpoint: &str,
        encryption: &Encryption,
    ) -> Result<Box<dyn Socket>, TransportError> {
        let socket_type = match kind {
            ServerSocket::Router => SocketType::Router,
            ServerSocket::Publisher => SocketType::XPub,
            ServerSocket::Replier => SocketType::Rep,
        };
        let mechanism = match encryption {
            Encryption::Off => MechanismSetup::default(),
            Encryption::Curve(keys) => MechanismSetup::CurveServer {
                our_keypair: keys.pair.clone(),
                options: CurveServerOptions::new(),
            },
        };
        let socket = self.socket(socket_type, mechanism);
        let bound = parse(endpoint)
            .and_then(|parsed| socket.bind(parsed))
            .map_err(|error| endpoint_error("listen at", endpoint, &error))?;
        Ok(OmqSocket::boxed(socket, bound.to_string()))
    }

    fn connect(
        &self,
        kind: ClientSocket,
        endpoint: &str,
        encryption: &Encryption,
    ) -> Result<Box<dyn Socket>, TransportError> {
        let socket_type = match kind {
            ClientSocket::Dealer => SocketType::Dealer,
            ClientSocket::Subscriber => SocketType::Sub,
        };
        let mechanism = match encryption {
            Encryption::Off => MechanismSetup::default(),
            Encryption::Curve(keys) => MechanismSetup::CurveClient {
                our_keypair: keys.pair.clone(),
                server_public: keys.pair.public,
            },
        };
        let socket = self.socket(socket_type, mechanism);
        let failed = |error: Error| endpoint_error("connect to", endpoint, &error);
        if kind == ClientSocket::Subscriber {
            socket.subscribe(Bytes::new()).map_err(failed)?;
        }
        parse(endpoint)
            .and_then(|parsed| socket.connect(parsed))
            .map_err(failed)?;
        Ok(OmqSocket::boxed(socket, endpoint.to_owned()))
    }
}

struct OmqSocket {
    socket: BlockingSocket,
    endpoint: String,
    /// Whether the last send waited in vain.
    stalled: AtomicBool,
}

impl OmqSocket {
    fn boxed(socket: BlockingSocket, endpoint: String) -> Box<dyn Socket> {
        Box::new(Self {
            socket,
            endpoint,
            stalled: AtomicBool::new(false),
        })
    }

    /// Stops waiting for peers that do not read. A publisher cannot tell which of its subscribers
    /// holds up the others, so it cuts off all; those that are alive come back by themselves. Any
    /// other socket waits less from now on.
    fn give_up(&self) {
        if self.socket.socket_type() != SocketType::XPub {
            self.stalled.store(true, Ordering::Relaxed);
            return;
        }
        tracing::warn!(
            endpoint = self.endpoint,
            "all subscribers are cut off, for one does not read"
        );
        let cut = self.socket.connections().and_then(|connections| {
            connections
                .iter()
                .try_for_each(|connection| self.socket.disconnect_peer(connection.connection_id))
        });
        if let Err(error) = cut {
            tracing::warn!(endpoint = self.endpoint, %error, "while cutting off subscribers");
        }
    }
}

impl Socket for OmqSocket {
    fn send(&self, frames: Frames) -> Result<(), TransportError> {
        let limit = if self.stalled.load(Ordering::Relaxed) {
            STALLED_SEND_LIMIT
        } else {
            SEND_LIMIT
        };
        match self.socket.send_timeout(Message::multipart(frames), limit) {
            Ok(()) => {
                self.stalled.store(false, Ordering::Relaxed);
                Ok(())
            }
            Err(Error::Timeout) => {
                self.give_up();
                Err(TransportError::Stalled)
            }
            Err(error) => Err(socket_error(error)),
        }
    }

    fn receive(&self, timeout: Duration) -> Result<Option<Frames>, TransportError> {
        match self.socket.recv_timeout(timeout) {
            Ok(message) => Ok(Some(
                (0..message.len())
                    .filter_map(|part| message.part_bytes(part))
                    .collect(),
            )),
            Err(Error::Timeout) => Ok(None),
            Err(error) => Err(socket_error(error)),
        }
    }

    fn endpoint(&self) -> &str {
        &self.endpoint
    }

    fn close(&self) {
        if let Err(error) = self.socket.clone().close() {
            tracing::debug!(endpoint = self.endpoint, %error, "while closing a socket");
        }
    }
}

fn parse(endpoint: &str) -> Result<Endpoint, Error> {
    endpoint.parse()
}

fn endpoint_error(action: &'static str, endpoint: &str, error: &Error) -> TransportError {
    TransportError::Endpoint {
        action,
        endpoint: endpoint.to_owned(),
        reason: error.to_string(),
    }
}

fn socket_error(error: Error) -> TransportError {
    match error {
        Error::Unroutable => TransportError::PeerGone,
        Error::Closed => TransportError::Closed,
        other => TransportError::Other(other.to_string()),
    }
}

/// Tells the log why peers were turned away: a wrong key, an oversized message, a stall. A peer that
/// comes back again and again does not fill the log.
async fn log_refusals(mut events: MonitorStream) {
    let mut ration = Ration::new(Instant::now());
    loop {
        let (endpoint, reason, what) = match events.recv().await {
            Ok(MonitorEvent::HandshakeFailed {
                endpoint, reason, ..
            }) => (endpoint, reason, "a peer was turned away"),
            Ok(MonitorEvent::Disconnected {
                endpoint,
                reason: DisconnectReason::Error(reason),
                ..
            }) => (endpoint, reason, "a peer was cut off"),
            Ok(MonitorEvent::Closed) | Err(MonitorRecvError::Closed) => return,
            Ok(_) | Err(_) => continue,
        };
        if let Some(left_out) = ration.take(Instant::now()) {
            if left_out > 0 {
                tracing::warn!(%endpoint, left_out, "lines of this kind were left out");
            }
            tracing::warn!(%endpoint, reason, "{what}");
        }
    }
}

/// Lines for the log, so many a minute.
struct Ration {
    minute: Instant,
    told: u32,
    left_out: u32,
}

impl Ration {
    const LINES_A_MINUTE: u32 = 10;

    fn new(now: Instant) -> Self {
        Self {
            minute: now,
            told: 0,
            left_out: 0,
        }
    }

    /// Takes a line, if there is one left. Returns how many were refused before.
    fn take(&mut self, now: Instant) -> Option<u32> {
        if now.duration_since(self.minute) >= Duration::from_mins(1) {
            self.minute = now;
            self.told = 0;
        }
        if self.told == Self::LINES_A_MINUTE {
            self.left_out += 1;
            return None;
        }
        self.told += 1;
        Some(std::mem::take(&mut self.left_out))
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::Ration;

    #[test]
    fn a_peer_that_comes_back_does_not_fill_the_log() {
        let start = Instant::now();
        let mut ration = Ration::new(start);
        let told = (0..1000).filter(|_| ration.take(start).is_some()).count();
        assert_eq!(told, 10);
        let later = start + Duration::from_secs(61);
        assert_eq!(ration.take(later), Some(990));
        assert_eq!(ration.take(later), Some(0));
    }
}
