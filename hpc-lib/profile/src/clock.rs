//! The clock of a recording: ticks, and what they are in time.

#![allow(unsafe_code)] // Reads the processor's time-stamp counter.

use std::thread;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Where ticks come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Clock {
    /// The processor's time-stamp counter, which runs at one rate on all its cores.
    Counter = 1,
    /// Nanoseconds of the system's monotonic clock.
    Monotonic = 2,
    /// Nanoseconds that the program hands in with each record, and that start at any point.
    Given = 3,
}

impl Clock {
    /// The cheapest clock of this machine that can be trusted: the counter if it runs at the same
    /// rate in all states of the processor, else the system's.
    pub fn best() -> Self {
        if has_invariant_counter() {
            Self::Counter
        } else {
            Self::Monotonic
        }
    }

    /// The clock with that number in a file.
    pub(crate) fn from_number(number: u64) -> Option<Self> {
        match number {
            1 => Some(Self::Counter),
            2 => Some(Self::Monotonic),
            3 => Some(Self::Given),
            _ => None,
        }
    }

    /// The time now, in ticks. 0 for [`Clock::Given`].
    ///
    /// Costs about 10 ns with the counter, 30 ns without.
    #[inline]
    pub fn now(self) -> u64 {
        match self {
            Self::Counter => counter(),
            Self::Monotonic | Self::Given => self.now_by_call(),
        }
    }

    /// Not inlined, so that the code around a reading of the counter stays small.
    #[inline(never)]
    fn now_by_call(self) -> u64 {
        if self == Self::Given {
            0
        } else {
            nanoseconds(ClockId::Monotonic)
        }
    }

    /// Ticks in a second: 10⁹, or measured over two milliseconds.
    pub(crate) fn measured_rate(self) -> f64 {
        if self != Self::Counter {
            return 1e9;
        }
        let first = Stamp::now(self);
        thread::sleep(Duration::from_millis(2));
        let last = Stamp::now(self);
        first.rate_to(last).unwrap_or(1e9)
    }
}

#[cfg(target_arch = "x86_64")]
#[inline]
fn counter() -> u64 {
    // SAFETY: the instruction exists on every x86-64 processor and reads a register.
    unsafe { std::arch::x86_64::_rdtsc() }
}

#[cfg(target_arch = "aarch64")]
#[inline]
fn counter() -> u64 {
    let ticks: u64;
    // SAFETY: user code may read the virtual counter on Linux; the instruction has no other effect.
    unsafe { std::arch::asm!("mrs {}, cntvct_el0", out(reg) ticks, options(nomem, nostack)) };
    ticks
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn counter() -> u64 {
    nanoseconds(ClockId::Monotonic)
}

#[cfg(target_arch = "x86_64")]
fn has_invariant_counter() -> bool {
    use std::arch::x86_64::__cpuid;
    const EXTENDED: u32 = 0x8000_0000;
    __cpuid(EXTENDED).eax >= EXTENDED + 7 && __cpuid(EXTENDED + 7).edx & (1 << 8) != 0
}

#[cfg(not(target_arch = "x86_64"))]
fn has_invariant_counter() -> bool {
    cfg!(target_arch = "aarch64")
}

fn nanoseconds(clock: ClockId) -> u64 {
    let time = clock_gettime(clock);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// One moment on three clocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    /// In ticks of the recording.
    pub ticks: u64,
    /// In nanoseconds since 1970.
    pub realtime: u64,
    /// In nanoseconds of the machine's monotonic clock.
    pub monotonic: u64,
}

impl Stamp {
    /// This moment. The reading that took the least time of five, so that nothing came between.
    pub fn now(clock: Clock) -> Self {
        let read = || {
            let before = clock.now();
            let monotonic = nanoseconds(ClockId::Monotonic);
            let realtime = nanoseconds(ClockId::Realtime);
            let took = clock.now().saturating_sub(before);
            let stamp = Self {
                ticks: before + took / 2,
                realtime,
                monotonic,
            };
            (took, stamp)
        };
        let mut best = read();
        for _ in 0..4 {
            let next = read();
            if next.0 < best.0 {
                best = next;
            }
        }
        best.1
    }

    /// Ticks in a second, from this stamp to a later one.
    fn rate_to(self, later: Self) -> Option<f64> {
        let ticks = later.ticks.checked_sub(self.ticks)?;
        let time = later.monotonic.checked_sub(self.monotonic)?;
        (ticks > 0 && time > 0).then(|| ticks as f64 / time as f64 * 1e9)
    }
}

/// Turns ticks of a recording into nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimeBase {
    start: Stamp,
    /// Nanoseconds in a tick.
    period: f64,
}

/// Below that time between two stamps, the rate that was measured at the start is better.
const LONG: u64 = 100_000_000;

impl TimeBase {
    /// A base from the first and the last stamp of a recording, and the rate measured at its start
    /// in ticks per second.
    pub fn new(first: Stamp, last: Stamp, rate: f64) -> Self {
        let long = last.monotonic.saturating_sub(first.monotonic) >= LONG;
        let rate = first.rate_to(last).filter(|_| long).unwrap_or(rate);
        let usable = rate.is_finite() && rate > 0.0;
        Self {
            start: first,
            period: if usable { 1e9 / rate } else { 1.0 },
        }
    }

    /// The base of a recording whose ticks are nanoseconds.
    pub fn nanoseconds(start: Stamp) -> Self {
        Self { start, period: 1.0 }
    }

    /// Nanoseconds since 1970.
    pub fn realtime(&self, ticks: u64) -> u64 {
        let since = self.since_start(ticks);
        self.start.realtime.saturating_add_signed(since)
    }

    /// Nanoseconds since the start of the recording; negative before it.
    pub fn since_start(&self, ticks: u64) -> i64 {
        let ticks = ticks.wrapping_sub(self.start.ticks) as i64;
        if self.period == 1.0 {
            return ticks;
        }
        (ticks as f64 * self.period).round() as i64
    }

    /// The length of a number of ticks, in nanoseconds.
    pub fn duration(&self, ticks: f64) -> f64 {
        ticks * self.period
    }

    /// Ticks in a second.
    pub fn rate(&self) -> f64 {
        1e9 / self.period
    }

    /// The first stamp.
    pub fn start(&self) -> Stamp {
        self.start
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counter_agrees_with_the_systems_clock() {
        let clock = Clock::best();
        let (first, rate) = (Stamp::now(clock), clock.measured_rate());
        thread::sleep(Duration::from_millis(20));
        let last = Stamp::now(clock);
        let base = TimeBase::new(first, last, rate);
        let counted = base.since_start(last.ticks) as f64;
        let real = (last.monotonic - first.monotonic) as f64;
        assert!((counted / real - 1.0).abs() < 0.01, "{counted} {real}");
        assert!(base.realtime(last.ticks).abs_diff(last.realtime) < 1_000_000);
    }

    #[test]
    fn a_long_recording_gives_its_own_rate() {
        let stamp = |ticks, nanoseconds| Stamp {
            ticks,
            realtime: 1_000_000 + nanoseconds,
            monotonic: nanoseconds,
        };
        let base = TimeBase::new(stamp(1000, 0), stamp(3_000_001_000, 1_000_000_000), 1.0);
        assert_eq!(base.rate(), 3e9);
        assert_eq!(base.since_start(301_000), 100_000);
        assert_eq!(base.since_start(0), -333);
        assert_eq!(base.realtime(301_000), 1_100_000);
    }
}
