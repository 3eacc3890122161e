use super::Failure;
use super::desk::Desk;
use crate::slurm::JobId;

const EXAMPLES: &str = "\
Examples:
  ferrolab cancel 1234 1235

Only jobs that `ferrolab` submitted for you are cancelled. A running notebook is saved with what
it has so far.";

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
    let entries = args.jobs.iter().map(|job| desk.find(job)).collect::<Result<Vec<_>, _>>()?;
    for (job, entry) in args.jobs.iter().zip(entries) {
        desk.slurm.cancel(job, &entry.name).map_err(Failure::run)?;
        println!("cancelled {job} ({})", entry.title());
    }
    Ok(())
}
