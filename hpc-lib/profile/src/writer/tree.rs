//! The call tree: nodes in chunks of the file, added by this thread, read by anybody.

use std::sync::atomic::{AtomicU64, Ordering, fence};

use crate::record::event::MemoryUse;
use crate::record::layout::{
    BLOCK, Block, NODES, Node, block_start, chunk, key, node, subject, thread,
};
use crate::record::region::MetricId;
use crate::shared::Purpose;

use super::Writer;

/// Adds to a word that only this thread changes.
#[inline]
pub(super) fn add(word: &AtomicU64, more: u64) {
    let sum = word.load(Ordering::Relaxed).wrapping_add(more);
    word.store(sum, Ordering::Relaxed);
}

/// Adds to a word that holds an f64.
#[inline]
fn add_float(word: &AtomicU64, more: f64) {
    let sum = f64::from_bits(word.load(Ordering::Relaxed)) + more;
    word.store(sum.to_bits(), Ordering::Relaxed);
}

/// Changes words so that readers notice when they have read in between.
#[inline]
pub(super) fn change(sequence: &AtomicU64, change: impl FnOnce()) {
    let even = sequence.load(Ordering::Relaxed);
    sequence.store(even.wrapping_add(1), Ordering::Relaxed);
    fence(Ordering::Release);
    change();
    sequence.store(even.wrapping_add(2), Ordering::Release);
}

/// The words of a node.
#[inline]
fn node_in(map: &[AtomicU64], node: Node) -> Option<&[AtomicU64; node::WORDS]> {
    map.as_chunks().0.get(node as usize)
}

/// Counts a visit that took that many ticks, of which some in regions inside.
#[inline]
pub(super) fn count_visit(map: &[AtomicU64], node: Node, elapsed: u64, inside: u64) {
    let Some(words) = node_in(map, node) else {
        return;
    };
    change(&words[node::SEQUENCE], || {
        add(&words[node::VISITS], 1);
        add(&words[node::SUM], elapsed);
        if elapsed < words[node::MIN].load(Ordering::Relaxed) {
            words[node::MIN].store(elapsed, Ordering::Relaxed);
        }
        if elapsed > words[node::MAX].load(Ordering::Relaxed) {
            words[node::MAX].store(elapsed, Ordering::Relaxed);
        }
        add_float(&words[node::SQUARES], elapsed as f64 * elapsed as f64);
        add(&words[node::INSIDE], inside);
    });
}

#[inline]
pub(super) fn count_allocations(map: &[AtomicU64], node: Node, used: MemoryUse) {
    let Some(words) = node_in(map, node) else {
        return;
    };
    // Most regions allocate nothing.
    if used.allocations == 0 && used.peak <= words[node::PEAK].load(Ordering::Relaxed) {
        return;
    }
    change(&words[node::WORK_SEQUENCE], || {
        add(&words[node::ALLOCATED], used.allocated);
        add(&words[node::ALLOCATIONS], used.allocations);
        let peak = words[node::PEAK].load(Ordering::Relaxed);
        words[node::PEAK].store(peak.max(used.peak), Ordering::Relaxed);
    });
}

impl Writer {
    #[inline]
    pub(super) fn node(&self, node: Node) -> Option<&[AtomicU64; node::WORDS]> {
        node_in(&self.shared.map, node)
    }

    /// The child of a node for a region, parameter, metric or place. 0 if there is no memory for
    /// it, and for children of 0.
    #[inline]
    pub(super) fn child(&self, map: &[AtomicU64], parent: Node, subject: u32) -> Node {
        let key = key(parent, subject);
        if let Some(words) = node_in(map, parent) {
            let latest = words[node::LATEST].load(Ordering::Relaxed) as Node;
            if let Some(words) = node_in(map, latest)
                && words[node::KEY].load(Ordering::Relaxed) == key
            {
                return latest;
            }
        }
        self.find_child(parent, key)
    }

    #[inline(never)]
    fn find_child(&self, parent: Node, key: u64) -> Node {
        if parent == 0 {
            return 0;
        }
        let found = match self.children.try_borrow() {
            Ok(children) => children.find(key, |node| self.key_of(node)),
            Err(_) => None,
        };
        let child = found.unwrap_or_else(|| self.add_child(key));
        if child == 0 {
            self.add_own(thread::PATHS_LOST, 1);
        } else if let Some(words) = self.node(parent) {
            let beside = words[node::LATEST].load(Ordering::Relaxed) >> 32 << 32;
            words[node::LATEST].store(beside | u64::from(child), Ordering::Relaxed);
        }
        child
    }

    pub(super) fn key_of(&self, node: Node) -> u64 {
        self.node(node)
            .map_or(0, |words| words[node::KEY].load(Ordering::Relaxed))
    }

    #[cold]
    fn add_child(&self, key: u64) -> Node {
        let node = self.add_node(key);
        if node != 0
            && let Ok(mut children) = self.children.try_borrow_mut()
        {
            children.insert(node, key, |node| self.key_of(node));
        }
        node
    }

    /// Adds a node; 0 if there is no memory for it.
    pub(super) fn add_node(&self, key: u64) -> Node {
        if self.next_node.get() == self.last_node.get() && !self.next_chunk_of_nodes() {
            return 0;
        }
        let at = self.next_node.get();
        let node = (at / node::WORDS) as Node;
        let Some(words) = self.node(node) else {
            return 0;
        };
        for word in words {
            word.store(0, Ordering::Relaxed);
        }
        words[node::MIN].store(u64::MAX, Ordering::Relaxed);
        words[node::LATEST].store(u64::from(node), Ordering::Relaxed);
        words[node::KEY].store(key, Ordering::Relaxed);
        self.next_node.set(at + node::WORDS);
        let used = (at + node::WORDS) % BLOCK;
        let used = if used == 0 { BLOCK } else { used } - chunk::HEAD;
        let block = (at / BLOCK) as Block;
        let committed = self.shared.word(block, chunk::COMMITTED);
        committed.store(used as u64, Ordering::Release);
        node
    }

    fn next_chunk_of_nodes(&self) -> bool {
        let last = self.own(thread::LAST_NODES).load(Ordering::Relaxed) as Block;
        let purpose = if last == 0 {
            Purpose::Home
        } else {
            Purpose::Tree
        };
        let Some(block) = self.shared.take(purpose) else {
            return false;
        };
        let owner = self.shared.word(block, chunk::OWNER);
        owner.store(self.slot as u64, Ordering::Relaxed);
        let link = match last {
            0 => self.own(thread::FIRST_NODES),
            last => self.shared.word(last, chunk::NEXT),
        };
        link.store(u64::from(block), Ordering::Release);
        let own_last = self.own(thread::LAST_NODES);
        own_last.store(u64::from(block), Ordering::Relaxed);
        let first = block_start(block) + chunk::HEAD;
        self.next_node.set(first);
        self.last_node.set(first + NODES * node::WORDS);
        true
    }

    /// Calls a function with each node of this thread.
    pub(super) fn each_node(&self, mut each: impl FnMut(&[AtomicU64; node::WORDS])) {
        self.each_node_number(|number| {
            if let Some(words) = self.node(number) {
                each(words);
            }
        });
    }

    /// Calls a function with the number of each node of this thread, the oldest first.
    pub(super) fn each_node_number(&self, mut each: impl FnMut(Node)) {
        let mut block = self.own(thread::FIRST_NODES).load(Ordering::Relaxed) as Block;
        while block != 0 {
            let used = self
                .shared
                .word(block, chunk::COMMITTED)
                .load(Ordering::Relaxed);
            let first = block_start(block) + chunk::HEAD;
            for at in (first..first + used as usize).step_by(node::WORDS) {
                each((at / node::WORDS) as Node);
            }
            block = self.shared.word(block, chunk::NEXT).load(Ordering::Relaxed) as Block;
        }
    }

    /// Where the chain of nodes goes on, for a block that another thread has left.
    pub(super) fn resume_nodes(&self) {
        let last = self.own(thread::LAST_NODES).load(Ordering::Relaxed) as Block;
        if last != 0 {
            let used = self
                .shared
                .word(last, chunk::COMMITTED)
                .load(Ordering::Relaxed);
            let first = block_start(last) + chunk::HEAD;
            self.next_node.set(first + used as usize);
            self.last_node.set(first + NODES * node::WORDS);
        }
        if let Ok(mut children) = self.children.try_borrow_mut() {
            self.each_node_number(|node| {
                children.insert(node, self.key_of(node), |node| self.key_of(node));
            });
        }
    }

    #[cold]
    pub(super) fn count_unwound(&self, node: Node) {
        if let Some(words) = self.node(node) {
            add(&words[node::UNWOUND], 1);
        }
    }

    pub(super) fn count_work(&self, node: Node, bytes: u64, flops: u64) {
        // Work outside of all regions is counted at the root.
        let Some(words) = self.node(node).filter(|_| node != 0) else {
            return;
        };
        change(&words[node::WORK_SEQUENCE], || {
            add(&words[node::BYTES], bytes);
            add(&words[node::FLOPS], flops);
        });
    }

    /// Counts a value of a metric at the innermost region: a child whose words hold f64.
    pub(super) fn count_metric(&self, metric: MetricId, value: f64) {
        let current = self.current(self.depth.get());
        let node = self.child(&self.shared.map, current, subject::METRIC | metric.0);
        let Some(words) = self.node(node).filter(|_| node != 0) else {
            return;
        };
        change(&words[node::SEQUENCE], || {
            let first = words[node::VISITS].load(Ordering::Relaxed) == 0;
            add(&words[node::VISITS], 1);
            add_float(&words[node::SUM], value);
            add_float(&words[node::SQUARES], value * value);
            let bound = |index: usize, choose: fn(f64, f64) -> f64| {
                let old = f64::from_bits(words[index].load(Ordering::Relaxed));
                let new = if first { value } else { choose(old, value) };
                words[index].store(new.to_bits(), Ordering::Relaxed);
            };
            bound(node::MIN, f64::min);
            bound(node::MAX, f64::max);
        });
    }
}
