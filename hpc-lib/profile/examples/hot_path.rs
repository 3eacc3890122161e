//! Times a pair of enter and exit in each mode beside a bare pair of clock readings with two
//! records in a buffer, in the same run.
//!
//! `make bench-prof`, or `cargo run --release -p hpc-profile --example hot_path -- [--check]`. With
//! `--check` it fails when a target is missed.

use std::cell::Cell;
use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

use hpc_profile::{Clock, Mode, Options, Recorder, Region, RegionId, ThreadKind, Writer, memory};

const PAIRS: u32 = 1_000_000;
const ROUNDS: usize = 15;

/// Nanoseconds of each call, in the fastest of some rounds.
fn time(rounds: usize, mut call: impl FnMut(u32)) -> f64 {
    let mut best = f64::INFINITY;
    for _ in 0..rounds {
        let start = Instant::now();
        for index in 0..PAIRS {
            call(index);
        }
        best = best.min(start.elapsed().as_secs_f64() * 1e9 / f64::from(PAIRS));
    }
    best
}

thread_local! {
    static BUFFER: [Cell<(u64, u64)>; 4096] = const { [const { Cell::new((0, 0)) }; 4096] };
}

/// What no recorder can do without: two readings of the clock and two records of 16 bytes.
fn floor(clock: Clock) -> f64 {
    BUFFER.with(|buffer| {
        time(ROUNDS, |index| {
            let at = (index as usize * 2) % 4096;
            buffer[at].set((clock.now(), u64::from(index)));
            buffer[at + 1].set((clock.now(), u64::from(index)));
            black_box(buffer);
        })
    })
}

/// The most that something may cost.
#[derive(Clone, Copy)]
enum Target {
    Nanoseconds(f64),
    Floors(f64),
    None,
}

fn pair(writer: &Writer, region: RegionId) -> f64 {
    time(ROUNDS, |_| {
        let token = writer.enter(black_box(region));
        writer.exit(token);
    })
}

fn main() -> Result<(), Box<dyn Error>> {
    let clock = Clock::best();
    let recorder = Recorder::create(&Options::default())?;
    let writer = recorder
        .attach("main", ThreadKind::Thread)
        .ok_or("no room for a thread")?;
    let regions: Vec<RegionId> = (0..1000)
        .map(|number| recorder.define_region(&Region::named(&format!("region {number}"))))
        .collect();
    let floor_before = floor(clock);
    let readings = time(ROUNDS, |_| {
        black_box((clock.now(), clock.now()));
    });
    let empty = time(ROUNDS, |_| {
        black_box(black_box(regions[0]));
    });
    println!("{:34} {empty:8.2} ns", "the loop of the measurement");
    println!("{:34} {readings:8.2} ns", "two readings of the clock");
    println!("{:34} {floor_before:8.2} ns", "floor: they and two records");
    let mut missed = 0;
    let mut tell = |name: &str, cost: f64, target: Target| {
        let (met, wanted) = match target {
            Target::Nanoseconds(most) => (cost <= most, format!("{most} ns")),
            Target::Floors(most) => (cost <= most * floor_before, format!("{most} × floor")),
            Target::None => (true, String::new()),
        };
        missed += usize::from(!met);
        let ratio = cost / floor_before;
        let mark = if met { "" } else { "missed" };
        println!("{name:34} {cost:8.2} ns  {ratio:5.2} × floor  {wanted:>12}  {mark}");
    };
    for (name, mode, target) in [
        ("off", Mode::OFF, Target::Nanoseconds(1.0)),
        ("profile", Mode::PROFILE, Target::Floors(1.6)),
        ("trace (ring)", Mode::TRACE, Target::Floors(1.3)),
        ("both", Mode::BOTH, Target::None),
        (
            "profile with memory",
            Mode::PROFILE.with_memory(),
            Target::None,
        ),
    ] {
        recorder.set_mode(mode);
        // The loop is not the region's.
        let cost = pair(&writer, regions[0]);
        let own = if mode == Mode::OFF {
            cost - empty
        } else {
            cost
        };
        tell(name, own.max(0.0), target);
    }
    recorder.set_mode(Mode::OFF);
    let hook = time(ROUNDS, |index| {
        memory::on_allocate(black_box(index as usize));
    });
    tell(
        "count an allocation",
        (hook - empty).max(0.0),
        Target::Nanoseconds(3.0),
    );
    recorder.set_mode(Mode::PROFILE);
    let outer = writer.enter(regions[0]);
    let cost = time(ROUNDS, |index| {
        let token = writer.enter(regions[index as usize % 1000]);
        writer.exit(token);
    });
    writer.exit(outer);
    tell("profile, 1000 children in turn", cost, Target::None);
    let file = recorder.path().to_owned();
    std::fs::remove_file(file)?;
    if missed > 0 && std::env::args().any(|argument| argument == "--check") {
        return Err(format!("{missed} targets were missed").into());
    }
    Ok(())
}
