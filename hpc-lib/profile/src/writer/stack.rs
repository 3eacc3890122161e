//! The stack of open regions, in the thread's block so that others see it.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::record::event::kind;
use crate::record::layout::{BLOCK, MAX_DEPTH, Node, frame, header, node, subject, thread};
use crate::shared::FORKED;

use super::{Token, Writer};

/// A frame of a thread's block; `None` beyond the depth that is recorded.
#[inline]
pub(super) fn frame_of(
    block: &[AtomicU64; BLOCK],
    depth: u32,
) -> Option<&[AtomicU64; frame::WORDS]> {
    if depth as usize >= MAX_DEPTH {
        return None;
    }
    let at = thread::STACK + depth as usize * frame::WORDS;
    block.get(at..)?.first_chunk()
}

impl Writer {
    pub(super) fn frame(&self, depth: u32) -> Option<&[AtomicU64; frame::WORDS]> {
        frame_of(self.words()?, depth)
    }

    /// The node of the innermost of that many regions, under which another begins.
    #[inline]
    pub(super) fn node_below(&self, block: &[AtomicU64; BLOCK], depth: u32) -> Node {
        match depth
            .checked_sub(1)
            .and_then(|depth| frame_of(block, depth))
        {
            Some(frame) => frame[frame::WHAT].load(Ordering::Relaxed) as Node,
            None => self.base.get(),
        }
    }

    /// The same of a thread whose block is still to be found.
    #[inline]
    pub(super) fn current(&self, depth: u32) -> Node {
        self.words()
            .map_or(0, |block| self.node_below(block, depth))
    }

    /// A region inside more others than are recorded: its time counts as the innermost one's.
    #[cold]
    pub(super) fn too_deep(&self) -> Token {
        self.add_own(thread::TOO_DEEP, 1);
        Token::NONE
    }

    /// Ends what is open inside a region; `false` if the region itself has ended.
    #[cold]
    pub(super) fn close_inner(&self, token: Token, ticks: u64) -> bool {
        if token.0 > self.depth.get() {
            self.add_own(thread::STRAY_EXITS, 1);
            return false;
        }
        while self.depth.get() > token.0 {
            self.close_left_open(ticks);
        }
        true
    }

    /// Ends the innermost region, which nobody else did. That is a parameter's way to end.
    pub(super) fn close_left_open(&self, ticks: u64) {
        let innermost = self.frame(self.depth.get().saturating_sub(1));
        let what = innermost.map_or(0, |frame| frame[frame::WHAT].load(Ordering::Relaxed));
        if (what >> 32) as u32 & subject::MASK == subject::REGION {
            self.add_own(thread::LEFT_OPEN, 1);
        }
        self.close_innermost(ticks, kind::EXIT);
    }

    #[cold]
    pub(super) fn add_own(&self, index: usize, more: u64) {
        let word = self.own(index);
        word.store(
            word.load(Ordering::Relaxed).wrapping_add(more),
            Ordering::Relaxed,
        );
    }

    /// Does what a reset asks of this thread; `false` in a forked process, where nothing may be
    /// written.
    #[cold]
    pub(super) fn catch_up(&self, control: u64) -> bool {
        let epoch = control & !0xFF;
        if epoch == FORKED {
            return false;
        }
        let reset = self.shared.header(header::RESET).load(Ordering::Relaxed);
        for frame in (0..self.depth.get()).filter_map(|depth| self.frame(depth)) {
            let start = frame[frame::START].load(Ordering::Relaxed);
            frame[frame::START].store(start.max(reset), Ordering::Relaxed);
            frame[frame::INSIDE].store(0, Ordering::Relaxed);
        }
        self.restart_counters();
        self.each_node(|words| {
            for word in &words[node::VISITS..=node::INSIDE] {
                word.store(0, Ordering::Relaxed);
            }
            words[node::MIN].store(u64::MAX, Ordering::Relaxed);
            for word in &words[node::ALLOCATED..=node::UNWOUND] {
                word.store(0, Ordering::Relaxed);
            }
        });
        self.forget_records();
        for index in [
            thread::DROPPED,
            thread::PATHS_LOST,
            thread::TOO_DEEP,
            thread::LEFT_OPEN,
            thread::STRAY_EXITS,
        ] {
            self.own(index).store(0, Ordering::Relaxed);
        }
        self.epoch.set(epoch);
        self.own(thread::EPOCH).store(epoch, Ordering::Release);
        true
    }
}
