//! The way of a cell from text to loaded code as regions, in a recording of the kernel's own: beside that of
//! the process which runs the cell, it goes into the same tables and files.

use std::cmp::Reverse;
use std::fs;
use std::path::Path;
use std::time::Instant;

use anyhow::Context;
use hpc_profile::{
    Clock, Mode, Options, Paradigm, Recorder, Recording, Region, Role, ThreadKind, Token,
};

use crate::build::Step;

/// Bytes for call trees and for records: some dozens of steps.
const MEMORY: u64 = 64 << 10;

/// A recording of what compiling a cell took.
pub(super) struct Phases(Recorder);

impl Phases {
    /// An empty recording in `folder`, which is removed with it. To be made before the first step.
    ///
    /// # Errors
    /// Fails when the file cannot be made.
    pub(super) fn begin(folder: &Path, events: bool) -> anyhow::Result<Self> {
        let recorder = Recorder::create(&Options {
            folder: folder.to_owned(),
            record_memory: MEMORY,
            tree_memory: MEMORY,
            threads: 1,
            // What [`Instant`] is made of too.
            clock: Clock::Monotonic,
            ..Options::default()
        })?;
        let events = if events { Mode::TRACE } else { Mode::OFF };
        recorder.set_mode(Mode::PROFILE.and(events));
        Ok(Self(recorder))
    }

    /// The recording with the steps for cell `number`.
    ///
    /// # Errors
    /// Fails when the recording cannot be read.
    pub(super) fn record(&self, number: u32, steps: &[Step]) -> anyhow::Result<Recording> {
        let writer = self
            .0
            .attach("compiler", ThreadKind::Thread)
            .context("there is no room for a thread")?;
        let region = |name: &str| {
            self.0.define_region(&Region {
                role: Role::Code,
                paradigm: Paradigm::Compiler,
                ..Region::named(name)
            })
        };
        let (now, ticks) = (Instant::now(), Clock::Monotonic.now());
        let ticks = |time: Instant| {
            let since = now.saturating_duration_since(time).as_nanos();
            ticks.saturating_sub(u64::try_from(since).unwrap_or(u64::MAX))
        };
        let mut steps = steps.to_vec();
        let ends = steps.iter().map(|step| step.end).max();
        let starts = steps.iter().map(|step| step.start).min();
        let whole = format!("compile In [{number}]");
        let mut open: Vec<(Token, Instant)> = Vec::new();
        if let (Some(start), Some(end)) = (starts, ends) {
            open.push((writer.enter_at(region(&whole), ticks(start)), end));
        }
        steps.sort_by_key(|step| (step.start, Reverse(step.end)));
        for step in &steps {
            while let Some((token, end)) = open.pop_if(|(_, end)| *end <= step.start) {
                writer.exit_at(token, ticks(end));
            }
            open.push((
                writer.enter_at(region(step.name), ticks(step.start)),
                step.end,
            ));
        }
        while let Some((token, end)) = open.pop() {
            writer.exit_at(token, ticks(end));
        }
        drop(writer);
        self.0.close();
        Ok(Recording::open(self.0.path())?)
    }
}

impl Drop for Phases {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(self.0.path()) {
            tracing::debug!("{} stays: {error}", self.0.path().display());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use hpc_profile::Profile;

    use super::*;

    #[test]
    fn steps_nest_as_they_lie_in_time() {
        let folder = tempfile::tempdir().unwrap();
        let phases = Phases::begin(folder.path(), true).unwrap();
        let begin = Instant::now();
        let step = |name, start, end| Step {
            name,
            start: begin + Duration::from_millis(start),
            end: begin + Duration::from_millis(end),
        };
        std::thread::sleep(Duration::from_millis(10));
        let steps = [
            step("parse", 0, 1),
            step("rustc", 1, 7),
            step("types", 1, 4),
            step("link", 4, 7),
            step("load", 7, 8),
        ];
        let recording = phases.record(3, &steps).unwrap();
        let profile = Profile::of(&[recording]);
        let time = |path: &[&str]| {
            let path = profile.find(&[&["compile In [3]"], path].concat()).unwrap();
            assert!(profile.is_compilation(path));
            profile.total(path).inclusive / 1e6
        };
        assert_eq!(time(&[]), 8.0);
        assert_eq!(time(&["rustc"]), 6.0);
        assert_eq!(time(&["rustc", "types"]), 3.0);
        assert_eq!(time(&["rustc", "link"]), 3.0);
        assert_eq!(time(&["load"]), 1.0);
        assert_eq!(profile.run_time(), 0.0);
        drop(phases);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
