//! Tables of values separated by commas (RFC 4180), for data frames.

use std::io::{self, Write};
use std::path::Path;

use crate::model::{Catalog, Profile};
use crate::reader::Recording;
use crate::record::counter::Counter;

use super::{ExportError, Label, label, streams, write_file};

/// Writes a row for each call path of each thread. Times are in nanoseconds; names of a path are
/// separated by `/`. What the processor counted, if anything, is without the regions inside, as are
/// `bytes` and `flops`.
///
/// # Errors
/// Fails when the file cannot be written.
pub fn export_profile(profile: &Profile, path: &Path) -> Result<(), ExportError> {
    write_file(path, |out| write_profile(profile, out))
}

/// Writes a row for each visit of a region, in the order of their ends. Times are nanoseconds since
/// 1970.
///
/// # Errors
/// Fails when the file cannot be written.
pub fn export_visits(recordings: &[Recording], path: &Path) -> Result<(), ExportError> {
    write_file(path, |out| write_visits(recordings, out))
}

fn write_profile(profile: &Profile, out: &mut impl Write) -> io::Result<()> {
    let catalog = profile.catalog();
    let root = profile.total(0);
    let counted: Vec<Counter> = Counter::ALL
        .into_iter()
        .filter(|counter| root.counters.get(*counter) > 0)
        .collect();
    write!(
        out,
        "rank,thread,path,region,file,line,visits,inclusive_ns,exclusive_ns,min_ns,max_ns,\
         compensated_ns,bytes,flops,allocated_bytes,allocations,peak_bytes"
    )?;
    for counter in &counted {
        write!(out, ",{}", counter.name())?;
    }
    writeln!(out)?;
    for (number, location) in catalog.locations().iter().enumerate() {
        let rank = catalog.process(location).rank;
        let thread = quoted(&location.name);
        for (node, path) in profile.nodes().iter().enumerate().skip(1) {
            let counts = &path.counts[number];
            if counts.visits == 0 {
                continue;
            }
            let Some(region) = profile.region(node) else {
                continue;
            };
            write!(
                out,
                "{rank},{thread},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}",
                quoted(&profile.path(node).join("/")),
                quoted(&region.name),
                quoted(&region.file),
                region.line,
                counts.visits,
                counts.inclusive,
                counts.exclusive,
                counts.min,
                counts.max,
                counts.compensated(),
                counts.own_bytes,
                counts.own_flops,
                counts.allocated,
                counts.allocations,
                counts.peak
            )?;
            for counter in &counted {
                write!(out, ",{}", counts.own_counters.get(*counter))?;
            }
            writeln!(out)?;
        }
    }
    Ok(())
}

fn write_visits(recordings: &[Recording], out: &mut impl Write) -> io::Result<()> {
    let catalog = Catalog::of(recordings);
    writeln!(out, "rank,thread,region,depth,start_ns,end_ns")?;
    for stream in streams(recordings, &catalog) {
        let recording = stream.location.recording;
        let rank = catalog.process(stream.location).rank;
        let thread = quoted(&stream.location.name);
        let mut open = Vec::new();
        for item in stream {
            match label(&catalog, recording, &item.event) {
                Label::Begin(region) => open.push((region, item.time)),
                Label::End => {
                    if let Some((region, start)) = open.pop() {
                        let name = quoted(&catalog.regions()[region].name);
                        let (depth, end) = (open.len(), item.time);
                        writeln!(out, "{rank},{thread},{name},{depth},{start},{end}")?;
                    }
                }
                _ => {}
            }
        }
    }
    Ok(())
}

fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.into()
    }
}
