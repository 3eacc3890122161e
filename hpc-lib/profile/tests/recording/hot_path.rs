//! The hot path allocates nothing.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use hpc_profile::{Clock, Metric, Mode, Policy, ThreadKind};

use crate::Bench;

/// Counts allocations of the thread that makes them.
struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

#[allow(unsafe_code)] // A global allocator is unsafe to implement.
// SAFETY: it hands everything on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's promises are those that the system's allocator asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn entering_and_leaving_allocates_nothing() {
    for policy in [Policy::Ring, Policy::Spill, Policy::Stop] {
        let bench = Bench::with(Mode::OFF, |options| {
            options.policy = policy;
            options.clock = Clock::best();
            options.record_memory = 2 * 65536;
        });
        let [a, b] = ["a", "b"].map(|name| bench.region(name));
        let residual = bench.recorder.define_metric(&Metric::default());
        let writer = bench.recorder.attach("main", ThreadKind::Thread).unwrap();
        for mode in [
            Mode::OFF,
            Mode::PROFILE,
            Mode::TRACE,
            Mode::BOTH.with_memory(),
        ] {
            bench.recorder.set_mode(mode);
            let before = ALLOCATIONS.with(Cell::get);
            for _ in 0..20_000 {
                let outer = writer.enter(a);
                let inner = writer.enter(b);
                writer.metric_float(residual, 1.0);
                writer.work(8, 1);
                writer.exit(inner);
                writer.exit(outer);
            }
            assert_eq!(ALLOCATIONS.with(Cell::get), before, "{policy:?} {mode:?}");
        }
        // All of it was recorded, in three modes.
        let tree = bench.reading().threads()[0].tree();
        assert_eq!(tree.nodes()[2].visits, 40_000);
    }
}
