//! What was submitted, for whom, and how it ended: one folder per job in the user's state folder.
//!
//! ```text
//! ~/.local/state/ferrolab/jobs/<key>/entry.json    written before and after sbatch
//!                                   /spec.json     what the node is to do; the node may remove it
//!                                   /end.json      written by the node when a notebook has ended
//! ```
//!
//! The key is random and part of the job's name, so a job whose number was lost (a crash between
//! `sbatch` and the second write) is found again by name, and a job number that Slurm has given
//! to someone else is never taken for ours. Folders are 0700, files 0600.

mod end;
mod ending;
mod entry;
mod launch;
mod number;
mod private;
mod status;

pub use end::{End, FailedCell};
pub use ending::{Ending, end_job};
pub use entry::{Entry, Purpose};
pub use launch::{LaunchError, Order, launch};
pub use number::recover_numbers;
pub use private::{PrivateError, read_private, write_private};
pub use status::{Phase, Status, statuses};

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::slurm::JobId;

/// The jobs of one user.
#[derive(Debug, Clone)]
pub struct Ledger {
    folder: PathBuf,
}

impl Ledger {
    /// The ledger in the user's state folder, which is made if need be.
    ///
    /// # Errors
    /// When the folder cannot be made, or belongs to someone else.
    pub fn open(state_folder: &Path) -> Result<Self, PrivateError> {
        let folder = state_folder.join("jobs");
        private::make_folder(&folder)?;
        Ok(Self { folder })
    }

    /// The folder of one job.
    #[must_use]
    pub fn job_folder(&self, key: &str) -> PathBuf {
        self.folder.join(key)
    }

    /// The file that tells the node what to do.
    #[must_use]
    pub fn spec_path(&self, key: &str) -> PathBuf {
        self.job_folder(key).join("spec.json")
    }

    /// The file in which the node says how it ended.
    #[must_use]
    pub fn end_path(&self, key: &str) -> PathBuf {
        self.job_folder(key).join("end.json")
    }

    /// Writes an entry, replacing the one of the same key.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn write(&self, entry: &Entry) -> Result<(), PrivateError> {
        let folder = self.job_folder(&entry.key);
        private::make_folder(&folder)?;
        write_private(&folder.join("entry.json"), entry)
    }

    /// Writes down that a job is over, with Slurm's word for how it ended, and removes what was
    /// left for the node: a server that never ran has left its token there.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn settle(&self, entry: &mut Entry, word: &str) -> Result<(), PrivateError> {
        let spec = self.spec_path(&entry.key);
        match fs::remove_file(&spec) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                return Err(PrivateError::new("remove", &spec, source));
            }
            _ => {}
        }
        entry.settled = Some(word.to_owned());
        self.write(entry)
    }

    /// Forgets a job.
    ///
    /// # Errors
    /// When its folder cannot be removed.
    pub fn forget(&self, key: &str) -> Result<(), PrivateError> {
        let folder = self.job_folder(key);
        fs::remove_dir_all(&folder).map_err(|source| PrivateError::new("remove", &folder, source))
    }

    /// All jobs, oldest first. A folder without a readable entry of its own key is left out.
    ///
    /// # Errors
    /// When the ledger cannot be read at all.
    pub fn entries(&self) -> Result<Vec<Entry>, PrivateError> {
        let failed = |source| PrivateError::new("read", &self.folder, source);
        let mut entries: Vec<Entry> = fs::read_dir(&self.folder)
            .map_err(failed)?
            .filter_map(|item| {
                let folder = item.ok()?.path();
                let entry: Entry = read_private(&folder.join("entry.json")).ok()?;
                // The key becomes a path again: in any other folder it would lead elsewhere.
                (folder.file_name()? == OsStr::new(&entry.key)).then_some(entry)
            })
            .collect();
        entries.sort_by(|a, b| (a.submitted, a.job.as_ref()).cmp(&(b.submitted, b.job.as_ref())));
        Ok(entries)
    }

    /// The job of that number. Numbers can come again after years; the newest counts.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn find(&self, job: &JobId) -> Result<Option<Entry>, PrivateError> {
        let same = |entry: &Entry| {
            entry
                .job
                .as_ref()
                .is_some_and(|known| known.number == job.number)
        };
        Ok(self.entries()?.into_iter().rev().find(same))
    }

    /// How the job ended, when the node has said so.
    #[must_use]
    pub fn end(&self, key: &str) -> Option<End> {
        read_private(&self.end_path(key)).ok()
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn entry(key: &str, number: Option<u32>, submitted: u64) -> Entry {
        let mut entry = Entry::new(
            Purpose::Server {
                server: String::new(),
            },
            "ada",
        );
        key.clone_into(&mut entry.key);
        entry.job = number.map(JobId::new);
        entry.submitted = submitted;
        entry
    }

    #[test]
    fn entries_are_private_and_come_back_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("state")).unwrap();
        ledger.write(&entry("b", Some(2), 20)).unwrap();
        ledger.write(&entry("a", None, 10)).unwrap();
        ledger.write(&entry("c", Some(2), 30)).unwrap();
        fs::create_dir(folder.path().join("state/jobs/empty")).unwrap();
        let stray = folder.path().join("state/jobs/stray");
        fs::create_dir(&stray).unwrap();
        write_private(&stray.join("entry.json"), &entry("../..", Some(4), 40)).unwrap();
        let keys: Vec<_> = ledger
            .entries()
            .unwrap()
            .into_iter()
            .map(|entry| entry.key)
            .collect();
        assert_eq!(keys, ["a", "b", "c"]);
        assert_eq!(ledger.find(&JobId::new(2)).unwrap().unwrap().key, "c");
        assert!(ledger.find(&JobId::new(3)).unwrap().is_none());
        let mode = |path: &str| {
            fs::metadata(folder.path().join("state/jobs").join(path))
                .unwrap()
                .permissions()
                .mode()
                & 0o777
        };
        assert_eq!((mode("a"), mode("a/entry.json")), (0o700, 0o600));
        ledger.forget("a").unwrap();
        assert_eq!(ledger.entries().unwrap().len(), 2);
    }
}
