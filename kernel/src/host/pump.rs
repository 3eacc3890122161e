//! Carries the output of cells from the host process to whoever listens.
//!
//! One thread reads everything. When a message arrives, what was printed before it lies in the
//! pipes already and is passed on first: output keeps the order in which the cell made it.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;

use anyhow::Context;
use hpc_channel::{
    CellEnd, CellMessage, CellRequest, InputAnswer, MimeBundle, read_frame, write_ack, write_frame,
};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::{Errno, ioctl_fionbio, read};
use rustix::net::sockopt::socket_peercred;
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
use rustix::pipe::fcntl_getpipe_size;
use rustix::process::getuid;

use super::content::{Piece, Splitter};
use super::report::Report;
use super::usage::Usage;
use crate::engine::{OutputSink, Stream};
use crate::session::Session;

const CHUNK: usize = 64 << 10;

/// What happens to the host process.
#[derive(Debug)]
pub enum Event {
    /// It is ready and takes commands here.
    Connected(UnixStream),
    /// The cell begins to run.
    Began,
    /// Regions are recorded in this file.
    Recording(PathBuf),
    /// The cell has ended, and all of its output has been passed on. What it used, if that was asked
    /// for.
    Ended(CellEnd, Option<Usage>),
    /// The message on a comm concerned nobody.
    Unwanted,
    /// The cell was not run, for this reason.
    NotLoaded(String),
    /// The process has ended, and all of its output has been passed on. These were its last words on
    /// standard error.
    Gone(String),
}

/// The kernel's end of the host process's output.
#[derive(Debug)]
pub struct Output {
    shared: Arc<Shared>,
}

/// Makes other words of what was written to standard error.
pub(super) type Translator = Box<dyn Fn(&str) -> String + Send + Sync>;

/// Where output goes. Kept after a cell's end for threads that it left running.
struct Shared {
    sink: Mutex<Option<Arc<dyn OutputSink>>>,
    translator: OnceLock<Translator>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Shared")
    }
}

impl Shared {
    fn sink(&self) -> Option<Arc<dyn OutputSink>> {
        self.sink
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Output {
    /// Opens the session's sockets and starts the thread that serves them. It tells what happens
    /// on the receiver.
    ///
    /// # Errors
    /// Fails when a socket or the thread cannot be made.
    pub fn start(session: &Session) -> anyhow::Result<(Self, Receiver<Event>)> {
        let listen = |path: &std::path::Path| {
            UnixListener::bind(path).with_context(|| format!("cannot listen on {}", path.display()))
        };
        let shared = Arc::new(Shared {
            sink: Mutex::default(),
            translator: OnceLock::new(),
        });
        let (events, received) = mpsc::channel();
        let mut pump = Pump {
            shared: Arc::clone(&shared),
            events,
            hosts: listen(&session.host_socket())?,
            cells: listen(&session.cell_socket())?,
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
        Ok((Self { shared }, received))
    }

    /// Where output goes now.
    #[must_use]
    pub fn sink(&self) -> Option<Arc<dyn OutputSink>> {
        self.shared.sink()
    }

    /// Says what becomes of text on standard error. The first to say it counts.
    pub fn translate_errors(&self, translator: Translator) {
        self.shared.translator.get_or_init(|| translator);
    }

    /// Sends the output of the cell that is about to run to `sink`.
    pub fn send_to(&self, sink: Arc<dyn OutputSink>) {
        *self
            .shared
            .sink
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(sink);
    }
}

struct Pump {
    shared: Arc<Shared>,
    events: Sender<Event>,
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
    /// What came last on standard error.
    last_words: String,
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
            for source in self.wait()? {
                self.serve(source);
            }
            self.connected_hosts.retain(Host::is_alive);
            self.connected_cells.retain(Option::is_some);
        }
    }

    fn wait(&self) -> io::Result<Vec<Source>> {
        let mut sources = vec![
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
            Source::NewHost => match accept(&self.hosts).and_then(|stream| self.greet(stream)) {
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

    fn greet(&self, stream: UnixStream) -> io::Result<Host> {
        let commands = stream.try_clone()?;
        let host = Host::greet(stream)?;
        self.tell(Event::Connected(commands));
        Ok(host)
    }

    fn tell(&self, event: Event) {
        // Nobody listens any more when the kernel ends.
        let _ = self.events.send(event);
    }

    fn take_report(&mut self, index: usize) {
        self.drain_hosts();
        let host = &mut self.connected_hosts[index];
        let Some(mut reports) = host.reports.take() else {
            return;
        };
        let event = match read_frame(&mut reports) {
            Ok(Some(Report::Begin)) => Event::Began,
            Ok(Some(Report::Recording { path })) => Event::Recording(path),
            Ok(Some(Report::End { end, usage })) => {
                host.end_of_cell(&self.shared);
                Event::Ended(end, usage)
            }
            Ok(Some(Report::Unwanted)) => {
                host.end_of_cell(&self.shared);
                Event::Unwanted
            }
            Ok(Some(Report::NotLoaded { reason })) => Event::NotLoaded(reason),
            Ok(None) => {
                host.end_of_cell(&self.shared);
                let last_words = std::mem::take(&mut host.last_words);
                self.tell(Event::Gone(last_words));
                return;
            }
            Err(error) => {
                tracing::debug!("the host's report was not understood: {error}");
                host.end_of_cell(&self.shared);
                let last_words = std::mem::take(&mut host.last_words);
                self.tell(Event::Gone(last_words));
                return;
            }
        };
        host.reports = Some(reports);
        self.tell(event);
    }

    fn take_message(&mut self, index: usize) {
        self.drain_hosts();
        for host in &mut self.connected_hosts {
            host.show_content(&self.shared);
        }
        let Some(mut cell) = self.connected_cells[index].take() else {
            return;
        };
        let served = match read_frame(&mut cell) {
            Ok(Some(CellRequest::Input { prompt, password })) => self.ask(&cell, prompt, password),
            Ok(Some(CellRequest::Comm(message))) => {
                if let Some(sink) = self.shared.sink() {
                    sink.comm(message.into());
                }
                write_ack(&mut cell)
            }
            Ok(Some(CellRequest::Show(message))) => {
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

    /// Asks the user, on a thread of its own: output goes on meanwhile.
    fn ask(&self, cell: &UnixStream, prompt: String, password: bool) -> io::Result<()> {
        let (mut cell, sink) = (cell.try_clone()?, self.shared.sink());
        thread::Builder::new().name("input".into()).spawn(move || {
            let typed = sink.map(|sink| sink.input(&prompt, password));
            let answer = match typed {
                Some(Ok(line)) => InputAnswer::Line(line),
                Some(Err(refused)) => InputAnswer::Refused(refused.to_string()),
                None => InputAnswer::Refused("no cell runs".to_owned()),
            };
            if let Err(error) = write_frame(&mut cell, &answer) {
                tracing::debug!("the cell does not wait for its input any more: {error}");
            }
        })?;
        Ok(())
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
            last_words: String::new(),
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
            self.remember(&text);
            match shared.translator.get() {
                Some(translate) => emit(shared, Stream::Stderr, &translate(&text)),
                None => emit(shared, Stream::Stderr, &text),
            }
        }
    }

    fn remember(&mut self, text: &str) {
        const KEPT: usize = 1024;
        self.last_words.push_str(text);
        let length = self.last_words.len();
        if length > 2 * KEPT {
            let cut = self.last_words.ceil_char_boundary(length - KEPT);
            self.last_words.drain(..cut);
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
