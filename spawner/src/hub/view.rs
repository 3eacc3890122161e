use std::collections::BTreeMap;

use serde::Serialize;

use super::question::OwnedJob;
use super::{Answer, HubError};
use crate::config::Policy;
use crate::person::uid_of;
use crate::slurm::{Fate, JobId, JobState, Partition, Request, Slurm, reason_in_words};

/// What the spawner needs to know of a job.
#[derive(Debug, Serialize)]
pub struct JobView {
    /// `waiting`, `running`, `over` or `unknown`.
    phase: &'static str,
    /// Slurm's word for its state, when it gave one.
    state: Option<String>,
    /// Why it waits, ended or is unknown, in words.
    why: String,
    /// The node that runs the batch script.
    node: Option<String>,
    /// Start, or estimated start, in seconds since 1970.
    start: Option<u64>,
    /// Wall time left, in seconds.
    seconds_left: Option<u64>,
}

impl From<Fate> for JobView {
    fn from(fate: Fate) -> Self {
        let without_entry = |phase, why| Self {
            phase,
            state: None,
            why,
            node: None,
            start: None,
            seconds_left: None,
        };
        let (entry, over) = match fate {
            Fate::Gone => return without_entry("over", "Slurm no longer knows the job".to_owned()),
            Fate::Unknown { why } => return without_entry("unknown", why),
            Fate::Live { entry } => (entry, false),
            Fate::Ended { entry } => (entry, true),
        };
        let waiting = matches!(entry.state, JobState::Waiting(_));
        let why = match entry.state.word() {
            _ if waiting => reason_in_words(&entry.reason),
            "TIMEOUT" => "it reached its time limit".to_owned(),
            "CANCELLED" => "it was cancelled".to_owned(),
            "OUT_OF_MEMORY" => "it needed more memory than it asked for".to_owned(),
            "NODE_FAIL" | "BOOT_FAIL" => "its node went down".to_owned(),
            "PREEMPTED" => "it had to make room for another job".to_owned(),
            _ if over => reason_in_words(&entry.reason),
            word => word.to_ascii_lowercase(),
        };
        Self {
            phase: match (over, waiting) {
                (true, _) => "over",
                (false, true) => "waiting",
                (false, false) => "running",
            },
            state: Some(entry.state.word().to_owned()),
            why,
            node: entry.batch_host,
            start: entry.start,
            seconds_left: entry.seconds_left,
        }
    }
}

/// All jobs with one question to Slurm.
pub(super) fn poll(slurm: &Slurm, jobs: &[OwnedJob]) -> Answer {
    Answer::Jobs {
        jobs: fates(slurm, jobs).into_iter().map(JobView::from).collect(),
    }
}

/// The fate of each job, in their order. An owner that the system does not know now (the
/// directory service may be away) proves nothing about the job.
fn fates(slurm: &Slurm, jobs: &[OwnedJob]) -> Vec<Fate> {
    let mut uids = BTreeMap::new();
    for job in jobs {
        uids.entry(job.user.as_str())
            .or_insert_with(|| uid_of(&job.user));
    }
    let asked: Vec<(JobId, u32)> = jobs
        .iter()
        .filter_map(|job| Some((job.job.clone(), *uids[job.user.as_str()].as_ref().ok()?)))
        .collect();
    let mut answers = slurm.fates_of(&asked).into_iter();
    jobs.iter()
        .map(|job| match &uids[job.user.as_str()] {
            Ok(_) => answers.next().unwrap_or_default(),
            Err(error) => Fate::Unknown {
                why: error.to_string(),
            },
        })
        .collect()
}

/// Where a job runs, as Slurm says.
pub(super) fn address(slurm: &Slurm, owned: &OwnedJob) -> Result<Answer, HubError> {
    let node = match fates(slurm, std::slice::from_ref(owned)).pop() {
        Some(Fate::Live { entry }) => entry
            .batch_host
            .ok_or(("slurm", "it does not run yet".to_owned())),
        Some(Fate::Unknown { why }) => Err(("slurm", why)),
        _ => Err(("ended", "it has ended".to_owned())),
    };
    let job = &owned.job;
    let node = node
        .map_err(|(reason, why)| HubError::new(reason, format!("job {job} has no node: {why}")))?;
    let address = slurm.node_address(&node).map_err(HubError::slurm)?;
    Ok(Answer::Address { node, address })
}

/// What a form can offer: the partitions that are up and allowed.
pub(super) fn form(slurm: &Slurm, policy: &Policy) -> Result<Answer, HubError> {
    let allowed = |name: &str| {
        policy.partitions.is_empty() || policy.partitions.iter().any(|label| label.as_str() == name)
    };
    let mut partitions = slurm.partitions().map_err(HubError::slurm)?;
    partitions.retain(|partition| partition.up && allowed(&partition.name));
    Ok(Answer::Form {
        partitions,
        policy: policy.clone(),
    })
}

/// The partition that a request goes to; one that does not exist is refused. While Slurm is
/// silent, every name may be right.
pub(super) fn find_partition(
    slurm: &Slurm,
    request: &Request,
) -> Result<Option<Partition>, HubError> {
    let Ok(known) = slurm.partitions() else {
        return Ok(None);
    };
    let found = known.into_iter().find(|partition| {
        request
            .partition
            .as_ref()
            .map_or(partition.default, |asked| partition.name == asked.as_str())
    });
    match &request.partition {
        Some(asked) if found.is_none() => Err(HubError::new(
            "options",
            format!("partition: there is no partition {asked} here"),
        )),
        _ => Ok(found),
    }
}
