use std::time::Duration;

use anyhow::anyhow;

use super::Failure;
use super::desk::Desk;
use crate::ledger::{Ending, end_job};
use crate::slurm::JobId;

const EXAMPLES: &str = "\
Examples:
  ferrolab cancel 1234 1235

Only jobs that `ferrolab` submitted for you are cancelled. A running notebook is saved with what
it has so far.";

/// How long a running notebook may take to save itself.
const GRACE: Duration = Duration::from_secs(10);

/// Cancel jobs.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The jobs' numbers.
    #[arg(required = true)]
    jobs: Vec<JobId>,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let desk = Desk::open()?;
    // All numbers are checked before the first order is given.
    let entries = args
        .jobs
        .iter()
        .map(|job| desk.find(job))
        .collect::<Result<Vec<_>, _>>()?;
    for (job, mut entry) in args.jobs.iter().zip(entries) {
        let ending = end_job(&desk.slurm, &desk.ledger, &mut entry, GRACE).map_err(Failure::run)?;
        match ending {
            Ending::Over => println!("cancelled {job} ({})", entry.title()),
            Ending::AlreadyOver => println!("{job} ({}) had ended already", entry.title()),
            Ending::Open(why) => {
                return Err(Failure::run(anyhow!("job {job} may still run: {why}")));
            }
        }
    }
    Ok(())
}
