//! What was recorded since a point is dropped, and nothing else.

use hpc_profile::{Event, Mode, Policy, RewindError, RewindPoint, ThreadKind, Tree, Writer};

use crate::Bench;
use crate::trees::{row, rows};

fn ticks(bench: &Bench) -> Vec<u64> {
    let recording = bench.reading();
    let thread = recording.threads()[0];
    thread.events().map(|event| event.ticks).collect()
}

fn tree(bench: &Bench) -> Tree {
    bench.reading().threads()[0].tree()
}

#[test]
fn counts_and_records_go_back() {
    let bench = Bench::new(Mode::BOTH.with_memory());
    let [cell, step, other] = ["cell", "step", "other"].map(|name| bench.region(name));
    let n = bench.recorder.define_parameter("n");
    let value = bench
        .recorder
        .define_value(n, &hpc_profile::ParameterValue::Int(1));
    let writer = bench.recorder.attach("main", ThreadKind::Thread).unwrap();
    let a = writer.enter_at(cell, 0);
    let b = writer.enter_at(step, 10);
    writer.exit_at(b, 20);
    let point = writer.rewind_point_at(100);
    let (before, records) = (tree(&bench), ticks(&bench));
    assert_eq!(records, [0, 10, 20]);
    for _ in 0..2 {
        writer.parameter_at(value, 110);
        for region in [step, other] {
            let b = writer.enter_at(region, 120);
            writer.work_at(8, 1, 125);
            writer.exit_at(b, 150);
        }
        writer.rewind_at(&point, 400).unwrap();
        assert_eq!(ticks(&bench), records);
        let after = tree(&bench);
        let old = before.nodes().len();
        assert_eq!(after.nodes()[..old], before.nodes()[..]);
        assert!(
            after.nodes()[old..]
                .iter()
                .all(|node| node.visits == 0 && node.bytes == 0)
        );
    }
    let b = writer.enter_at(step, 410);
    writer.exit_at(b, 440);
    writer.exit_at(a, 500);
    let recording = bench.reading();
    let mut counted = rows(&recording, &recording.threads()[0].tree());
    counted.retain(|row| row.1 > 0);
    // As if the 300 ticks in between had not been.
    assert_eq!(
        counted,
        [row("/cell", 1, 200, 40), row("/cell/step", 2, 40, 0)]
    );
    assert_eq!(ticks(&bench), [0, 10, 20, 410, 440, 500]);
}

#[test]
fn wrong_uses_are_told_and_drop_nothing() {
    let bench = Bench::new(Mode::BOTH);
    let [cell, step] = ["cell", "step"].map(|name| bench.region(name));
    let writer = bench.recorder.attach("main", ThreadKind::Thread).unwrap();
    let a = writer.enter_at(cell, 0);
    let b = writer.enter_at(step, 10);
    let point = writer.rewind_point_at(15);
    let refused = |point: &RewindPoint, writer: &Writer, why| {
        let before = (tree(&bench), ticks(&bench));
        assert_eq!(writer.rewind_at(point, 20), Err(why));
        assert_eq!((tree(&bench), ticks(&bench)), before);
    };
    let c = writer.enter_at(step, 16);
    refused(&point, &writer, RewindError::Open(1));
    writer.exit_at(c, 17);
    writer.exit_at(b, 20);
    refused(&point, &writer, RewindError::Ended);
    // Another visit is in its place.
    let b = writer.enter_at(step, 30);
    refused(&point, &writer, RewindError::Ended);
    writer.exit_at(b, 40);
    let other = bench.recorder.attach("other", ThreadKind::Thread).unwrap();
    refused(&point, &other, RewindError::Elsewhere);
    drop(other);
    writer.exit_at(a, 50);
    let point = writer.rewind_point_at(60);
    bench.recorder.reset();
    refused(&point, &writer, RewindError::Reset);
}

#[test]
fn points_nest() {
    let bench = Bench::new(Mode::BOTH);
    let step = bench.region("step");
    let writer = bench.recorder.attach("main", ThreadKind::Thread).unwrap();
    let around = writer.enter_at(step, 0);
    let outer = writer.rewind_point_at(1);
    let visit = |at| {
        let token = writer.enter_at(step, at);
        writer.exit_at(token, at + 1);
    };
    visit(10);
    let inner = writer.rewind_point_at(20);
    visit(30);
    writer.rewind_at(&inner, 40).unwrap();
    assert_eq!(ticks(&bench), [0, 10, 11]);
    writer.rewind_at(&outer, 50).unwrap();
    assert_eq!(ticks(&bench), [0]);
    writer.exit_at(around, 60);
    assert_eq!(ticks(&bench), [0, 60]);
}

/// More records than fit into the memory for them, before and after the point.
#[test]
fn going_back_over_many_chunks() {
    for policy in [Policy::Ring, Policy::Spill, Policy::Stop] {
        for (before, after) in [(10, 30_000), (9_000, 3_000), (9_000, 30_000), (30_000, 10)] {
            let bench = Bench::with(Mode::TRACE, |options| {
                options.policy = policy;
                options.record_memory = 2 * 65536;
            });
            let step = bench.region("step");
            let writer = bench.recorder.attach("main", ThreadKind::Thread).unwrap();
            let mut time = 0;
            let mut visit = |count: u64| {
                for _ in 0..count {
                    let token = writer.enter_at(step, time);
                    writer.exit_at(token, time + 1);
                    time += 2;
                }
            };
            visit(before);
            let records = ticks(&bench);
            let point = writer.rewind_point_at(0);
            visit(after);
            writer.rewind_at(&point, 0).unwrap();
            let what = format!("{policy:?} {before} {after}");
            let left = ticks(&bench);
            // A ring has overwritten some of the older records, which are gone.
            match policy {
                Policy::Ring => assert_eq!(left, records[records.len() - left.len()..], "{what}"),
                Policy::Spill | Policy::Stop => assert_eq!(left, records, "{what}"),
            }
            visit(100);
            let recording = bench.reading();
            let mut events = recording.threads()[0].events();
            let all: Vec<_> = events.by_ref().collect();
            assert_eq!(events.missed(), 0, "{what}");
            let new = &all[left.len()..];
            if policy != Policy::Stop || left.len() < 12_000 {
                assert_eq!(new.len(), 200, "{what}");
                assert!(matches!(new[0].event, Event::Enter(_)), "{what}");
            }
            assert!(new.iter().all(|event| event.ticks >= 2 * (before + after)));
        }
    }
}
