//! The hot path allocates nothing, takes no lock and calls nobody, and a long cell stays within its memory.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::MetadataExt;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use hpc_profile::{Clock, Metric, Mode, Policy, RegionId, ThreadKind, Writer};

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

/// What a cell does most, at given times.
fn visit(writer: &Writer, [a, b]: [RegionId; 2], at: u64) {
    let outer = writer.enter_at(a, at);
    let inner = writer.enter_at(b, at + 1);
    writer.work_at(8, 1, at + 2);
    writer.exit_at(inner, at + 3);
    writer.exit_at(outer, at + 4);
}

/// Set for the copy of this program that may make no system call.
const CONFINED: &str = "HPC_PROFILE_CONFINED";

/// Not a test by itself: what the next one starts.
#[test]
fn is_confined() {
    if std::env::var_os(CONFINED).is_none() {
        return;
    }
    let bench = Bench::new(Mode::BOTH.with_memory());
    let regions = ["a", "b"].map(|name| bench.region(name));
    let writer = bench.recorder.attach("main", ThreadKind::Thread).unwrap();
    visit(&writer, regions, 0);
    let said = b"all visits were made\n";
    #[allow(unsafe_code)] // There is no safe way into the jail.
    // SAFETY: neither call touches memory but the text.
    unsafe {
        // From here on the system ends this thread at any call but reading and writing: no page may be
        // asked for, and no lock waited for. The counter is forbidden as well, so that times are given.
        assert_eq!(
            libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_STRICT),
            0
        );
        for at in 1..500 {
            visit(&writer, regions, 10 * at);
        }
        libc::write(1, said.as_ptr().cast(), said.len());
        // There is no way out: whoever started this ends it.
        loop {
            std::hint::spin_loop();
        }
    }
}

#[test]
fn the_hot_path_makes_no_system_call() {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["hot_path::is_confined", "--exact", "--nocapture"])
        .env(CONFINED, "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        for line in output.lines().map_while(Result::ok) {
            if line.contains("all visits were made") {
                let _ = tell.send(());
            }
        }
    });
    let is_done = told.recv_timeout(Duration::from_mins(1));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(is_done.is_ok(), "it was ended by the system");
}

#[test]
fn ten_million_regions_stay_within_their_memory() {
    const MEMORY: u64 = 4 << 20;
    let bench = Bench::with(Mode::BOTH, |options| {
        options.record_memory = MEMORY;
        options.tree_memory = MEMORY;
    });
    let regions = ["a", "b"].map(|name| bench.region(name));
    let writer = bench.recorder.attach("main", ThreadKind::Thread).unwrap();
    let before = ALLOCATIONS.with(Cell::get);
    for at in 0..5_000_000 {
        visit(&writer, regions, 10 * at);
    }
    assert_eq!(ALLOCATIONS.with(Cell::get), before);
    let bytes = std::fs::metadata(bench.recorder.path()).unwrap().blocks() * 512;
    // With the header, and what each thread has in any case.
    assert!(bytes <= MEMORY + 8 * 65536, "{bytes}");
    let recording = bench.reading();
    let tree = recording.threads()[0].tree();
    assert_eq!(tree.nodes()[2].visits, 5_000_000);
    assert!(recording.threads()[0].events().count() > 100_000);
}
