//! Profiles for <https://www.speedscope.app>, which works in the browser alone.

use std::io::{self, Write};
use std::path::Path;

use crate::model::{Catalog, Frame, Profile};
use crate::reader::Recording;

use super::{ExportError, Label, json, label, start_of, streams, write_file};

const SCHEMA: &str = "https://www.speedscope.app/file-format-schema.json";

/// Writes recordings: the events of each thread, or of a recording without events its call tree.
///
/// # Errors
/// Fails when the file cannot be written.
pub fn export(recordings: &[Recording], path: &Path) -> Result<(), ExportError> {
    write_file(path, |out| {
        let traced = recordings
            .iter()
            .flat_map(Recording::threads)
            .any(|thread| thread.events().next().is_some());
        if traced {
            write_events(recordings, out)
        } else {
            write_tree(&Profile::of(recordings), out)
        }
    })
}

fn write_head(catalog: &Catalog, out: &mut impl Write) -> io::Result<()> {
    write!(
        out,
        "{{\"$schema\":\"{SCHEMA}\",\"exporter\":\"hpc-profile {}\",\"shared\":{{\"frames\":[",
        env!("CARGO_PKG_VERSION")
    )?;
    for (number, region) in catalog.regions().iter().enumerate() {
        let between = if number == 0 { "" } else { "," };
        write!(out, "{between}\n{{\"name\":{}", json(&region.name))?;
        if !region.file.is_empty() {
            write!(out, ",\"file\":{}", json(&region.file))?;
        }
        if region.line > 0 {
            write!(out, ",\"line\":{}", region.line)?;
        }
        write!(out, "}}")?;
    }
    write!(out, "]}},\"profiles\":[")
}

fn write_events(recordings: &[Recording], out: &mut impl Write) -> io::Result<()> {
    let catalog = Catalog::of(recordings);
    let start = start_of(recordings);
    write_head(&catalog, out)?;
    for (number, stream) in streams(recordings, &catalog).enumerate() {
        let between = if number == 0 { "" } else { "," };
        let recording = stream.location.recording;
        let rank = catalog.process(stream.location).rank;
        let name = format!("rank {rank}, {}", stream.location.name);
        write!(
            out,
            "{between}\n{{\"type\":\"evented\",\"name\":{},\"unit\":\"nanoseconds\",\"events\":[",
            json(&name)
        )?;
        let mut between = "\n";
        let mut open = Vec::new();
        let (mut first, mut last) = (None, 0);
        for item in stream {
            let time = item.time.saturating_sub(start);
            let (kind, region) = match label(&catalog, recording, &item.event) {
                Label::Begin(region) => {
                    open.push(region);
                    ("O", region)
                }
                Label::End => match open.pop() {
                    Some(region) => ("C", region),
                    None => continue,
                },
                _ => continue,
            };
            write!(
                out,
                "{between}{{\"type\":\"{kind}\",\"at\":{time},\"frame\":{region}}}"
            )?;
            between = ",\n";
            first = first.or(Some(time));
            last = time;
        }
        let first = first.unwrap_or(0);
        write!(out, "],\"startValue\":{first},\"endValue\":{last}}}")?;
    }
    writeln!(out, "\n]}}")
}

/// A sample for each call path, as heavy as its exclusive time.
fn write_tree(profile: &Profile, out: &mut impl Write) -> io::Result<()> {
    let catalog = profile.catalog();
    write_head(catalog, out)?;
    for (number, location) in catalog.locations().iter().enumerate() {
        let between = if number == 0 { "" } else { "," };
        let name = format!("rank {}, {}", catalog.process(location).rank, location.name);
        let mut stacks = Vec::new();
        let mut weights = Vec::new();
        for (node, path) in profile.nodes().iter().enumerate().skip(1) {
            let weight = path.counts[number].exclusive;
            if weight > 0.0 {
                stacks.push(format!("{:?}", regions_of(profile, node)));
                weights.push(weight.to_string());
            }
        }
        let end: f64 = profile.nodes()[0].counts[number].inclusive;
        write!(
            out,
            "{between}\n{{\"type\":\"sampled\",\"name\":{},\"unit\":\"nanoseconds\",\
             \"startValue\":0,\"endValue\":{end},\"samples\":[{}],\"weights\":[{}]}}",
            json(&name),
            stacks.join(","),
            weights.join(",")
        )?;
    }
    writeln!(out, "\n]}}")
}

/// The regions of a path, the outermost first.
fn regions_of(profile: &Profile, node: usize) -> Vec<usize> {
    let mut regions = Vec::new();
    let mut node = node;
    while node != 0 {
        let path = &profile.nodes()[node];
        if let Some(Frame::Region(region)) = path.frame {
            regions.push(region);
        }
        node = path.parent;
    }
    regions.reverse();
    regions
}
