//! How long a piece of code takes, by running it many times.

use std::convert::Infallible;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// How long one measurement should take, so that the clock does not matter.
const MEASUREMENT: Duration = Duration::from_millis(200);
/// Measurements of which the mean and the spread are told.
const MEASUREMENTS: usize = 7;

/// Runs `work` many times and prints how long one run takes: mean and standard deviation of seven
/// measurements, each of as many runs as fill a fifth of a second.
pub fn repeat<T>(mut work: impl FnMut() -> T) {
    let work = || {
        black_box(work());
        Ok::<(), Infallible>(())
    };
    match try_repeat(work) {
        Ok(()) => {}
        Err(never) => match never {},
    }
}

/// The same for work that may fail, which ends it all.
///
/// # Errors
/// Gives the first error of `work`.
pub fn try_repeat<E>(mut work: impl FnMut() -> Result<(), E>) -> Result<(), E> {
    let mut failure = None;
    measure(&mut |runs| {
        let started = Instant::now();
        for _ in 0..runs {
            if let Err(error) = work() {
                failure = Some(error);
                return None;
            }
        }
        Some(started.elapsed())
    });
    failure.map_or(Ok(()), Err)
}

/// Measures and tells, unless `run` gives up. Not generic, so that it is compiled once and not in every
/// cell.
fn measure(run: &mut dyn FnMut(u64) -> Option<Duration>) {
    let mut runs = 1;
    let Some(mut time) = run(runs) else { return };
    while time < MEASUREMENT / 10 {
        runs *= 10;
        match run(runs) {
            Some(longer) => time = longer,
            None => return,
        }
        super::interrupt::check();
    }
    let wanted = MEASUREMENT.as_secs_f64() / time.as_secs_f64().max(1e-9);
    runs = ((runs as f64 * wanted) as u64).max(1);
    let mut times = Vec::with_capacity(MEASUREMENTS);
    for _ in 0..MEASUREMENTS {
        super::interrupt::check();
        match run(runs) {
            Some(time) => times.push(time.as_secs_f64() / runs as f64),
            None => return,
        }
    }
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

#[cfg(test)]
mod tests {
    use super::try_repeat;

    #[test]
    fn the_first_failure_ends_it() {
        let mut runs = 0;
        let failed = try_repeat(|| {
            runs += 1;
            if runs == 5 { Err("the fifth") } else { Ok(()) }
        });
        assert_eq!((failed, runs), (Err("the fifth"), 5));
    }
}
