//! What measuring itself costs.

use crate::clock::Clock;
use crate::record::region::{Region, ThreadKind};
use crate::recorder::{CreateError, Mode, Options, Recorder};

const PAIRS: u32 = 2000;
const ROUNDS: u32 = 5;

impl Recorder {
    /// Measures what a pair of enter and exit costs in each mode, on a recording of its own beside
    /// this one, and notes it here, so that readers can tell it from the program's own time. Takes
    /// a few milliseconds. Nothing is noted when times are given by the program.
    ///
    /// # Errors
    /// Fails when the file of that recording cannot be made.
    pub fn measure_cost(&self) -> Result<(), CreateError> {
        let clock = self.clock();
        if clock == Clock::Given {
            return Ok(());
        }
        let scratch = Self::create(&Options {
            folder: self.path().parent().unwrap_or(self.path()).into(),
            record_memory: 1 << 16,
            tree_memory: 0,
            threads: 1,
            clock,
            ..Options::default()
        })?;
        let region = scratch.define_region(&Region::named("cost"));
        if let Some(writer) = scratch.attach("cost", ThreadKind::Thread) {
            self.set_cost([Mode::PROFILE, Mode::TRACE, Mode::BOTH].map(|mode| {
                scratch.set_mode(mode);
                let rounds = (0..ROUNDS).map(|_| {
                    let start = clock.now();
                    for _ in 0..PAIRS {
                        let token = writer.enter(region);
                        writer.exit(token);
                    }
                    (clock.now().saturating_sub(start)) as f64 / f64::from(PAIRS)
                });
                rounds.fold(f64::INFINITY, f64::min)
            }));
        }
        // It is of no use to anybody else; if it cannot be removed, it is in nobody's way.
        let _ = std::fs::remove_file(scratch.path());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::Recording;

    #[test]
    fn the_cost_is_noted_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let recorder = Recorder::create(&Options {
            folder: folder.path().into(),
            ..Options::default()
        })
        .unwrap();
        recorder.measure_cost().unwrap();
        let recording = Recording::open(recorder.path()).unwrap();
        let base = recording.time_base();
        for ticks in recording.cost() {
            let nanoseconds = base.duration(ticks);
            assert!(nanoseconds > 1.0 && nanoseconds < 1e6, "{nanoseconds}");
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(recording.threads().is_empty());
    }
}
