//! One thread's side of a recording: the hot path.
//!
//! Entering and leaving a region are a handful of loads and stores to memory of this thread's own:
//! no lock, no allocation, no system call, no panic. Only what happens seldom (a call path that is
//! new, a chunk that is full) goes further, and lies in functions of its own.

mod child;
mod counters;
mod phase;
mod place;
mod records;
mod rewind;
mod stack;
mod tree;

use std::cell::{Cell, OnceCell, RefCell};
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::memory;
use crate::record::event::{Collective, CollectiveEnd, MemoryUse, Message, kind};
use crate::record::layout::{BLOCK, Block, Node, frame, subject, thread};
use crate::record::region::{CommunicatorId, MetricId, RegionId, TextId, ValueId};
use crate::recorder::Mode;
use crate::shared::Shared;

use child::Children;
use counters::{Counters, Values};
pub use rewind::{RewindError, RewindPoint};
use stack::frame_of;

/// A region that was entered: what [`Writer::exit`] needs to leave it.
#[must_use = "a region ends when its token is handed to `exit`"]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token(
    /// Regions that are open with it; 0 if it is not recorded.
    u32,
);

impl Token {
    /// A region that is not recorded.
    pub const NONE: Self = Self(0);
}

/// Where on a thread something happens: an open call path. Handed to the threads of a pool, so that
/// what they do appears under the region that wanted it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place(u32);

/// One thread's side of a recording.
///
/// Made by [`Recorder::attach`](crate::Recorder::attach) for the thread that uses it. When it is
/// dropped, regions that are still open end.
///
/// ```
/// use hpc_profile::{Clock, Mode, Options, Recorder, Recording, Region, ThreadKind};
/// # let folder = tempfile::tempdir()?;
/// let options = Options { folder: folder.path().into(), clock: Clock::Given, ..Options::default() };
/// let recorder = Recorder::create(&options)?;
/// recorder.set_mode(Mode::BOTH);
/// let solve = recorder.define_region(&Region::named("solve"));
/// let writer = recorder.attach("main", ThreadKind::Thread).ok_or("too many threads")?;
/// let token = writer.enter_at(solve, 1000);
/// writer.exit_at(token, 1500);
///
/// let recording = Recording::open(recorder.path())?;
/// let thread = &recording.threads()[0];
/// assert_eq!(thread.tree().children(0)[0].ticks, 500);
/// assert_eq!(thread.events().count(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Writer {
    shared: Arc<Shared>,
    /// The thread's block.
    block: usize,
    slot: usize,
    depth: Cell<u32>,
    /// The count of resets that this thread knows of, in the place where the control word has it.
    epoch: Cell<u64>,
    /// The node under which regions begin: the root, or a place elsewhere.
    base: Cell<Node>,
    root: Cell<Node>,
    /// Where the next record goes, where its chunk ends, and the word that says how far it is valid.
    cursor: Cell<usize>,
    limit: Cell<usize>,
    committed: Cell<usize>,
    /// Where the next node goes, and where its chunk ends.
    next_node: Cell<usize>,
    last_node: Cell<usize>,
    children: RefCell<Children>,
    counters: OnceCell<Box<Counters>>,
    /// Visits that were made to be told from others, which is what [`RewindPoint`]s need.
    visits_told: Cell<u64>,
    /// A chunk on its way to the disk.
    spilling: RefCell<Vec<u8>>,
    /// Belongs to its thread.
    not_sync: PhantomData<*const ()>,
}

/// A region that ends.
struct Closing {
    /// Regions around it.
    depth: u32,
    node: Node,
    subject: u32,
    mode_word: u64,
    elapsed: u64,
    ticks: u64,
    kind: u8,
}

impl Writer {
    /// Enters a region now. With the mode off it costs a load and a branch.
    #[inline]
    pub fn enter(&self, region: RegionId) -> Token {
        let mode = self.ready();
        if mode == Mode::OFF || region == RegionId::FILTERED {
            return Token::NONE;
        }
        self.open(region.0, kind::ENTER, mode, || self.shared.clock.now())
    }

    /// Enters a region at a given time, in ticks.
    #[inline]
    pub fn enter_at(&self, region: RegionId, ticks: u64) -> Token {
        let mode = self.ready();
        if mode == Mode::OFF || region == RegionId::FILTERED {
            return Token::NONE;
        }
        self.open(region.0, kind::ENTER, mode, || ticks)
    }

    /// Leaves a region now. Regions inside that are still open end with it; one that has ended
    /// already is left alone.
    #[inline]
    pub fn exit(&self, token: Token) {
        if token != Token::NONE {
            self.close(token, self.shared.clock.now(), kind::EXIT);
        }
    }

    /// Leaves a region at a given time, in ticks.
    #[inline]
    pub fn exit_at(&self, token: Token, ticks: u64) {
        if token != Token::NONE {
            self.close(token, ticks, kind::EXIT);
        }
    }

    /// Leaves a region because of a panic.
    pub fn unwind(&self, token: Token) {
        if token != Token::NONE {
            self.close(token, self.shared.clock.now(), kind::UNWIND);
        }
    }

    /// Leaves a region because of a panic, at a given time.
    pub fn unwind_at(&self, token: Token, ticks: u64) {
        if token != Token::NONE {
            self.close(token, ticks, kind::UNWIND);
        }
    }

    // Not inlined: a region that is not recorded then costs a load and a branch, and the code around
    // it stays small.
    #[inline(never)]
    fn open(&self, subject: u32, kind: u8, mode: Mode, now: impl Fn() -> u64) -> Token {
        let depth = self.depth.get();
        self.open_below(depth, subject, kind, mode.bits(), now)
    }

    /// Opens a region whose call path goes on from the innermost of that many regions.
    #[inline]
    fn open_below(
        &self,
        below: u32,
        subject: u32,
        kind: u8,
        mode_word: u64,
        now: impl Fn() -> u64,
    ) -> Token {
        let mode = Mode::from_bits(mode_word);
        let depth = self.depth.get();
        let map = &*self.shared.map;
        let Some(block) = self.words_in(map) else {
            return Token::NONE;
        };
        let Some(frame) = frame_of(block, depth) else {
            return self.too_deep();
        };
        let node = if mode.profiles() {
            self.child(map, self.node_below(block, below), subject)
        } else {
            0
        };
        if mode.counts_memory() {
            let reading = memory::enter();
            frame[frame::BYTES].store(reading.allocated, Ordering::Relaxed);
            frame[frame::ALLOCATIONS].store(reading.allocations, Ordering::Relaxed);
            frame[frame::PEAK].store(reading.peak as u64, Ordering::Relaxed);
        }
        if mode.has_counters() && node != 0 {
            self.enter_counters(depth);
        }
        let ticks = now();
        frame[frame::START].store(ticks, Ordering::Relaxed);
        frame[frame::INSIDE].store(0, Ordering::Relaxed);
        let what = u64::from(node) | u64::from(subject) << 32;
        frame[frame::WHAT].store(what, Ordering::Relaxed);
        frame[frame::MODE].store(mode_word, Ordering::Relaxed);
        if mode.traces() {
            self.put(map, ticks, subject & !subject::MASK, kind);
        }
        self.set_depth(block, depth + 1, ticks);
        Token(depth + 1)
    }

    #[inline(never)]
    fn close(&self, token: Token, ticks: u64, kind: u8) {
        let control = self.shared.control.load(Ordering::Relaxed);
        if control & !0xFF != self.epoch.get() && !self.catch_up(control) {
            return;
        }
        if token.0 != self.depth.get() && !self.close_inner(token, ticks) {
            return;
        }
        self.close_innermost(ticks, kind);
    }

    /// Leaves the innermost region.
    #[inline]
    fn close_innermost(&self, ticks: u64, kind: u8) {
        let Some(depth) = self.depth.get().checked_sub(1) else {
            return;
        };
        let map = &*self.shared.map;
        let Some(block) = self.words_in(map) else {
            return;
        };
        let Some(frame) = frame_of(block, depth) else {
            return;
        };
        let load = |index: usize| frame[index].load(Ordering::Relaxed);
        let what = load(frame::WHAT);
        let closing = Closing {
            depth,
            node: what as u32,
            subject: (what >> 32) as u32,
            mode_word: load(frame::MODE),
            elapsed: ticks.saturating_sub(load(frame::START)),
            ticks,
            kind,
        };
        // Two copies of what follows: most regions have times only, and need nothing from the stack.
        if closing.mode_word & !Mode::BOTH.bits() == 0 && kind == kind::EXIT {
            self.finish(map, block, frame, &closing, true);
        } else {
            self.close_unusual(map, block, frame, &closing);
        }
    }

    /// Leaves the innermost region, of which more is recorded, or which does not end as usual.
    #[inline(never)]
    fn close_unusual(
        &self,
        map: &[AtomicU64],
        block: &[AtomicU64; BLOCK],
        frame: &[AtomicU64; frame::WORDS],
        closing: &Closing,
    ) {
        let mode = Mode::from_bits(closing.mode_word);
        if mode.counts_memory() {
            self.count_memory(map, frame, closing);
        }
        let counted = if mode.has_counters() && closing.node != 0 {
            self.exit_counters(closing.depth, closing.node)
        } else {
            Values::default()
        };
        if closing.kind == kind::UNWIND && closing.node != 0 {
            self.count_unwound(closing.node);
        }
        let is_phase = closing.mode_word >> frame::PHASE_SHIFT != 0;
        if is_phase {
            self.leave_phase(frame, closing, counted);
        }
        self.finish(map, block, frame, closing, !is_phase);
    }

    /// Counts and records that the innermost region ends, and if it `is_inside` of the one around it,
    /// its time as time in there.
    #[expect(clippy::inline_always, reason = "a call would cost half of it")]
    #[inline(always)]
    fn finish(
        &self,
        map: &[AtomicU64],
        block: &[AtomicU64; BLOCK],
        frame: &[AtomicU64; frame::WORDS],
        closing: &Closing,
        is_inside: bool,
    ) {
        let mode = Mode::from_bits(closing.mode_word);
        if mode.profiles() {
            if closing.node != 0 {
                let inside = frame[frame::INSIDE].load(Ordering::Relaxed);
                tree::count_visit(map, closing.node, closing.elapsed, inside);
            }
            // One whose call path is not counted is no part of the region around it that is.
            if is_inside
                && let Some(outer) = closing.depth.checked_sub(1)
                && let Some(outer) = frame_of(block, outer)
            {
                tree::add(&outer[frame::INSIDE], closing.elapsed);
            }
        }
        if mode.traces() && closing.subject & subject::MASK == subject::REGION {
            self.put(map, closing.ticks, closing.subject, closing.kind);
        }
        self.set_depth(block, closing.depth, closing.ticks);
    }

    #[inline]
    fn set_depth(&self, block: &[AtomicU64; BLOCK], depth: u32, ticks: u64) {
        self.depth.set(depth);
        block[thread::LAST].store(ticks, Ordering::Relaxed);
        block[thread::DEPTH].store(u64::from(depth), Ordering::Release);
    }

    /// This thread's block. It is always there: `claim_fresh` and `claim_detached` have seen to it.
    #[inline]
    fn words(&self) -> Option<&[AtomicU64; BLOCK]> {
        self.words_in(&self.shared.map)
    }

    /// The same in the map, which is at hand.
    #[inline]
    fn words_in<'a>(&self, map: &'a [AtomicU64]) -> Option<&'a [AtomicU64; BLOCK]> {
        map.as_chunks().0.get(self.block)
    }

    /// A word of this thread's block.
    #[inline]
    fn own(&self, index: usize) -> &AtomicU64 {
        self.shared.word(self.block as Block, index)
    }

    /// Says that a parameter has a value from here to the end of the innermost region: what follows
    /// is counted apart for each value.
    pub fn parameter(&self, value: ValueId) {
        self.parameter_at(value, self.shared.clock.now());
    }

    /// The same at a given time.
    pub fn parameter_at(&self, value: ValueId, ticks: u64) {
        let mode = self.ready();
        if mode == Mode::OFF || self.depth.get() == 0 {
            return;
        }
        let subject = subject::VALUE | value.0;
        // It is closed with the region around it, by the region's token.
        let _ = self.open(subject, kind::PARAMETER, mode, || ticks);
    }

    /// Records a whole number that was measured.
    pub fn metric_int(&self, metric: MetricId, value: i64) {
        self.metric_int_at(metric, value, self.shared.clock.now());
    }

    /// The same at a given time.
    pub fn metric_int_at(&self, metric: MetricId, value: i64, ticks: u64) {
        let mode = self.ready();
        if mode.profiles() {
            self.count_metric(metric, value as f64);
        }
        if mode.traces() {
            self.put_more(ticks, metric.0, kind::METRIC_INT, 0, &[value as u64, 0]);
        }
    }

    /// Records a number that was measured.
    pub fn metric_float(&self, metric: MetricId, value: f64) {
        self.metric_float_at(metric, value, self.shared.clock.now());
    }

    /// The same at a given time.
    pub fn metric_float_at(&self, metric: MetricId, value: f64, ticks: u64) {
        let mode = self.ready();
        if mode.profiles() {
            self.count_metric(metric, value);
        }
        if mode.traces() {
            let words = [value.to_bits(), 0];
            self.put_more(ticks, metric.0, kind::METRIC_FLOAT, 0, &words);
        }
    }

    /// Counts bytes that the innermost region moved and floating-point operations that it did.
    pub fn work(&self, bytes: u64, flops: u64) {
        self.work_at(bytes, flops, self.shared.clock.now());
    }

    /// The same at a given time.
    pub fn work_at(&self, bytes: u64, flops: u64, ticks: u64) {
        let mode = self.ready();
        if mode.profiles() {
            self.count_work(self.current(self.depth.get()), bytes, flops);
        }
        if mode.traces() {
            self.put_more(ticks, 0, kind::WORK, 0, &[bytes, flops]);
        }
    }

    /// Marks this moment.
    pub fn marker(&self, text: TextId) {
        self.marker_at(text, self.shared.clock.now());
    }

    /// The same at a given time.
    pub fn marker_at(&self, text: TextId, ticks: u64) {
        self.put_traced(ticks, text.0, kind::MARKER, 0, &[]);
    }

    /// Says that a cell begins.
    pub fn cell_begin(&self, cell: u32) {
        let ticks = self.shared.clock.now();
        self.put_traced(ticks, cell, kind::CELL_BEGIN, 0, &[]);
    }

    /// Says that a cell ends, and whether it succeeded.
    pub fn cell_end(&self, cell: u32, succeeded: bool) {
        let ticks = self.shared.clock.now();
        self.put_traced(ticks, cell, kind::CELL_END, succeeded.into(), &[]);
    }

    /// Records that a message was sent, at a given time.
    pub fn send_at(&self, message: Message, ticks: u64) {
        self.put_message(kind::SEND, message, None, ticks);
    }

    /// Records that a message was received, at a given time.
    pub fn receive_at(&self, message: Message, ticks: u64) {
        self.put_message(kind::RECEIVE, message, None, ticks);
    }

    /// Records that a message begins to be sent under a request's number.
    pub fn send_start_at(&self, message: Message, request: u64, ticks: u64) {
        self.put_message(kind::SEND_START, message, Some(request), ticks);
    }

    /// Records that the message of that request was sent.
    pub fn send_done_at(&self, request: u64, ticks: u64) {
        self.put_traced(ticks, 0, kind::SEND_DONE, 0, &[request, 0]);
    }

    /// Records that a message is waited for under a request's number.
    pub fn receive_start_at(&self, request: u64, ticks: u64) {
        self.put_traced(ticks, 0, kind::RECEIVE_START, 0, &[request, 0]);
    }

    /// Records that the message of that request was received.
    pub fn receive_done_at(&self, message: Message, request: u64, ticks: u64) {
        self.put_message(kind::RECEIVE_DONE, message, Some(request), ticks);
    }

    fn put_message(&self, kind: u8, message: Message, request: Option<u64>, ticks: u64) {
        let words = [
            message.bytes,
            u64::from(message.peer) | u64::from(message.tag) << 32,
            request.unwrap_or(0),
            0,
        ];
        let words = &words[..if request.is_some() { 4 } else { 2 }];
        self.put_traced(ticks, message.communicator.0, kind, 0, words);
    }

    /// Records that a collective operation begins, at a given time.
    pub fn collective_begin_at(&self, communicator: CommunicatorId, ticks: u64) {
        self.put_traced(ticks, communicator.0, kind::COLLECTIVE_BEGIN, 0, &[]);
    }

    /// Records that a collective operation ends, at a given time.
    pub fn collective_end_at(&self, end: CollectiveEnd, ticks: u64) {
        let words = [
            end.sent,
            end.received,
            end.root.map_or(u64::MAX, u64::from),
            0,
        ];
        let operation: Collective = end.operation;
        let kind = kind::COLLECTIVE_END;
        self.put_traced(ticks, end.communicator.0, kind, operation as u16, &words);
    }

    /// What is to be recorded, after a reset with nothing in the way of it.
    #[inline]
    fn ready(&self) -> Mode {
        let control = self.shared.control.load(Ordering::Relaxed);
        let mode = Mode::from_bits(control);
        if mode == Mode::OFF {
            return Mode::OFF;
        }
        if control & !0xFF != self.epoch.get() && !self.catch_up(control) {
            return Mode::OFF;
        }
        mode
    }

    fn put_traced(&self, ticks: u64, number: u32, kind: u8, detail: u16, words: &[u64]) {
        if self.ready().traces() {
            self.put_more(ticks, number, kind, detail, words);
        }
    }

    fn count_memory(
        &self,
        map: &[AtomicU64],
        frame: &[AtomicU64; frame::WORDS],
        closing: &Closing,
    ) {
        let load = |index: usize| frame[index].load(Ordering::Relaxed);
        let reading = memory::exit(load(frame::PEAK) as i64);
        let used = MemoryUse {
            allocated: reading.allocated - load(frame::BYTES),
            allocations: reading.allocations - load(frame::ALLOCATIONS),
            peak: reading.peak.max(0) as u64,
            live: reading.live.max(0) as u64,
        };
        if closing.node != 0 {
            tree::count_allocations(map, closing.node, used);
        }
        let is_region = closing.subject & subject::MASK == subject::REGION;
        if used.allocations > 0 && Mode::from_bits(closing.mode_word).traces() && is_region {
            let words = [used.allocated, used.allocations, used.peak, used.live];
            self.put_more(closing.ticks, closing.subject, kind::MEMORY, 0, &words);
        }
    }
}
