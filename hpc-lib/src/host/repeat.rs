//! How long a piece of code takes, by running it many times.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// How long one measurement should take, so that the clock does not matter.
const MEASUREMENT: Duration = Duration::from_millis(200);
/// Measurements of which the mean and the spread are told.
const MEASUREMENTS: usize = 7;

/// Runs `work` many times and prints how long one run takes: mean and standard deviation of seven
/// measurements, each of as many runs as fill a fifth of a second.
pub fn repeat<T>(mut work: impl FnMut() -> T) {
    measure(&mut |runs| {
        let started = Instant::now();
        for _ in 0..runs {
            black_box(work());
        }
        started.elapsed()
    });
}

/// Not generic, so that it is compiled once and not in every cell.
fn measure(run: &mut dyn FnMut(u64) -> Duration) {
    let mut runs = 1;
    let mut time = run(runs);
    while time < MEASUREMENT / 10 {
        runs *= 10;
        time = run(runs);
        super::interrupt::check();
    }
    let wanted = MEASUREMENT.as_secs_f64() / time.as_secs_f64().max(1e-9);
    runs = ((runs as f64 * wanted) as u64).max(1);
    let times: Vec<f64> = (0..MEASUREMENTS)
        .map(|_| {
            super::interrupt::check();
            run(runs).as_secs_f64() / runs as f64
        })
        .collect();
    let mean = times.iter().sum::<f64>() / MEASUREMENTS as f64;
    let squares: f64 = times.iter().map(|time| (time - mean).powi(2)).sum();
    let deviation = (squares / MEASUREMENTS as f64).sqrt();
    println!(
        "{} ± {} per run (mean ± standard deviation of {MEASUREMENTS} measurements, {runs} runs each)",
        words(mean),
        words(deviation)
    );
}

fn words(seconds: f64) -> String {
    for (unit, name) in [(1.0, "s"), (1e-3, "ms"), (1e-6, "µs")] {
        if seconds >= unit {
            return format!("{:.3} {name}", seconds / unit);
        }
    }
    format!("{:.3} ns", seconds * 1e9)
}
