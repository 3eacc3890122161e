//! What the processor counts, where the machine lets it be read.

use std::hint::black_box;

use hpc_profile::report::{Order, Table};
use hpc_profile::{
    Clock, Counter, CounterSums, Mode, Options, Profile, Recording, ThreadKind, Token,
};

use crate::Bench;

fn bench(counters: &[Counter]) -> Bench {
    Bench::with(Mode::PROFILE.with_counters(), |options: &mut Options| {
        options.clock = Clock::best();
        options.counters = counters.into();
    })
}

fn work(rounds: u64) {
    black_box((0..rounds).fold(1, |sum, index| black_box(sum ^ index)));
}

/// What was counted at a path with the regions inside, and without; `None` where a counter is not to be had,
/// of which the recording must say why.
fn counted(recording: &Recording, path: &[&str]) -> Option<(CounterSums, CounterSums)> {
    for state in recording.counters() {
        if let Some(problem) = &state.problem {
            assert!(!problem.is_empty());
            eprintln!("{} is unavailable: {problem}", state.counter.name());
            return None;
        }
    }
    let profile = Profile::of(&[Recording::open(recording.path()).unwrap()]);
    let counts = profile.total(profile.find(path).unwrap());
    Some((counts.counters, counts.own_counters))
}

#[test]
fn instructions_are_those_of_each_region() {
    let bench = bench(&[Counter::Instructions, Counter::Cycles]);
    let [outer, inner] = ["outer", "inner"].map(|name| bench.region(name));
    let writer = bench.recorder.attach("main", ThreadKind::Thread).unwrap();
    for _ in 0..3 {
        let a = writer.enter(outer);
        work(100_000);
        let b = writer.enter(inner);
        work(1_000_000);
        writer.exit(b);
        writer.exit(a);
    }
    // Not of a stream of an accelerator.
    let stream = bench.recorder.attach("stream", ThreadKind::Stream).unwrap();
    let token = stream.enter_at(inner, 0);
    stream.exit_at(token, 1);
    let recording = bench.reading();
    let Some((outer, own)) = counted(&recording, &["outer"]) else {
        return;
    };
    let (inner, _) = counted(&recording, &["outer", "inner"]).unwrap();
    let [all, own, inner] = [outer, own, inner].map(|sums| sums.get(Counter::Instructions));
    assert_eq!(all, own + inner);
    assert!(own >= 300_000 && inner >= 3_000_000, "{own} {inner}");
    assert!(
        (5.0..20.0).contains(&(inner as f64 / own as f64)),
        "{own} {inner}"
    );
    assert!(outer.instructions_per_cycle().unwrap() > 0.01);
    let profile = Profile::of(&[recording]);
    let table = Table::of(&profile, 0, Order::Tree, None).to_string();
    assert!(
        table.contains("INSTRUCTIONS") && table.contains("IPC"),
        "{table}"
    );
    assert!(!table.contains("CACHE-MISSES"), "{table}");
}

#[test]
fn a_reset_a_phase_and_going_back_leave_nothing_that_is_not_theirs() {
    let bench = bench(&[Counter::Instructions]);
    let [outer, inner, phase] = ["outer", "inner", "phase"].map(|name| bench.region(name));
    let writer = bench.recorder.attach("main", ThreadKind::Thread).unwrap();
    let a = writer.enter(outer);
    work(10_000_000);
    bench.recorder.reset();
    let b = writer.enter(inner);
    writer.exit(b);
    let p = writer.enter_phase(phase, Token::NONE);
    work(1_000_000);
    writer.exit(p);
    let point = writer.rewind_point();
    let b = writer.enter(inner);
    work(10_000_000);
    writer.exit(b);
    writer.rewind(&point).unwrap();
    work(10_000);
    writer.exit(a);
    let recording = bench.reading();
    let Some((outer, _)) = counted(&recording, &["outer"]) else {
        return;
    };
    let (phase, _) = counted(&recording, &["phase"]).unwrap();
    let [outer, phase] = [outer, phase].map(|sums| sums.get(Counter::Instructions));
    assert!(outer >= 10_000 && outer < phase / 10, "{outer} {phase}");
    assert!(phase >= 1_000_000);
}

#[test]
fn counters_can_be_switched_on_and_off() {
    let bench = bench(&Counter::USUAL);
    let [first, second] = ["first", "second"].map(|name| bench.region(name));
    let writer = bench.recorder.attach("main", ThreadKind::Thread).unwrap();
    bench.recorder.set_mode(Mode::PROFILE);
    let a = writer.enter(first);
    bench.recorder.set_mode(Mode::PROFILE.with_counters());
    let b = writer.enter(second);
    work(1000);
    bench.recorder.set_mode(Mode::PROFILE);
    writer.exit(b);
    writer.exit(a);
    let recording = bench.reading();
    let Some((first, _)) = counted(&recording, &["first"]) else {
        return;
    };
    let (second, _) = counted(&recording, &["first", "second"]).unwrap();
    // The first began without them.
    assert_eq!(
        first.get(Counter::Instructions),
        second.get(Counter::Instructions)
    );
    assert!(second.get(Counter::Instructions) >= 1000);
    assert!(recording.counter_cost() > 0.0);
}
