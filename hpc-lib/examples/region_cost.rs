//! Times `region!` and what goes with it as cells have it, beside a bare pair of clock readings.
//!
//! A part of `make bench-prof`; `cargo run --release -p hpc --example region_cost -- [--check]`.

// The library's own readings and records, without the guard, are timed with the same turns.
#[path = "../profile/examples/hot_path/turns.rs"]
mod turns;

use std::process::ExitCode;

use hpc::prelude::*;
use hpc_profile::Clock;
use turns::Lines;

fn main() -> ExitCode {
    let mut lines = Lines::new(Clock::best());
    prof::disable();
    lines.above("region!, off", 1.0, |_| region!("off", {}), |_| ());
    prof::enable();
    lines.beside_floor("region!", None, |_| region!("counted", {}));
    lines.beside_floor("region! with a name made at run time", None, |index| {
        let name = if index % 2 == 0 { "even" } else { "odd" };
        drop(prof::Region::enter(name));
    });
    lines.beside_floor("region_begin, region_end", None, |_| {
        region_begin("begun");
        region_end("begun");
    });
    lines.beside_floor("phase!", None, |_| hpc::phase!("stage", {}));
    lines.beside_floor("metric!", None, |index| hpc::metric!("index", index));
    if lines.missed() > 0 && std::env::args().any(|argument| argument == "--check") {
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
