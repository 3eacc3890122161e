//! What the threads of a recording share: its file, and which blocks of it are taken.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use rustix::fs::{FallocateFlags, fallocate};

use crate::clock::Clock;
use crate::map::Map;
use crate::record::counter::Counter;
use crate::record::layout::{BLOCK_BYTES, Block, block_start, chunk, header, subject};
use crate::recorder::Policy;

/// What a chunk is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Records, as far as the memory for them goes.
    Records,
    /// Nodes and definitions, as far as the memory for them goes.
    Tree,
    /// What each thread has in any case.
    Home,
}

/// Set in [`Shared::control`] of a forked process, which must not write into the parent's file.
pub(crate) const FORKED: u64 = !0xFF;

/// A recording, as the process that makes it knows it.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) map: Map,
    pub(crate) file: File,
    pub(crate) spill: Option<File>,
    pub(crate) path: PathBuf,
    pub(crate) clock: Clock,
    pub(crate) policy: Policy,
    pub(crate) counters: Vec<Counter>,
    /// Mode in the low byte, count of resets above. The header has a copy for readers; this one is
    /// not shared with forked processes.
    pub(crate) control: AtomicU64,
    /// Blocks of the file.
    pub(crate) blocks: usize,
    /// Blocks for threads.
    pub(crate) threads: usize,
}

impl Shared {
    /// A word of the header.
    #[inline]
    pub(crate) fn header(&self, index: usize) -> &AtomicU64 {
        // The header is a block, and no file is shorter than that.
        &self.map[index]
    }

    /// A word of the head of a block.
    #[inline]
    pub(crate) fn word(&self, block: Block, index: usize) -> &AtomicU64 {
        &self.map[block_start(block) + index]
    }

    /// Whether this process is a fork of the one that records.
    pub(crate) fn is_forked(&self) -> bool {
        self.control.load(Ordering::Relaxed) & !0xFF == FORKED
    }

    /// Takes a chunk: empty, owned by nobody. `None` when there is no memory for it.
    pub(crate) fn take(&self, purpose: Purpose) -> Option<Block> {
        let budget = match purpose {
            Purpose::Records => Some((header::RECORD_CHUNKS, header::RECORD_BUDGET)),
            Purpose::Tree => Some((header::TREE_CHUNKS, header::TREE_BUDGET)),
            Purpose::Home => None,
        };
        if let Some((used, limit)) = budget {
            let limit = self.header(limit).load(Ordering::Relaxed);
            let next = |used| (used < limit).then_some(used + 1);
            self.header(used)
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, next)
                .ok()?;
        }
        let taken = self.claim().filter(|block| {
            let reserved = self.reserve(*block).is_ok();
            if !reserved {
                self.release(*block);
            }
            reserved
        });
        match (taken, budget) {
            (Some(block), _) => self.empty(block),
            (None, Some((used, _))) => {
                self.header(used).fetch_sub(1, Ordering::Relaxed);
            }
            (None, None) => {}
        }
        taken
    }

    /// Gives a chunk back.
    pub(crate) fn give_back(&self, block: Block, purpose: Purpose) {
        match purpose {
            Purpose::Records => self.header(header::RECORD_CHUNKS),
            Purpose::Tree => self.header(header::TREE_CHUNKS),
            Purpose::Home => return self.release(block),
        }
        .fetch_sub(1, Ordering::Relaxed);
        self.release(block);
    }

    /// Sets a free block's bit.
    fn claim(&self) -> Option<Block> {
        for (index, word) in self.map[header::TAKEN..]
            .iter()
            .enumerate()
            .take(self.blocks.div_ceil(64))
        {
            let mut bits = word.load(Ordering::Relaxed);
            while bits != u64::MAX {
                let free = bits.trailing_ones();
                let block = index * 64 + free as usize;
                if block >= self.blocks {
                    return None;
                }
                let (success, failure) = (Ordering::AcqRel, Ordering::Relaxed);
                match word.compare_exchange_weak(bits, bits | 1 << free, success, failure) {
                    Ok(_) => return Some(block as Block),
                    Err(now) => bits = now,
                }
            }
        }
        None
    }

    fn release(&self, block: Block) {
        let word = self.header(header::TAKEN + block as usize / 64);
        word.fetch_and(!(1 << (block % 64)), Ordering::AcqRel);
    }

    /// Sees to it that the file has room for a block: without, a write to it would be a bus error.
    pub(crate) fn reserve(&self, block: Block) -> io::Result<()> {
        let at = u64::from(block) * BLOCK_BYTES;
        match fallocate(&self.file, FallocateFlags::empty(), at, BLOCK_BYTES) {
            Ok(()) => Ok(()),
            // Some file systems cannot; then zeros do it. What is in the block is not needed.
            Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS) => {
                let zeros = [0; 4096];
                (0..BLOCK_BYTES)
                    .step_by(zeros.len())
                    .try_for_each(|piece| self.file.write_all_at(&zeros, at + piece))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Empties a chunk so that readers notice.
    pub(crate) fn empty(&self, block: Block) {
        let generation = self.word(block, chunk::GENERATION);
        let even = generation.load(Ordering::Relaxed) & !1;
        generation.store(even + 1, Ordering::Relaxed);
        std::sync::atomic::fence(Ordering::Release);
        for index in [chunk::OWNER, chunk::NEXT, chunk::COMMITTED, chunk::SEQUENCE] {
            self.word(block, index).store(0, Ordering::Relaxed);
        }
        generation.store(even + 2, Ordering::Release);
    }
}

/// Number of blocks that hold nodes must leave the upper bits of a node free.
pub(crate) const fn blocks_are_addressable(blocks: usize) -> bool {
    blocks * (crate::record::layout::BLOCK / crate::record::layout::node::WORDS)
        < subject::VALUE as usize
}

static LIVE: Mutex<Vec<Weak<Shared>>> = Mutex::new(Vec::new());

/// Has forks of this process leave the recording alone.
pub(crate) fn watch_forks(shared: &Arc<Shared>) {
    let mut live = LIVE.lock().unwrap_or_else(PoisonError::into_inner);
    live.retain(|one| one.strong_count() > 0);
    live.push(Arc::downgrade(shared));
    crate::ends::on_fork_in_child(after_fork);
}

/// In the child of a fork: its recordings are its parent's.
fn after_fork() {
    // Taken only while another thread begins a recording, in which case that one alone is missed.
    let Ok(live) = LIVE.try_lock() else { return };
    for shared in live.iter() {
        if let Some(shared) = shared.upgrade() {
            shared.control.store(FORKED, Ordering::Relaxed);
        }
    }
}
