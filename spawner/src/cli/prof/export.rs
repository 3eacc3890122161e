use std::path::{Path, PathBuf};

use anyhow::anyhow;
use hpc_profile::export::{ExportError, chrome, csv, cube, folded, otf2, perfetto, speedscope};
use hpc_profile::{Profile, Recording};

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
    /// What to write; else the output's ending tells (`.cubex`, `.pftrace`, `.speedscope.json`,
    /// `.json`, `.folded`, `.csv`, no ending for OTF2).
    #[arg(long, value_enum)]
    format: Option<Format>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// A trace for Vampir and Scalasca.
    Otf2,
    /// A profile for Cube and Extra-P.
    Cube,
    /// A trace for ui.perfetto.dev.
    Perfetto,
    /// A trace in JSON for most viewers.
    Chrome,
    /// A trace or profile for www.speedscope.app.
    Speedscope,
    /// Stacks for flame graphs.
    Folded,
    /// A table of call paths.
    Csv,
    /// A table of all visits.
    Visits,
}

impl Format {
    /// What a file of that name holds.
    fn of(output: &Path) -> Option<Self> {
        let name = output.file_name()?.to_str()?.to_ascii_lowercase();
        let endings = [
            (".cubex", Self::Cube),
            (".pftrace", Self::Perfetto),
            (".perfetto-trace", Self::Perfetto),
            (".speedscope.json", Self::Speedscope),
            (".json", Self::Chrome),
            (".folded", Self::Folded),
            (".csv", Self::Csv),
        ];
        let ending = endings.iter().find(|(ending, _)| name.ends_with(ending));
        match ending {
            Some((_, format)) => Some(*format),
            None => (!name.contains('.')).then_some(Self::Otf2),
        }
    }

    fn needs_events(self) -> bool {
        matches!(
            self,
            Self::Otf2 | Self::Perfetto | Self::Chrome | Self::Visits
        )
    }

    fn write(self, recordings: &[Recording], output: &Path) -> Result<(), ExportError> {
        let profile = || Profile::of(recordings);
        match self {
            Self::Otf2 => otf2::export(recordings, output),
            Self::Cube => cube::export(&profile(), output),
            Self::Perfetto => perfetto::export(recordings, output),
            Self::Chrome => chrome::export(recordings, output),
            Self::Speedscope => speedscope::export(recordings, output),
            Self::Folded => folded::export(&profile(), output),
            Self::Csv => csv::export_profile(&profile(), output),
            Self::Visits => csv::export_visits(recordings, output),
        }
    }
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
    let has_events = recordings
        .iter()
        .flat_map(Recording::threads)
        .any(|thread| thread.events().next().is_some());
    if format.needs_events() && !has_events {
        return Err(Failure::input(anyhow!(
            "{} holds a profile and no events; record a trace, or export cube, folded, csv or \
             speedscope",
            args.files[0].display()
        )));
    }
    format.write(&recordings, output).map_err(Failure::run)?;
    println!("{}", output.display());
    Ok(())
}
