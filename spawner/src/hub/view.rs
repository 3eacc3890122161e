use serde::Serialize;

use super::{Answer, HubError};
use crate::config::Policy;
use crate::slurm::{Fate, JobId, JobState, Request, Slurm, reason_in_words};

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
pub(super) fn poll(slurm: &Slurm, jobs: &[JobId]) -> Answer {
    let fates = slurm.fates(jobs);
    let view = |job: &JobId| Some((job.to_string(), fates.get(&job.number)?.clone().into()));
    Answer::Jobs {
        jobs: jobs.iter().filter_map(view).collect(),
    }
}

/// Where a job runs, as Slurm says.
pub(super) fn address(slurm: &Slurm, job: &JobId) -> Result<Answer, HubError> {
    let node = match slurm.fates(std::slice::from_ref(job)).remove(&job.number) {
        Some(Fate::Live { entry }) => entry.batch_host.ok_or("it does not run yet".to_owned()),
        Some(Fate::Unknown { why }) => Err(why),
        _ => Err("it has ended".to_owned()),
    };
    let node = node.map_err(|why| HubError::slurm(format!("job {job} has no node: {why}")))?;
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

/// Refuses a partition that does not exist. While Slurm is silent, every name may be right.
pub(super) fn check_partition(slurm: &Slurm, request: &Request) -> Result<(), HubError> {
    let (Some(asked), Ok(known)) = (&request.partition, slurm.partitions()) else {
        return Ok(());
    };
    if known
        .iter()
        .any(|partition| partition.name == asked.as_str())
    {
        return Ok(());
    }
    Err(HubError::new(
        "options",
        format!("partition: there is no partition {asked} here"),
    ))
}
