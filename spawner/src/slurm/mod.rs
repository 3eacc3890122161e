//! The only module that runs Slurm commands.
//!
//! Every command is started by absolute path, with a cleared environment, a time limit and a cap
//! on its output; nothing ever passes through a shell. What comes back is parsed strictly: a line
//! that does not have the asked-for shape is dropped, an answer that cannot be had is an error,
//! and neither is ever taken for "the job is gone".
//!
//! | module | what it knows |
//! |---|---|
//! | `command` | how to start a program and not be hurt by it |
//! | `job_id` | `123`, `123_4`, `123+1`, `123;cluster` |
//! | `time_limit` | `30`, `1-00:00:00`, `UNLIMITED` |
//! | `host_list` | `n[01-03,07]` |
//! | `request` | what a job may ask for, checked |
//! | `queue` | one `squeue` for many jobs |
//! | `fate` | running, certainly gone, or unknown |
//! | `partition` | what `sinfo` says about the machine |
//! | `submission` | a job to be, as the arguments of `sbatch` |
//! | `step` | one program on one node, by `srun` |
//! | `accounting` | what `sacct` remembers, if anything |

mod accounting;
mod client;
mod command;
mod error;
#[cfg(test)]
pub(crate) mod fake;
mod fate;
mod host_list;
mod job_id;
mod partition;
mod queue;
mod request;
mod step;
mod submission;
mod time_limit;

pub use accounting::PastJob;
pub use client::Slurm;
pub use error::SlurmError;
pub use fate::{Fate, Fates};
pub use host_list::expand_host_list;
pub use job_id::JobId;
pub use partition::Partition;
pub use queue::{JobState, QueueEntry, reason_in_words};
pub use request::{Begin, Gpus, InvalidRequest, Label, Memory, RawRequest, Request};
pub use step::{Step, StepId};
pub(crate) use submission::log_path;
pub use submission::{JobName, Submission};
pub use time_limit::TimeLimit;
