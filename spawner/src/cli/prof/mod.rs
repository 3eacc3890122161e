//! Recordings of programs: what took the time, what changed, and files for other tools.

mod diff;
mod export;
mod show;

use std::path::PathBuf;

use hpc_profile::Recording;

use super::Failure;

const EXAMPLES: &str = "\
Examples:
  ferrolab prof show run.prof                    where the time went
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

/// Opens recordings, in the order of their ranks.
fn open(files: &[PathBuf]) -> Result<Vec<Recording>, Failure> {
    let mut recordings = files
        .iter()
        .map(|file| Recording::open(file))
        .collect::<Result<Vec<_>, _>>()
        .map_err(Failure::input)?;
    recordings.sort_by_key(|recording| recording.process().rank);
    Ok(recordings)
}
