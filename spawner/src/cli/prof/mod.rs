//! Recordings of programs: what took the time, what changed, and files for other tools.

mod diff;
mod export;
mod show;

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use hpc_profile::Recording;

use super::Failure;

const EXAMPLES: &str = "\
Examples:
  ferrolab prof show run.prof                    where the time went
  ferrolab prof show notebook.executed.prof      the same of `ferrolab run --prof`, which leaves a folder
  ferrolab prof show rank-*.prof --sort exclusive --top 20
  ferrolab prof diff before.prof after.prof      what became slower
  ferrolab prof export run.prof -o traces        an OTF2 archive for Vampir
  ferrolab prof export run.prof -o run.cubex     a profile for Cube and Extra-P";

/// Look at recordings: of programs that run, have ended, or were killed.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    Show(show::Args),
    Diff(diff::Args),
    Export(export::Args),
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    match &args.action {
        Action::Show(args) => show::run(args),
        Action::Diff(args) => diff::run(args),
        Action::Export(args) => export::run(args),
    }
}

/// The recordings in a folder, such as `ferrolab run --prof` leaves; a file is itself.
fn recordings(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let unreadable =
        |error: std::io::Error| Failure::input(anyhow!("cannot read {}: {error}", path.display()));
    let mut files = Vec::new();
    for entry in path.read_dir().map_err(unreadable)? {
        let file = entry.map_err(unreadable)?.path();
        if file.extension().is_some_and(|end| end == "prof") {
            files.push(file);
        }
    }
    if files.is_empty() {
        let error = anyhow!("there are no recordings (*.prof) in {}", path.display());
        return Err(Failure::input(error));
    }
    files.sort();
    Ok(files)
}

/// Opens recordings and those in folders, in the order of their ranks.
fn open(paths: &[PathBuf]) -> Result<Vec<Recording>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        files.extend(recordings(path)?);
    }
    let mut recordings = files
        .iter()
        .map(|file| Recording::open(file))
        .collect::<Result<Vec<_>, _>>()
        .map_err(Failure::input)?;
    recordings.sort_by_key(|recording| recording.process().rank);
    Ok(recordings)
}
