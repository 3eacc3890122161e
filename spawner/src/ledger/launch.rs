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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slurm::fake::{FakeSlurm, own_line};

    const DOUBT: &str = "cat >/dev/null; echo 'sbatch: error: Batch job submission failed: \
                         Socket timed out on send/recv operation' >&2; exit 1";

    fn try_to_launch(fake: &FakeSlurm, ledger: &Ledger) -> Result<JobId, LaunchError> {
        let server = String::new();
        let mut entry = Entry::new(Purpose::Server { server }, "ada");
        entry.log.0 = fake.folder().to_owned();
        launch(&fake.client(), ledger, &mut entry, &7, &Order::default())
    }

    #[test]
    fn a_job_that_may_have_been_taken_is_looked_for_and_never_forgotten() {
        let fake = FakeSlurm::new("sbatch", DOUBT);
        let ledger = Ledger::open(fake.folder()).unwrap();
        fake.put("squeue", "exit 0");
        let lost = try_to_launch(&fake, &ledger);
        assert!(matches!(lost, Err(LaunchError::Unknown(_))), "{lost:?}");
        assert_eq!(ledger.entries().unwrap().len(), 1);
        fake.put("squeue", &format!("echo '7|{}'", own_line()));
        let found = try_to_launch(&fake, &ledger).unwrap();
        assert_eq!(found, JobId::new(7));
    }

    #[test]
    fn a_refusal_leaves_nothing() {
        let fake = FakeSlurm::new(
            "sbatch",
            "cat >/dev/null; echo 'sbatch: error: invalid partition specified' >&2; exit 1",
        );
        let ledger = Ledger::open(fake.folder()).unwrap();
        let refused = try_to_launch(&fake, &ledger);
        assert!(matches!(refused, Err(LaunchError::Slurm(_))), "{refused:?}");
        assert!(ledger.entries().unwrap().is_empty());
    }
}
