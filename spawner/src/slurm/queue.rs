use serde::{Serialize, Serializer};

use super::JobId;
use super::time_limit::seconds;

/// The columns asked of `squeue`. None holds text that users choose, and the one that holds free
/// text of the scheduler (the reason) comes last. No capital C anywhere: it makes squeue costlier.
pub(super) const FORMAT: &str = "%A|%U|%T|%B|%N|%S|%L|%M|%Q|%P|%r";
const COLUMNS: usize = 11;

/// One line of the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QueueEntry {
    /// The job.
    pub job: JobId,
    /// Numeric id of its owner.
    pub uid: u32,
    /// Its state.
    pub state: JobState,
    /// The node that runs the batch script, when there is one.
    pub batch_host: Option<String>,
    /// The nodes, as a node list.
    pub nodes: String,
    /// Start, or estimated start of a waiting job, in seconds since 1970.
    pub start: Option<u64>,
    /// Wall time left, in seconds.
    pub seconds_left: Option<u64>,
    /// Wall time used, in seconds.
    pub elapsed: u64,
    /// Priority: a higher one starts earlier.
    pub priority: u64,
    /// The partition.
    pub partition: String,
    /// Slurm's word for why it waits or ended.
    pub reason: String,
}

/// The state of a job, in the three ways that matter, with Slurm's own word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobState {
    /// It waits for resources.
    Waiting(String),
    /// It has resources, or is about to get them back.
    Running(String),
    /// It has ended and will not run again.
    Ended(String),
}

impl JobState {
    /// Reads Slurm's word; `None` for a word that is not known.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        let kind: fn(String) -> Self = match word {
            "PENDING" | "REQUEUED" | "REQUEUE_HOLD" | "REQUEUE_FED" | "SPECIAL_EXIT"
            | "RESV_DEL_HOLD" => Self::Waiting,
            "CONFIGURING" | "RUNNING" | "SUSPENDED" | "STOPPED" | "COMPLETING" | "STAGE_OUT"
            | "SIGNALING" | "RESIZING" => Self::Running,
            "COMPLETED" | "FAILED" | "CANCELLED" | "TIMEOUT" | "NODE_FAIL" | "PREEMPTED"
            | "BOOT_FAIL" | "DEADLINE" | "OUT_OF_MEMORY" | "REVOKED" => Self::Ended,
            _ => return None,
        };
        Some(kind(word.to_owned()))
    }

    /// Slurm's word.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Self::Waiting(word) | Self::Running(word) | Self::Ended(word) => word,
        }
    }
}

impl Serialize for JobState {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

/// The entries of an answer of `squeue`. A line of another shape is left out.
pub(super) fn parse_queue(text: &str) -> Vec<QueueEntry> {
    text.lines().filter_map(parse_line).collect()
}

fn parse_line(line: &str) -> Option<QueueEntry> {
    let columns: Vec<&str> = line.splitn(COLUMNS, '|').collect();
    let &[
        job,
        uid,
        state,
        batch_host,
        nodes,
        start,
        left,
        elapsed,
        priority,
        partition,
        reason,
    ] = columns.as_slice()
    else {
        return None;
    };
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
    if !plain(batch_host) || !plain(nodes) || !plain(partition) {
        return None;
    }
    let known = |text: &str| !text.is_empty() && text != "n/a" && text != "N/A" && text != "(null)";
    Some(QueueEntry {
        job: JobId::new(job.parse().ok().filter(|&number| number > 0)?),
        uid: uid.parse().ok()?,
        state: JobState::parse(state)?,
        batch_host: known(batch_host).then(|| batch_host.to_owned()),
        nodes: nodes.to_owned(),
        start: start.parse().ok().filter(|&seconds| seconds > 0),
        seconds_left: seconds(left),
        elapsed: seconds(elapsed).unwrap_or(0),
        priority: priority.parse().unwrap_or(0),
        partition: partition.to_owned(),
        reason: reason
            .chars()
            .filter(|letter| !letter.is_control())
            .take(200)
            .collect(),
    })
}

/// Slurm's word for a reason, in plain words and with what the user can do about it.
#[must_use]
pub fn reason_in_words(reason: &str) -> String {
    let words = match reason.trim_matches(['(', ')']) {
        "" | "None" => "no reason given",
        "Priority" => "other jobs are ahead in the queue",
        "Resources" => "waiting for nodes to become free; it is next in line",
        "Dependency" => "waiting for the job it depends on",
        "DependencyNeverSatisfied" => {
            "the job it depends on failed, so it will never start: cancel it"
        }
        "BeginTime" => "its earliest start time has not come yet",
        "JobHeldUser" => "held by you: release it with `scontrol release`",
        "JobHeldAdmin" => "held by an administrator",
        "PartitionDown" => "the partition is down",
        "PartitionInactive" => "the partition is not active",
        "PartitionNodeLimit" => "it asks for more nodes than the partition allows",
        "PartitionTimeLimit" => "it asks for more time than the partition allows",
        "PartitionConfig" => "the partition's settings do not allow it",
        "ReqNodeNotAvail" | "ReqNodeNotAvail, UnavailableNodes" => {
            "the nodes it needs are down or reserved"
        }
        "Reservation" => "waiting for its reservation to begin",
        "ReservationDeleted" => "its reservation was deleted: cancel it",
        "BadConstraints" => "no node has what it asks for: cancel it and ask for less",
        "Licenses" => "waiting for a licence",
        "Cleaning" => "cleaning up after an earlier run",
        "QOSMaxJobsPerUserLimit" | "AssocMaxJobsLimit" => {
            "you have as many jobs running as allowed"
        }
        "QOSMaxSubmitJobPerUserLimit" => "you have as many jobs submitted as allowed",
        "AssocGrpCpuLimit" | "AssocGrpTRES" | "QOSGrpCpuLimit" => {
            "your account or QOS is at its limit"
        }
        "InvalidAccount" => "the account may not be charged: choose another",
        "InvalidQOS" => "the QOS may not be used: choose another",
        "TimeLimit" => "it reached its time limit",
        "OutOfMemory" => "it needed more memory than it asked for",
        "NodeDown" | "NODE_FAIL" => "a node went down",
        "NonZeroExitCode" => "its program failed",
        "RaisedSignal" => "its program was ended by a signal",
        "launch failed requeued held" => "it could not be started and is held",
        other => return format!("Slurm says: {other}"),
    };
    words.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read() {
        let text = "12|1000|RUNNING|n1|n[1-2]|1790000000|29:30|0:30|4294901759|debug|None\n";
        let entry = parse_queue(text).remove(0);
        assert_eq!(entry.job, JobId::new(12));
        assert_eq!(entry.state, JobState::Running("RUNNING".into()));
        assert_eq!(entry.batch_host.as_deref(), Some("n1"));
        assert_eq!(
            (entry.nodes.as_str(), entry.elapsed, entry.seconds_left),
            ("n[1-2]", 30, Some(1_770))
        );
        assert_eq!(entry.start, Some(1_790_000_000));
    }

    #[test]
    fn a_waiting_job_has_no_node() {
        let text = "7|0|PENDING|n/a||N/A|1:00|0:00|1|debug|ReqNodeNotAvail, May be reserved|x\n";
        let entry = parse_queue(text).remove(0);
        assert_eq!((entry.batch_host, entry.start), (None, None));
        assert_eq!(entry.reason, "ReqNodeNotAvail, May be reserved|x");
    }

    #[test]
    fn poisoned_lines_are_left_out() {
        let good = "12|1000|RUNNING|n1|n1|1790000000|29:30|0:30|1|debug|None";
        for bad in [
            "",
            "garbage",
            "12|1000|RUNNING|n1",
            "x|1000|RUNNING|n1|n1|1|1|1|1|debug|None",
            "0|1000|RUNNING|n1|n1|1|1|1|1|debug|None",
            "12|root|RUNNING|n1|n1|1|1|1|1|debug|None",
            "12|1000|DANCING|n1|n1|1|1|1|1|debug|None",
            "12|1000|RUNNING|n1\u{1b}[31m|n1|1|1|1|1|debug|None",
            "12|1000|RUNNING|n 1|n1|1|1|1|1|debug|None",
        ] {
            assert_eq!(
                parse_queue(&format!("{bad}\n{good}\n{bad}")).len(),
                1,
                "{bad:?}"
            );
        }
    }

    #[test]
    fn reasons_are_sentences_or_quoted() {
        assert_eq!(
            reason_in_words("Priority"),
            "other jobs are ahead in the queue"
        );
        assert_eq!(reason_in_words("(Resources)"), reason_in_words("Resources"));
        assert_eq!(reason_in_words("BrandNew"), "Slurm says: BrandNew");
    }
}
