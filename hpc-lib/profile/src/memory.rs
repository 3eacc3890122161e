//! What the current thread allocates: counters that a global allocator feeds.

use std::cell::Cell;

/// Counters of a thread.
#[derive(Debug)]
struct Counters {
    allocated: Cell<u64>,
    allocations: Cell<u64>,
    live: Cell<i64>,
    peak: Cell<i64>,
}

thread_local! {
    // Without a destructor, so that it can be reached as long as the thread allocates.
    static COUNTERS: Counters = const {
        Counters {
            allocated: Cell::new(0),
            allocations: Cell::new(0),
            live: Cell::new(0),
            peak: Cell::new(0),
        }
    };
}

/// Counts an allocation of that many bytes. For a global allocator; costs about a nanosecond.
#[inline]
pub fn on_allocate(bytes: usize) {
    COUNTERS.with(|counters| {
        let live = counters.live.get() + bytes as i64;
        counters
            .allocated
            .set(counters.allocated.get() + bytes as u64);
        counters.allocations.set(counters.allocations.get() + 1);
        counters.live.set(live);
        if live > counters.peak.get() {
            counters.peak.set(live);
        }
    });
}

/// Counts that many bytes that were freed, by whichever thread allocated them.
#[inline]
pub fn on_free(bytes: usize) {
    COUNTERS.with(|counters| counters.live.set(counters.live.get() - bytes as i64));
}

/// What the counters say.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Reading {
    pub(crate) allocated: u64,
    pub(crate) allocations: u64,
    /// Negative when the thread has freed more than it allocated.
    pub(crate) live: i64,
    pub(crate) peak: i64,
}

/// Reads the counters and starts a new peak, from what is live.
#[inline]
pub(crate) fn enter() -> Reading {
    COUNTERS.with(|counters| {
        let reading = Reading {
            allocated: counters.allocated.get(),
            allocations: counters.allocations.get(),
            live: counters.live.get(),
            peak: counters.peak.get(),
        };
        counters.peak.set(reading.live);
        reading
    })
}

/// Reads the counters, and goes on with the peak of the region around if that was higher.
#[inline]
pub(crate) fn exit(outer_peak: i64) -> Reading {
    COUNTERS.with(|counters| {
        let reading = Reading {
            allocated: counters.allocated.get(),
            allocations: counters.allocations.get(),
            live: counters.live.get(),
            peak: counters.peak.get(),
        };
        counters.peak.set(reading.peak.max(outer_peak));
        reading
    })
}
