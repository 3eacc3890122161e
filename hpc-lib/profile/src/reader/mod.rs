//! Reading a recording: of a process that goes on, hangs, or is gone.

mod definitions;
mod events;
mod thread;
mod tree;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{Ordering, fence};

use crate::clock::{Clock, Stamp, TimeBase};
use crate::map::Map;
use crate::record::counter::{Counter, CounterState, MOST, problem};
use crate::record::layout::{
    BLOCK, Block, MAGIC, MAX_BLOCKS, VERSION, block_start, chunk, header, state, thread as words,
};
use crate::recorder::{Mode, Policy, process_start, spill_path, thread_block};
use crate::spill;

pub use definitions::Definitions;
pub use events::{Events, TimedEvent};
pub use thread::{OpenRegion, Thread, ThreadLosses};
pub use tree::{MetricStats, Subject, Tree, TreeNode};

/// Why a recording could not be read.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file could not be read.
    #[error("cannot read {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file is something else.
    #[error("{} is not a recording of this version, or of another kind of machine: {problem}", path.display())]
    NotARecording {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: &'static str,
    },
}

/// How it is with the process that records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcessState {
    /// It lives and may record more.
    Running,
    /// It has closed the recording.
    Closed,
    /// It is gone and has not closed the recording.
    Died,
    /// It is on another machine.
    Elsewhere,
}

/// Who recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// Its rank in the program.
    pub rank: u32,
    /// Processes of the program.
    pub ranks: u32,
    /// Name of its machine.
    pub host: String,
    /// How it is now.
    pub state: ProcessState,
}

/// How far a process's clock was from that of rank 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClockOffset {
    /// When, in ticks.
    pub ticks: u64,
    /// Nanoseconds that are to be added to its times.
    pub nanoseconds: i64,
    /// Standard deviation of that.
    pub deviation: f64,
}

/// A recording that is read.
///
/// What it gives is copied from the file at that moment; a process that still records is not
/// disturbed.
#[derive(Debug)]
pub struct Recording {
    map: Map,
    spill: Option<File>,
    path: PathBuf,
    blocks: usize,
    threads: usize,
    clock: Clock,
    policy: Policy,
}

impl Recording {
    /// Opens the recording in a file.
    ///
    /// # Errors
    /// Fails when the file cannot be read or is no recording.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let fail = |source| OpenError::File {
            path: path.into(),
            source,
        };
        let wrong = |problem| OpenError::NotARecording {
            path: path.into(),
            problem,
        };
        let file = File::open(path).map_err(fail)?;
        let size = file.metadata().map_err(fail)?.len();
        if size < BLOCK as u64 * 8 {
            return Err(wrong("it is shorter than a header"));
        }
        let map = Map::readable(&file).map_err(fail)?;
        let word = |index: usize| map[index].load(Ordering::Acquire);
        if word(header::MAGIC) != MAGIC {
            return Err(wrong("it does not begin as one"));
        }
        if word(header::VERSION) != VERSION {
            return Err(wrong("its version is another"));
        }
        let (blocks, threads) = (word(header::BLOCKS), word(header::THREADS));
        if blocks > MAX_BLOCKS as u64 || threads >= blocks || map.len() < blocks as usize * BLOCK {
            return Err(wrong("it was cut short"));
        }
        let clock = Clock::from_number(word(header::CLOCK)).ok_or(wrong("its clock is unknown"))?;
        let policy =
            Policy::from_number(word(header::POLICY)).ok_or(wrong("its policy is unknown"))?;
        let spill = match policy {
            Policy::Spill => File::open(spill_path(path)).ok(),
            Policy::Ring | Policy::Stop => None,
        };
        Ok(Self {
            map,
            spill,
            path: path.into(),
            blocks: blocks as usize,
            threads: threads as usize,
            clock,
            policy,
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn header(&self, index: usize) -> u64 {
        self.map[index].load(Ordering::Acquire)
    }

    /// A word of a block; 0 if there is no such block.
    fn word(&self, block: Block, index: usize) -> u64 {
        let word = self.map.get(block_start(block) + index);
        word.map_or(0, |word| word.load(Ordering::Acquire))
    }

    /// Who records, and whether it still does.
    pub fn process(&self) -> Process {
        let rank = self.header(header::RANK);
        let pid = self.header(header::PID) as u32;
        let bytes: Vec<u8> = (0..header::HOST_WORDS)
            .flat_map(|index| self.header(header::HOST + index).to_ne_bytes())
            .take_while(|byte| *byte != 0)
            .collect();
        let host = String::from_utf8_lossy(&bytes).into_owned();
        let state = if self.header(header::CLOSED) != 0 {
            ProcessState::Closed
        } else if rustix::system::uname().nodename().to_bytes() != bytes {
            ProcessState::Elsewhere
        } else if process_start(pid) == Some(self.header(header::PROCESS_START)) {
            ProcessState::Running
        } else {
            ProcessState::Died
        };
        Process {
            pid,
            rank: rank as u32,
            ranks: (rank >> 32) as u32,
            host,
            state,
        }
    }

    /// What is recorded.
    pub fn mode(&self) -> Mode {
        Mode::from_bits(self.header(header::CONTROL) & 0xFF)
    }

    /// What happens when the memory for records is full.
    pub fn policy(&self) -> Policy {
        self.policy
    }

    /// Turns ticks into time.
    pub fn time_base(&self) -> TimeBase {
        let stamp = |at: usize| Stamp {
            ticks: self.header(at),
            realtime: self.header(at + 1),
            monotonic: self.header(at + 2),
        };
        let first = stamp(header::FIRST_STAMP);
        if self.clock != Clock::Counter {
            return TimeBase::nanoseconds(first);
        }
        let mut last = first;
        for _ in 0..100 {
            let before = self.header(header::LAST_STAMP_SEQUENCE);
            last = stamp(header::LAST_STAMP);
            fence(Ordering::Acquire);
            if before & 1 == 0 && before == self.header(header::LAST_STAMP_SEQUENCE) {
                break;
            }
            last = first;
        }
        TimeBase::new(first, last, f64::from_bits(self.header(header::RATE)))
    }

    /// How far this process's clock was from that of rank 0, as far as it was measured.
    pub fn clock_offsets(&self) -> Vec<ClockOffset> {
        let count = (self.header(header::OFFSETS) as usize).min(header::MAX_OFFSETS);
        let read = |index: usize| {
            let at = header::FIRST_OFFSET + 3 * index;
            ClockOffset {
                ticks: self.header(at),
                nanoseconds: self.header(at + 1) as i64,
                deviation: f64::from_bits(self.header(at + 2)),
            }
        };
        (0..count).map(read).collect()
    }

    /// What a pair of enter and exit costs in the modes profile, trace and both, in ticks; zeros
    /// when it was not measured.
    pub fn cost(&self) -> [f64; 3] {
        std::array::from_fn(|index| f64::from_bits(self.header(header::COST + index)))
    }

    /// What the processor counts while the mode [has counters](Mode::has_counters), and what of it is not to
    /// be had.
    pub fn counters(&self) -> Vec<CounterState> {
        self.counter_words()
            .filter_map(|word| {
                let error = (word >> 32) as i32;
                Some(CounterState {
                    counter: Counter::from_number((word & 0xFFFF_FFFF).checked_sub(1)?)?,
                    problem: (error != 0).then(|| problem(error)),
                })
            })
            .collect()
    }

    fn counter_words(&self) -> impl Iterator<Item = u64> {
        (0..MOST)
            .map(|index| self.header(header::COUNTERS + index))
            .take_while(|word| *word != 0)
    }

    /// What reading all counters once costs, in ticks; 0 while no thread has.
    pub fn counter_cost(&self) -> f64 {
        self.header(header::COUNTER_COST) as f64
    }

    /// Threads and definitions for which there was no room.
    pub fn losses(&self) -> (u64, u64) {
        let threads = self.header(header::THREADS_LOST);
        (threads, self.header(header::DEFINITIONS_LOST))
    }

    /// What numbers in the recording stand for.
    pub fn definitions(&self) -> Definitions {
        let mut definitions = Definitions::default();
        for block in self.chain(self.header(header::DEFINITIONS)) {
            // Chunks of definitions have no records, so that they all have number 0.
            definitions.extend(&self.copy(block, 0).unwrap_or_default());
        }
        definitions
    }

    /// The threads that were ever attached.
    pub fn threads(&self) -> Vec<Thread<'_>> {
        let used = (self.header(header::THREADS_USED) as usize).min(self.threads);
        (0..used)
            .filter(|slot| {
                let state = self.word(thread_block(*slot), words::STATE);
                state == state::ATTACHED || state == state::DETACHED
            })
            .map(|slot| Thread::new(self, slot))
            .collect()
    }

    /// The blocks of a chain. A damaged file may have a chain that bites its tail, so it is cut
    /// when it is longer than the file.
    fn chain(&self, first: u64) -> Vec<Block> {
        let mut found = Vec::new();
        let mut next = first;
        while next != 0 && (next as usize) < self.blocks && found.len() < self.blocks {
            found.push(next as Block);
            next = self.word(next as Block, chunk::NEXT);
        }
        found
    }

    /// The valid words of the chunk whose first record has that number; `None` if it was emptied, or
    /// filled anew, meanwhile.
    fn copy(&self, block: Block, sequence: u64) -> Option<Vec<u64>> {
        let generation = self.word(block, chunk::GENERATION);
        let used = (self.word(block, chunk::COMMITTED) as usize).min(BLOCK - chunk::HEAD);
        let start = block_start(block) + chunk::HEAD;
        let words = self.map.get(start..start + used)?;
        let words = words
            .iter()
            .map(|word| word.load(Ordering::Relaxed))
            .collect();
        fence(Ordering::Acquire);
        let is_whole = generation & 1 == 0 && generation == self.word(block, chunk::GENERATION);
        (is_whole && sequence == self.word(block, chunk::SEQUENCE)).then_some(words)
    }

    /// What went to the second file.
    fn spilled(&self) -> Vec<spill::Piece> {
        let end = self.header(header::SPILLED);
        self.spill
            .as_ref()
            .map_or_else(Vec::new, |file| spill::pieces(file, end))
    }

    /// The time now in ticks, if the process can still be in the middle of something.
    pub(crate) fn now(&self) -> Option<u64> {
        let lives = self.process().state == ProcessState::Running;
        (lives && self.clock != Clock::Given).then(|| self.clock.now())
    }
}
