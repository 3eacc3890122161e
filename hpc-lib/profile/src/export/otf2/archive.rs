//! Writing an archive.

use std::collections::{BTreeMap, HashMap};
use std::fs::DirBuilder;
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use crate::export::{ExportError, Stream, create, streams, write_file};
use crate::model::Catalog;
use crate::reader::Recording;
use crate::record::region::{Metric, MetricMode, ThreadKind};

use super::definitions::{
    Anchor, DEFINITION_CHUNK, Definitions, EVENT_CHUNK, GroupKind, PARADIGM_MPI, TYPE_F64,
    TYPE_I64, TYPE_U64,
};
use super::encode::Fields;
use super::events::{MEMORY, References, WORK};
use super::file::ChunkedFile;

/// The version of OTF2 whose files these are like. Later ones read them.
const VERSION: [u8; 3] = [3, 0, 2];

/// How much of the time events cover.
#[derive(Clone, Copy, Debug)]
struct Span {
    first: u64,
    last: u64,
}

/// Writes recordings as one archive: `traces.otf2`, `traces.def` and the folder `traces` in a
/// folder, which is made if need be. Each thread is a location; times are nanoseconds since 1970;
/// clocks of other ranks are corrected by the readers, as far as their offsets were recorded.
///
/// Bytes and operations of routines are metrics, markers of the user are values of a parameter of
/// that name. Time and memory do not depend on the number of processes: a chunk of 1 MiB is held.
///
/// # Errors
/// Fails when a file cannot be written.
pub fn export(recordings: &[Recording], folder: &Path) -> Result<(), ExportError> {
    let catalog = Catalog::of(recordings);
    let events = folder.join("traces");
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&events)
        .map_err(ExportError::of(&events))?;
    let mut references = References::new();
    let mut counts = Vec::new();
    let mut span: Option<Span> = None;
    for (number, stream) in streams(recordings, &catalog).enumerate() {
        let path = events.join(format!("{number}.evt"));
        let fail = ExportError::of(&path);
        let out = create(&path).map_err(&fail)?;
        let (count, of) = write_events(out, &catalog, &mut references, stream).map_err(&fail)?;
        counts.push(count);
        span = match (span, of) {
            (Some(one), Some(other)) => Some(Span {
                first: one.first.min(other.first),
                last: one.last.max(other.last),
            }),
            (one, other) => one.or(other),
        };
    }
    let span = span.unwrap_or_else(|| Span {
        first: recordings
            .first()
            .map_or(0, |recording| recording.time_base().start().realtime),
        last: 0,
    });
    for (number, location) in catalog.locations().iter().enumerate() {
        let recording = &recordings[location.recording];
        let path = events.join(format!("{number}.def"));
        let fail = ExportError::of(&path);
        let mut file = ChunkedFile::new(create(&path).map_err(&fail)?, DEFINITION_CHUNK);
        write_offsets(&mut file, recording, span).map_err(&fail)?;
        file.finish().map_err(&fail)?;
    }
    let path = folder.join("traces.def");
    let fail = ExportError::of(&path);
    let out = create(&path).map_err(&fail)?;
    let definitions = Definitions::new(out);
    let count = write_definitions(
        definitions,
        recordings,
        &catalog,
        &references,
        &counts,
        span,
    )
    .map_err(fail)?;
    let anchor = Anchor {
        version: VERSION,
        locations: counts.len() as u64,
        definitions: count,
        machine: catalog
            .processes()
            .first()
            .map_or("", |process| &process.host),
        creator: concat!("hpc-profile ", env!("CARGO_PKG_VERSION")),
        description: "",
        id: span.first,
    };
    write_file(&folder.join("traces.otf2"), |out| {
        out.write_all(&anchor.encode())
    })
}

fn write_events(
    out: impl io::Write,
    catalog: &Catalog,
    references: &mut References,
    mut stream: Stream<'_>,
) -> io::Result<(u64, Option<Span>)> {
    let mut file = ChunkedFile::new(out, EVENT_CHUNK);
    let mut span: Option<Span> = None;
    while let Some(item) = stream.next() {
        if let Some(record) = references.record(catalog, &stream, &item.event) {
            file.event(item.time, &record)?;
            span.get_or_insert(Span {
                first: item.time,
                last: item.time,
            })
            .last = item.time;
        }
    }
    Ok((file.finish()?, span))
}

/// Readers interpolate between offsets, and want two at least.
fn write_offsets(
    file: &mut ChunkedFile<impl io::Write>,
    recording: &Recording,
    span: Span,
) -> io::Result<()> {
    let base = recording.time_base();
    let mut offsets: Vec<(u64, i64, f64)> = recording
        .clock_offsets()
        .into_iter()
        .map(|offset| {
            (
                base.realtime(offset.ticks),
                offset.nanoseconds,
                offset.deviation,
            )
        })
        .collect();
    if let [(time, offset, deviation)] = offsets[..] {
        offsets.push((span.last.max(time + 1), offset, deviation));
    }
    offsets.sort_by_key(|(time, ..)| *time);
    for (time, offset, deviation) in offsets {
        file.define(
            &Fields::new()
                .full_u64(time)
                .i64(offset)
                .f64(deviation)
                .record(6),
        )?;
    }
    Ok(())
}

fn write_definitions(
    mut definitions: Definitions<impl io::Write>,
    recordings: &[Recording],
    catalog: &Catalog,
    references: &References,
    counts: &[u64],
    span: Span,
) -> io::Result<u64> {
    let shift = recordings
        .iter()
        .flat_map(Recording::clock_offsets)
        .map(|offset| offset.nanoseconds);
    let (back, forth) = shift.fold((0, 0), |(back, forth), shift| {
        (shift.min(back), shift.max(forth))
    });
    let first = span.first.saturating_add_signed(back);
    let last = span.last.saturating_add_signed(forth);
    definitions.clock(first, last.saturating_sub(first), first)?;
    for text in &references.texts {
        definitions.text(text)?;
    }
    write_system(&mut definitions, catalog, counts)?;
    for (number, region) in catalog.regions().iter().enumerate() {
        definitions.region(number as u32, region)?;
    }
    for (number, (name, kind)) in references.parameters.iter().enumerate() {
        definitions.parameter(number as u32, name, *kind)?;
    }
    write_metrics(&mut definitions, catalog, references)?;
    write_communicators(&mut definitions, catalog)?;
    definitions.finish()
}

/// The machines, processes and threads.
fn write_system(
    definitions: &mut Definitions<impl io::Write>,
    catalog: &Catalog,
    counts: &[u64],
) -> io::Result<()> {
    definitions.system(0, "machine", "machine", None)?;
    definitions.system_domain(0, 0)?;
    let mut hosts: BTreeMap<&str, u32> = BTreeMap::new();
    for process in catalog.processes() {
        if !hosts.contains_key(process.host.as_str()) {
            let id = hosts.len() as u32 + 1;
            hosts.insert(&process.host, id);
            definitions.system(id, &process.host, "node", Some(0))?;
            definitions.system_domain(id, 1)?;
        }
    }
    for (number, process) in catalog.processes().iter().enumerate() {
        let name = catalog.process_name(number);
        let host = hosts.get(process.host.as_str()).copied().unwrap_or(0);
        definitions.process(number as u32, &name, host)?;
    }
    for (number, (location, count)) in catalog.locations().iter().zip(counts).enumerate() {
        let kind = match location.kind {
            ThreadKind::Thread => 1,
            ThreadKind::Stream => 2,
        };
        let process = location.recording as u32;
        definitions.location(number as u64, &location.name, kind, *count, process)?;
    }
    Ok(())
}

/// Each metric is a class of its own; what is told of memory and of work comes after them.
fn write_metrics(
    definitions: &mut Definitions<impl io::Write>,
    catalog: &Catalog,
    references: &References,
) -> io::Result<()> {
    const SYNCHRONOUS: u8 = 1;
    const CPU: u8 = 2;
    for (number, metric) in catalog.metrics().iter().enumerate() {
        let whole = references.whole.get(&number).is_some_and(|whole| *whole);
        let kind = if whole { TYPE_I64 } else { TYPE_F64 };
        definitions.metric(number as u32, metric, kind)?;
        definitions.metric_class(number as u32, &[number as u32], SYNCHRONOUS, CPU)?;
    }
    let first_class = catalog.metrics().len() as u32;
    let mut member = first_class;
    for (class, names) in [&MEMORY[..], &WORK[..]].into_iter().enumerate() {
        let first = member;
        for (name, unit) in names {
            let metric = Metric {
                name: (*name).into(),
                unit: (*unit).into(),
                description: String::new(),
                mode: MetricMode::Absolute,
            };
            definitions.metric(member, &metric, TYPE_U64)?;
            member += 1;
        }
        let members: Vec<u32> = (first..member).collect();
        definitions.metric_class(first_class + class as u32, &members, SYNCHRONOUS, CPU)?;
    }
    Ok(())
}

/// Groups and communicators. A process's first thread stands for its rank.
fn write_communicators(
    definitions: &mut Definitions<impl io::Write>,
    catalog: &Catalog,
) -> io::Result<()> {
    if catalog.communicators().is_empty() {
        return Ok(());
    }
    definitions.paradigm(PARADIGM_MPI, "MPI", 0)?;
    let mut first_of_rank: BTreeMap<u32, u64> = BTreeMap::new();
    for (number, location) in catalog.locations().iter().enumerate() {
        let rank = catalog.process(location).rank;
        first_of_rank.entry(rank).or_insert(number as u64);
    }
    let locations: Vec<u64> = first_of_rank.values().copied().collect();
    let places: HashMap<u32, u64> = first_of_rank.keys().copied().zip(0..).collect();
    definitions.group(0, "", GroupKind::CommLocations, &locations)?;
    for (number, communicator) in catalog.communicators().iter().enumerate() {
        let members: Vec<u64> = communicator
            .ranks
            .iter()
            .filter_map(|rank| places.get(rank).copied())
            .collect();
        let id = number as u32;
        definitions.group(id + 1, "", GroupKind::CommGroup, &members)?;
        definitions.communicator(id, &communicator.name, id + 1)?;
    }
    Ok(())
}
