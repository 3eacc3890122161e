//! Times that can be compared: two things take turns, and the fastest turn of each counts.

use std::cell::Cell;
use std::hint::black_box;
use std::time::Instant;

use hpc_profile::Clock;

const CALLS: u32 = 50_000;
const ROUNDS: usize = 150;

/// Nanoseconds of each call in one round.
fn round(call: &mut impl FnMut(u32)) -> f64 {
    let start = Instant::now();
    for index in 0..CALLS {
        call(index);
    }
    start.elapsed().as_secs_f64() * 1e9 / f64::from(CALLS)
}

/// Nanoseconds of each call of two things, in the fastest of some rounds, in which they take turns: what
/// else the machine does is the same for both.
fn time_both(mut one: impl FnMut(u32), mut other: impl FnMut(u32)) -> (f64, f64) {
    let mut best = (f64::INFINITY, f64::INFINITY);
    for _ in 0..ROUNDS {
        best.0 = best.0.min(round(&mut one));
        best.1 = best.1.min(round(&mut other));
    }
    best
}

thread_local! {
    static BUFFER: [Cell<(u64, u64)>; 4096] = const { [const { Cell::new((0, 0)) }; 4096] };
}

/// What no recorder can do without: two readings of the clock and two records of 16 bytes.
fn floor(clock: Clock, index: u32) {
    BUFFER.with(|buffer| {
        let at = (index as usize * 2) % 4096;
        buffer[at].set((clock.now(), u64::from(index)));
        buffer[at + 1].set((clock.now(), u64::from(index)));
        black_box(buffer);
    });
}

/// The lines of the result.
#[derive(Debug)]
pub(crate) struct Lines {
    clock: Clock,
    missed: usize,
}

impl Lines {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, missed: 0 }
    }

    /// How many targets were missed.
    pub(crate) fn missed(&self) -> usize {
        self.missed
    }

    /// Times something beside the floor, of which it may take that many.
    pub(crate) fn beside_floor(&mut self, name: &str, most: Option<f64>, call: impl FnMut(u32)) {
        let clock = self.clock;
        let (cost, floor) = time_both(call, |index| floor(clock, index));
        let ratio = cost / floor;
        let wanted = most.map_or_else(String::new, |most| format!("{most} × floor"));
        let mark = self.judge(most.is_none_or(|most| ratio <= most));
        println!("{name:34} {cost:8.2} ns  {ratio:5.2} × floor  {wanted:>12}  {mark}");
    }

    /// Times something that may take that many nanoseconds, without what it takes `otherwise`.
    pub(crate) fn above(
        &mut self,
        name: &str,
        most: f64,
        call: impl FnMut(u32),
        otherwise: impl FnMut(u32),
    ) {
        let (cost, empty) = time_both(call, otherwise);
        let cost = (cost - empty).max(0.0);
        let mark = self.judge(cost <= most);
        println!("{name:34} {cost:8.2} ns                 {most:>9} ns  {mark}");
    }

    fn judge(&mut self, is_met: bool) -> &'static str {
        self.missed += usize::from(!is_met);
        if is_met { "" } else { "missed" }
    }
}
