//! What recordings say together.

use hpc_profile::{
    Balance, Event, Mode, Paradigm, Policy, Profile, Region, RegionId, Role, ThreadKind, diff,
    export,
};
use proptest::prelude::*;

use crate::Bench;

fn rank(number: u32, ranks: u32) -> Bench {
    Bench::with(Mode::BOTH, |options| {
        options.rank = number;
        options.ranks = ranks;
    })
}

/// Two ranks of 1000 ns: one computes all the time, the other waits for half of it.
#[test]
fn balance_of_two_ranks() {
    let ranks = [rank(0, 2), rank(1, 2)];
    for (bench, waits) in ranks.iter().zip([0, 500]) {
        if waits > 0 {
            // Numbers of regions differ between ranks; what is equal is merged all the same.
            bench.region("only here");
        }
        let cell = bench.region("cell");
        let wait = bench.recorder.define_region(&Region {
            role: Role::Barrier,
            paradigm: Paradigm::Mpi,
            ..Region::named("MPI_Barrier")
        });
        let writer = bench.recorder.attach("main", ThreadKind::Thread).unwrap();
        let outer = writer.enter_at(cell, 0);
        if waits > 0 {
            let inner = writer.enter_at(wait, 100);
            writer.exit_at(inner, 100 + waits);
        }
        writer.exit_at(outer, 1000);
    }
    let profile = Profile::of(&ranks.map(|bench| bench.reading()));
    let cell = profile.find(&["cell"]).unwrap();
    assert_eq!(profile.total(cell).visits, 2);
    assert_eq!(profile.nodes()[cell].counts[1].exclusive, 500.0);
    let balance = Balance::of(&profile, 0).unwrap();
    assert_eq!(balance.load_balance, 0.75);
    assert_eq!(balance.communication_efficiency, 1.0);
    assert_eq!(balance.parallel_efficiency, 0.75);
    assert_eq!(balance.run_time, 1000.0);
    assert_eq!(profile.conservation_error(), 0.0);
}

fn one_region(name: &str, ticks: u64) -> Profile {
    let bench = rank(0, 1);
    let writer = bench.recorder.attach("main", ThreadKind::Thread).unwrap();
    for (name, ticks) in [("same", 100), (name, ticks)] {
        let token = writer.enter_at(bench.region(name), 0);
        writer.exit_at(token, ticks);
    }
    Profile::of(&[bench.reading()])
}

#[test]
fn differences_come_largest_first() {
    let changes = diff(&one_region("old", 700), &one_region("new", 300));
    let found: Vec<_> = changes
        .iter()
        .map(|change| (change.path.join("/"), change.exclusive(), change.factor()))
        .collect();
    assert_eq!(
        found,
        [
            ("old".into(), -700.0, Some(0.0)),
            ("new".into(), 300.0, None),
            ("same".into(), 0.0, Some(1.0))
        ]
    );
}

#[test]
fn cost_is_that_of_the_regions_right_inside() {
    let bench = rank(0, 1);
    bench.recorder.set_cost([3.0, 4.0, 5.0]);
    let [a, b] = ["a", "b"].map(|name| bench.region(name));
    let writer = bench.recorder.attach("main", ThreadKind::Thread).unwrap();
    let outer = writer.enter_at(a, 0);
    for start in 0..10 {
        let inner = writer.enter_at(b, 100 * start);
        writer.exit_at(inner, 100 * start + 50);
    }
    writer.exit_at(outer, 1000);
    let profile = Profile::of(&[bench.reading()]);
    let total = profile.total(profile.find(&["a"]).unwrap());
    assert_eq!(
        (total.exclusive, total.cost, total.compensated()),
        (500.0, 50.0, 450.0)
    );
    assert_eq!(profile.cost_share(), 55.0 / 1000.0);
}

#[test]
fn streams_nest_when_their_beginning_was_overwritten() {
    let bench = Bench::with(Mode::TRACE, |options| {
        options.policy = Policy::Ring;
        options.record_memory = 0;
    });
    let [a, b] = ["a", "b"].map(|name| bench.region(name));
    let writer = bench.recorder.attach("main", ThreadKind::Thread).unwrap();
    let outer = writer.enter_at(a, 0);
    for start in 1..10_000 {
        let inner = writer.enter_at(b, 10 * start);
        writer.exit_at(inner, 10 * start + 5);
    }
    writer.exit_at(outer, 200_000);
    let _left = writer.enter_at(b, 300_000);
    let recordings = [bench.reading()];
    let profile = Profile::of(&recordings);
    let stream = export::streams(&recordings, profile.catalog())
        .next()
        .unwrap();
    let mut depth = 0;
    let mut last = 0;
    for item in stream {
        assert!(item.time >= last);
        last = item.time;
        match item.event {
            Event::Enter(_) => depth += 1,
            Event::Exit(region) => {
                assert_eq!(region, b);
                depth -= 1;
            }
            _ => {}
        }
        assert_eq!(item.depth, depth);
    }
    assert_eq!(depth, 0);
}

/// A step of a random program: enter one of some regions, or leave that many.
#[derive(Clone, Debug)]
enum Step {
    Enter(usize),
    Leave(usize),
}

fn steps() -> impl Strategy<Value = Vec<(Step, u64)>> {
    let enter = (0..5_usize).prop_map(Step::Enter);
    let leave = (1..4_usize).prop_map(Step::Leave);
    prop::collection::vec((prop_oneof![3 => enter, 2 => leave], 0..50_u64), 0..300)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever a program does, exclusive times add up to inclusive ones, and the trace tells the
    /// same as the profile.
    #[test]
    fn time_is_conserved(steps in steps()) {
        let bench = rank(0, 1);
        let regions: Vec<RegionId> = (0..5).map(|n| bench.region(&format!("r{n}"))).collect();
        let writer = bench.recorder.attach("main", ThreadKind::Thread).unwrap();
        let (mut now, mut open) = (0, Vec::new());
        for (step, ticks) in steps {
            now += ticks;
            match step {
                Step::Enter(region) => open.push(writer.enter_at(regions[region], now)),
                Step::Leave(count) => {
                    // Those inside end with the outermost that is left.
                    let outermost = open.len().saturating_sub(count);
                    if let Some(token) = open.get(outermost) {
                        writer.exit_at(*token, now);
                    }
                    open.truncate(outermost);
                }
            }
        }
        drop(writer);
        let recordings = [bench.reading()];
        let profile = Profile::of(&recordings);
        prop_assert_eq!(profile.conservation_error(), 0.0);
        let exclusive: f64 = (0..profile.nodes().len()).map(|n| profile.total(n).exclusive).sum();
        prop_assert_eq!(exclusive, profile.total(0).inclusive);
        let visits: u64 = (0..profile.nodes().len()).map(|n| profile.total(n).visits).sum();
        let mut of_trace = 0;
        let mut outermost = (0, 0);
        for item in export::streams(&recordings, profile.catalog()).next().unwrap() {
            match item.event {
                Event::Enter(_) => {
                    of_trace += 1;
                    if item.depth == 1 {
                        outermost.0 = item.time;
                    }
                }
                _ if item.depth == 0 => outermost.1 += item.time - outermost.0,
                _ => {}
            }
        }
        prop_assert_eq!(visits, of_trace);
        prop_assert_eq!(profile.total(0).inclusive, outermost.1 as f64);
    }
}
