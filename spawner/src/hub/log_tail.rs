use std::fs::OpenOptions;
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;
use rustix::process::geteuid;

use super::{Answer, HubError};
use crate::ledger::Ledger;

/// How much of the end of a log is read, in bytes, and shown, in lines.
const TAIL_BYTES: u64 = 16 << 10;
const TAIL_LINES: usize = 20;
/// Longest line that is shown.
const LINE_LETTERS: usize = 300;

/// The last lines of a job's log, read as its owner.
pub(super) fn of_job(ledger: &Ledger, key: &str) -> Result<Answer, HubError> {
    let entries = ledger.entries().map_err(HubError::internal)?;
    let entry = entries.into_iter().find(|entry| entry.key == key);
    let path = entry.and_then(|entry| entry.log_path());
    // A job that was cancelled while it waited has written nothing.
    let lines = path.and_then(|path| tail(&path).ok()).unwrap_or_default();
    Ok(Answer::Log { lines })
}

fn tail(path: &Path) -> std::io::Result<Vec<String>> {
    let mut file = OpenOptions::new()
        .read(true)
        .custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed())
        .open(path)?;
    let found = file.metadata()?;
    if !found.is_file() || found.uid() != geteuid().as_raw() {
        return Err(std::io::Error::other("not a file of this user"));
    }
    file.seek(SeekFrom::Start(found.len().saturating_sub(TAIL_BYTES)))?;
    let mut bytes = Vec::new();
    file.take(TAIL_BYTES).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().collect();
    let plain = |line: &&str| {
        line.chars()
            .filter(|letter| !letter.is_control())
            .take(LINE_LETTERS)
            .collect()
    };
    Ok(lines[lines.len().saturating_sub(TAIL_LINES)..]
        .iter()
        .map(plain)
        .collect())
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn the_tail_is_short_plain_and_never_another_file() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("a.log");
        let mut text = String::new();
        for line in 0..5_000 {
            writeln!(text, "line {line}\u{1b}[31m").unwrap();
        }
        fs::write(&log, text).unwrap();
        let lines = tail(&log).unwrap();
        assert_eq!((lines.len(), lines[19].as_str()), (20, "line 4999[31m"));

        let link = folder.path().join("b.log");
        symlink(&log, &link).unwrap();
        assert!(tail(&link).is_err());
        assert!(tail(folder.path()).is_err());
    }
}
