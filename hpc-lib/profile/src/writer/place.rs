//! Threads that come, go, and work for others.

use std::cell::{Cell, OnceCell, RefCell};
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::record::event::kind;
use crate::record::layout::{Node, key, state, subject, thread};
use crate::record::region::ThreadKind;
use crate::recorder::{Mode, Policy, claim_thread, thread_block};
use crate::shared::Shared;
use crate::spill::PLACE_BYTES;

use super::child::Children;
use super::{Place, Writer};

impl Writer {
    /// A writer for a block that nobody has used.
    pub(crate) fn claim_fresh(
        shared: &Arc<Shared>,
        slot: usize,
        name: u32,
        kind: ThreadKind,
    ) -> Option<Self> {
        if !claim_thread(shared, slot, state::FREE) {
            return None;
        }
        if shared.reserve(thread_block(slot)).is_err() {
            return None;
        }
        let writer = Self::new(shared, slot);
        let root = writer.add_node(key(0, 0));
        writer.root.set(root);
        writer.base.set(root);
        writer
            .own(thread::ROOT)
            .store(u64::from(root), Ordering::Relaxed);
        let epoch = shared.control.load(Ordering::Relaxed) & !0xFF;
        writer.epoch.set(epoch);
        writer.own(thread::EPOCH).store(epoch, Ordering::Relaxed);
        writer.rename(name, kind);
        writer
            .own(thread::STATE)
            .store(state::ATTACHED, Ordering::Release);
        Some(writer)
    }

    /// A writer for the block of a thread that has ended, if it has that name and kind.
    pub(crate) fn claim_detached(
        shared: &Arc<Shared>,
        slot: usize,
        like: Option<(u32, ThreadKind)>,
    ) -> Option<Self> {
        if !claim_thread(shared, slot, state::DETACHED) {
            return None;
        }
        let word = |index| shared.word(thread_block(slot), index);
        let load = |index| word(index).load(Ordering::Relaxed);
        if let Some((name, kind)) = like
            && (load(thread::NAME) != u64::from(name) || load(thread::KIND) != kind as u64)
        {
            word(thread::STATE).store(state::DETACHED, Ordering::Release);
            return None;
        }
        let writer = Self::new(shared, slot);
        let root = load(thread::ROOT) as Node;
        writer.root.set(root);
        writer.base.set(root);
        writer.epoch.set(load(thread::EPOCH));
        writer.resume_nodes();
        writer.resume_records();
        let control = shared.control.load(Ordering::Relaxed);
        if control & !0xFF != writer.epoch.get() {
            writer.catch_up(control);
        }
        writer
            .own(thread::TID)
            .store(thread_id(), Ordering::Relaxed);
        writer
            .own(thread::STATE)
            .store(state::ATTACHED, Ordering::Release);
        Some(writer)
    }

    fn new(shared: &Arc<Shared>, slot: usize) -> Self {
        let spilling = match shared.policy {
            Policy::Spill => Vec::with_capacity(PLACE_BYTES as usize),
            Policy::Ring | Policy::Stop => Vec::new(),
        };
        Self {
            shared: Arc::clone(shared),
            block: thread_block(slot) as usize,
            slot,
            depth: Cell::new(0),
            epoch: Cell::new(0),
            base: Cell::new(0),
            root: Cell::new(0),
            cursor: Cell::new(0),
            limit: Cell::new(0),
            committed: Cell::new(0),
            next_node: Cell::new(0),
            last_node: Cell::new(0),
            children: RefCell::new(Children::default()),
            counters: OnceCell::new(),
            visits_told: Cell::new(0),
            spilling: RefCell::new(spilling),
            not_sync: PhantomData,
        }
    }

    pub(crate) fn rename(&self, name: u32, kind: ThreadKind) {
        self.own(thread::NAME)
            .store(u64::from(name), Ordering::Relaxed);
        self.own(thread::KIND).store(kind as u64, Ordering::Relaxed);
        self.own(thread::TID).store(thread_id(), Ordering::Relaxed);
    }

    /// Where this thread is now, for [`Writer::work_for`] of another.
    #[inline]
    pub fn place(&self) -> Place {
        Place(self.current(self.depth.get()))
    }

    /// Has regions of this thread appear under a place of another thread, until
    /// [`Writer::work_for_itself`]. Without effect while a region is open here: then they belong to
    /// that.
    pub fn work_for(&self, place: Place) {
        if self.depth.get() > 0 || self.ready() == Mode::OFF || place.0 == 0 {
            return;
        }
        let node = self.child(&self.shared.map, self.root.get(), subject::PLACE | place.0);
        self.base
            .set(if node == 0 { self.root.get() } else { node });
        self.put_traced(self.shared.clock.now(), place.0, kind::ATTACH, 0, &[]);
    }

    /// Ends [`Writer::work_for`].
    pub fn work_for_itself(&self) {
        if self.depth.get() == 0 && self.base.get() != self.root.get() {
            self.base.set(self.root.get());
            self.put_traced(self.shared.clock.now(), 0, kind::DETACH, 0, &[]);
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if self.shared.is_forked() {
            return;
        }
        let control = self.shared.control.load(Ordering::Relaxed);
        if control & !0xFF != self.epoch.get() {
            self.catch_up(control);
        }
        let last = self.own(thread::LAST).load(Ordering::Relaxed);
        let now = self.shared.clock.now().max(last);
        while self.depth.get() > 0 {
            self.close_left_open(now);
        }
        self.work_for_itself();
        self.own(thread::STATE)
            .store(state::DETACHED, Ordering::Release);
    }
}

fn thread_id() -> u64 {
    rustix::thread::gettid().as_raw_nonzero().get() as u64
}
