//! Stopping a cell on the user's request, with its variables intact.
//!
//! A request sets a flag. Routines that take long call [`check`] between chunks of their work; it
//! ends the cell by a panic, which unwinds out of the cell like any other and keeps the variables.
//! The kernel makes the loops of cells call it too.

use std::ops::{Range, RangeInclusive};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use hpc_channel::INTERRUPTED;

static REQUESTED: AtomicBool = AtomicBool::new(false);

/// Ends the cell if the user asked for it. Costs one relaxed load.
///
/// # Panics
/// Panics with the message `interrupted` when the user interrupted the cell.
#[inline]
pub fn check() {
    if REQUESTED.load(Ordering::Relaxed) {
        stop();
    }
}

#[cold]
fn stop() {
    // A destructor that runs because of a panic, perhaps this one, must come to its end: a second
    // panic would take the process with it.
    assert!(thread::panicking(), "{INTERRUPTED}");
}

/// Asks the running cell to stop. Safe to call from a signal handler.
pub(super) fn request() {
    REQUESTED.store(true, Ordering::Relaxed);
}

pub(super) fn reset() {
    REQUESTED.store(false, Ordering::Relaxed);
}

/// How often a sleeper looks at the flag.
const NAP: Duration = Duration::from_millis(20);

/// Sleeps like [`std::thread::sleep`], and ends the cell when the user asks for it meanwhile.
///
/// # Panics
/// Panics with the message `interrupted` when the user interrupted the cell.
pub fn sleep(duration: Duration) {
    let Some(end) = Instant::now().checked_add(duration) else {
        loop {
            thread::sleep(NAP);
            check();
        }
    };
    loop {
        check();
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return;
        }
        thread::sleep(left.min(NAP));
    }
}

/// Turns of a loop between two looks at the flag: some tens of microseconds of the shortest loop.
const BLOCK: usize = 1 << 16;

/// Divides a range into blocks and looks at the flag before each, so that a loop over a block is as
/// fast as a plain one.
///
/// ```
/// use hpc::host::interrupt::blocks;
/// let mut sum = 0;
/// for block in blocks(0..100_000) {
///     for i in block {
///         sum += i as i64;
///     }
/// }
/// assert_eq!(sum, 4_999_950_000);
/// ```
#[inline]
pub fn blocks<R: InBlocks>(range: R) -> Blocks<R> {
    Blocks { rest: Some(range) }
}

/// A range that can be walked in blocks.
pub trait InBlocks: Sized {
    /// The first [`BLOCK`] values at most, and what is left.
    fn split(self) -> (Self, Option<Self>);
}

/// The blocks of a range.
#[derive(Debug)]
pub struct Blocks<R> {
    rest: Option<R>,
}

impl<R: InBlocks> Iterator for Blocks<R> {
    type Item = R;

    #[inline]
    fn next(&mut self) -> Option<R> {
        let (block, rest) = self.rest.take()?.split();
        self.rest = rest;
        check();
        Some(block)
    }
}

impl<T: Step> InBlocks for Range<T> {
    #[inline]
    fn split(self) -> (Self, Option<Self>) {
        match T::forward(self.start, BLOCK) {
            Some(middle) if middle < self.end => (self.start..middle, Some(middle..self.end)),
            _ => (self, None),
        }
    }
}

impl<T: Step> InBlocks for RangeInclusive<T> {
    #[inline]
    fn split(self) -> (Self, Option<Self>) {
        let (start, end) = (*self.start(), *self.end());
        if self.is_empty() {
            return (self, None);
        }
        match (T::forward(start, BLOCK), T::forward(start, BLOCK + 1)) {
            (Some(last), Some(next)) if next <= end => (start..=last, Some(next..=end)),
            _ => (self, None),
        }
    }
}

/// A type of which a range can be walked.
pub trait Step: Copy + PartialOrd {
    /// The value that many steps later, if there is one.
    fn forward(start: Self, steps: usize) -> Option<Self>;
}

macro_rules! integers {
    ($($integer:ty),*) => {$(
        impl Step for $integer {
            #[inline]
            fn forward(start: Self, steps: usize) -> Option<Self> {
                // A type without room for so many steps has fewer values than a block.
                start.checked_add(Self::try_from(steps).ok()?)
            }
        }
    )*};
}
integers!(
    i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize
);

/// Ranges of these are never long.
macro_rules! few {
    ($($kind:ty),*) => {$(
        impl Step for $kind {
            #[inline]
            fn forward(_: Self, _: usize) -> Option<Self> {
                None
            }
        }
    )*};
}
few!(char, std::net::Ipv4Addr, std::net::Ipv6Addr);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn destructors_run_to_their_end_when_a_request_unwinds() {
        struct Loops<'a>(&'a mut u32);
        impl Drop for Loops<'_> {
            fn drop(&mut self) {
                for _ in 0..3 {
                    stop();
                    *self.0 += 1;
                }
            }
        }
        let mut turns = 0;
        // Without the flag, which other tests look at.
        let work = || {
            let _loops = Loops(&mut turns);
            stop();
        };
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).is_err());
        assert_eq!(turns, 3);
    }

    #[test]
    fn blocks_cover_a_range() {
        for range in [0..0, 0..1, -70_000..70_000, i32::MAX - 3..i32::MAX] {
            let walked: Vec<i32> = blocks(range.clone()).flatten().collect();
            assert!(walked.iter().copied().eq(range));
        }
        let whole: Vec<u8> = blocks(0..=u8::MAX).flatten().collect();
        assert_eq!(whole.len(), 256);
        let long = 1..=200_000_u32;
        assert!(blocks(long.clone()).flatten().eq(long));
        assert_eq!(blocks('a'..='e').flatten().collect::<String>(), "abcde");
    }
}
