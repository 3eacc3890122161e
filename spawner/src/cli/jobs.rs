use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::Failure;
use super::desk::Desk;
use crate::ledger::{Entry, Phase, Status, statuses};

const EXAMPLES: &str = "\
Examples:
  ferrolab jobs           what waits, runs, or was submitted in the last day
  ferrolab jobs --all     everything that is remembered
  ferrolab jobs --json    the same for programs";

/// Jobs that have ended are shown for a day.
const RECENT: Duration = Duration::from_hours(24);

/// List your jobs: what they do, and why they wait or failed.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Show old jobs too.
    #[arg(long)]
    all: bool,
    /// Print them as JSON, one object per line.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let desk = Desk::open()?;
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| time.as_secs());
    let recent = |entry: &Entry| args.all || entry.age() < RECENT;
    let entries: Vec<Entry> = desk
        .ledger
        .entries()
        .map_err(Failure::run)?
        .into_iter()
        .filter(|entry| recent(entry) || entry.settled.is_none())
        .collect();
    let jobs = statuses(&desk.slurm, &desk.ledger, entries).map_err(Failure::run)?;
    if args.json {
        for job in &jobs {
            println!("{}", serde_json::to_string(job).map_err(Failure::run)?);
        }
    } else if jobs.is_empty() {
        println!(
            "no jobs{}",
            if args.all {
                ""
            } else {
                " (older ones: `ferrolab jobs --all`)"
            }
        );
    } else {
        print!("{}", table(&jobs, now));
    }
    Ok(())
}

fn table(jobs: &[Status], now: u64) -> String {
    let mut rows =
        vec![["JOB", "WHAT", "STATE", "NODES", "ELAPSED", "EXIT", "WHY"].map(str::to_owned)];
    rows.extend(jobs.iter().map(|job| row(job, now)));
    let width = |column: usize| {
        rows.iter()
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..6).map(width).collect();
    let mut text = String::new();
    for row in &rows {
        for (cell, &width) in row.iter().zip(&widths) {
            text.push_str(cell);
            text.extend(std::iter::repeat_n(' ', width - cell.chars().count() + 2));
        }
        text.push_str(&row[6]);
        text.push('\n');
    }
    text
}

fn row(job: &Status, now: u64) -> [String; 7] {
    let dash = || "-".to_owned();
    let mut why = job.reason.clone();
    if let Some(start) = job.expected_start.filter(|&start| start > now) {
        why = format!("{why}; expected to start in {}", clock(start - now));
    }
    let state = match job.phase {
        Phase::Waiting => "waiting",
        Phase::Running => "running",
        Phase::Succeeded => "succeeded",
        Phase::Failed => "failed",
        Phase::Cancelled => "cancelled",
        Phase::Ended => "ended",
        Phase::Unknown => "unknown",
    };
    [
        job.entry
            .job
            .as_ref()
            .map_or_else(dash, ToString::to_string),
        job.entry.title(),
        state.to_owned(),
        job.nodes.clone().unwrap_or_else(dash),
        job.elapsed.map_or_else(dash, clock),
        job.exit.map_or_else(dash, |exit| exit.to_string()),
        why,
    ]
}

/// Seconds as a person reads them: `42 s`, `3:05 min`, `2:00:00 h`.
fn clock(seconds: u64) -> String {
    let (hours, minutes, rest) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{rest} s"),
        (0, _) => format!("{minutes}:{rest:02} min"),
        _ => format!("{hours}:{minutes:02}:{rest:02} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_well() {
        assert_eq!(
            [0, 59, 60, 3_605, 90_000].map(clock),
            ["0 s", "59 s", "1:00 min", "1:00:05 h", "25:00:00 h"]
        );
    }
}
