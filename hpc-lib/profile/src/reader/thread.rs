use crate::record::layout::{
    MAX_DEPTH, NODES, block_start, chunk, frame, header, node, state, subject, thread,
};
use crate::record::region::{RegionId, TextId, ThreadKind};
use crate::recorder::thread_block;

use super::{Events, Recording, Tree};

/// A thread of a recording.
#[derive(Clone, Copy, Debug)]
pub struct Thread<'a> {
    pub(super) recording: &'a Recording,
    pub(super) slot: usize,
}

/// A region that has not ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenRegion {
    /// Which.
    pub region: RegionId,
    /// When it began, or when counts were last set to zero, in ticks.
    pub start: u64,
    /// Ticks in regions inside that have ended.
    pub inside: u64,
    /// Its number in the thread's [`Tree::numbers`]; 0 if call paths are not counted.
    pub(crate) node: u32,
    /// For a phase, how many of the open regions it is below of.
    pub(crate) below: Option<usize>,
}

/// What could not be recorded of a thread, or not as it was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ThreadLosses {
    /// Records of 16 bytes that were overwritten or found no room.
    pub records: u64,
    /// Visits to call paths for which there was no memory.
    pub paths: u64,
    /// Visits inside of so many regions that they are not told apart.
    pub too_deep: u64,
    /// Regions that ended only because one around them or the thread did.
    pub left_open: u64,
    /// Ends of regions that had ended.
    pub stray_exits: u64,
}

impl<'a> Thread<'a> {
    pub(super) fn new(recording: &'a Recording, slot: usize) -> Self {
        Self { recording, slot }
    }

    pub(super) fn word(&self, index: usize) -> u64 {
        self.recording.word(thread_block(self.slot), index)
    }

    /// Its place among the threads of the recording. Threads that followed each other under one
    /// name share a place.
    pub fn slot(&self) -> usize {
        self.slot
    }

    /// Its name.
    pub fn name(&self) -> TextId {
        TextId(self.word(thread::NAME) as u32)
    }

    /// What it is.
    pub fn kind(&self) -> ThreadKind {
        ThreadKind::from_number(self.word(thread::KIND))
    }

    /// The number that the system gives it.
    pub fn id(&self) -> u32 {
        self.word(thread::TID) as u32
    }

    /// Whether it has not ended.
    pub fn is_attached(&self) -> bool {
        self.word(thread::STATE) == state::ATTACHED
    }

    /// When something of it was last recorded, in ticks.
    pub fn last(&self) -> u64 {
        self.word(thread::LAST)
    }

    /// Whether what it holds is of before the last reset, so that it counts as nothing.
    pub(super) fn is_stale(&self) -> bool {
        let control = self.recording.header(header::CONTROL);
        self.word(thread::EPOCH) != control & !0xFF
    }

    /// What could not be recorded.
    pub fn losses(&self) -> ThreadLosses {
        if self.is_stale() {
            return ThreadLosses::default();
        }
        ThreadLosses {
            records: self.word(thread::DROPPED),
            paths: self.word(thread::PATHS_LOST),
            too_deep: self.word(thread::TOO_DEEP),
            left_open: self.word(thread::LEFT_OPEN),
            stray_exits: self.word(thread::STRAY_EXITS),
        }
    }

    /// The regions that are open, the outermost first.
    ///
    /// Of a thread that goes on, this is how it was at some moment of the call, or nearly so if it
    /// enters and leaves regions too fast to be caught.
    pub fn open_regions(&self) -> Vec<OpenRegion> {
        let mut stack = self.read_stack();
        for _ in 0..100 {
            let again = self.read_stack();
            if stack == again {
                break;
            }
            stack = again;
        }
        stack.retain(|(what, _)| (what >> 32) as u32 & subject::MASK == subject::REGION);
        stack.into_iter().map(|(_, open)| open).collect()
    }

    /// The stack with the open values of parameters.
    pub(super) fn read_stack(&self) -> Vec<(u64, OpenRegion)> {
        let depth = (self.word(thread::DEPTH) as usize).min(MAX_DEPTH);
        let reset = self
            .is_stale()
            .then(|| self.recording.header(header::RESET));
        let frame = |depth: usize| {
            let at = thread::STACK + depth * frame::WORDS;
            let what = self.word(at + frame::WHAT);
            let start = self.word(at + frame::START);
            let phase = self.word(at + frame::MODE) >> frame::PHASE_SHIFT;
            let open = OpenRegion {
                region: RegionId((what >> 32) as u32),
                start: start.max(reset.unwrap_or(0)),
                inside: match reset {
                    Some(_) => 0,
                    None => self.word(at + frame::INSIDE),
                },
                node: what as u32,
                below: (phase as usize).checked_sub(1),
            };
            (what, open)
        };
        (0..depth).map(frame).collect()
    }

    /// The call tree, of what has ended.
    pub fn tree(&self) -> Tree {
        Tree::read(self)
    }

    /// The call tree, with the regions that are open counted up to now, or of a process that is
    /// gone up to its last record.
    pub fn tree_until_now(&self) -> Tree {
        let stack = self.read_stack();
        let now = self.recording.now().unwrap_or_else(|| self.last());
        let mut tree = Tree::read(self);
        tree.count_open(&stack, now.max(self.last()));
        tree
    }

    /// The records, the oldest first.
    pub fn events(&self) -> Events<'a> {
        Events::new(*self)
    }

    /// The nodes' words, oldest first.
    pub(super) fn node_words(&self) -> Vec<(u32, usize)> {
        let mut found = Vec::new();
        for block in self.recording.chain(self.word(thread::FIRST_NODES)) {
            let used = self.recording.word(block, chunk::COMMITTED) as usize;
            let first = block_start(block) + chunk::HEAD;
            let used = used.min(NODES * node::WORDS);
            for at in (first..first + used).step_by(node::WORDS) {
                found.push(((at / node::WORDS) as u32, at));
            }
        }
        found
    }
}
