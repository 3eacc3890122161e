use std::io;
use std::path::Path;
use std::str::FromStr;

use super::{ExportError, chrome, csv, cube, firefox, folded, otf2, perfetto, speedscope};
use crate::model::Profile;
use crate::reader::Recording;

/// What a file for another tool is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A trace for Vampir and Scalasca: a folder.
    Otf2,
    /// A profile for Cube and Extra-P.
    Cube,
    /// A trace for ui.perfetto.dev.
    Perfetto,
    /// A trace in JSON for most viewers.
    Chrome,
    /// A trace or profile for www.speedscope.app.
    Speedscope,
    /// A trace or profile for profiler.firefox.com.
    Firefox,
    /// Stacks for flame graphs.
    Folded,
    /// A table of call paths.
    Csv,
    /// A table of all visits.
    Visits,
}

impl Format {
    /// All formats, with their names.
    pub const ALL: [(&'static str, Self); 9] = [
        ("otf2", Self::Otf2),
        ("cube", Self::Cube),
        ("perfetto", Self::Perfetto),
        ("chrome", Self::Chrome),
        ("speedscope", Self::Speedscope),
        ("firefox", Self::Firefox),
        ("folded", Self::Folded),
        ("csv", Self::Csv),
        ("visits", Self::Visits),
    ];

    /// What a file of that name holds: `.cubex`, `.pftrace`, `.speedscope.json`, `.firefox.json`,
    /// `.json` (Chrome), `.folded`, `.csv`; `.otf2` and no ending stand for OTF2.
    pub fn of(output: &Path) -> Option<Self> {
        let name = output.file_name()?.to_str()?.to_ascii_lowercase();
        let endings = [
            (".cubex", Self::Cube),
            (".pftrace", Self::Perfetto),
            (".perfetto-trace", Self::Perfetto),
            (".speedscope.json", Self::Speedscope),
            (".firefox.json", Self::Firefox),
            (".json", Self::Chrome),
            (".folded", Self::Folded),
            (".csv", Self::Csv),
            (".otf2", Self::Otf2),
        ];
        let ending = endings.iter().find(|(ending, _)| name.ends_with(ending));
        match ending {
            Some((_, format)) => Some(*format),
            None => (!name.contains('.')).then_some(Self::Otf2),
        }
    }

    /// Whether it is made of events, which only a trace has.
    pub fn needs_events(self) -> bool {
        matches!(
            self,
            Self::Otf2 | Self::Perfetto | Self::Chrome | Self::Visits
        )
    }

    /// Writes the file.
    ///
    /// # Errors
    /// Fails when it cannot be written, and with [`io::ErrorKind::InvalidInput`] when the format needs
    /// events that were not recorded.
    pub fn write(self, recordings: &[Recording], output: &Path) -> Result<(), ExportError> {
        let has_events = || {
            let threads = recordings.iter().flat_map(Recording::threads);
            threads
                .into_iter()
                .any(|thread| thread.events().next().is_some())
        };
        if self.needs_events() && !has_events() {
            let why = "the recording holds a profile and no events; record a trace, or export \
                       cube, folded, csv, speedscope or firefox";
            return Err(ExportError {
                path: output.into(),
                source: io::Error::new(io::ErrorKind::InvalidInput, why),
            });
        }
        let profile = || Profile::of(recordings);
        match self {
            Self::Otf2 => otf2::export(recordings, output),
            Self::Cube => cube::export(&profile(), output),
            Self::Perfetto => perfetto::export(recordings, output),
            Self::Chrome => chrome::export(recordings, output),
            Self::Speedscope => speedscope::export(recordings, output),
            Self::Firefox => firefox::export(recordings, output),
            Self::Folded => folded::export(&profile(), output),
            Self::Csv => csv::export_profile(&profile(), output),
            Self::Visits => csv::export_visits(recordings, output),
        }
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let known = Self::ALL.iter().find(|(known, _)| *known == name);
        known.map(|(_, format)| *format).ok_or_else(|| {
            let names = Self::ALL.map(|(name, _)| name).join(", ");
            format!("`{name}` is no format; use one of {names}")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_tell_the_format() {
        for (name, format) in [
            ("a.cubex", Some(Format::Cube)),
            ("b/trace", Some(Format::Otf2)),
            ("run.otf2", Some(Format::Otf2)),
            ("run.speedscope.json", Some(Format::Speedscope)),
            ("RUN.JSON", Some(Format::Chrome)),
            ("run.txt", None),
        ] {
            assert_eq!(Format::of(Path::new(name)), format, "{name}");
        }
        assert_eq!("cube".parse(), Ok(Format::Cube));
        assert!("cubex".parse::<Format>().is_err());
    }
}
