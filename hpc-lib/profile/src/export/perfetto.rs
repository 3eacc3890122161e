//! Perfetto traces (`.pftrace`), for <https://ui.perfetto.dev>, which works in the browser alone.
//!
//! Written by hand in the encoding of protocol buffers; numbers of fields are those of
//! `protos/perfetto/trace` in Perfetto's sources.

use std::collections::HashMap;
use std::io::{self, Write};
use std::path::Path;

use crate::model::Catalog;
use crate::reader::Recording;

use super::{ExportError, Label, Stream, label, start_of, streams, write_file};

/// A message of protocol buffers that is being made.
#[derive(Default)]
struct Proto(Vec<u8>);

impl Proto {
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    fn number(mut self, field: u32, value: u64) -> Self {
        self.varint(u64::from(field) << 3);
        self.varint(value);
        self
    }

    fn double(mut self, field: u32, value: f64) -> Self {
        self.varint(u64::from(field) << 3 | 1);
        self.0.extend(value.to_le_bytes());
        self
    }

    fn bytes(mut self, field: u32, bytes: &[u8]) -> Self {
        self.varint(u64::from(field) << 3 | 2);
        self.varint(bytes.len() as u64);
        self.0.extend(bytes);
        self
    }

    fn text(self, field: u32, text: &str) -> Self {
        self.bytes(field, text.as_bytes())
    }

    fn message(self, field: u32, message: &Self) -> Self {
        self.bytes(field, &message.0)
    }

    /// Writes it as a packet of a trace.
    fn write(self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(&Self::default().message(1, &self).0)
    }
}

/// Kinds of events.
mod kind {
    pub(super) const BEGIN: u64 = 1;
    pub(super) const END: u64 = 2;
    pub(super) const INSTANT: u64 = 3;
    pub(super) const COUNTER: u64 = 4;
}

/// Tells that names are numbered anew, and that numbers of names are used.
const CLEARED: u64 = 1;
const NEEDED: u64 = 2;

/// Writes the events of recordings. Each process and thread is a track, each metric of a thread a
/// counter. Times are nanoseconds since the first recording began.
///
/// # Errors
/// Fails when the file cannot be written.
pub fn export(recordings: &[Recording], path: &Path) -> Result<(), ExportError> {
    write_file(path, |out| write(recordings, out))
}

fn write(recordings: &[Recording], out: &mut impl Write) -> io::Result<()> {
    let catalog = Catalog::of(recordings);
    let start = start_of(recordings);
    for (number, process) in catalog.processes().iter().enumerate() {
        let name = format!(
            "rank {} ({}, process {})",
            process.rank, process.host, process.pid
        );
        let of = Proto::default().number(1, number as u64 + 1).text(6, &name);
        let track = Proto::default()
            .number(1, process_track(number))
            .text(2, &name)
            .message(3, &of);
        Proto::default().message(60, &track).write(out)?;
    }
    for (number, stream) in streams(recordings, &catalog).enumerate() {
        Writer::begin(&catalog, &stream, number, start, out)?.run(stream, out)?;
    }
    Ok(())
}

fn process_track(recording: usize) -> u64 {
    1 << 32 | recording as u64
}

/// Writes the events of a location.
struct Writer<'a> {
    catalog: &'a Catalog,
    recording: usize,
    /// The sequence of packets, which has names of its own.
    sequence: u64,
    track: u64,
    start: u64,
    names: HashMap<String, u64>,
    counters: HashMap<String, u64>,
}

impl<'a> Writer<'a> {
    fn begin(
        catalog: &'a Catalog,
        stream: &Stream<'_>,
        number: usize,
        start: u64,
        out: &mut impl Write,
    ) -> io::Result<Self> {
        let writer = Self {
            catalog,
            recording: stream.location.recording,
            sequence: number as u64 + 1,
            track: 2 << 32 | (number as u64) << 16,
            start,
            names: HashMap::new(),
            counters: HashMap::new(),
        };
        let thread = Proto::default()
            .number(1, stream.location.recording as u64 + 1)
            .number(2, number as u64 + 1)
            .text(5, &stream.location.name);
        let track = Proto::default()
            .number(1, writer.track)
            .text(2, &stream.location.name)
            .message(4, &thread)
            .number(5, process_track(stream.location.recording));
        Proto::default()
            .number(10, writer.sequence)
            .number(13, CLEARED)
            .message(60, &track)
            .write(out)?;
        Ok(writer)
    }

    fn run(mut self, stream: Stream<'_>, out: &mut impl Write) -> io::Result<()> {
        for item in stream {
            let time = item.time.saturating_sub(self.start);
            match label(self.catalog, self.recording, &item.event) {
                Label::Begin(region) => {
                    let region = &self.catalog.regions()[region];
                    self.event(time, kind::BEGIN, &region.name, region.paradigm.name(), out)?;
                }
                Label::End => {
                    let event = Proto::default().number(9, kind::END).number(11, self.track);
                    self.packet(time).message(11, &event).write(out)?;
                }
                Label::Instant(name) => self.event(time, kind::INSTANT, &name, "marker", out)?,
                Label::Counters(values) => {
                    for (name, unit, value) in values {
                        self.counter(time, name, unit, value, out)?;
                    }
                }
                Label::Nothing => {}
            }
        }
        Ok(())
    }

    fn packet(&self, time: u64) -> Proto {
        Proto::default()
            .number(8, time)
            .number(10, self.sequence)
            .number(13, NEEDED)
    }

    fn event(
        &mut self,
        time: u64,
        kind: u64,
        name: &str,
        category: &str,
        out: &mut impl Write,
    ) -> io::Result<()> {
        let mut packet = self.packet(time);
        let known = self.names.get(name).copied();
        let number = known.unwrap_or_else(|| {
            let number = self.names.len() as u64 + 1;
            self.names.insert(name.into(), number);
            number
        });
        if known.is_none() {
            let entry = Proto::default().number(1, number).text(2, name);
            packet = packet.message(12, &Proto::default().message(2, &entry));
        }
        let event = Proto::default()
            .number(9, kind)
            .number(10, number)
            .number(11, self.track)
            .text(22, category);
        packet.message(11, &event).write(out)
    }

    fn counter(
        &mut self,
        time: u64,
        name: &str,
        unit: &str,
        value: f64,
        out: &mut impl Write,
    ) -> io::Result<()> {
        let known = self.counters.get(name).copied();
        let track = known.unwrap_or(self.track + 1 + self.counters.len() as u64);
        if known.is_none() {
            self.counters.insert(name.into(), track);
            let counter = Proto::default().text(6, unit);
            let descriptor = Proto::default()
                .number(1, track)
                .text(2, name)
                .number(5, self.track)
                .message(8, &counter);
            Proto::default()
                .number(10, self.sequence)
                .message(60, &descriptor)
                .write(out)?;
        }
        let event = Proto::default()
            .number(9, kind::COUNTER)
            .number(11, track)
            .double(44, value);
        self.packet(time).message(11, &event).write(out)
    }
}
