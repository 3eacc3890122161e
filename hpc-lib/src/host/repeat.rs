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
    let mut measuring = Measuring::default();
    while let Some(runs) = measuring.runs() {
        let started = Instant::now();
        for _ in 0..runs {
            work()?;
        }
        measuring.note(started.elapsed());
    }
    measuring.tell();
    Ok(())
}

/// The same for work that waits for futures.
///
/// # Errors
/// Gives the first error of `work`.
pub async fn repeat_async<E>(mut work: impl AsyncFnMut() -> Result<(), E>) -> Result<(), E> {
    let mut measuring = Measuring::default();
    while let Some(runs) = measuring.runs() {
        let started = Instant::now();
        for _ in 0..runs {
            work().await?;
        }
        measuring.note(started.elapsed());
    }
    measuring.tell();
    Ok(())
}

/// How often work is to be run, and what came of it. Not generic, so that it is compiled once and not in
/// every cell.
#[derive(Debug, Default)]
struct Measuring {
    /// Runs of a measurement.
    runs: u64,
    /// Whether it is known how many those are to be.
    is_known: bool,
    /// Seconds of a run in each measurement.
    times: Vec<f64>,
}

impl Measuring {
    /// Runs of the next measurement; `None` after the last.
    fn runs(&mut self) -> Option<u64> {
        self.runs = self.runs.max(1);
        super::interrupt::check();
        (self.times.len() < MEASUREMENTS).then_some(self.runs)
    }

    /// What a measurement took.
    fn note(&mut self, time: Duration) {
        let seconds = time.as_secs_f64();
        if self.is_known {
            self.times.push(seconds / self.runs as f64);
        } else if time < MEASUREMENT / 10 {
            self.runs *= 10;
        } else {
            let wanted = MEASUREMENT.as_secs_f64() / seconds;
            self.runs = ((self.runs as f64 * wanted) as u64).max(1);
            self.is_known = true;
        }
    }

    fn tell(&self) {
        let mean = self.times.iter().sum::<f64>() / MEASUREMENTS as f64;
        let squares: f64 = self.times.iter().map(|time| (time - mean).powi(2)).sum();
        let deviation = (squares / MEASUREMENTS as f64).sqrt();
        println!(
            "{} ± {} per run (mean ± standard deviation of {MEASUREMENTS} measurements, {} runs each)",
            words(mean),
            words(deviation),
            self.runs
        );
    }
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
    use std::time::Duration;

    use super::{Measuring, try_repeat};

    #[test]
    fn measurements_are_long_enough_for_the_clock() {
        let mut measuring = Measuring::default();
        let mut asked = Vec::new();
        while let Some(runs) = measuring.runs() {
            asked.push(runs);
            measuring.note(Duration::from_millis(3) * u32::try_from(runs).unwrap());
        }
        // Tries, until one is long enough, and seven of a fifth of a second.
        assert_eq!(asked, [1, 10, 66, 66, 66, 66, 66, 66, 66]);
    }

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
