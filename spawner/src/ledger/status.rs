use std::path::PathBuf;

use serde::Serialize;

use super::{End, Entry, FailedCell, Ledger, PrivateError, Purpose, recover_numbers};
use crate::slurm::{
    Fate, Fates, JobId, JobState, PastJob, QueueEntry, Slurm, SlurmError, reason_in_words,
};

/// Slurm's word when it has forgotten a job that nobody saw end.
pub(super) const FORGOTTEN: &str = "FORGOTTEN";

/// Where a job is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// It waits in the queue.
    Waiting,
    /// It runs.
    Running,
    /// It ended well.
    Succeeded,
    /// It ended badly.
    Failed,
    /// It was cancelled.
    Cancelled,
    /// It has ended, and nobody knows how.
    Ended,
    /// Slurm gave no answer.
    Unknown,
}

/// What there is to say about one job.
#[derive(Debug, Clone, Serialize)]
pub struct Status {
    /// What was submitted.
    #[serde(flatten)]
    pub entry: Entry,
    /// Where it is in its life.
    pub phase: Phase,
    /// Slurm's word for that, when it gave one.
    pub slurm_state: Option<String>,
    /// Why it waits or how it ended, in words.
    pub reason: String,
    /// The nodes, as a node list.
    pub nodes: Option<String>,
    /// Wall time used, in seconds.
    pub elapsed: Option<u64>,
    /// Estimated start of a waiting job, in seconds since 1970.
    pub expected_start: Option<u64>,
    /// When it ended, in seconds since 1970, where the node said so.
    pub ended: Option<u64>,
    /// Exit code.
    pub exit: Option<i32>,
    /// The first cell that failed.
    pub failed_cell: Option<FailedCell>,
    /// The log.
    pub log_file: Option<PathBuf>,
}

impl Phase {
    /// Whether the job may still do something.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Running | Self::Unknown)
    }
}

/// Looks at the given jobs, with one question to Slurm for all of them, and writes down in the
/// ledger what will not change any more.
///
/// # Errors
/// When the ledger cannot be written. A silent Slurm is no error: its jobs are unknown.
pub fn statuses(
    slurm: &Slurm,
    ledger: &Ledger,
    mut entries: Vec<Entry>,
) -> Result<Vec<Status>, PrivateError> {
    // A job that cannot be looked for now is still without a number.
    let _ = recover_numbers(slurm, ledger, &mut entries)?;
    let open: Vec<JobId> = entries
        .iter()
        .filter(|entry| entry.settled.is_none())
        .filter_map(|entry| entry.job.clone())
        .collect();
    let fates = slurm.fates(&open);
    let past = past_jobs(slurm, &fates);
    let mut all = Vec::new();
    for mut entry in entries {
        let number = entry.job.as_ref().map(|job| job.number);
        let fate = number.and_then(|number| fates.get(&number));
        let past = number.and_then(|number| past.iter().find(|job| job.number == number));
        if let Some(word) = settled_now(fate, past) {
            ledger.settle(&mut entry, &word)?;
        }
        // Before the job is over this is the word of an earlier run: Slurm may start it again.
        let end = entry.settled.as_ref().and_then(|_| ledger.end(&entry.key));
        all.push(status(entry, end.as_ref(), fate, past));
    }
    Ok(all)
}

/// What accounting says of the jobs that the queue has forgotten. Where it says nothing, the
/// jobs are left as they are.
fn past_jobs(slurm: &Slurm, fates: &Fates) -> Vec<PastJob> {
    let gone: Vec<JobId> = fates
        .iter()
        .filter(|(_, fate)| matches!(fate, Fate::Gone))
        .map(|(&number, _)| JobId::new(number))
        .collect();
    let answer: Result<Option<Vec<PastJob>>, SlurmError> = slurm.past_jobs(&gone);
    answer.ok().flatten().unwrap_or_default()
}

fn settled_now(fate: Option<&Fate>, past: Option<&PastJob>) -> Option<String> {
    match fate? {
        Fate::Ended { entry } => Some(entry.state.word().to_owned()),
        Fate::Gone => Some(past.map_or(FORGOTTEN, |past| past.state.word()).to_owned()),
        Fate::Live { .. } | Fate::Unknown { .. } => None,
    }
}

fn status(entry: Entry, end: Option<&End>, fate: Option<&Fate>, past: Option<&PastJob>) -> Status {
    let queue = fate.and_then(Fate::entry);
    let (phase, reason) = match &entry.settled {
        Some(word) => match end {
            Some(end) if end.exit == 0 => (Phase::Succeeded, "all cells ran".to_owned()),
            _ if entry.cancelled => (Phase::Cancelled, "cancelled".to_owned()),
            Some(end) => of_end(end),
            None => of_word(word, queue),
        },
        None => match (queue, fate) {
            (Some(queue), _) => of_queue(queue),
            (None, Some(Fate::Unknown { why })) => (Phase::Unknown, why.clone()),
            (None, _) => (
                Phase::Unknown,
                "Slurm has not given it a number yet".to_owned(),
            ),
        },
    };
    let nodes = queue
        .map(|queue| queue.nodes.clone())
        .or_else(|| past.map(|past| past.nodes.clone()));
    Status {
        phase,
        slurm_state: queue
            .map(|queue| queue.state.word().to_owned())
            .or_else(|| entry.settled.clone()),
        reason,
        nodes: end
            .map(|end| end.node.clone())
            .or(nodes)
            .filter(|nodes| !nodes.is_empty()),
        elapsed: end
            .map(|end| end.elapsed)
            .or_else(|| queue.map(|queue| queue.elapsed))
            .or_else(|| past.map(|past| past.elapsed)),
        expected_start: queue
            .filter(|_| phase == Phase::Waiting)
            .and_then(|queue| queue.start),
        ended: end.map(|end| end.ended),
        exit: end
            .map(|end| end.exit.into())
            .or_else(|| past.map(|past| past.exit)),
        failed_cell: end.and_then(|end| end.failed_cell.clone()),
        log_file: entry.log_path(),
        entry,
    }
}

fn of_end(end: &End) -> (Phase, String) {
    match (&end.failed_cell, end.exit) {
        (Some(cell), _) => (
            Phase::Failed,
            format!("cell {}: {}: {}", cell.number, cell.ename, cell.evalue),
        ),
        (None, 143) => (
            Phase::Failed,
            "it was told to end before it was done".to_owned(),
        ),
        (None, exit) => (Phase::Failed, format!("exit code {exit}: see its log")),
    }
}

fn of_word(word: &str, queue: Option<&QueueEntry>) -> (Phase, String) {
    let reason = match word {
        "COMPLETED" => return (Phase::Succeeded, "done".to_owned()),
        "CANCELLED" => return (Phase::Cancelled, "cancelled".to_owned()),
        FORGOTTEN => {
            return (
                Phase::Ended,
                "it has ended, and Slurm no longer knows how: see its log".to_owned(),
            );
        }
        "TIMEOUT" => "it reached its time limit",
        "OUT_OF_MEMORY" => "it needed more memory than it asked for",
        "NODE_FAIL" | "BOOT_FAIL" => "its node went down",
        "PREEMPTED" => "it had to make room for another job",
        "DEADLINE" => "it could not end before its deadline",
        _ => {
            return (
                Phase::Failed,
                queue.map_or_else(String::new, |queue| reason_in_words(&queue.reason)),
            );
        }
    };
    (Phase::Failed, reason.to_owned())
}

fn of_queue(queue: &QueueEntry) -> (Phase, String) {
    match &queue.state {
        JobState::Waiting(_) => (Phase::Waiting, reason_in_words(&queue.reason)),
        JobState::Running(word) => (Phase::Running, word.to_ascii_lowercase()),
        JobState::Ended(word) => of_word(word, Some(queue)),
    }
}

impl Entry {
    /// Whether this is the server of that name.
    #[must_use]
    pub fn is_server(&self, server: &str) -> bool {
        matches!(&self.purpose, Purpose::Server { server: name } if name == server)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::write_private;
    use crate::slurm::fake::{FakeSlurm, own_line};

    #[test]
    fn the_end_of_an_earlier_run_does_not_hide_the_job() {
        let fake = FakeSlurm::new("squeue", &format!("echo '7|{}'", own_line()));
        let ledger = Ledger::open(fake.folder()).unwrap();
        let notebook = Purpose::Notebook {
            notebook: "/n.ipynb".into(),
            output_folder: "/".into(),
        };
        let mut entry = Entry::new(notebook, "ada");
        entry.job = Some(JobId::new(7));
        ledger.write(&entry).unwrap();
        let end = End::now(143, 5, "n1".to_owned(), None);
        write_private(&ledger.end_path(&entry.key), &end).unwrap();
        let phase = || {
            let entries = ledger.entries().unwrap();
            let status = statuses(&fake.client(), &ledger, entries)
                .unwrap()
                .remove(0);
            (status.phase, status.exit)
        };
        assert_eq!(phase(), (Phase::Running, None));
        fake.put("squeue", "exit 1");
        assert_eq!(phase(), (Phase::Unknown, None));
        fake.put(
            "squeue",
            &format!("echo '7|{}'", own_line().replace("RUNNING", "FAILED")),
        );
        assert_eq!(phase(), (Phase::Failed, Some(143)));
    }
}
