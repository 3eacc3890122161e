//! Registration: a kernel that chooses its own ports tells its launcher where it listens.
//!
//! With a connection file the launcher chooses the ports, and another program may take them before
//! the kernel does; on another machine it cannot even know which are free. With a registration file
//! the kernel listens where it can, sends one signed note to the launcher, and waits for a signed
//! answer.

use std::net::{IpAddr, Ipv4Addr, UdpSocket};
use std::path::Path;
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::{Value, json};
use thiserror::Error;

use crate::connection::{
    Channel, ConnectionError, ConnectionFile, KeyPolicy, Scheme, check_key, encryption,
    hmac_sha256, read_private,
};
use crate::session::{Session, WireError};
use crate::transport::{ClientSocket, OmqTransport, Transport, TransportError};

/// Why a kernel could not be registered.
#[derive(Debug, Error)]
pub enum RegistrationError {
    /// The file's keys or address are malformed.
    #[error(transparent)]
    File(#[from] ConnectionError),
    /// The socket failed.
    #[error("the launcher cannot be told where the kernel listens: {0}")]
    Transport(#[from] TransportError),
    /// What came back is not signed with the key of the file, or is no answer.
    #[error("the launcher's answer to the registration is no good: {0}")]
    Wire(#[from] WireError),
    /// The launcher says no.
    #[error("the launcher refused the registration: {0}")]
    Refused(String),
    /// No answer in time.
    #[error(
        "the launcher at {endpoint} did not acknowledge the registration within {:.0} s; \
         it may have ended, or a firewall may stand between",
        .waited.as_secs_f64()
    )]
    TimedOut {
        /// Where the launcher should be.
        endpoint: String,
        /// How long an answer was waited for.
        waited: Duration,
    },
}

/// The file that a launcher starts a kernel with: it says where to listen, or whom to tell.
#[derive(Clone, Debug)]
pub enum StartFile {
    /// The launcher has chosen where the kernel listens.
    Connection(ConnectionFile),
    /// The kernel chooses, and tells the launcher.
    Registration(RegistrationFile),
}

impl StartFile {
    /// Reads a file that no other user can read.
    ///
    /// # Errors
    /// When the file cannot be read, is exposed to other users or belongs to one, is malformed, or
    /// lacks a key that `policy` requires.
    pub fn load(path: &Path, policy: KeyPolicy) -> Result<Self, ConnectionError> {
        Self::parse(&read_private(path)?, policy)
    }

    /// Reads the text of a file. One with a `registration_port` is a registration file.
    ///
    /// # Errors
    /// When the text is malformed or lacks a key that `policy` requires.
    pub fn parse(text: &str, policy: KeyPolicy) -> Result<Self, ConnectionError> {
        let malformed = |error: serde_json::Error| ConnectionError::Malformed(error.to_string());
        let fields: Value = serde_json::from_str(text).map_err(malformed)?;
        if fields.get("registration_port").is_none() {
            return ConnectionFile::parse(text, policy).map(Self::Connection);
        }
        let file: RegistrationFile = serde_json::from_str(text).map_err(malformed)?;
        file.check(policy)?;
        Ok(Self::Registration(file))
    }

    /// Where the kernel is to listen; ports that it may choose are 0.
    ///
    /// # Errors
    /// When a registration file's address is of no use.
    pub fn connection(&self) -> Result<ConnectionFile, ConnectionError> {
        match self {
            Self::Connection(file) => Ok(file.clone()),
            Self::Registration(file) => file.connection(),
        }
    }
}

impl From<ConnectionFile> for StartFile {
    fn from(file: ConnectionFile) -> Self {
        Self::Connection(file)
    }
}

/// Whom a kernel tells where it listens.
#[derive(Clone, Deserialize)]
pub struct RegistrationFile {
    /// Name under which the launcher knows the kernel.
    #[serde(default)]
    pub kernel_id: String,
    /// How the launcher and the kernel are reached. Ports are chosen with TCP only.
    pub transport: Scheme,
    /// Address of the launcher.
    pub registration_ip: String,
    /// Port of the launcher.
    pub registration_port: u16,
    /// How messages are signed.
    #[serde(default = "hmac_sha256")]
    pub signature_scheme: String,
    /// Key of the signatures.
    pub key: String,
    /// Public half of the key that encrypts the sockets, the launcher's too, in Z85.
    #[serde(default)]
    pub curve_publickey: Option<String>,
    /// Secret half of that key.
    #[serde(default)]
    pub curve_secretkey: Option<String>,
}

/// Shows where the launcher is and never the keys.
impl std::fmt::Debug for RegistrationFile {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("RegistrationFile")
            .field("kernel_id", &self.kernel_id)
            .field("launcher", &self.endpoint())
            .finish_non_exhaustive()
    }
}

impl RegistrationFile {
    fn check(&self, policy: KeyPolicy) -> Result<(), ConnectionError> {
        check_key(&self.signature_scheme, &self.key, policy)?;
        if self.transport != Scheme::Tcp {
            return Err(ConnectionError::Malformed(
                "a kernel can choose its ports with the transport tcp only".to_owned(),
            ));
        }
        self.launcher()?;
        encryption(
            self.curve_publickey.as_deref(),
            self.curve_secretkey.as_deref(),
        )
        .map(drop)
    }

    fn launcher(&self) -> Result<IpAddr, ConnectionError> {
        self.registration_ip.parse().map_err(|_| {
            ConnectionError::Malformed(format!(
                "its registration_ip {:?} is no address",
                self.registration_ip
            ))
        })
    }

    fn endpoint(&self) -> String {
        let (ip, port) = (&self.registration_ip, self.registration_port);
        if ip.contains(':') {
            format!("tcp://[{ip}]:{port}")
        } else {
            format!("tcp://{ip}:{port}")
        }
    }

    /// Any free ports, at the address of this machine from which the launcher is reached: it is the
    /// one at which clients beside the launcher reach the kernel.
    fn connection(&self) -> Result<ConnectionFile, ConnectionError> {
        let launcher = self.launcher()?;
        let no_port = |source| ConnectionError::NoPort {
            ip: self.registration_ip.clone(),
            source,
        };
        let ip = if launcher.is_loopback() {
            launcher
        } else {
            let any = if launcher.is_ipv4() {
                IpAddr::from(Ipv4Addr::UNSPECIFIED)
            } else {
                IpAddr::from(std::net::Ipv6Addr::UNSPECIFIED)
            };
            // Connecting a datagram socket sends nothing; it asks the system for the way.
            let way = UdpSocket::bind((any, 0)).map_err(no_port)?;
            way.connect((launcher, self.registration_port))
                .map_err(no_port)?;
            way.local_addr().map_err(no_port)?.ip()
        };
        Ok(ConnectionFile {
            key: self.key.clone(),
            curve_publickey: self.curve_publickey.clone(),
            curve_secretkey: self.curve_secretkey.clone(),
            ..ConnectionFile::with_ports(Scheme::Tcp, ip.to_string(), [0; 5])
        })
    }

    /// Tells the launcher where the kernel listens and waits until it says that it knows.
    ///
    /// # Errors
    /// When the launcher cannot be reached, refuses, answers with a wrong signature, or does not
    /// answer within `timeout`.
    pub fn register(
        &self,
        listening: &ConnectionFile,
        timeout: Duration,
    ) -> Result<(), RegistrationError> {
        let transport = OmqTransport::new("registration");
        let socket = transport.connect(
            ClientSocket::Dealer,
            &self.endpoint(),
            &listening.encryption()?,
        )?;
        let session = Session::new(&self.key);
        let port = |channel: Channel| listening.port(channel).to_string();
        let note = json!({
            "kernel_id": self.kernel_id,
            "ip": listening.ip,
            "shell_port": port(Channel::Shell),
            "iopub_port": port(Channel::Iopub),
            "stdin_port": port(Channel::Stdin),
            "control_port": port(Channel::Control),
            "hb_port": port(Channel::Heartbeat),
        });
        socket.send(session.encode_note(&note))?;
        let start = Instant::now();
        let answer = loop {
            let left = timeout.saturating_sub(start.elapsed());
            match socket.receive(left)? {
                Some(frames) => break session.decode_note(&frames)?.1,
                None if start.elapsed() < timeout => {}
                None => {
                    return Err(RegistrationError::TimedOut {
                        endpoint: self.endpoint(),
                        waited: timeout,
                    });
                }
            }
        };
        socket.close();
        if answer.get("status").and_then(Value::as_str) == Some("error") {
            return Err(RegistrationError::Refused(answer.to_string()));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::thread;
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::{RegistrationError, RegistrationFile, StartFile};
    use crate::connection::{Channel, ConnectionError, KeyPolicy};
    use crate::session::Session;
    use crate::transport::{Encryption, OmqTransport, ServerSocket, Transport};

    fn text(port: u16) -> Value {
        json!({
            "kernel_id": "k1",
            "transport": "tcp",
            "registration_ip": "127.0.0.1",
            "registration_port": port,
            "signature_scheme": "hmac-sha256",
            "key": "secret",
        })
    }

    fn file(port: u16) -> RegistrationFile {
        match StartFile::parse(&text(port).to_string(), KeyPolicy::Required).unwrap() {
            StartFile::Registration(file) => file,
            StartFile::Connection(_) => panic!("it has a registration_port"),
        }
    }

    /// A launcher that answers once; returns what it was told and what the kernel made of it.
    fn meet(key: &str, answer: &Value) -> (Value, Result<(), RegistrationError>) {
        let transport = OmqTransport::new("launcher");
        let socket = transport
            .bind(ServerSocket::Router, "tcp://127.0.0.1:0", &Encryption::Off)
            .unwrap();
        let (_, port) = socket.endpoint().rsplit_once(':').unwrap();
        let file = file(port.parse().unwrap());
        let kernel = thread::spawn(move || {
            let mut listening = file.connection().unwrap();
            assert_eq!(listening.endpoint(Channel::Shell), "tcp://127.0.0.1:0");
            listening.set_port(Channel::Shell, 1234);
            file.register(&listening, Duration::from_secs(10))
        });
        let frames = socket.receive(Duration::from_secs(10)).unwrap().unwrap();
        let (identities, told) = Session::new("secret").decode_note(&frames).unwrap();
        let mut reply = identities;
        reply.extend(Session::new(key).encode_note(answer));
        socket.send(reply).unwrap();
        (told, kernel.join().unwrap())
    }

    #[test]
    fn a_launcher_is_told_and_says_that_it_knows() {
        let (told, result) = meet("secret", &json!({"status": "ok"}));
        result.unwrap();
        assert_eq!(told["kernel_id"], "k1");
        assert_eq!(told["ip"], "127.0.0.1");
        assert_eq!(told["shell_port"], "1234");
        assert_eq!(told["hb_port"], "0");
    }

    #[test]
    fn a_launcher_that_refuses_or_has_another_key_is_an_error() {
        let (_, result) = meet("secret", &json!({"status": "error", "evalue": "who?"}));
        assert!(matches!(result, Err(RegistrationError::Refused(_))));
        let (_, result) = meet("other", &json!({"status": "ok"}));
        assert!(matches!(result, Err(RegistrationError::Wire(_))));
    }

    #[test]
    fn a_launcher_that_is_silent_is_an_error_that_says_where_it_should_be() {
        let held = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let file = file(held.local_addr().unwrap().port());
        let listening = file.connection().unwrap();
        let error = file
            .register(&listening, Duration::from_millis(200))
            .unwrap_err()
            .to_string();
        let port = held.local_addr().unwrap().port().to_string();
        assert!(
            error.contains(&port) && error.contains("acknowledge"),
            "{error}"
        );
    }

    #[test]
    fn files_of_no_use_are_refused() {
        for (field, value) in [
            ("registration_ip", json!("a name")),
            ("transport", json!("ipc")),
            ("signature_scheme", json!("hmac-md5")),
            ("curve_publickey", json!("half a pair")),
            ("registration_port", json!("5")),
        ] {
            let mut fields = text(1);
            fields[field] = value;
            let parsed = StartFile::parse(&fields.to_string(), KeyPolicy::Required);
            assert!(
                matches!(parsed, Err(ConnectionError::Malformed(_))),
                "{field}"
            );
        }
        let mut fields = text(1);
        fields["key"] = json!("");
        let parsed = StartFile::parse(&fields.to_string(), KeyPolicy::Required);
        assert!(matches!(parsed, Err(ConnectionError::EmptyKey)));
        assert!(!format!("{:?}", file(1)).contains("secret"));
    }
}
