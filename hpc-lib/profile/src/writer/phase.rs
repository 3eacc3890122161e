//! Phases: regions whose call tree stands beside those of the regions around them.

use crate::record::event::{MemoryUse, kind};
use crate::record::layout::frame;
use crate::record::region::RegionId;
use crate::recorder::Mode;

use super::counters::Values;
use super::tree::add;
use super::{Token, Writer};

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
        depth: u32,
        mode_word: u64,
        elapsed: u64,
        used: MemoryUse,
        counted: Values,
    ) {
        let below = (mode_word >> frame::PHASE_SHIFT) as u32 - 1;
        for depth in below..depth {
            let Some(left) = self.frame(depth) else { break };
            self.skip_counters(depth, counted);
            add(&left[frame::START], elapsed);
            add(&left[frame::BYTES], used.allocated);
            add(&left[frame::ALLOCATIONS], used.allocations);
        }
        if let Some(outer) = below.checked_sub(1).and_then(|depth| self.frame(depth)) {
            add(&outer[frame::INSIDE], elapsed);
        }
    }
}
