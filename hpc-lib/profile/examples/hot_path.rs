//! Times a pair of enter and exit in each mode beside a bare pair of clock readings with two
//! records in a buffer, in the same run.
//!
//! `cargo run --release -p hpc-profile --example hot_path`

use std::cell::Cell;
use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

use hpc_profile::{Clock, Mode, Options, Recorder, Region, RegionId, ThreadKind, Writer};

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
    for (name, mode) in [
        ("off", Mode::OFF),
        ("profile", Mode::PROFILE),
        ("trace (ring)", Mode::TRACE),
        ("both", Mode::BOTH),
        ("profile with memory", Mode::PROFILE.with_memory()),
    ] {
        recorder.set_mode(mode);
        let cost = pair(&writer, regions[0]);
        println!(
            "{name:34} {cost:8.2} ns  {:5.2} × floor",
            cost / floor_before
        );
    }
    recorder.set_mode(Mode::PROFILE);
    let outer = writer.enter(regions[0]);
    let cost = time(ROUNDS, |index| {
        let token = writer.enter(regions[index as usize % 1000]);
        writer.exit(token);
    });
    writer.exit(outer);
    let name = "profile, 1000 children in turn";
    println!(
        "{name:34} {cost:8.2} ns  {:5.2} × floor",
        cost / floor_before
    );
    let file = recorder.path().to_owned();
    std::fs::remove_file(file)?;
    Ok(())
}
