use std::io;
use std::path::PathBuf;

use anyhow::anyhow;
use hpc_profile::export::Format;

use super::{Failure, open};

/// Write a file for another tool.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The recordings: one for each process.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Where to write: a folder for OTF2, else a file.
    #[arg(short, long)]
    output: PathBuf,
    /// What to write: otf2, cube, perfetto, chrome, speedscope, firefox, folded, csv or visits; else
    /// the output's ending tells (`.cubex`, `.pftrace`, `.json`, `.speedscope.json`, `.firefox.json`,
    /// `.folded`, `.csv`, no ending for OTF2).
    #[arg(long)]
    format: Option<Format>,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let recordings = open(&args.files)?;
    let output = &args.output;
    let format = args.format.or_else(|| Format::of(output)).ok_or_else(|| {
        Failure::input(anyhow!(
            "cannot tell a format from the name {}; say --format",
            output.display()
        ))
    })?;
    format.write(&recordings, output).map_err(|error| {
        if error.source.kind() == io::ErrorKind::InvalidInput {
            Failure::input(error)
        } else {
            Failure::run(error)
        }
    })?;
    println!("{}", output.display());
    Ok(())
}
