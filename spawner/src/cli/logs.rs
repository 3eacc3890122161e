use std::fs::File;
use std::io::{self, Write};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::anyhow;

use super::Failure;
use super::desk::Desk;
use crate::ledger::{Entry, statuses};
use crate::slurm::JobId;

const EXAMPLES: &str = "\
Examples:
  ferrolab logs 1234       what the job has written
  ferrolab logs 1234 -f    follow it to its end";

/// How often the file is looked at for more.
const FILE_PAUSE: Duration = Duration::from_millis(300);
/// How often Slurm is asked whether the job has ended.
const JOB_PAUSE: Duration = Duration::from_secs(3);

/// Show the log of a job.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The job's number.
    job: JobId,
    /// Go on until the job ends.
    #[arg(long, short)]
    follow: bool,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let desk = Desk::open()?;
    let entry = desk.find(&args.job)?;
    let path = entry
        .log_path()
        .ok_or_else(|| Failure::run(anyhow!("job {} has no log", args.job)))?;
    let mut file = None;
    let mut over = !args.follow;
    let mut asked = Instant::now();
    loop {
        if file.is_none() {
            file = match File::open(&path) {
                Ok(file) => Some(file),
                Err(error) if error.kind() == io::ErrorKind::NotFound && !over => None,
                Err(error) => {
                    return Err(no_log(&desk, &entry, &path.display().to_string(), &error));
                }
            };
        }
        if let Some(file) = &mut file {
            let mut out = io::stdout().lock();
            io::copy(file, &mut out)
                .and_then(|_| out.flush())
                .map_err(Failure::run)?;
        }
        if over {
            return Ok(());
        }
        thread::sleep(FILE_PAUSE);
        if asked.elapsed() >= JOB_PAUSE {
            asked = Instant::now();
            // What was written until now is copied in one more round.
            over = !is_open(&desk, &entry)?;
        }
    }
}

fn is_open(desk: &Desk, entry: &Entry) -> Result<bool, Failure> {
    let look = statuses(&desk.slurm, &desk.ledger, vec![entry.clone()]).map_err(Failure::run)?;
    Ok(look.first().is_some_and(|status| status.phase.is_open()))
}

/// A log that is not there, explained by the state of the job.
fn no_log(desk: &Desk, entry: &Entry, path: &str, error: &io::Error) -> Failure {
    let state = statuses(&desk.slurm, &desk.ledger, vec![entry.clone()])
        .ok()
        .and_then(|look| look.into_iter().next())
        .map(|status| format!(" ({:?}: {})", status.phase, status.reason).to_lowercase())
        .unwrap_or_default();
    Failure::run(anyhow!("no log yet at {path}: {error}{state}"))
}
