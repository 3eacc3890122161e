//! Recordings that are written and read: in one process, of a live one, and of one that was killed.

#![allow(clippy::unwrap_used)] // Tests say so when something is missing.

mod counters;
mod hot_path;
mod killed;
mod limits;
mod live;
mod models;
mod phases;
mod report;
mod rewind;
mod trees;

use hpc_profile::{Clock, Mode, Options, Recorder, Recording, Region, RegionId};
use tempfile::TempDir;

/// A recording in a folder of its own, whose times the test gives.
struct Bench {
    recorder: Recorder,
    _folder: TempDir,
}

impl Bench {
    fn new(mode: Mode) -> Self {
        Self::with(mode, |_| {})
    }

    fn with(mode: Mode, change: impl FnOnce(&mut Options)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut options = Options {
            folder: folder.path().into(),
            clock: Clock::Given,
            threads: 8,
            ..Options::default()
        };
        change(&mut options);
        let recorder = Recorder::create(&options).unwrap();
        recorder.set_mode(mode);
        Self {
            recorder,
            _folder: folder,
        }
    }

    fn region(&self, name: &str) -> RegionId {
        self.recorder.define_region(&Region::named(name))
    }

    fn reading(&self) -> Recording {
        Recording::open(self.recorder.path()).unwrap()
    }
}
