//! Times a pair of enter and exit in each mode beside a bare pair of clock readings with two
//! records in a buffer, in the same run.
//!
//! `make bench-prof`, or `cargo run --release -p hpc-profile --example hot_path -- [--check]`. With
//! `--check` it fails when a target is missed.

use std::error::Error;
use std::hint::black_box;
use std::os::unix::fs::MetadataExt;
use std::time::Instant;

use hpc_profile::{Clock, Mode, Options, Recorder, Region, RegionId, ThreadKind, Writer, memory};

mod turns;

use turns::Lines;

#[expect(
    clippy::inline_always,
    reason = "what a call costs is not the region's"
)]
#[inline(always)]
fn pair(writer: &Writer, region: RegionId) {
    let token = writer.enter(region);
    writer.exit(token);
}

/// As many regions as a long cell has, with all that is recorded of them: memory stays within its bound.
fn many_regions(recorder: &Recorder, writer: &Writer, region: RegionId) {
    const REGIONS: u32 = 100_000_000;
    recorder.reset();
    recorder.set_mode(Mode::BOTH);
    let start = Instant::now();
    for _ in 0..REGIONS {
        pair(writer, region);
    }
    let seconds = start.elapsed().as_secs_f64();
    let bytes = std::fs::metadata(recorder.path()).map_or(0, |file| file.blocks() * 512);
    println!(
        "{:34} {seconds:8.2} s   the recording has {} MiB",
        "both, 10⁸ regions",
        bytes >> 20
    );
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
    let region = regions[0];
    let mut lines = Lines::new(clock);
    lines.beside_floor("two readings of the clock", None, |_| {
        black_box((clock.now(), clock.now()));
    });
    lines.above(
        "off",
        1.0,
        |_| pair(&writer, black_box(region)),
        |_| _ = black_box(region),
    );
    for (name, mode, most) in [
        ("profile", Mode::PROFILE, Some(1.6)),
        ("trace (ring)", Mode::TRACE, Some(1.3)),
        ("both", Mode::BOTH, None),
        ("profile with memory", Mode::PROFILE.with_memory(), None),
    ] {
        recorder.set_mode(mode);
        lines.beside_floor(name, most, |_| pair(&writer, region));
    }
    recorder.set_mode(Mode::OFF);
    lines.above(
        "count an allocation",
        3.0,
        |index| memory::on_allocate(black_box(index as usize)),
        |index| _ = black_box(index as usize),
    );
    recorder.set_mode(Mode::PROFILE);
    let outer = writer.enter(regions[0]);
    lines.beside_floor("profile, 1000 children in turn", None, |index| {
        pair(&writer, regions[index as usize % 1000]);
    });
    writer.exit(outer);
    many_regions(&recorder, &writer, regions[0]);
    let missed = lines.missed();
    let file = recorder.path().to_owned();
    std::fs::remove_file(file)?;
    if missed > 0 && std::env::args().any(|argument| argument == "--check") {
        return Err(format!("{missed} targets were missed").into());
    }
    Ok(())
}
