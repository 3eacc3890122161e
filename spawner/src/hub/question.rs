use std::collections::BTreeMap;
use std::fmt::Display;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::view::JobView;
use crate::config::Policy;
use crate::slurm::{JobId, Partition, Request};

/// What the spawner asks.
#[derive(Debug, Deserialize)]
#[serde(tag = "ask", rename_all = "lowercase", deny_unknown_fields)]
pub enum Question {
    /// Is this request allowed, and what does it mean?
    Check {
        /// What the user sent.
        request: Value,
    },
    /// What is there to choose from?
    Form,
    /// How are these jobs?
    Poll {
        /// The jobs of all users.
        jobs: Vec<OwnedJob>,
    },
    /// Where does this job run?
    Address(OwnedJob),
    /// Start a server.
    Submit {
        /// Its owner.
        user: String,
        /// What to start.
        order: Box<ServerOrder>,
    },
    /// End a server.
    Stop {
        /// Its owner.
        user: String,
        /// Its key in the ledger.
        key: String,
        /// The job.
        job: JobId,
        /// How long it may take to end by itself, in seconds.
        grace_seconds: u64,
    },
    /// What has it written last?
    Log {
        /// Its owner.
        user: String,
        /// Its key in the ledger.
        key: String,
    },
}

/// A job, and whose it must be.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnedJob {
    /// Its owner.
    pub(super) user: String,
    /// The job.
    pub(super) job: JobId,
}

/// A server to start.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerOrder {
    /// Its name; empty for the default server.
    pub(super) server: String,
    /// What the user asks for.
    pub(super) request: Value,
    /// The program and its arguments.
    pub(super) command: Vec<String>,
    /// What it is to see. Holds its token.
    pub(super) environment: BTreeMap<String, String>,
    /// What the job has to show when it reports.
    pub(super) nonce: String,
    /// The folder to start it in; the user's home without it.
    pub(super) folder: Option<String>,
}

/// What the spawner is told.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// To `check`.
    Request {
        /// The request as it was understood.
        request: Request,
    },
    /// To `form`.
    Form {
        /// The partitions that the user may choose.
        partitions: Vec<Partition>,
        /// The limits of the site.
        policy: Policy,
    },
    /// To `poll`.
    Jobs {
        /// The jobs, in the order of the question.
        jobs: Vec<JobView>,
    },
    /// To `address`.
    Address {
        /// The node's name.
        node: String,
        /// Its address on the cluster's network.
        address: String,
    },
    /// To `submit`.
    Submitted {
        /// The job.
        job: JobId,
        /// Its key in the ledger.
        key: String,
        /// Whether a job that was waiting already has been taken over.
        adopted: bool,
    },
    /// To `stop`.
    Stopped {
        /// Whether the job is certainly over.
        over: bool,
        /// Why not, when it is not.
        why: Option<String>,
    },
    /// To `log`.
    Log {
        /// The last lines, without control characters.
        lines: Vec<String>,
    },
}

/// Why there is no answer.
#[derive(Debug, Serialize)]
pub struct HubError {
    /// A word for programs: `options`, `user`, `slurm` (asking again may help), `ended` or
    /// `internal`.
    reason: &'static str,
    /// A sentence for people.
    message: String,
}

impl HubError {
    /// An error of that kind.
    pub fn new(reason: &'static str, message: impl Into<String>) -> Self {
        Self {
            reason,
            message: message.into(),
        }
    }

    /// Something that is not the user's fault.
    pub fn internal(error: impl Display) -> Self {
        Self::new("internal", error.to_string())
    }

    /// Slurm did not do it.
    pub(super) fn slurm(error: impl Display) -> Self {
        Self::new("slurm", error.to_string())
    }
}
