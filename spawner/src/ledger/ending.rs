use std::thread;
use std::time::{Duration, Instant};

use super::status::FORGOTTEN;
use super::{Entry, Ledger, PrivateError};
use crate::slurm::{Fate, JobState, Slurm};

/// How often a job that is to end is looked at: at first, and at most later.
const FIRST_PAUSE: Duration = Duration::from_millis(400);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How long a cancelled job may take to end; Slurm kills it after its own `KillWait`.
const CANCEL_LIMIT: Duration = Duration::from_mins(1);

/// What became of the wish to end a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// It had ended before.
    AlreadyOver,
    /// It has ended now.
    Over,
    /// It is not known to have ended, and why.
    Open(String),
}

/// Ends a job and waits for it. A running one is first asked to end by itself (SIGTERM to its
/// first process alone), so that kernels are shut down and files saved; after `grace`, or when it
/// still waits in the queue, it is cancelled.
///
/// The wish is written down before Slurm is asked anything, so that no later start takes over a
/// job that a delayed order may still end.
///
/// # Errors
/// When the ledger cannot be written.
pub fn end_job(
    slurm: &Slurm,
    ledger: &Ledger,
    entry: &mut Entry,
    grace: Duration,
) -> Result<Ending, PrivateError> {
    let Some(job) = entry.job.clone() else {
        return Ok(Ending::Open("its number is not known yet".to_owned()));
    };
    if entry.settled.is_some() {
        return Ok(Ending::AlreadyOver);
    }
    let wished_before = entry.cancelled;
    entry.cancelled = true;
    ledger.write(entry)?;
    let started = Instant::now();
    let mut pause = FIRST_PAUSE;
    let (mut asked, mut cancelled) = (false, false);
    loop {
        let fate = slurm.fates(std::slice::from_ref(&job)).remove(&job.number);
        let problem = match fate {
            Some(Fate::Ended { .. } | Fate::Gone) => {
                let ours = asked || cancelled;
                let word = fate
                    .as_ref()
                    .and_then(Fate::entry)
                    .map_or(FORGOTTEN, |queue| queue.state.word());
                entry.cancelled = wished_before || ours;
                ledger.settle(entry, word)?;
                return Ok(if ours {
                    Ending::Over
                } else {
                    Ending::AlreadyOver
                });
            }
            Some(Fate::Live { entry: queue }) => {
                let waiting = matches!(queue.state, JobState::Waiting(_));
                let order = if waiting || started.elapsed() >= grace {
                    (!cancelled).then(|| slurm.cancel(&job, &entry.name).map(|()| cancelled = true))
                } else {
                    (!asked).then(|| slurm.ask_to_end(&job, &entry.name).map(|()| asked = true))
                };
                order.and_then(Result::err).map(|error| error.to_string())
            }
            Some(Fate::Unknown { why }) => Some(why),
            None => None,
        };
        if started.elapsed() > grace + CANCEL_LIMIT {
            return Ok(Ending::Open(
                problem.unwrap_or_else(|| "Slurm has not ended it yet".to_owned()),
            ));
        }
        thread::sleep(pause);
        pause = (pause + pause / 2).min(LONGEST_PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::ledger::Purpose;
    use crate::slurm::JobId;
    use crate::slurm::fake::FakeSlurm;

    fn server(ledger: &Ledger) -> Entry {
        let server = String::new();
        let mut entry = Entry::new(Purpose::Server { server }, "ada");
        entry.job = Some(JobId::new(7));
        ledger.write(&entry).unwrap();
        entry
    }

    #[test]
    fn the_wish_is_known_before_slurm_is_asked_and_taken_back_from_a_job_that_was_over() {
        let fake = FakeSlurm::new("squeue", "");
        let ledger = Ledger::open(fake.folder()).unwrap();
        let mut entry = server(&ledger);
        let written = ledger.job_folder(&entry.key).join("entry.json");
        let seen = fake.folder().join("seen.json");
        fake.put(
            "squeue",
            &format!(
                "cp {} {}; echo 'Invalid job id specified' >&2; exit 1",
                written.display(),
                seen.display()
            ),
        );
        let ending = end_job(&fake.client(), &ledger, &mut entry, Duration::ZERO).unwrap();
        assert_eq!(ending, Ending::AlreadyOver);
        assert!(
            fs::read_to_string(&seen)
                .unwrap()
                .contains("\"cancelled\": true")
        );
        let entry = ledger.entries().unwrap().remove(0);
        assert!(!entry.cancelled && entry.settled.is_some());
    }
}
