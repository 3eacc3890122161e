//! Phases stand beside the regions around them, and every nanosecond is counted once.

use hpc_profile::{Event, Mode, Profile, Region, Role, ThreadKind, Token};

use crate::Bench;
use crate::trees::{row, rows};

fn phase(bench: &Bench, name: &str) -> hpc_profile::RegionId {
    bench.recorder.define_region(&Region {
        role: Role::Phase,
        ..Region::named(name)
    })
}

#[test]
fn a_phase_goes_on_from_the_region_that_it_is_below_of() {
    let bench = Bench::new(Mode::BOTH);
    let [cell, solve, inner] = ["cell", "solve", "inner"].map(|name| bench.region(name));
    let [one, two] = ["one", "two"].map(|name| phase(&bench, name));
    let writer = bench.recorder.attach("main", ThreadKind::Thread).unwrap();
    let a = writer.enter_at(cell, 0);
    let b = writer.enter_at(solve, 100);
    let p = writer.enter_phase_at(one, a, 200);
    let c = writer.enter_at(inner, 210);
    let q = writer.enter_phase_at(two, a, 220);
    writer.exit_at(q, 230);
    writer.exit_at(c, 240);
    writer.exit_at(p, 250);
    // The second visit of a phase, from elsewhere, is counted with the first.
    let p = writer.enter_phase_at(one, a, 260);
    writer.exit_at(p, 290);
    writer.exit_at(b, 400);
    writer.exit_at(a, 1000);
    let recording = bench.reading();
    let tree = recording.threads()[0].tree();
    assert_eq!(
        rows(&recording, &tree),
        [
            row("/cell", 1, 1000, 300),
            row("/cell/solve", 1, 220, 0),
            row("/cell/one", 2, 70, 20),
            row("/cell/one/inner", 1, 20, 0),
            row("/cell/two", 1, 10, 0),
        ]
    );
    assert_eq!(Profile::of(&[recording]).conservation_error(), 0.0);
    // In the trace they lie where they happened.
    let recording = bench.reading();
    let entered: Vec<_> = recording.threads()[0]
        .events()
        .filter_map(|event| match event.event {
            Event::Enter(region) => Some((event.ticks, region)),
            _ => None,
        })
        .collect();
    let times = [
        (0, cell),
        (100, solve),
        (200, one),
        (210, inner),
        (220, two),
        (260, one),
    ];
    assert_eq!(entered, times);
}

#[test]
fn open_phases_take_their_time_from_the_regions_that_they_left() {
    let bench = Bench::new(Mode::PROFILE);
    let [cell, solve] = ["cell", "solve"].map(|name| bench.region(name));
    let [one, two] = ["one", "two"].map(|name| phase(&bench, name));
    let writer = bench.recorder.attach("main", ThreadKind::Thread).unwrap();
    let a = writer.enter_at(cell, 0);
    let _ = writer.enter_at(solve, 100);
    let _ = writer.enter_phase_at(one, a, 200);
    let _ = writer.enter_phase_at(two, a, 220);
    let last = writer.enter_at(solve, 225);
    writer.exit_at(last, 230);
    let recording = bench.reading();
    let tree = recording.threads()[0].tree_until_now();
    assert_eq!(
        rows(&recording, &tree),
        [
            row("/cell", 1, 230, 130),
            row("/cell/solve", 1, 100, 0),
            row("/cell/one", 1, 20, 0),
            row("/cell/two", 1, 10, 5),
            row("/cell/two/solve", 1, 5, 0),
        ]
    );
}

#[test]
fn without_a_region_to_be_below_of_a_phase_is_outermost() {
    let bench = Bench::new(Mode::PROFILE);
    let solve = bench.region("solve");
    let one = phase(&bench, "one");
    let writer = bench.recorder.attach("main", ThreadKind::Thread).unwrap();
    let a = writer.enter_at(solve, 0);
    let p = writer.enter_phase_at(one, Token::NONE, 10);
    writer.exit_at(p, 40);
    writer.exit_at(a, 100);
    // Left open by a panic around it.
    let a = writer.enter_at(solve, 100);
    let _ = writer.enter_phase_at(one, Token::NONE, 110);
    writer.unwind_at(a, 150);
    let recording = bench.reading();
    let thread = recording.threads()[0];
    assert_eq!(
        rows(&recording, &thread.tree()),
        [row("/solve", 2, 80, 0), row("/one", 2, 70, 0)]
    );
    assert_eq!(thread.losses().left_open, 1);
}
