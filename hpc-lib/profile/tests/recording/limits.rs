//! What happens when memory is full.

use hpc_profile::{Clock, Event, Mode, Policy, RegionId, ThreadKind};

use crate::Bench;

/// A recording with room for four chunks of 4088 records beside each thread's own.
fn small(policy: Policy) -> Bench {
    Bench::with(Mode::TRACE, |options| {
        options.policy = policy;
        options.record_memory = 4 * 65536;
    })
}

const IN_CHUNK: u64 = 4088;

fn write_pairs(bench: &Bench, region: RegionId, name: &str, pairs: u64) {
    let writer = bench.recorder.attach(name, ThreadKind::Thread).unwrap();
    for index in 0..pairs {
        let token = writer.enter_at(region, 2 * index);
        writer.exit_at(token, 2 * index + 1);
    }
}

#[test]
fn a_ring_keeps_the_newest() {
    let bench = small(Policy::Ring);
    let region = bench.region("a");
    write_pairs(&bench, region, "main", 50_000);
    let recording = bench.reading();
    let thread = recording.threads()[0];
    let ticks: Vec<u64> = thread.events().map(|event| event.ticks).collect();
    assert_eq!(ticks.len() as u64 + thread.losses().records, 100_000);
    assert!(ticks.len() as u64 > 4 * IN_CHUNK);
    let first = thread.losses().records;
    assert!(ticks == (first..100_000).collect::<Vec<_>>());
}

#[test]
fn a_thread_has_a_chunk_when_others_have_taken_all() {
    for policy in [Policy::Ring, Policy::Stop, Policy::Spill] {
        let bench = small(policy);
        let region = bench.region("a");
        write_pairs(&bench, region, "one", 50_000);
        write_pairs(&bench, region, "two", 10_000);
        let recording = bench.reading();
        let thread = recording.threads()[1];
        let (kept, lost) = (thread.events().count() as u64, thread.losses().records);
        if policy == Policy::Spill {
            assert_eq!((kept, lost), (20_000, 0));
        } else {
            assert_eq!(kept + lost, 20_000, "{policy:?}");
            assert!(kept > 0 && kept <= IN_CHUNK);
        }
    }
}

#[test]
fn a_stop_keeps_the_oldest() {
    let bench = small(Policy::Stop);
    let region = bench.region("a");
    write_pairs(&bench, region, "main", 50_000);
    let recording = bench.reading();
    let thread = recording.threads()[0];
    let ticks: Vec<u64> = thread.events().map(|event| event.ticks).collect();
    assert!(ticks == (0..5 * IN_CHUNK).collect::<Vec<_>>());
    assert_eq!(thread.losses().records, 100_000 - 5 * IN_CHUNK);
    // A reset frees what was full.
    bench.recorder.reset();
    write_pairs(&bench, region, "main", 5);
    assert_eq!(thread.events().count(), 10);
    assert_eq!(thread.losses().records, 0);
}

#[test]
fn a_spill_keeps_everything() {
    let bench = small(Policy::Spill);
    let region = bench.region("a");
    write_pairs(&bench, region, "main", 50_000);
    let recording = bench.reading();
    let thread = recording.threads()[0];
    let ticks: Vec<u64> = thread.events().map(|event| event.ticks).collect();
    assert!(ticks == (0..100_000).collect::<Vec<_>>());
    assert_eq!(thread.losses().records, 0);
    bench.recorder.reset();
    write_pairs(&bench, region, "main", 5);
    assert_eq!(thread.events().count(), 10);
}

#[test]
fn a_spill_says_how_long_it_took() {
    let bench = Bench::with(Mode::TRACE, |options| {
        options.policy = Policy::Spill;
        options.record_memory = 0;
        options.clock = Clock::Monotonic;
    });
    let region = bench.region("a");
    let writer = bench.recorder.attach("main", ThreadKind::Thread).unwrap();
    for _ in 0..10_000 {
        let token = writer.enter(region);
        writer.exit(token);
    }
    let recording = bench.reading();
    let mut flushes = 0;
    let mut last = 0;
    for event in recording.threads()[0].events() {
        if let Event::Flush(end) = event.event {
            assert!(end > event.ticks);
            flushes += 1;
        }
        assert!(event.ticks >= last || matches!(event.event, Event::Exit(_) | Event::Enter(_)));
        last = event.ticks;
    }
    assert_eq!(flushes, 4);
}

#[test]
fn a_spill_stops_at_its_limit() {
    let bench = Bench::with(Mode::TRACE, |options| {
        options.policy = Policy::Spill;
        options.record_memory = 0;
        options.spill_limit = 200_000;
    });
    let region = bench.region("a");
    write_pairs(&bench, region, "main", 50_000);
    let recording = bench.reading();
    let thread = recording.threads()[0];
    let ticks: Vec<u64> = thread.events().map(|event| event.ticks).collect();
    // Three places of 65 KiB on the disk, one chunk in memory.
    assert!(ticks == (0..4 * IN_CHUNK).collect::<Vec<_>>());
    assert_eq!(thread.losses().records, 100_000 - 4 * IN_CHUNK);
}

#[test]
fn paths_without_room_are_counted_as_lost() {
    let bench = Bench::with(Mode::PROFILE, |options| options.tree_memory = 65536);
    let outer = bench.region("outer");
    let writer = bench.recorder.attach("main", ThreadKind::Thread).unwrap();
    let token = writer.enter_at(outer, 0);
    for number in 0..2000 {
        let region = bench.region(&format!("a region with the number {number}"));
        let inner = writer.enter_at(region, number);
        writer.exit_at(inner, number + 1);
    }
    writer.exit_at(token, 2000);
    let recording = bench.reading();
    let thread = recording.threads()[0];
    let tree = thread.tree();
    let lost = thread.losses().paths;
    assert!(lost > 0);
    assert_eq!(tree.nodes().len() as u64 - 2 + lost, 2000);
    assert_eq!((tree.nodes()[1].visits, tree.nodes()[1].ticks), (1, 2000));
}

#[test]
fn what_is_too_deep_belongs_to_what_is_not() {
    let bench = Bench::new(Mode::BOTH);
    let region = bench.region("a");
    let writer = bench.recorder.attach("main", ThreadKind::Thread).unwrap();
    let tokens: Vec<_> = (0..2000)
        .map(|depth| writer.enter_at(region, depth))
        .collect();
    for (token, ticks) in tokens.into_iter().rev().zip(2000..) {
        writer.exit_at(token, ticks);
    }
    let recording = bench.reading();
    let thread = recording.threads()[0];
    let too_deep = thread.losses().too_deep;
    assert!(too_deep > 0);
    assert_eq!(thread.tree().nodes().len() as u64 - 1 + too_deep, 2000);
    assert!(thread.open_regions().is_empty());
    assert_eq!(thread.tree().nodes()[1].ticks, 3999);
}

#[test]
fn threads_beyond_the_limit_are_counted() {
    let bench = Bench::with(Mode::BOTH, |options| options.threads = 2);
    let one = bench.recorder.attach("one", ThreadKind::Thread);
    let two = bench.recorder.attach("two", ThreadKind::Thread);
    assert!(one.is_some() && two.is_some());
    assert!(bench.recorder.attach("three", ThreadKind::Thread).is_none());
    assert_eq!(bench.reading().losses().0, 1);
    drop(two);
    assert!(bench.recorder.attach("three", ThreadKind::Thread).is_some());
}
