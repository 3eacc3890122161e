//! Carries the output of cells from the host process to whoever listens.
//!
//! One thread reads everything. When a message arrives, what was printed before it lies in the
//! pipes already and is passed on first: output keeps the order in which the cell made it.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context;
use hpc_channel::{CellEnd, CellMessage, MimeBundle, read_frame, write_ack, write_frame};
use rustix::event::{EventfdFlags, PollFd, PollFlags, eventfd, poll};
use rustix::io::{Errno, ioctl_fionbio, read, write};
use rustix::net::sockopt::socket_peercred;
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
use rustix::pipe::fcntl_getpipe_size;
use rustix::process::getuid;

use super::control::{ERROR_NOTICE, PANIC_NOTICE, Piece, Splitter};
use super::report::{ControlLines, Report};
use crate::engine::{OutputSink, Stream};
use crate::session::Session;

const CHUNK: usize = 64 << 10;

/// What is known of a cell's run, beside its output.
#[derive(Debug, Default)]
pub struct CellRecord {
    /// How the cell ended, unless it took the process with it or did not run at all.
    pub end: Option<CellEnd>,
    /// Time between the cell's first and last statement.
    pub run_time: Duration,
    /// When user code began to run, if it did.
    pub began: Option<Instant>,
    /// The last lines on standard error.
    pub last_errors: String,
}

/// The kernel's end of the host process's output.
#[derive(Debug)]
pub struct Output {
    shared: Arc<Shared>,
    wake: Arc<OwnedFd>,
    drains: Mutex<Sender<Sender<()>>>,
}

struct Shared {
    cell: Mutex<Current>,
}

#[derive(Default)]
struct Current {
    /// Whether user code runs at this moment.
    running: bool,
    /// Kept after the cell's end for threads that it left running.
    sink: Option<Arc<dyn OutputSink>>,
    record: CellRecord,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Shared")
    }
}

impl Current {
    /// evcxr runs a cell a second time when variables of a redefined type had to go first.
    fn set_begin(&mut self) {
        self.running = true;
        self.record.began = Some(Instant::now());
        self.record.end = None;
    }

    fn set_end(&mut self, end: CellEnd) {
        self.running = false;
        let began = self.record.began;
        self.record.run_time = began.map_or(Duration::ZERO, |at| at.elapsed());
        self.record.end = Some(end);
    }
}

impl Shared {
    fn cell(&self) -> MutexGuard<'_, Current> {
        self.cell.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sink(&self) -> Option<Arc<dyn OutputSink>> {
        self.cell().sink.clone()
    }
}

impl Output {
    /// Opens the session's sockets and starts the thread that serves them.
    ///
    /// # Errors
    /// Fails when a socket or the thread cannot be made.
    pub fn start(session: &Session) -> anyhow::Result<Self> {
        let listen = |path: &std::path::Path| {
            UnixListener::bind(path).with_context(|| format!("cannot listen on {}", path.display()))
        };
        let hosts = listen(&session.host_socket())?;
        let cells = listen(&session.cell_socket())?;
        let wake = Arc::new(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?);
        let shared = Arc::new(Shared {
            cell: Mutex::default(),
        });
        let (drains, requests) = mpsc::channel();
        let mut pump = Pump {
            shared: Arc::clone(&shared),
            wake: Arc::clone(&wake),
            requests,
            hosts,
            cells,
            connected_hosts: Vec::new(),
            connected_cells: Vec::new(),
        };
        thread::Builder::new()
            .name("output".into())
            .spawn(move || {
                if let Err(error) = pump.run() {
                    tracing::error!("the output of cells is no longer read: {error}");
                }
            })?;
        Ok(Self {
            shared,
            wake,
            drains: Mutex::new(drains),
        })
    }

    /// Sends the output of the cell that is about to run to `sink`.
    pub fn begin(&self, sink: Arc<dyn OutputSink>) {
        *self.shared.cell() = Current {
            running: false,
            sink: Some(sink),
            record: CellRecord::default(),
        };
    }

    /// Whether user code is running at this moment.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.shared.cell().running
    }

    /// Waits until everything printed so far has been passed on, and gives what is known of the
    /// cell.
    pub fn finish(&self) -> CellRecord {
        let (drained, done) = mpsc::channel();
        let sent = self
            .drains
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .send(drained);
        if sent.is_ok() && write(&*self.wake, &1_u64.to_ne_bytes()).is_ok() {
            // An error means that the thread is gone and has said why.
            let _ = done.recv();
        }
        std::mem::take(&mut self.shared.cell().record)
    }
}

struct Pump {
    shared: Arc<Shared>,
    wake: Arc<OwnedFd>,
    requests: Receiver<Sender<()>>,
    hosts: UnixListener,
    cells: UnixListener,
    connected_hosts: Vec<Host>,
    /// `None` where one was closed while its neighbours wait to be served.
    connected_cells: Vec<Option<UnixStream>>,
}

struct Host {
    reports: Option<UnixStream>,
    stdout: TextPipe,
    stderr: TextPipe,
    splitter: Splitter,
    notices: Vec<String>,
    /// Content of one value that arrives in several representations.
    content: MimeBundle,
}

/// A pipe of text and the bytes of a character that has not arrived whole.
struct TextPipe {
    reader: Option<OwnedFd>,
    /// Bytes that can wait in the pipe.
    capacity: usize,
    partial: Vec<u8>,
}

impl Pump {
    fn run(&mut self) -> io::Result<()> {
        loop {
            let ready = self.wait()?;
            if ready.contains(&Source::Wake) {
                let mut count = [0; 8];
                // Only wakes; a spurious one does no harm.
                let _ = read(&*self.wake, &mut count);
            }
            for source in &ready {
                self.serve(*source);
            }
            if ready.contains(&Source::Wake) {
                while let Ok(drained) = self.requests.try_recv() {
                    self.drain_hosts();
                    for host in &mut self.connected_hosts {
                        host.end_of_cell(&self.shared);
                    }
                    let _ = drained.send(());
                }
            }
            self.connected_hosts.retain(Host::is_alive);
            self.connected_cells.retain(Option::is_some);
        }
    }

    fn wait(&self) -> io::Result<Vec<Source>> {
        let mut sources = vec![
            (Source::Wake, self.wake.as_fd()),
            (Source::NewHost, self.hosts.as_fd()),
            (Source::NewCell, self.cells.as_fd()),
        ];
        for (index, host) in self.connected_hosts.iter().enumerate() {
            let pipes = [
                (Source::Stdout(index), &host.stdout),
                (Source::Stderr(index), &host.stderr),
            ];
            for (source, pipe) in pipes {
                sources.extend(pipe.reader.as_ref().map(|reader| (source, reader.as_fd())));
            }
            let reports = host
                .reports
                .as_ref()
                .map(|reports| (Source::Report(index), reports.as_fd()));
            sources.extend(reports);
        }
        for (index, cell) in self.connected_cells.iter().enumerate() {
            sources.extend(
                cell.as_ref()
                    .map(|cell| (Source::Cell(index), cell.as_fd())),
            );
        }
        let mut polled: Vec<PollFd<'_>> = sources
            .iter()
            .map(|(_, descriptor): &(Source, BorrowedFd<'_>)| {
                PollFd::new(descriptor, PollFlags::IN)
            })
            .collect();
        match poll(&mut polled, None) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(polled
            .iter()
            .zip(&sources)
            .filter(|(polled, _)| !polled.revents().is_empty())
            .map(|(_, (source, _))| *source)
            .collect())
    }

    fn serve(&mut self, source: Source) {
        match source {
            Source::Wake => {}
            Source::NewHost => match accept(&self.hosts).and_then(Host::greet) {
                Ok(host) => self.connected_hosts.push(host),
                Err(error) => tracing::warn!("a connection of a host was refused: {error}"),
            },
            Source::NewCell => match accept(&self.cells) {
                Ok(cell) => self.connected_cells.push(Some(cell)),
                Err(error) => tracing::warn!("a connection of a cell was refused: {error}"),
            },
            Source::Stdout(index) => self.connected_hosts[index].read_stdout(&self.shared),
            Source::Stderr(index) => self.connected_hosts[index].read_stderr(&self.shared),
            Source::Report(index) => self.take_report(index),
            Source::Cell(index) => self.take_message(index),
        }
    }

    fn take_report(&mut self, index: usize) {
        self.drain_hosts();
        let host = &mut self.connected_hosts[index];
        let Some(mut reports) = host.reports.take() else {
            return;
        };
        let served = match read_frame(&mut reports) {
            Ok(Some(Report::Begin)) => {
                self.shared.cell().set_begin();
                Ok(())
            }
            Ok(Some(Report::End { mut end })) => {
                let notices = host.take_notices(&mut end, &self.shared);
                self.shared.cell().set_end(end);
                write_frame(&mut reports, &ControlLines(notices))
            }
            // The host has ended.
            Ok(None) => {
                self.shared.cell().running = false;
                return;
            }
            Err(error) => Err(error),
        };
        match served {
            Ok(()) => host.reports = Some(reports),
            Err(error) => tracing::warn!("the host's report was not understood: {error}"),
        }
    }

    fn take_message(&mut self, index: usize) {
        self.drain_hosts();
        for host in &mut self.connected_hosts {
            host.show_content(&self.shared);
        }
        let Some(mut cell) = self.connected_cells[index].take() else {
            return;
        };
        let served = match read_frame::<CellMessage>(&mut cell) {
            Ok(Some(message)) => {
                if let Some(sink) = self.shared.sink() {
                    sink.message(message);
                }
                write_ack(&mut cell)
            }
            // The process has ended.
            Ok(None) => return,
            Err(error) => Err(error),
        };
        match served {
            Ok(()) => self.connected_cells[index] = Some(cell),
            Err(error) => tracing::warn!("a cell's message was not understood: {error}"),
        }
    }

    fn drain_hosts(&mut self) {
        for host in &mut self.connected_hosts {
            host.read_stdout(&self.shared);
            host.read_stderr(&self.shared);
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Wake,
    NewHost,
    NewCell,
    Stdout(usize),
    Stderr(usize),
    Report(usize),
    Cell(usize),
}

/// Accepts a connection of this user's.
fn accept(listener: &UnixListener) -> io::Result<UnixStream> {
    let (stream, _) = listener.accept()?;
    let peer = socket_peercred(&stream)?.uid;
    if peer == getuid() {
        Ok(stream)
    } else {
        Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "it came from another user",
        ))
    }
}

impl Host {
    /// Receives the pipes of a host that has just connected.
    fn greet(stream: UnixStream) -> io::Result<Self> {
        let mut byte = [0];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
        let mut ancillary = RecvAncillaryBuffer::new(&mut space);
        recvmsg(
            &stream,
            &mut [io::IoSliceMut::new(&mut byte)],
            &mut ancillary,
            RecvFlags::CMSG_CLOEXEC,
        )?;
        let mut pipes = ancillary.drain().filter_map(|message| match message {
            RecvAncillaryMessage::ScmRights(descriptors) => Some(descriptors),
            _ => None,
        });
        let mut descriptors = pipes
            .next()
            .ok_or_else(|| io::Error::other("it sent no pipes"))?;
        let (Some(stdout), Some(stderr)) = (descriptors.next(), descriptors.next()) else {
            return Err(io::Error::other("it sent fewer than two pipes"));
        };
        Ok(Self {
            reports: Some(stream),
            stdout: TextPipe::new(stdout)?,
            stderr: TextPipe::new(stderr)?,
            splitter: Splitter::default(),
            notices: Vec::new(),
            content: MimeBundle::new(),
        })
    }

    fn is_alive(&self) -> bool {
        self.reports.is_some() || self.stdout.reader.is_some() || self.stderr.reader.is_some()
    }

    fn read_stdout(&mut self, shared: &Shared) {
        for bytes in self.stdout.read_waiting() {
            let pieces = self.splitter.push(&bytes);
            self.pass_on(pieces, shared);
        }
    }

    fn pass_on(&mut self, pieces: Vec<Piece>, shared: &Shared) {
        for piece in pieces {
            match piece {
                Piece::Text(bytes) => {
                    self.show_content(shared);
                    let text = self.stdout.decode(&bytes);
                    emit(shared, Stream::Stdout, &text);
                }
                Piece::Notice(line) => self.notices.push(line),
                Piece::Content(content) => {
                    if content
                        .iter()
                        .any(|(mime, _)| self.content.get(mime).is_some())
                    {
                        self.show_content(shared);
                    }
                    for (mime, value) in content.iter() {
                        self.content = std::mem::take(&mut self.content).with(mime, value.clone());
                    }
                }
            }
        }
    }

    fn read_stderr(&mut self, shared: &Shared) {
        for bytes in self.stderr.read_waiting() {
            let text = self.stderr.decode(&bytes);
            shared.cell().record.remember(&text);
            emit(shared, Stream::Stderr, &text);
        }
    }

    /// Shows content that types of other crates printed in evcxr's way.
    fn show_content(&mut self, shared: &Shared) {
        if self.content.is_empty() {
            return;
        }
        let bundle = std::mem::take(&mut self.content);
        if let Some(sink) = shared.sink() {
            sink.message(CellMessage::Display {
                bundle,
                display_id: None,
            });
        }
    }

    /// The lines for evcxr that came out of a cell which has ended.
    fn take_notices(&mut self, end: &mut CellEnd, shared: &Shared) -> Vec<String> {
        self.end_of_cell(shared);
        let mut notices = std::mem::take(&mut self.notices);
        let noticed = |notice: &str| notices.iter().any(|line| line == notice);
        if noticed(ERROR_NOTICE) && !noticed(PANIC_NOTICE) {
            // The panic was caught, or was another thread's: the cell left by `?`.
            end.panic = None;
        }
        if !end.done && notices.is_empty() {
            // A plain `return` prints nothing, and output of other threads may tear a notice
            // apart. evcxr has to know that the cell's new variables were not stored.
            let notice = if end.panic.is_some() {
                PANIC_NOTICE
            } else {
                ERROR_NOTICE
            };
            notices.push(notice.to_owned());
        }
        notices
    }

    /// Nothing more comes that belongs to what was begun.
    fn end_of_cell(&mut self, shared: &Shared) {
        let rest = self.splitter.finish();
        self.pass_on(rest, shared);
        self.show_content(shared);
        for (stream, pipe) in [
            (Stream::Stdout, &mut self.stdout),
            (Stream::Stderr, &mut self.stderr),
        ] {
            let text = pipe.decode_rest();
            emit(shared, stream, &text);
        }
    }
}

fn emit(shared: &Shared, stream: Stream, text: &str) {
    if !text.is_empty()
        && let Some(sink) = shared.sink()
    {
        sink.stream(stream, text);
    }
}

impl CellRecord {
    fn remember(&mut self, text: &str) {
        const KEPT: usize = 4096;
        self.last_errors.push_str(text);
        if self.last_errors.len() > 2 * KEPT {
            let cut = self
                .last_errors
                .ceil_char_boundary(self.last_errors.len() - KEPT);
            self.last_errors.drain(..cut);
        }
    }
}

impl TextPipe {
    fn new(reader: OwnedFd) -> io::Result<Self> {
        ioctl_fionbio(&reader, true)?;
        let capacity = fcntl_getpipe_size(&reader)?;
        Ok(Self {
            reader: Some(reader),
            capacity,
            partial: Vec::new(),
        })
    }

    /// Reads what is there by now. A thread that prints without end cannot hold this up: no more
    /// than fits into the pipe was there.
    fn read_waiting(&mut self) -> Vec<Vec<u8>> {
        let mut chunks = Vec::new();
        let mut total = 0;
        while total < self.capacity
            && let Some(bytes) = self.read()
        {
            total += bytes.len();
            chunks.push(bytes);
        }
        chunks
    }

    /// Reads a chunk, without waiting. Forgets the pipe at its end.
    fn read(&mut self) -> Option<Vec<u8>> {
        let reader = self.reader.as_ref()?;
        let mut bytes = vec![0; CHUNK];
        loop {
            match read(reader, &mut bytes) {
                Ok(0) => {
                    self.reader = None;
                    return None;
                }
                Ok(count) => {
                    bytes.truncate(count);
                    return Some(bytes);
                }
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return None,
                Err(error) => {
                    tracing::warn!("a pipe of the host broke: {error}");
                    self.reader = None;
                    return None;
                }
            }
        }
    }

    /// The text so far; a character that is not whole waits for its rest.
    fn decode(&mut self, bytes: &[u8]) -> String {
        self.partial.extend_from_slice(bytes);
        let mut text = String::with_capacity(self.partial.len());
        let mut rest = self.partial.as_slice();
        loop {
            match std::str::from_utf8(rest) {
                Ok(valid) => {
                    text.push_str(valid);
                    rest = &[];
                    break;
                }
                Err(error) => {
                    let (valid, invalid) = rest.split_at(error.valid_up_to());
                    text.push_str(&String::from_utf8_lossy(valid));
                    rest = invalid;
                    let Some(length) = error.error_len() else {
                        break;
                    };
                    text.push(char::REPLACEMENT_CHARACTER);
                    rest = &rest[length..];
                }
            }
        }
        self.partial = rest.to_vec();
        text
    }

    /// What is left of a character that will not be completed.
    fn decode_rest(&mut self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut self.partial)).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::TextPipe;

    #[test]
    fn a_character_in_two_halves_is_put_together() {
        let mut pipe = TextPipe {
            reader: None,
            capacity: 0,
            partial: Vec::new(),
        };
        let bytes = "aé".as_bytes();
        assert_eq!(pipe.decode(&bytes[..2]), "a");
        assert_eq!(pipe.decode(&bytes[2..]), "é");
        assert_eq!(pipe.decode(b"\xffb"), "\u{fffd}b");
        assert_eq!(pipe.decode(&bytes[1..2]), "");
        assert_eq!(pipe.decode_rest(), "\u{fffd}");
    }
}
