//! Chrome's JSON traces, which most viewers of timelines read.

use std::io::{self, Write};
use std::path::Path;

use crate::model::Catalog;
use crate::reader::Recording;

use super::{ExportError, Label, json, label, start_of, streams, write_file};

/// Writes the events of recordings. A rank is a process, a metric a counter; times are microseconds
/// since the first recording began, with three places after the point.
///
/// # Errors
/// Fails when the file cannot be written.
pub fn export(recordings: &[Recording], path: &Path) -> Result<(), ExportError> {
    write_file(path, |out| write(recordings, out))
}

fn write(recordings: &[Recording], out: &mut impl Write) -> io::Result<()> {
    let catalog = Catalog::of(recordings);
    let start = start_of(recordings);
    write!(out, "{{\"displayTimeUnit\":\"ns\",\"traceEvents\":[")?;
    let mut between = "\n";
    for (number, process) in catalog.processes().iter().enumerate() {
        let name = format!(
            "rank {} ({}, process {})",
            process.rank, process.host, process.pid
        );
        write!(
            out,
            "{between}{{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":{number},\
             \"args\":{{\"name\":{}}}}}",
            json(&name)
        )?;
        between = ",\n";
    }
    for (thread, stream) in streams(recordings, &catalog).enumerate() {
        let process = stream.location.recording;
        write!(
            out,
            "{between}{{\"ph\":\"M\",\"name\":\"thread_name\",\"pid\":{process},\"tid\":{thread},\
             \"args\":{{\"name\":{}}}}}",
            json(&stream.location.name)
        )?;
        between = ",\n";
        for item in stream {
            let time = item.time.saturating_sub(start);
            let place = format!(
                "\"pid\":{process},\"tid\":{thread},\"ts\":{}.{:03}",
                time / 1000,
                time % 1000
            );
            match label(&catalog, process, &item.event) {
                Label::Begin(region) => {
                    let region = &catalog.regions()[region];
                    write!(
                        out,
                        ",\n{{\"ph\":\"B\",\"name\":{},\"cat\":\"{}\",{place}}}",
                        json(&region.name),
                        region.paradigm.name()
                    )?;
                }
                Label::End => write!(out, ",\n{{\"ph\":\"E\",{place}}}")?,
                Label::Instant(name) => write!(
                    out,
                    ",\n{{\"ph\":\"i\",\"s\":\"t\",\"name\":{},{place}}}",
                    json(&name)
                )?,
                Label::Counters(values) => {
                    for (name, _, value) in values {
                        // A counter belongs to a process, so that its name tells the thread.
                        let name = json(&format!("{name} ({})", catalog.locations()[thread].name));
                        let value = json_number(value);
                        write!(
                            out,
                            ",\n{{\"ph\":\"C\",\"name\":{name},\"args\":{{\"value\":{value}}},{place}}}"
                        )?;
                    }
                }
                Label::Nothing => {}
            }
        }
    }
    writeln!(out, "\n]}}")
}

/// JSON has no infinities.
fn json_number(value: f64) -> String {
    if value.is_finite() {
        value.to_string()
    } else {
        "null".into()
    }
}
