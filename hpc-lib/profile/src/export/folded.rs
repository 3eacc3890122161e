//! Folded stacks: a line `outer;inner nanoseconds` for each call path, for tools that draw flame
//! graphs.

use std::io::{self, Write};
use std::path::Path;

use crate::model::Profile;

use super::{ExportError, write_file};

/// Writes the exclusive time of each call path, over all threads and ranks, in nanoseconds.
///
/// # Errors
/// Fails when the file cannot be written.
pub fn export(profile: &Profile, path: &Path) -> Result<(), ExportError> {
    write_file(path, |out| write(profile, out))
}

fn write(profile: &Profile, out: &mut impl Write) -> io::Result<()> {
    for node in 1..profile.nodes().len() {
        let exclusive = profile.total(node).exclusive.round();
        if exclusive > 0.0 {
            // Characters that mean something in the format give way to others.
            let names: Vec<String> = profile
                .path(node)
                .iter()
                .map(|name| name.replace(';', ":").replace(['\n', '\r'], " "))
                .collect();
            writeln!(out, "{} {exclusive}", names.join(";"))?;
        }
    }
    Ok(())
}
