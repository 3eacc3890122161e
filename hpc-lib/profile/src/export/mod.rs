//! How a recording leaves: files for other tools.
//!
//! Traces are streamed: a chunk of records is in memory at a time, whatever their number.

mod format;
mod stream;

pub mod chrome;
pub mod csv;
pub mod cube;
pub mod firefox;
pub mod folded;
pub mod otf2;
pub mod perfetto;
pub mod speedscope;

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::model::Catalog;
use crate::reader::Recording;
use crate::record::event::Event;

pub use format::Format;
pub use stream::{Item, Stream, streams};

/// Why an export failed.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {source}", path.display())]
pub struct ExportError {
    /// The file that was written.
    pub path: PathBuf,
    /// What the system says.
    pub source: io::Error,
}

impl ExportError {
    fn of(path: &Path) -> impl Fn(io::Error) -> Self {
        |source| Self {
            path: path.into(),
            source,
        }
    }
}

/// Makes a file, for its owner only as recordings are. A file of that name is replaced.
fn create(path: &Path) -> io::Result<BufWriter<File>> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    Ok(BufWriter::with_capacity(1 << 16, options.open(path)?))
}

/// Writes a file in one go.
fn write_file(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> Result<(), ExportError> {
    create(path)
        .and_then(|mut out| {
            write(&mut out)?;
            out.flush()
        })
        .map_err(ExportError::of(path))
}

/// What viewers of timelines show of an event.
enum Label<'a> {
    /// A region begins, by its number in the catalog.
    Begin(usize),
    /// The innermost region ends.
    End,
    /// Something happens.
    Instant(String),
    /// Values of counters: name, unit, value.
    Counters(Vec<(&'a str, &'a str, f64)>),
    /// Nothing.
    Nothing,
}

/// What viewers of timelines show of an event of a recording.
fn label<'a>(catalog: &'a Catalog, recording: usize, event: &Event) -> Label<'a> {
    let definitions = catalog.definitions(recording);
    let metric = |id, value: f64| match definitions.metric(id) {
        Some(metric) => Label::Counters(vec![(&metric.name, &metric.unit, value)]),
        None => Label::Nothing,
    };
    match event {
        Event::Enter(id) => Label::Begin(catalog.region(recording, *id)),
        Event::Exit(_) | Event::Unwind(_) => Label::End,
        Event::MetricInt(id, value) => metric(*id, *value as f64),
        Event::MetricFloat(id, value) => metric(*id, *value),
        Event::Memory(_, used) => Label::Counters(vec![("live memory", "B", used.live as f64)]),
        Event::Marker(id) => Label::Instant(definitions.text(*id).unwrap_or("?").into()),
        Event::Parameter(id) => match definitions.value(*id) {
            Some((parameter, value)) => {
                let name = definitions.parameter(parameter).unwrap_or("?");
                Label::Instant(format!("{name}={value}"))
            }
            None => Label::Nothing,
        },
        Event::Send(message) | Event::SendStart(message, _) => {
            Label::Instant(format!("send {} B to {}", message.bytes, message.peer))
        }
        Event::Receive(message) | Event::ReceiveDone(message, _) => {
            Label::Instant(format!("receive {} B from {}", message.bytes, message.peer))
        }
        Event::Flush(_) => Label::Instant("records written to disk".into()),
        _ => Label::Nothing,
    }
}

/// When the first of some recordings began, in nanoseconds since 1970.
fn start_of(recordings: &[Recording]) -> u64 {
    let starts = recordings.iter();
    let starts = starts.map(|recording| recording.time_base().start().realtime);
    starts.min().unwrap_or(0)
}

/// A text as JSON has it.
fn json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
