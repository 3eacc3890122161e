//! The connection over which a cell sends everything that is not plain text.

use std::env;
use std::io;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use hpc_channel::{
    CHANNEL_ENV, CellMessage, CellRequest, CommMessage, InputAnswer, read_ack, read_frame,
    write_frame,
};

use super::output;

/// Whether this process was started by the kernel to run cells.
///
/// ```
/// assert!(!hpc::host::is_hosted(), "a test is an ordinary program");
/// ```
pub fn is_hosted() -> bool {
    path().is_some()
}

/// The folder of the session, which only its user can read. `None` if this process is not hosted.
pub(crate) fn folder() -> Option<PathBuf> {
    path()?.parent().map(Path::to_owned)
}

/// Where the kernel listens. Read once, at the start: the host takes the variable out of the
/// environment then, so that programs which a cell starts are on their own.
fn path() -> Option<&'static Path> {
    static PATH: OnceLock<Option<PathBuf>> = OnceLock::new();
    PATH.get_or_init(|| env::var_os(CHANNEL_ENV).map(PathBuf::from))
        .as_deref()
}

/// Sends a message to the notebook, after everything that was printed before it.
///
/// Returns when the message has taken its place in the cell's output.
///
/// # Errors
/// Fails when this process is not hosted, or the kernel has closed the channel.
pub(crate) fn send(message: &CellMessage) -> io::Result<()> {
    exchange(&CellRequest::Show(message.clone()), |stream| {
        read_ack(stream)
    })
}

/// Says something on a comm.
///
/// # Errors
/// Fails when this process is not hosted, or the kernel has closed the channel.
pub(crate) fn say(message: CommMessage) -> io::Result<()> {
    exchange(&CellRequest::Comm(message), read_ack)
}

/// Asks the user for a line.
///
/// # Errors
/// Fails when this process is not hosted, the kernel has closed the channel, or nobody answers.
pub(crate) fn ask(prompt: &str, password: bool) -> io::Result<String> {
    let request = CellRequest::Input {
        prompt: prompt.to_owned(),
        password,
    };
    match exchange(&request, read_frame)? {
        Some(InputAnswer::Line(line)) => Ok(line),
        Some(InputAnswer::Refused(reason)) => Err(io::Error::other(reason)),
        None => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

fn exchange<T>(
    request: &CellRequest,
    answer: impl FnOnce(&mut UnixStream) -> io::Result<T>,
) -> io::Result<T> {
    static CONNECTION: Mutex<Option<UnixStream>> = Mutex::new(None);

    output::flush();
    let mut connection = CONNECTION.lock().unwrap_or_else(PoisonError::into_inner);
    let mut stream = match connection.take() {
        Some(stream) => stream,
        None => connect()?,
    };
    write_frame(&mut stream, request)?;
    let answer = answer(&mut stream)?;
    // Kept only while it works: the next message after an error opens a new connection.
    *connection = Some(stream);
    Ok(answer)
}

fn connect() -> io::Result<UnixStream> {
    let path = path().ok_or_else(|| {
        io::Error::new(
            io::ErrorKind::NotConnected,
            "this program is not run by a notebook kernel",
        )
    })?;
    UnixStream::connect(path)
}
