//! The stream of records: chunks of the file in a chain.

use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::record::event::{kind, tail};
use crate::record::layout::{
    BLOCK, Block, RECORD, RECORD_WORDS, block_start, chunk, header, thread,
};
use crate::recorder::Policy;
use crate::shared::Purpose;
use crate::spill;

use super::Writer;

impl Writer {
    /// Writes a record. Readers see it at once.
    #[inline]
    pub(super) fn put(&self, map: &[AtomicU64], ticks: u64, number: u32, kind: u8) {
        if self.cursor.get() == self.limit.get() && !self.make_room(1) {
            return;
        }
        self.store(map, ticks, tail(number, kind, 0, 0));
        self.commit(map);
    }

    /// Writes a record and what belongs to it, an even number of words.
    pub(super) fn put_more(&self, ticks: u64, number: u32, kind: u8, detail: u16, more: &[u64]) {
        let records = more.len() / RECORD;
        if self.cursor.get() + RECORD + more.len() > self.limit.get()
            && !self.make_room(1 + records)
        {
            return;
        }
        let map = &*self.shared.map;
        self.store(map, ticks, tail(number, kind, records as u8, detail));
        for pair in more.chunks_exact(RECORD) {
            self.store(map, pair[0], pair[1]);
        }
        self.commit(map);
    }

    #[inline]
    fn store(&self, map: &[AtomicU64], first: u64, second: u64) {
        let at = self.cursor.get();
        if let Some([one, other]) = map.as_chunks::<RECORD>().0.get(at / RECORD) {
            one.store(first, Ordering::Relaxed);
            other.store(second, Ordering::Relaxed);
            self.cursor.set(at + RECORD);
        }
    }

    #[inline]
    fn commit(&self, map: &[AtomicU64]) {
        let head = self.committed.get();
        if let Some(word) = map.get(head) {
            let used = self.cursor.get() - (head - chunk::COMMITTED + chunk::HEAD);
            word.store(used as u64, Ordering::Release);
        }
    }

    /// Goes on to the next chunk, as the policy has it; if there is none, that many records are
    /// lost.
    #[cold]
    fn make_room(&self, records: usize) -> bool {
        let last = self.own(thread::LAST_RECORDS).load(Ordering::Relaxed) as Block;
        let purpose = if last == 0 {
            Purpose::Home
        } else {
            Purpose::Records
        };
        let mut spilled_from = None;
        let next = self
            .shared
            .take(purpose)
            .or_else(|| match self.shared.policy {
                Policy::Stop => None,
                Policy::Ring => self.overwrite_oldest(),
                Policy::Spill => {
                    spilled_from = Some(self.shared.clock.now());
                    self.spill_oldest()
                }
            });
        let Some(next) = next else {
            // What is smaller than the record that found no room must not come after it.
            self.limit.set(self.cursor.get());
            self.add_own(thread::DROPPED, records as u64);
            return false;
        };
        self.append_chunk(next);
        if let Some(start) = spilled_from
            && start != 0
        {
            let map = &*self.shared.map;
            self.store(map, start, tail(0, kind::FLUSH, 1, 0));
            self.store(map, self.shared.clock.now(), 0);
            self.commit(map);
        }
        true
    }

    /// Makes an empty chunk the last of the chain and begins to write there.
    fn append_chunk(&self, next: Block) {
        let shared = &self.shared;
        let last = self.own(thread::LAST_RECORDS).load(Ordering::Relaxed) as Block;
        let sequence = match last {
            0 => self.own(thread::SEQUENCE).load(Ordering::Relaxed),
            last => self.end_of(last),
        };
        let owner = shared.word(next, chunk::OWNER);
        owner.store(self.slot as u64, Ordering::Relaxed);
        let first = shared.word(next, chunk::SEQUENCE);
        first.store(sequence, Ordering::Relaxed);
        self.own(thread::SEQUENCE)
            .store(sequence, Ordering::Relaxed);
        let link = match last {
            0 => self.own(thread::FIRST_RECORDS),
            last => shared.word(last, chunk::NEXT),
        };
        link.store(u64::from(next), Ordering::Release);
        let own_last = self.own(thread::LAST_RECORDS);
        own_last.store(u64::from(next), Ordering::Release);
        self.write_at(next, 0);
    }

    pub(super) fn write_at(&self, block: Block, used: usize) {
        let start = block_start(block);
        self.cursor.set(start + chunk::HEAD + used);
        self.limit.set(start + BLOCK);
        self.committed.set(start + chunk::COMMITTED);
    }

    /// The number of the record that would follow the last of a chunk.
    fn end_of(&self, block: Block) -> u64 {
        let load = |index| self.shared.word(block, index).load(Ordering::Relaxed);
        load(chunk::SEQUENCE) + load(chunk::COMMITTED) / RECORD as u64
    }

    /// Takes the oldest chunk out of the chain.
    fn unlink_oldest(&self) -> Option<Block> {
        let first = self.own(thread::FIRST_RECORDS).load(Ordering::Relaxed) as Block;
        if first == 0 {
            return None;
        }
        let next = self.shared.word(first, chunk::NEXT).load(Ordering::Relaxed);
        if next == 0 {
            // The only one: its numbers are kept for the chunk that follows.
            let own = self.own(thread::SEQUENCE);
            own.store(self.end_of(first), Ordering::Relaxed);
            self.own(thread::LAST_RECORDS).store(0, Ordering::Relaxed);
        }
        self.own(thread::FIRST_RECORDS)
            .store(next, Ordering::Release);
        Some(first)
    }

    fn overwrite_oldest(&self) -> Option<Block> {
        let block = self.unlink_oldest()?;
        let used = self
            .shared
            .word(block, chunk::COMMITTED)
            .load(Ordering::Relaxed);
        self.add_own(thread::DROPPED, used / RECORD as u64);
        self.shared.empty(block);
        Some(block)
    }

    /// Writes the oldest chunk to the disk and takes it; `None` if the disk or the limit is full.
    fn spill_oldest(&self) -> Option<Block> {
        let first = self.own(thread::FIRST_RECORDS).load(Ordering::Relaxed) as Block;
        let file = self.shared.spill.as_ref()?;
        let load = |index| self.shared.word(first, index).load(Ordering::Relaxed);
        let used = (load(chunk::COMMITTED) as usize).min(RECORD_WORDS);
        let piece = spill::Head {
            slot: self.slot as u64,
            epoch: self.epoch.get(),
            sequence: load(chunk::SEQUENCE),
            words: used as u64,
        };
        let size = spill::PLACE_BYTES;
        let limit = self
            .shared
            .header(header::SPILL_LIMIT)
            .load(Ordering::Relaxed);
        let spilled = self.shared.header(header::SPILLED);
        let grow = |at: u64| (at + size <= limit).then_some(at + size);
        let at = spilled
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, grow)
            .ok()?;
        let mut buffer = self.spilling.try_borrow_mut().ok()?;
        buffer.clear();
        buffer.extend(piece.encode());
        let from = block_start(first) + chunk::HEAD;
        for word in self.shared.map.get(from..from + used)? {
            buffer.extend(word.load(Ordering::Relaxed).to_ne_bytes());
        }
        file.write_all_at(&buffer, at).ok()?;
        let block = self.unlink_oldest()?;
        self.shared.empty(block);
        Some(block)
    }

    /// Drops all records, for a reset. The first chunk is kept.
    pub(super) fn forget_records(&self) {
        let Some(first) = self.unlink_oldest() else {
            return;
        };
        while let Some(block) = self.unlink_oldest() {
            self.shared.give_back(block, Purpose::Records);
        }
        self.shared.empty(first);
        self.append_chunk(first);
    }

    /// Where the chain of records goes on, for a block that another thread has left.
    pub(super) fn resume_records(&self) {
        let last = self.own(thread::LAST_RECORDS).load(Ordering::Relaxed) as Block;
        if last != 0 {
            let used = self
                .shared
                .word(last, chunk::COMMITTED)
                .load(Ordering::Relaxed);
            self.write_at(last, used as usize);
        }
    }
}
