use std::path::PathBuf;

/// What stands for the message of a command that failed without one.
pub(super) const NO_MESSAGE: &str = "without a message";
/// Slurm's words for a talk with the controller that broke off after it had begun.
const BROKEN_TALK: [&str; 8] = [
    "timed out",
    "Zero Bytes were transmitted",
    "Message receive failure",
    "Unexpected message received",
    "Connection reset",
    "Broken pipe",
    "Transport endpoint is not connected",
    "Insane message length",
];

/// Why Slurm gave no usable answer.
#[derive(Debug, thiserror::Error)]
pub enum SlurmError {
    /// The command is not installed where the configuration says.
    #[error(
        "Slurm command `{tool}` not found in {searched}: install Slurm's client programs, or set \
         `bin_dir` under [slurm] in ferrolab.toml"
    )]
    Missing {
        /// Name of the command.
        tool: &'static str,
        /// The folders that were looked at.
        searched: String,
    },
    /// The command could not be started.
    #[error("cannot start {}: {source}", path.display())]
    Start {
        /// The command.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The command did not end in time.
    #[error("`{tool}` gave no answer within {seconds} s: the Slurm controller may be down or busy")]
    Timeout {
        /// Name of the command.
        tool: &'static str,
        /// The time it was given, in seconds.
        seconds: u64,
    },
    /// The command wrote more than any sane answer.
    #[error("`{tool}` wrote more than {limit} bytes: refused to read on")]
    TooMuchOutput {
        /// Name of the command.
        tool: &'static str,
        /// The cap, in bytes.
        limit: usize,
    },
    /// The command failed and said why.
    #[error("`{tool}` failed: {message}")]
    Failed {
        /// Name of the command.
        tool: &'static str,
        /// Its standard error, on one line, without control characters.
        message: String,
    },
    /// The command succeeded with an answer of the wrong shape.
    #[error("`{tool}` gave an answer that cannot be read: {what}")]
    Unreadable {
        /// Name of the command.
        tool: &'static str,
        /// What was missing.
        what: String,
    },
}

impl SlurmError {
    /// Whether the command said that it does not know the job: the controller answered, and has
    /// no record of it. Slurm drops the record of a job only after its end.
    #[must_use]
    pub fn says_unknown_job(&self) -> bool {
        matches!(self, Self::Failed { message, .. } if message.contains("Invalid job id specified"))
    }

    /// Whether the command said that the job has ended already.
    #[must_use]
    pub fn says_already_ended(&self) -> bool {
        matches!(self, Self::Failed { message, .. }
            if message.contains("Job/step already completing or completed"))
    }

    /// Whether Slurm answered and said no, as opposed to not being there.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Failed { message, .. } if !message.contains("Unable to contact"))
            && !self.leaves_doubt()
    }

    /// Whether an order may have been carried out all the same: it was sent, and the answer did
    /// not come or could not be read.
    #[must_use]
    pub fn leaves_doubt(&self) -> bool {
        match self {
            Self::Timeout { .. } | Self::TooMuchOutput { .. } | Self::Unreadable { .. } => true,
            Self::Failed { message, .. } => {
                message.ends_with(NO_MESSAGE)
                    || BROKEN_TALK.iter().any(|words| message.contains(words))
            }
            Self::Missing { .. } | Self::Start { .. } => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_talk_is_no_refusal() {
        let failed = |message: &str| SlurmError::Failed {
            tool: "sbatch",
            message: message.to_owned(),
        };
        let prefix = "sbatch: error: Batch job submission failed: ";
        for words in [
            "Socket timed out on send/recv operation",
            "Zero Bytes were transmitted or received",
            "Message receive failure",
            "Unexpected message received",
        ] {
            let error = failed(&format!("{prefix}{words}"));
            assert!(error.leaves_doubt() && !error.is_refusal(), "{words}");
        }
        let error = failed("signal: 9 (SIGKILL), without a message");
        assert!(error.leaves_doubt() && !error.is_refusal());
        let away = failed("sbatch: error: Unable to contact slurm controller (connect failure)");
        assert!(!away.leaves_doubt() && !away.is_refusal());
        let refused = failed(&format!(
            "{prefix}Requested node configuration is not available"
        ));
        assert!(!refused.leaves_doubt() && refused.is_refusal());
    }
}
