//! Going back: what was recorded since a point is dropped.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::memory::{self, Reading};
use crate::record::layout::{
    Block, RECORD, RECORD_WORDS, block_start, chunk, frame, header, node, subject, thread,
};
use crate::recorder::Policy;
use crate::shared::{Purpose, Shared};
use crate::spill;

use super::Writer;
use super::counters::Values;

/// A point of a thread's recording that [`Writer::rewind`] can go back to.
#[derive(Clone, Debug)]
pub struct RewindPoint {
    shared: Arc<Shared>,
    slot: usize,
    /// The system's number of the thread.
    thread: u64,
    epoch: u64,
    ticks: u64,
    /// Regions that were open, and what the innermost of them is told from others by.
    depth: u32,
    visit: u64,
    /// Start and time inside of each of them.
    open: Vec<[u64; 2]>,
    /// Records that there were so far.
    records: u64,
    nodes: Vec<[u64; node::WORDS]>,
    memory: Reading,
    counters: Values,
}

/// Why a thread cannot go back to a point. Nothing was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RewindError {
    /// The point is one of another thread or recording.
    #[error("the point was made by another thread, which alone can go back to it")]
    Elsewhere,
    /// Everything from before was forgotten.
    #[error("what was recorded before the point was forgotten by a reset")]
    Reset,
    /// A region was open at the point and is not any more.
    #[error("the region that was open at the point has ended")]
    Ended,
    /// Regions were entered since the point and are still open.
    #[error("{0} regions that were entered after the point are still open")]
    Open(u32),
}

fn load(word: &AtomicU64) -> u64 {
    word.load(Ordering::Relaxed)
}

fn store(word: &AtomicU64, value: u64) {
    word.store(value, Ordering::Relaxed);
}

impl Writer {
    /// Notes how the recording of this thread is now, so that [`Writer::rewind`] can go back to it.
    /// Costs time and memory for each call path of the thread (some 20 ns, 136 bytes).
    pub fn rewind_point(&self) -> RewindPoint {
        self.rewind_point_at(self.shared.clock.now())
    }

    /// The same at a given time.
    pub fn rewind_point_at(&self, ticks: u64) -> RewindPoint {
        self.ready();
        let depth = self.depth.get();
        let open = (0..depth).filter_map(|depth| self.frame(depth));
        let mut nodes = Vec::new();
        self.each_node_number(|number| {
            if let Some(words) = self.node(number) {
                nodes.push(words.each_ref().map(load));
            }
        });
        RewindPoint {
            shared: Arc::clone(&self.shared),
            slot: self.slot,
            thread: load(self.own(thread::TID)),
            epoch: self.epoch.get(),
            ticks,
            depth,
            visit: self.visit_to_tell(depth),
            open: open
                .map(|frame| [frame::START, frame::INSIDE].map(|word| load(&frame[word])))
                .collect(),
            records: self.records_so_far(),
            nodes,
            memory: memory::read(),
            counters: self.read_counters(),
        }
    }

    /// Drops what this thread recorded since a point: records and counts, also those of regions
    /// around, whose time goes on from there as if nothing had been in between. Times of a trace stay
    /// what they are. What other threads recorded stays.
    ///
    /// # Errors
    /// Fails, and drops nothing, when the point is of another thread, when the recording was
    /// [reset](crate::Recorder::reset) since, and when other regions are open than at the point.
    pub fn rewind(&self, point: &RewindPoint) -> Result<(), RewindError> {
        self.rewind_at(point, self.shared.clock.now())
    }

    /// The same at a given time.
    ///
    /// # Errors
    /// As [`Writer::rewind`].
    pub fn rewind_at(&self, point: &RewindPoint, ticks: u64) -> Result<(), RewindError> {
        self.ready();
        self.may_rewind(point)?;
        // Only values of parameters are left, and nothing of them stays.
        self.depth.set(point.depth);
        store(self.own(thread::DEPTH), point.depth.into());
        let elapsed = ticks.saturating_sub(point.ticks);
        let since = memory::read();
        let open = (0..point.depth).filter_map(|depth| self.frame(depth));
        for (frame, [start, inside]) in open.zip(&point.open) {
            store(&frame[frame::START], start + elapsed);
            store(&frame[frame::INSIDE], *inside);
            for (word, more) in [
                (frame::BYTES, since.allocated - point.memory.allocated),
                (
                    frame::ALLOCATIONS,
                    since.allocations - point.memory.allocations,
                ),
            ] {
                store(&frame[word], load(&frame[word]).wrapping_add(more));
            }
        }
        for depth in 0..point.depth {
            self.skip_counters_since(depth, point.counters);
        }
        self.rewind_counts(point);
        self.rewind_records(point.records);
        Ok(())
    }

    fn may_rewind(&self, point: &RewindPoint) -> Result<(), RewindError> {
        let is_here = Arc::ptr_eq(&self.shared, &point.shared)
            && self.slot == point.slot
            && load(self.own(thread::TID)) == point.thread;
        if !is_here {
            return Err(RewindError::Elsewhere);
        }
        if self.epoch.get() != point.epoch {
            return Err(RewindError::Reset);
        }
        let depth = self.depth.get();
        if depth < point.depth || self.visit_of(point.depth) != point.visit {
            return Err(RewindError::Ended);
        }
        let what = |frame: &[AtomicU64; frame::WORDS]| (load(&frame[frame::WHAT]) >> 32) as u32;
        let entered = (point.depth..depth)
            .filter_map(|depth| self.frame(depth))
            .filter(|frame| what(frame) & subject::MASK == subject::REGION)
            .count();
        match entered {
            0 => Ok(()),
            some => Err(RewindError::Open(some as u32)),
        }
    }

    /// What tells the innermost of that many regions from others that were or will be in its place; 0
    /// for none.
    fn visit_of(&self, depth: u32) -> u64 {
        let frame = depth.checked_sub(1).and_then(|depth| self.frame(depth));
        frame.map_or(0, |frame| {
            load(&frame[frame::MODE]) >> frame::VISIT_SHIFT & frame::VISIT_MASK
        })
    }

    /// The same, given to it if it has none.
    fn visit_to_tell(&self, depth: u32) -> u64 {
        let visit = self.visit_of(depth);
        let Some(frame) = depth.checked_sub(1).and_then(|depth| self.frame(depth)) else {
            return 0;
        };
        if visit != 0 {
            return visit;
        }
        let next = self.visits_told.get() % frame::VISIT_MASK + 1;
        self.visits_told.set(next);
        let mode = load(&frame[frame::MODE]);
        store(&frame[frame::MODE], mode | next << frame::VISIT_SHIFT);
        next
    }

    /// Sets counts to what they were; those of call paths that are new to zero.
    fn rewind_counts(&self, point: &RewindPoint) {
        let mut before = point.nodes.iter();
        self.each_node_number(|number| {
            let Some(words) = self.node(number) else {
                return;
            };
            match before.next() {
                Some(counts) => set_counts(words, |index| counts[index]),
                None => set_counts(words, |index| if index == node::MIN { u64::MAX } else { 0 }),
            }
        });
    }

    /// Drops the records from that number on.
    fn rewind_records(&self, to: u64) {
        self.rewind_spilled(to);
        let first = load(self.own(thread::FIRST_RECORDS)) as Block;
        if first == 0 {
            return;
        }
        let sequence = |block| load(self.shared.word(block, chunk::SEQUENCE));
        let next = |block| load(self.shared.word(block, chunk::NEXT)) as Block;
        let mut last = first;
        while next(last) != 0 && sequence(next(last)) <= to {
            last = next(last);
        }
        let mut later = next(last);
        self.shared
            .word(last, chunk::NEXT)
            .store(0, Ordering::Release);
        self.own(thread::LAST_RECORDS)
            .store(last.into(), Ordering::Release);
        while later != 0 {
            let after = next(later);
            self.shared.give_back(later, Purpose::Records);
            later = after;
        }
        // Readers that copy it meanwhile notice.
        let generation = self.shared.word(last, chunk::GENERATION);
        let even = load(generation);
        store(generation, even + 1);
        std::sync::atomic::fence(Ordering::Release);
        let committed = self.shared.word(last, chunk::COMMITTED);
        let kept =
            (to.saturating_sub(sequence(last)) as usize * RECORD).min(load(committed) as usize);
        store(committed, kept as u64);
        if kept == 0 {
            store(self.shared.word(last, chunk::SEQUENCE), to);
        }
        generation.store(even + 2, Ordering::Release);
        store(self.own(thread::SEQUENCE), sequence(last));
        self.write_at(last, kept);
    }

    /// The same for those that went to the disk. If it cannot be written, they stay there, and readers
    /// take them for what is written now under their numbers.
    fn rewind_spilled(&self, to: u64) {
        let Some(file) = self
            .shared
            .spill
            .as_ref()
            .filter(|_| self.shared.policy == Policy::Spill)
        else {
            return;
        };
        let end = load(self.shared.header(header::SPILLED));
        for (head, at) in spill::pieces(file, end) {
            let is_ours = head.slot == self.slot as u64 && head.epoch == self.epoch.get();
            if is_ours && head.sequence + head.words / RECORD as u64 > to {
                let kept = to.saturating_sub(head.sequence) * RECORD as u64;
                let _ = spill::shorten(
                    file,
                    &spill::Head {
                        words: kept,
                        ..head
                    },
                    at,
                );
            }
        }
    }

    /// The number of the next record.
    fn records_so_far(&self) -> u64 {
        match load(self.own(thread::LAST_RECORDS)) as Block {
            0 => load(self.own(thread::SEQUENCE)),
            last => {
                let used = self.cursor.get() - block_start(last) - chunk::HEAD;
                let used = used.min(RECORD_WORDS) / RECORD;
                load(self.shared.word(last, chunk::SEQUENCE)) + used as u64
            }
        }
    }
}

/// Sets what is counted at a node.
fn set_counts(words: &[AtomicU64; node::WORDS], count: impl Fn(usize) -> u64) {
    for (sequence, counted) in [
        (node::SEQUENCE, node::VISITS..=node::INSIDE),
        (node::WORK_SEQUENCE, node::ALLOCATED..=node::UNWOUND),
    ] {
        let even = load(&words[sequence]);
        store(&words[sequence], even.wrapping_add(1));
        std::sync::atomic::fence(Ordering::Release);
        for index in counted {
            store(&words[index], count(index));
        }
        words[sequence].store(even.wrapping_add(2), Ordering::Release);
    }
}
