use std::env;
use std::io;
use std::path::Path;
use std::thread;
use std::time::Duration;

use serde::Serialize;

use super::{Entry, Ledger, PrivateError, Purpose, write_private};
use crate::slurm::{Begin, JobId, Slurm, SlurmError, Submission};

/// How often, and how far apart, a job is looked for by name after `sbatch` gave no answer.
const SEARCHES: u32 = 3;
const SEARCH_PAUSE: Duration = Duration::from_secs(2);

/// How a job is to be submitted, next to what its entry says.
#[derive(Debug, Default)]
pub struct Order<'a> {
    /// The job that must have succeeded before.
    pub after: Option<&'a JobId>,
    /// The earliest start.
    pub begin: Option<&'a Begin>,
    /// Whether Slurm may start it again after a node failed.
    pub requeue: bool,
}

/// Why nothing was submitted.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    /// The ledger cannot be written, so nothing was tried.
    #[error(transparent)]
    Ledger(#[from] PrivateError),
    /// Slurm did not take it. Nothing is left behind.
    #[error(transparent)]
    Slurm(SlurmError),
    /// Slurm gave no answer, and the job has not been found.
    #[error("{0}. It is not known whether the job was taken: `ferrolab jobs` will tell")]
    Unknown(SlurmError),
    /// This program does not know its own path.
    #[error("cannot find out the path of this program: {0}")]
    OwnPath(io::Error),
}

/// Submits the job of an entry: the spec and the entry are written, `sbatch` is run, the entry is
/// written again with the number.
///
/// # Errors
/// When Slurm does not take the job. Unless that is uncertain, no trace of it remains.
pub fn launch(
    slurm: &Slurm,
    ledger: &Ledger,
    entry: &mut Entry,
    spec: &impl Serialize,
    order: &Order<'_>,
) -> Result<JobId, LaunchError> {
    let program = env::current_exe().map_err(LaunchError::OwnPath)?;
    let spec_path = ledger.spec_path(&entry.key);
    ledger.write(entry)?;
    write_private(&spec_path, spec)?;
    let folder = match &entry.purpose {
        Purpose::Notebook { notebook, .. } => notebook.parent(),
        Purpose::Server { .. } => Some(entry.log.0.as_path()),
    };
    let environment = [
        ("FERROLAB_EXE".to_owned(), program.display().to_string()),
        ("FERROLAB_SPEC".to_owned(), spec_path.display().to_string()),
    ];
    let submission = Submission {
        name: &entry.name,
        request: &entry.request,
        folder: folder.unwrap_or(Path::new("/")),
        log: (&entry.log.0, &entry.log.1),
        after: order.after,
        begin: order.begin,
        requeue: order.requeue,
        environment: &environment,
    };
    let job = match slurm.submit(&submission) {
        Ok(job) => job,
        // The order may have arrived all the same, or may yet: a controller under load takes it
        // later. The entry stays, so that the job is found whenever it comes.
        Err(error) if error.leaves_doubt() => match search(slurm, entry) {
            Some(job) => job,
            None => return Err(LaunchError::Unknown(error)),
        },
        Err(error) => return Err(give_up(ledger, entry, error)),
    };
    entry.job = Some(job.clone());
    ledger.write(entry)?;
    Ok(job)
}

fn give_up(ledger: &Ledger, entry: &Entry, error: SlurmError) -> LaunchError {
    match ledger.forget(&entry.key) {
        Ok(()) => LaunchError::Slurm(error),
        Err(error) => LaunchError::Ledger(error),
    }
}

/// Looks for a job by its name.
fn search(slurm: &Slurm, entry: &Entry) -> Option<JobId> {
    (0..SEARCHES).find_map(|search| {
        if search > 0 {
            thread::sleep(SEARCH_PAUSE);
        }
        Some(slurm.find(&entry.name).ok()??.job)
    })
}
