//! Connection files: where a kernel listens, and the keys of its messages.

use std::fs::OpenOptions;
use std::io::{self, Read, Write};
use std::net::{IpAddr, TcpListener};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use rustix::process::geteuid;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

use crate::transport::{Encryption, Keys};

/// Files larger than this are not connection files.
const MAX_FILE_BYTES: u64 = 64 * 1024;
/// The longest path that a Unix socket can have on Linux.
const MAX_SOCKET_PATH_BYTES: usize = 107;
/// Jupyter's own switch for file systems that cannot hide a file from other users.
const INSECURE_WRITES_ENV: &str = "JUPYTER_ALLOW_INSECURE_WRITES";

/// Why there is no usable connection file.
#[derive(Debug, Error)]
pub enum ConnectionError {
    /// The file cannot be read or written.
    #[error("cannot {action} the connection file {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Other users could read the key.
    #[error(
        "the connection file {} can be read by other users (mode {mode:o}) and holds a secret key; \
         run `chmod 600` on it and start the kernel anew",
        path.display()
    )]
    Exposed {
        /// Which file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Somebody else wrote it.
    #[error(
        "the connection file {} belongs to another user (number {owner}); \
         whoever wrote it could send cells to the kernel",
        path.display()
    )]
    Foreign {
        /// Which file.
        path: PathBuf,
        /// Number of the user.
        owner: u32,
    },
    /// The text is not a connection file.
    #[error("the connection file cannot be understood: {0}")]
    Malformed(String),
    /// Anyone could send cells.
    #[error("the connection file has an empty key, so anyone could send cells to the kernel")]
    EmptyKey,
    /// No free port, or no such address.
    #[error("no free port at {ip}: {source}")]
    NoPort {
        /// The address.
        ip: String,
        /// What the system said.
        source: io::Error,
    },
}

/// Whether a kernel may listen without a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyPolicy {
    /// An empty key is refused.
    Required,
    /// An empty key is taken: messages are neither signed nor checked.
    Optional,
}

/// How the sockets are reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scheme {
    /// By TCP; `ip` is an address.
    Tcp,
    /// By Unix sockets; `ip` is the beginning of their paths.
    Ipc,
}

/// The five sockets of a kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// Cells and questions about code.
    Shell,
    /// Everything that the kernel publishes.
    Iopub,
    /// Questions to the user.
    Stdin,
    /// Requests that must not wait behind a cell.
    Control,
    /// Echo.
    Heartbeat,
}

impl Channel {
    /// The channel's usual name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Shell => "shell",
            Self::Iopub => "iopub",
            Self::Stdin => "stdin",
            Self::Control => "control",
            Self::Heartbeat => "heartbeat",
        }
    }
}

/// Where a kernel listens, and the keys of its messages.
#[derive(Clone, Serialize, Deserialize)]
pub struct ConnectionFile {
    /// How the sockets are reached.
    pub transport: Scheme,
    /// Address, or beginning of the sockets' paths.
    pub ip: String,
    /// Port of [`Channel::Shell`].
    pub shell_port: u16,
    /// Port of [`Channel::Iopub`].
    pub iopub_port: u16,
    /// Port of [`Channel::Stdin`].
    pub stdin_port: u16,
    /// Port of [`Channel::Control`].
    pub control_port: u16,
    /// Port of [`Channel::Heartbeat`].
    pub hb_port: u16,
    /// Key of the signatures.
    pub key: String,
    /// How messages are signed.
    #[serde(default = "hmac_sha256")]
    pub signature_scheme: String,
    /// Name of the kernelspec.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kernel_name: Option<String>,
    /// Public half of the key that encrypts the sockets, in Z85.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub curve_publickey: Option<String>,
    /// Secret half of that key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub curve_secretkey: Option<String>,
}

pub(crate) fn hmac_sha256() -> String {
    "hmac-sha256".to_owned()
}

/// Shows where the kernel is and never its keys.
impl std::fmt::Debug for ConnectionFile {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("ConnectionFile")
            .field("shell", &self.endpoint(Channel::Shell))
            .field("encrypted", &self.curve_publickey.is_some())
            .finish_non_exhaustive()
    }
}

impl ConnectionFile {
    /// Reads a connection file that no other user can read.
    ///
    /// # Errors
    /// When the file cannot be read, is exposed to other users, is malformed, or lacks a key that
    /// `policy` requires.
    pub fn load(path: &Path, policy: KeyPolicy) -> Result<Self, ConnectionError> {
        Self::parse(&read_private(path)?, policy)
    }

    /// Reads the text of a connection file.
    ///
    /// # Errors
    /// When the text is malformed or lacks a key that `policy` requires.
    pub fn parse(text: &str, policy: KeyPolicy) -> Result<Self, ConnectionError> {
        // serde_json's messages name fields and places, never values of known fields such as keys.
        let file: Self = serde_json::from_str(text)
            .map_err(|error| ConnectionError::Malformed(error.to_string()))?;
        check_key(&file.signature_scheme, &file.key, policy)?;
        if file.transport == Scheme::Ipc && file.ip.len() + "-65535".len() > MAX_SOCKET_PATH_BYTES {
            return Err(ConnectionError::Malformed(format!(
                "the path {:?} is too long for a Unix socket",
                file.ip
            )));
        }
        file.encryption()?;
        Ok(file)
    }

    /// A connection by TCP at `ip` with five free ports, a fresh key and fresh encryption keys.
    /// The ports are free now; whoever starts the kernel should do so soon.
    ///
    /// # Errors
    /// When `ip` is no address of this machine or has no free ports.
    pub fn for_tcp(ip: IpAddr) -> Result<Self, ConnectionError> {
        let no_port = |source| ConnectionError::NoPort {
            ip: ip.to_string(),
            source,
        };
        // All are held at once, so that they differ.
        let mut held = Vec::new();
        let mut port = || -> io::Result<u16> {
            let listener = TcpListener::bind((ip, 0))?;
            let port = listener.local_addr()?.port();
            held.push(listener);
            Ok(port)
        };
        let mut ports = [0; 5];
        for slot in &mut ports {
            *slot = port().map_err(no_port)?;
        }
        let keys = Keys::generate();
        Ok(Self {
            curve_publickey: Some(keys.public().to_owned()),
            curve_secretkey: Some(keys.secret().to_owned()),
            ..Self::with_ports(Scheme::Tcp, ip.to_string(), ports)
        })
    }

    /// A connection by Unix sockets in `folder`, which only the user should be able to enter, and
    /// a fresh key.
    ///
    /// # Errors
    /// When the path is not UTF-8 or too long for a Unix socket.
    pub fn for_ipc(folder: &Path) -> Result<Self, ConnectionError> {
        let prefix = folder.join("kernel");
        let Some(prefix) = prefix.to_str() else {
            return Err(ConnectionError::Malformed(format!(
                "{} is not UTF-8",
                folder.display()
            )));
        };
        if prefix.len() + "-5".len() > MAX_SOCKET_PATH_BYTES {
            return Err(ConnectionError::Malformed(format!(
                "the folder {prefix:?} has too long a path for Unix sockets; set TMPDIR to a shorter one"
            )));
        }
        Ok(Self::with_ports(
            Scheme::Ipc,
            prefix.to_owned(),
            [1, 2, 3, 4, 5],
        ))
    }

    pub(crate) fn with_ports(transport: Scheme, ip: String, ports: [u16; 5]) -> Self {
        let [shell_port, iopub_port, stdin_port, control_port, hb_port] = ports;
        Self {
            transport,
            ip,
            shell_port,
            iopub_port,
            stdin_port,
            control_port,
            hb_port,
            key: format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple()),
            signature_scheme: hmac_sha256(),
            kernel_name: None,
            curve_publickey: None,
            curve_secretkey: None,
        }
    }

    /// Writes a new file that only the user can read.
    ///
    /// # Errors
    /// When the file exists already or cannot be written; nothing half-written stays behind.
    pub fn write_new(&self, path: &Path) -> Result<(), ConnectionError> {
        let failed = |source| ConnectionError::Io {
            action: "write",
            path: path.to_owned(),
            source,
        };
        let text = serde_json::to_string_pretty(self)
            .map_err(|error| ConnectionError::Malformed(error.to_string()))?;
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .map_err(failed)?;
        file.write_all(text.as_bytes())
            .and_then(|()| file.sync_all())
            .map_err(|source| {
                // The write error is what matters; the file is of no use either way.
                let _ = std::fs::remove_file(path);
                failed(source)
            })
    }

    /// Address of a channel, such as `tcp://127.0.0.1:5555`.
    #[must_use]
    pub fn endpoint(&self, channel: Channel) -> String {
        let port = self.port(channel);
        match self.transport {
            Scheme::Tcp if self.ip.contains(':') => format!("tcp://[{}]:{port}", self.ip),
            Scheme::Tcp => format!("tcp://{}:{port}", self.ip),
            Scheme::Ipc => format!("ipc://{}-{port}", self.ip),
        }
    }

    /// The keys with which the sockets are encrypted, if they are.
    ///
    /// # Errors
    /// When one half of the key is missing, is no Z85 text of 32 bytes, or the halves do not match.
    pub fn encryption(&self) -> Result<Encryption, ConnectionError> {
        encryption(
            self.curve_publickey.as_deref(),
            self.curve_secretkey.as_deref(),
        )
    }

    /// Port of a channel.
    #[must_use]
    pub fn port(&self, channel: Channel) -> u16 {
        match channel {
            Channel::Shell => self.shell_port,
            Channel::Iopub => self.iopub_port,
            Channel::Stdin => self.stdin_port,
            Channel::Control => self.control_port,
            Channel::Heartbeat => self.hb_port,
        }
    }

    /// Puts a port in the place of the one that was asked for.
    pub fn set_port(&mut self, channel: Channel, port: u16) {
        *match channel {
            Channel::Shell => &mut self.shell_port,
            Channel::Iopub => &mut self.iopub_port,
            Channel::Stdin => &mut self.stdin_port,
            Channel::Control => &mut self.control_port,
            Channel::Heartbeat => &mut self.hb_port,
        } = port;
    }
}

/// The keys with which sockets are encrypted, if both are there or none.
pub(crate) fn encryption(
    public: Option<&str>,
    secret: Option<&str>,
) -> Result<Encryption, ConnectionError> {
    match (public, secret) {
        (None, None) => Ok(Encryption::Off),
        (Some(public), Some(secret)) => Keys::from_z85(public, secret)
            .map(Encryption::Curve)
            .map_err(ConnectionError::Malformed),
        _ => Err(ConnectionError::Malformed(
            "it has one of curve_publickey and curve_secretkey, and both are needed".to_owned(),
        )),
    }
}

/// The text of a file that holds a key, if only its owner can read it and that is us.
pub(crate) fn read_private(path: &Path) -> Result<String, ConnectionError> {
    let failed = |source| ConnectionError::Io {
        action: "read",
        path: path.to_owned(),
        source,
    };
    let file = OpenOptions::new()
        .read(true)
        // A pipe in its place must not hold the kernel up.
        .custom_flags(OFlags::NONBLOCK.bits().cast_signed())
        .open(path)
        .map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if !metadata.is_file() {
        return Err(failed(io::Error::other("it is no regular file")));
    }
    if let Err(error) = check_private(path, metadata.mode() & 0o777, metadata.uid()) {
        if !insecure_writes_allowed() {
            return Err(error);
        }
        tracing::warn!("{error}; {INSECURE_WRITES_ENV} allows it");
    }
    let mut text = String::new();
    file.take(MAX_FILE_BYTES)
        .read_to_string(&mut text)
        .map_err(failed)?;
    Ok(text)
}

/// Whether messages can be signed.
pub(crate) fn check_key(scheme: &str, key: &str, policy: KeyPolicy) -> Result<(), ConnectionError> {
    if scheme != "hmac-sha256" {
        return Err(ConnectionError::Malformed(format!(
            "its signature scheme is {scheme:?}, and only hmac-sha256 is known here"
        )));
    }
    if key.is_empty() && policy == KeyPolicy::Required {
        return Err(ConnectionError::EmptyKey);
    }
    Ok(())
}

fn check_private(path: &Path, mode: u32, owner: u32) -> Result<(), ConnectionError> {
    let path = path.to_owned();
    if mode & 0o077 != 0 {
        return Err(ConnectionError::Exposed { path, mode });
    }
    if owner != geteuid().as_raw() {
        return Err(ConnectionError::Foreign { path, owner });
    }
    Ok(())
}

fn insecure_writes_allowed() -> bool {
    std::env::var(INSECURE_WRITES_ENV)
        .is_ok_and(|value| value == "1" || value.eq_ignore_ascii_case("true"))
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use super::{Channel, ConnectionError, ConnectionFile, KeyPolicy, check_private};

    #[test]
    fn written_files_are_private_and_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kernel.json");
        let file = ConnectionFile::for_tcp(Ipv4Addr::LOCALHOST.into()).unwrap();
        file.write_new(&path).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        let read = ConnectionFile::load(&path, KeyPolicy::Required).unwrap();
        assert_eq!(read.key, file.key);
        assert_eq!(
            read.endpoint(Channel::Shell),
            format!("tcp://127.0.0.1:{}", file.shell_port)
        );
        assert!(matches!(
            file.write_new(&path),
            Err(ConnectionError::Io { .. })
        ));

        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        let exposed = ConnectionFile::load(&path, KeyPolicy::Required);
        assert!(matches!(
            exposed,
            Err(ConnectionError::Exposed { mode: 0o640, .. })
        ));
    }

    #[test]
    fn files_of_others_and_what_is_no_file_are_refused() {
        let path = Path::new("kernel.json");
        let us = rustix::process::geteuid().as_raw();
        assert!(check_private(path, 0o600, us).is_ok());
        let error = check_private(path, 0o600, us + 1).unwrap_err().to_string();
        assert!(error.contains("another user"), "{error}");

        let folder = tempfile::tempdir().unwrap();
        let load = |path: &Path| ConnectionFile::load(path, KeyPolicy::Required);
        assert!(matches!(
            load(folder.path()),
            Err(ConnectionError::Io { .. })
        ));
        let path = folder.path().join("kernel.json");
        for junk in [&b"\xff\xfe"[..], b"", b"[]", b"{\"transport\": \"tcp\"}"] {
            std::fs::write(&path, junk).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
            assert!(load(&path).is_err(), "{junk:?}");
        }
    }

    #[test]
    fn the_five_ports_differ() {
        let file = ConnectionFile::for_tcp(Ipv4Addr::LOCALHOST.into()).unwrap();
        let ports = [
            file.shell_port,
            file.iopub_port,
            file.stdin_port,
            file.control_port,
            file.hb_port,
        ];
        assert_eq!(
            ports
                .iter()
                .collect::<std::collections::BTreeSet<_>>()
                .len(),
            5
        );
    }

    #[test]
    fn keys_are_required_unless_told() {
        let mut file = ConnectionFile::for_ipc(Path::new("/tmp/x")).unwrap();
        file.key.clear();
        let text = serde_json::to_string(&file).unwrap();
        assert!(matches!(
            ConnectionFile::parse(&text, KeyPolicy::Required),
            Err(ConnectionError::EmptyKey)
        ));
        let read = ConnectionFile::parse(&text, KeyPolicy::Optional).unwrap();
        assert_eq!(read.endpoint(Channel::Heartbeat), "ipc:///tmp/x/kernel-5");
    }

    #[test]
    fn broken_encryption_keys_are_refused_without_showing_them() {
        let mut file = ConnectionFile::for_tcp(Ipv4Addr::LOCALHOST.into()).unwrap();
        let other = ConnectionFile::for_tcp(Ipv4Addr::LOCALHOST.into()).unwrap();
        let secret = other.curve_secretkey.clone().unwrap();
        for broken in [None, Some("short".to_owned()), Some(secret.clone())] {
            file.curve_secretkey = broken;
            let text = serde_json::to_string(&file).unwrap();
            let error = ConnectionFile::parse(&text, KeyPolicy::Required)
                .unwrap_err()
                .to_string();
            assert!(!error.contains(&secret), "{error}");
        }
        assert!(!format!("{other:?}").contains(&secret));
        assert!(!format!("{other:?}").contains(&other.key));
    }

    #[test]
    fn addresses_of_ip_version_6_are_bracketed() {
        let mut file = ConnectionFile::for_tcp(Ipv4Addr::LOCALHOST.into()).unwrap();
        file.ip = "::1".to_owned();
        assert_eq!(
            file.endpoint(Channel::Shell),
            format!("tcp://[::1]:{}", file.shell_port)
        );
    }
}
