//! Reading while others write.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use hpc_profile::{Clock, Mode, Policy, ProcessState, ThreadKind};

use crate::Bench;

#[test]
fn sixty_four_threads_agree_with_what_they_did() {
    let bench = Bench::with(Mode::BOTH, |options| {
        options.threads = 64;
        options.policy = Policy::Spill;
        options.record_memory = 1 << 20;
    });
    let [a, b] = ["a", "b"].map(|name| bench.region(name));
    thread::scope(|scope| {
        for number in 0..64 {
            let recorder = &bench.recorder;
            scope.spawn(move || {
                let writer = recorder
                    .attach(&format!("t{number}"), ThreadKind::Thread)
                    .unwrap();
                for round in 0..2000 {
                    let outer = writer.enter_at(a, round * 10);
                    let inner = writer.enter_at(b, round * 10 + 2);
                    writer.exit_at(inner, round * 10 + 5);
                    writer.exit_at(outer, round * 10 + 9);
                }
            });
        }
    });
    let recording = bench.reading();
    let threads = recording.threads();
    assert_eq!(threads.len(), 64);
    for thread in threads {
        let tree = thread.tree();
        let counts: Vec<_> = tree
            .nodes()
            .iter()
            .map(|n| (n.visits, n.ticks, n.inside))
            .collect();
        assert_eq!(counts, [(0, 0, 0), (2000, 18_000, 6000), (2000, 6000, 0)]);
        assert_eq!(thread.events().count(), 8000);
        assert_eq!(thread.losses(), hpc_profile::ThreadLosses::default());
    }
}

/// Tells the writer to end, also when the reader fails.
struct Stopping<'a>(&'a AtomicBool);

impl Drop for Stopping<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_reader_sees_whole_nodes_while_they_change() {
    let bench = Bench::with(Mode::BOTH, |options| options.record_memory = 4 * 65536);
    let a = bench.region("a");
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let writer = bench.recorder.attach("main", ThreadKind::Thread).unwrap();
            let mut now = 0;
            while !stop.load(Ordering::Relaxed) {
                let token = writer.enter_at(a, now);
                writer.exit_at(token, now + 7);
                now += 10;
            }
        });
        let _stopping = Stopping(&stop);
        let recording = bench.reading();
        let mut seen = 0;
        let mut looks = 0;
        while looks < 2000 {
            let Some(thread) = recording.threads().first().copied() else {
                continue;
            };
            let tree = thread.tree();
            let Some(node) = tree.nodes().get(1) else {
                continue;
            };
            assert_eq!(node.ticks, 7 * node.visits);
            assert_eq!(node.squares, 49.0 * node.visits as f64);
            assert!(node.visits >= seen);
            seen = node.visits;
            looks += 1;
            // What is overwritten meanwhile is missed, but nothing is made up.
            let mut last = None;
            for event in thread.events().take(100) {
                assert!(last.is_none_or(|last| last < event.ticks));
                last = Some(event.ticks);
            }
        }
    });
}

#[test]
fn open_regions_are_counted_up_to_now() {
    let bench = Bench::with(Mode::PROFILE, |options| options.clock = Clock::Monotonic);
    let [a, b] = ["a", "b"].map(|name| bench.region(name));
    let writer = bench.recorder.attach("main", ThreadKind::Thread).unwrap();
    let _outer = writer.enter(a);
    let inner = writer.enter(b);
    writer.exit(inner);
    let _inner = writer.enter(b);
    let recording = bench.reading();
    assert_eq!(recording.process().state, ProcessState::Running);
    let thread = recording.threads()[0];
    let tree = thread.tree_until_now();
    let [_, outer, inner] = tree.nodes() else {
        panic!()
    };
    assert_eq!((outer.visits, inner.visits), (1, 2));
    assert!(outer.ticks >= inner.ticks && outer.inside == inner.ticks);
    bench.recorder.close();
    assert_eq!(recording.process().state, ProcessState::Closed);
}

#[test]
fn the_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let bench = Bench::with(Mode::BOTH, |options| options.policy = Policy::Spill);
    let path = bench.recorder.path();
    let spill = format!("{}.spill", path.display());
    for path in [path, spill.as_ref()] {
        let mode = std::fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
