//! What the current thread allocates: counters that an allocator feeds.

#![allow(unsafe_code)] // Reads counters that lie in another part of the program.

use std::cell::Cell;
use std::sync::OnceLock;

/// Counters of a thread.
#[derive(Debug, Default)]
#[repr(C)]
pub struct Counters {
    allocated: Cell<u64>,
    allocations: Cell<u64>,
    /// Apart from what is allocated, so that an allocation does not wait for the freeing before it.
    freed: Cell<u64>,
    peak: Cell<i64>,
}

impl Counters {
    /// Counters of a thread that has allocated nothing.
    pub const fn new() -> Self {
        Self {
            allocated: Cell::new(0),
            allocations: Cell::new(0),
            freed: Cell::new(0),
            peak: Cell::new(0),
        }
    }

    /// Counts an allocation of that many bytes. Costs about a nanosecond.
    #[inline]
    pub fn on_allocate(&self, bytes: usize) {
        let allocated = self.allocated.get().wrapping_add(bytes as u64);
        self.allocated.set(allocated);
        self.allocations.set(self.allocations.get().wrapping_add(1));
        let live = allocated.wrapping_sub(self.freed.get()) as i64;
        if live > self.peak.get() {
            self.peak.set(live);
        }
    }

    /// Counts that many bytes that were freed, by whichever thread allocated them.
    #[inline]
    pub fn on_free(&self, bytes: usize) {
        self.freed.set(self.freed.get().wrapping_add(bytes as u64));
    }

    /// Bytes that the thread has; negative when it has freed more than it allocated.
    #[inline]
    pub fn live(&self) -> i64 {
        self.allocated.get().wrapping_sub(self.freed.get()) as i64
    }

    fn read(&self) -> Reading {
        Reading {
            allocated: self.allocated.get(),
            allocations: self.allocations.get(),
            live: self.live(),
            peak: self.peak.get(),
        }
    }
}

thread_local! {
    // Without a destructor, so that it can be reached as long as the thread allocates.
    static COUNTERS: Counters = const { Counters::new() };
}

/// Gives the counters of the calling thread.
pub type Source = extern "C" fn() -> *const Counters;

static SOURCE: OnceLock<Source> = OnceLock::new();

/// Takes the counters from an allocator that lies elsewhere, in the place of those that
/// [`on_allocate`] and [`on_free`] feed. The first source is the only one.
///
/// # Safety
/// The source must give counters that live as long as the thread that calls it, and that no other
/// thread reaches.
pub unsafe fn count_with(source: Source) {
    SOURCE.get_or_init(|| source);
}

#[inline]
fn with<T>(read: impl FnOnce(&Counters) -> T) -> T {
    match SOURCE.get() {
        // SAFETY: that is what `count_with` was promised.
        Some(source) => read(unsafe { &*source() }),
        None => COUNTERS.with(read),
    }
}

/// Counts an allocation of that many bytes. For a global allocator; costs about a nanosecond.
#[inline]
pub fn on_allocate(bytes: usize) {
    COUNTERS.with(|counters| counters.on_allocate(bytes));
}

/// Counts that many bytes that were freed, by whichever thread allocated them.
#[inline]
pub fn on_free(bytes: usize) {
    COUNTERS.with(|counters| counters.on_free(bytes));
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

/// Reads the counters.
pub(crate) fn read() -> Reading {
    with(Counters::read)
}

/// Reads the counters and starts a new peak, from what is live.
#[inline]
pub(crate) fn enter() -> Reading {
    with(|counters| {
        let reading = counters.read();
        counters.peak.set(reading.live);
        reading
    })
}

/// Reads the counters, and goes on with the peak of the region around if that was higher.
#[inline]
pub(crate) fn exit(outer_peak: i64) -> Reading {
    with(|counters| {
        let reading = counters.read();
        counters.peak.set(reading.peak.max(outer_peak));
        reading
    })
}
