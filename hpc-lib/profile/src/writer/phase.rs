//! Phases: regions whose call tree stands beside those of the regions around them.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::memory;
use crate::record::event::kind;
use crate::record::layout::frame;
use crate::record::region::RegionId;
use crate::recorder::Mode;

use super::counters::Values;
use super::tree::add;
use super::{Closing, Token, Writer};

impl Writer {
    /// Enters a phase now: its call path goes on from the region of `below`, whatever else is open
    /// inside of that, and from the thread itself with [`Token::NONE`]. The regions in between are
    /// left for as long: its time is not theirs. A phase inside of a phase leaves that as well.
    ///
    /// Left as any region, by [`Writer::exit`]. In a trace it lies where it happened.
    pub fn enter_phase(&self, region: RegionId, below: Token) -> Token {
        self.enter_phase_at(region, below, self.shared.clock.now())
    }

    /// The same at a given time.
    pub fn enter_phase_at(&self, region: RegionId, below: Token, ticks: u64) -> Token {
        let mode = self.ready();
        if mode == Mode::OFF || region == RegionId::FILTERED {
            return Token::NONE;
        }
        let below = below.0.min(self.depth.get());
        let mode_word = mode.bits() | u64::from(below + 1) << frame::PHASE_SHIFT;
        self.open_below(below, region.0, kind::ENTER, mode_word, || ticks)
    }

    /// Gives the time of a phase, which ends, to the region that it is below of and takes it from
    /// those in between.
    #[cold]
    pub(super) fn leave_phase(
        &self,
        frame: &[AtomicU64; frame::WORDS],
        closing: &Closing,
        counted: Values,
    ) {
        let reading = memory::read();
        let since = |start: usize, now: u64| {
            let counts = Mode::from_bits(closing.mode_word).counts_memory();
            let start = frame[start].load(Ordering::Relaxed);
            if counts { now.wrapping_sub(start) } else { 0 }
        };
        let allocated = since(frame::BYTES, reading.allocated);
        let allocations = since(frame::ALLOCATIONS, reading.allocations);
        let below = (closing.mode_word >> frame::PHASE_SHIFT) as u32 - 1;
        for depth in below..closing.depth {
            let Some(left) = self.frame(depth) else { break };
            add(&left[frame::START], closing.elapsed);
            add(&left[frame::BYTES], allocated);
            add(&left[frame::ALLOCATIONS], allocations);
            self.skip_counters(depth, counted);
        }
        let outer = below.checked_sub(1).and_then(|depth| self.frame(depth));
        if let Some(inside) = outer.map(|outer| &outer[frame::INSIDE]) {
            add(inside, closing.elapsed);
        }
    }
}
