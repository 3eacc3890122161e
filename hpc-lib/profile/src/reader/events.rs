use crate::record::event::{Event, more};
use crate::record::layout::{Block, RECORD, chunk, thread};
use crate::spill;

use super::Thread;

/// An event and when it happened.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimedEvent {
    /// When, in ticks.
    pub ticks: u64,
    /// What.
    pub event: Event,
}

/// Where records lie.
#[derive(Clone, Copy, Debug)]
enum Source {
    Memory(Block),
    Disk(spill::Piece),
}

/// The records of a thread, the oldest first. At most one chunk of 64 KiB is held in memory.
#[derive(Debug)]
pub struct Events<'a> {
    thread: Thread<'a>,
    /// What is still to be read, the next last, each with the number of its first record.
    sources: Vec<(u64, Source)>,
    words: Vec<u64>,
    next: usize,
    /// The number of the record that comes next.
    expected: u64,
    missed: u64,
}

impl<'a> Events<'a> {
    pub(super) fn new(thread: Thread<'a>) -> Self {
        let recording = thread.recording;
        let mut sources = Vec::new();
        if !thread.is_stale() {
            let first = thread.word(thread::FIRST_RECORDS);
            for block in recording.chain(first) {
                sources.push((
                    recording.word(block, chunk::SEQUENCE),
                    Source::Memory(block),
                ));
            }
            // Listed after, so that a chunk that moves meanwhile is not missed.
            let epoch = thread.word(thread::EPOCH);
            for piece in recording.spilled() {
                if piece.0.slot == thread.slot as u64 && piece.0.epoch == epoch {
                    sources.push((piece.0.sequence, Source::Disk(piece)));
                }
            }
        }
        // The copy on the disk is taken before the one in memory, which may be overwritten.
        sources.sort_by_key(|(sequence, source)| (*sequence, matches!(source, Source::Memory(_))));
        sources.reverse();
        let expected = sources.last().map_or(0, |(sequence, _)| *sequence);
        Self {
            thread,
            sources,
            words: Vec::new(),
            next: 0,
            expected,
            missed: 0,
        }
    }

    /// Records that were overwritten while the others were read.
    pub fn missed(&self) -> u64 {
        self.missed
    }

    /// Goes on to the next chunk; `false` at the end.
    fn refill(&mut self) -> bool {
        while let Some((sequence, source)) = self.sources.pop() {
            if sequence < self.expected {
                continue;
            }
            let words = match source {
                Source::Memory(block) => self.thread.recording.copy(block, sequence),
                Source::Disk(piece) => self
                    .thread
                    .recording
                    .spill
                    .as_ref()
                    .and_then(|file| spill::read(file, piece).ok()),
            };
            let Some(words) = words else { continue };
            self.missed += sequence - self.expected;
            self.expected = sequence + (words.len() / RECORD) as u64;
            self.words = words;
            self.next = 0;
            return true;
        }
        false
    }
}

impl Iterator for Events<'_> {
    type Item = TimedEvent;

    fn next(&mut self) -> Option<TimedEvent> {
        loop {
            while let Some(&[ticks, tail]) =
                self.words.get(self.next..).and_then(<[_]>::first_chunk)
            {
                let body = self.next + RECORD;
                self.next = body + more(tail) * RECORD;
                let words = self.words.get(body..self.next).unwrap_or_default();
                if let Some(event) = Event::decode(tail, words) {
                    return Some(TimedEvent { ticks, event });
                }
            }
            if !self.refill() {
                return None;
            }
        }
    }
}
