use std::io;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use ferrolab_wire::content::KernelInfoReply;
use ferrolab_wire::{ClientError, ConnectionError, ConnectionFile, Control, KernelClient};
use tempfile::TempDir;

use super::process::{Interrupt, Process};
use super::signals::Signals;
use crate::kernelspec::KernelSpec;

/// How to reach the kernel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Connection {
    /// By Unix sockets in a folder that only we can enter.
    #[default]
    Ipc,
    /// By TCP on the loopback address, for kernels that know nothing else.
    Tcp,
}

/// How to start a kernel.
#[derive(Clone, Debug)]
pub struct Launch<'a> {
    /// Which one.
    pub spec: &'a KernelSpec,
    /// The folder to start it in.
    pub folder: &'a Path,
    /// How to reach it.
    pub connection: Connection,
    /// How long it has to get ready.
    pub timeout: Duration,
    /// The folder in which it is to keep a profile of its cells.
    pub profile: Option<&'a Path>,
}

/// Why there is no kernel.
#[derive(Debug, thiserror::Error)]
pub enum KernelError {
    /// Its program cannot be started.
    #[error("cannot start kernel `{kernel}`: {program}: {source}")]
    Program {
        /// The kernel's name.
        kernel: String,
        /// The program.
        program: String,
        /// What the system said.
        source: io::Error,
    },
    /// There is no place for its connection file.
    #[error("cannot make a private folder for the kernel's sockets: {0}")]
    Folder(io::Error),
    /// The connection file cannot be written.
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    /// It does not answer, or has died.
    #[error("kernel `{kernel}` did not start: {what}")]
    Start {
        /// The kernel's name.
        kernel: String,
        /// What happened.
        what: String,
    },
    /// A signal asked us to stop.
    #[error("stopped by signal {0}")]
    Signal(u8),
}

/// A running kernel, its process and our connection to it. It ends when this is dropped.
pub struct Kernel {
    client: KernelClient,
    control: Control,
    process: Process,
    /// What the kernel said of itself.
    pub info: KernelInfoReply,
    /// Holds the connection file and the sockets; removed at the end.
    _folder: TempDir,
}

impl Kernel {
    /// Starts a kernel and waits until it is ready.
    ///
    /// # Errors
    /// Fails when it does not start; nothing of it is left then.
    pub fn start(launch: &Launch<'_>, signals: &Signals) -> Result<Self, KernelError> {
        let spec = launch.spec;
        let (folder, connection) = connection(launch)?;
        let file = folder.path().join("kernel.json");
        connection.write_new(&file)?;
        let failed = |what: String| KernelError::Start {
            kernel: spec.name.clone(),
            what,
        };
        let mut client =
            KernelClient::connect(&connection).map_err(|error| failed(error.to_string()))?;
        let control = client.control();
        let interrupt = Interrupt::new(spec.description.interrupt_mode, control.clone());
        let words = spec.command(&file);
        let (program, arguments) = words
            .split_first()
            .ok_or_else(|| failed("no argv".into()))?;
        let mut command = Command::new(program);
        command
            .args(arguments)
            .envs(spec.environment(|name| std::env::var(name).ok()))
            .current_dir(launch.folder);
        if let Some(folder) = launch.profile {
            command.env("FERROLAB_PROF_EXPERIMENT_DIRECTORY", folder);
        }
        let mut process =
            Process::start(command, interrupt).map_err(|source| KernelError::Program {
                kernel: spec.name.clone(),
                program: program.clone(),
                source,
            })?;
        let mut signal = None;
        let ready = client.wait_ready(launch.timeout, || {
            signal = signal.or_else(|| signals.take());
            if signal.is_some() || process.has_ended() {
                Err(String::new())
            } else {
                Ok(())
            }
        });
        let info = match ready {
            Ok(info) => info,
            Err(error) => {
                let what = match (signal, error) {
                    (Some(number), _) => {
                        process.end(None);
                        return Err(KernelError::Signal(number));
                    }
                    (None, ClientError::Died(_)) => {
                        let (how, log) = process.death();
                        format!("{how}\n{log}")
                    }
                    (None, error) => {
                        let log = process.log();
                        process.end(None);
                        format!("{error}\n{log}")
                    }
                };
                return Err(failed(what.trim_end().to_owned()));
            }
        };
        Ok(Self {
            client,
            control,
            process,
            info,
            _folder: folder,
        })
    }

    pub(super) fn parts(&mut self) -> (&mut KernelClient, &mut Process) {
        (&mut self.client, &mut self.process)
    }

    /// How the kernel ended, if it has, and what its process wrote last.
    pub(super) fn death(&mut self) -> Option<(String, String)> {
        self.process.has_ended().then(|| self.process.death())
    }
}

impl Drop for Kernel {
    fn drop(&mut self) {
        self.process.end(Some(&self.control));
    }
}

/// A private folder, and the addresses and keys of a kernel that lives in it.
fn connection(launch: &Launch<'_>) -> Result<(TempDir, ConnectionFile), KernelError> {
    let mut refusal = None;
    for parent in runtime_folders() {
        let made = tempfile::Builder::new()
            .prefix("ferrolab-")
            .tempdir_in(parent);
        let folder = match made {
            Ok(folder) => folder,
            Err(error) => {
                refusal = Some(KernelError::Folder(error));
                continue;
            }
        };
        let connection = match launch.connection {
            Connection::Ipc => ConnectionFile::for_ipc(folder.path()),
            Connection::Tcp => ConnectionFile::for_tcp(Ipv4Addr::LOCALHOST.into()),
        };
        match connection {
            Ok(mut connection) => {
                connection.kernel_name = Some(launch.spec.name.clone());
                let abilities = &launch.spec.description.metadata.supported_encryption;
                if !abilities.iter().any(|ability| ability == "curve") {
                    connection.curve_publickey = None;
                    connection.curve_secretkey = None;
                }
                return Ok((folder, connection));
            }
            Err(error) => refusal = Some(error.into()),
        }
    }
    let nowhere = || KernelError::Folder(io::ErrorKind::NotFound.into());
    Err(refusal.unwrap_or_else(nowhere))
}

/// Folders for short-lived files, best first. The paths of Unix sockets have to be short, which a
/// job's own temporary folder may not be.
fn runtime_folders() -> impl Iterator<Item = PathBuf> {
    let own = std::env::var_os("XDG_RUNTIME_DIR").filter(|folder| !folder.is_empty());
    own.map(PathBuf::from)
        .into_iter()
        .chain([std::env::temp_dir(), "/tmp".into()])
}
