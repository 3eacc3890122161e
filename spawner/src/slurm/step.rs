use std::env;
use std::ffi::OsString;
use std::fmt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::str::FromStr;

use super::{JobId, JobName, Label, Request, Slurm, SlurmError};

/// What a surrounding job says about itself must not become
/// an option of a new step; `SLURM_CONF` alone stays.
const JOB_PREFIXES: [&str; 5] = ["SLURM", "SRUN_", "SBATCH_", "PMI", "OMPI_"];

/// One program on one node, started by `srun`.
#[derive(Debug)]
pub struct Step<'a> {
    /// The job to be a step of; without it the program becomes a job of its own.
    pub inside: Option<&'a JobId>,
    /// The node, when it matters which.
    pub node: Option<&'a Label>,
    /// What a job of its own asks for.
    pub request: &'a Request,
    /// The name of the step or job.
    pub name: &'a JobName,
    /// The program.
    pub program: &'a Path,
    /// Its arguments.
    pub arguments: &'a [&'a str],
}

/// The number of a step, such as `123.4`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepId {
    /// Its job.
    pub job: JobId,
    /// Its number in the job.
    pub step: u32,
}

impl FromStr for StepId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "{:?} is not the number of a job step (such as 123.4)",
                text.chars().take(40).collect::<String>()
            )
        };
        let (job, step) = text.split_once('.').ok_or_else(wrong)?;
        if step.is_empty() || !step.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(wrong());
        }
        Ok(Self {
            job: job.parse().map_err(|_| wrong())?,
            step: step.parse().map_err(|_| wrong())?,
        })
    }
}

impl fmt::Display for StepId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.job.local(), self.step)
    }
}

impl Step<'_> {
    fn options(&self) -> Vec<String> {
        let mut options = vec![
            format!("--job-name={}", self.name),
            "--nodes=1".to_owned(),
            "--ntasks=1".to_owned(),
            // It is one process: MPI is for the ranks that it may start later.
            "--mpi=none".to_owned(),
            "--unbuffered".to_owned(),
            "--quit-on-interrupt".to_owned(),
        ];
        if let Some(job) = self.inside {
            // Shares CPUs and memory with the notebook server, which does not use them.
            options.extend([format!("--jobid={}", job.local()), "--overlap".to_owned()]);
        } else {
            let alone = Request {
                nodes: None,
                ntasks: None,
                ..self.request.clone()
            };
            options.extend(alone.options());
        }
        options.extend(self.node.map(|node| format!("--nodelist={node}")));
        options
    }
}

impl Slurm {
    /// Turns this process into `srun`, which passes standard input and output through to the
    /// program on the node. Returns only when that fails.
    #[must_use]
    pub fn become_step(&self, step: &Step<'_>) -> SlurmError {
        let path = match self.program("srun") {
            Ok(path) => path,
            Err(error) => return error,
        };
        let kept = env::vars_os().filter(|(name, _)| {
            let name = name.to_string_lossy();
            name == "SLURM_CONF" || !JOB_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        });
        let environment: Vec<(OsString, OsString)> = kept.collect();
        let source = Command::new(&path)
            .args(step.options())
            .arg(step.program)
            .args(step.arguments)
            .env_clear()
            .envs(environment)
            .exec();
        SlurmError::Start { path, source }
    }

    /// Sends a signal (`INT`, `TERM`, `KILL`) to a step. One that has ended already is no error.
    ///
    /// # Errors
    /// When the controller does not take the order.
    pub fn signal_step(&self, step: &StepId, signal: &str) -> Result<(), SlurmError> {
        self.scancel(vec![format!("--signal={signal}"), step.to_string()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn step_numbers_are_read_strictly() {
        let id: StepId = "123.4".parse().unwrap();
        assert_eq!((id.to_string().as_str(), id.step), ("123.4", 4));
        for text in [
            "",
            "123",
            "123.",
            ".4",
            "123.x",
            "123.batch",
            "0.1",
            "1.2.3",
            "--me",
        ] {
            assert!(text.parse::<StepId>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_step_shares_its_job_and_a_job_of_its_own_asks_for_resources() {
        let (job, name) = (JobId::new(7), JobName::new("kernel", "00"));
        let request = Request {
            nodes: Some(4),
            partition: Some("debug".parse().unwrap()),
            ..Request::default()
        };
        let mut step = Step {
            inside: Some(&job),
            node: None,
            request: &request,
            name: &name,
            program: Path::new("/p"),
            arguments: &[],
        };
        let options = step.options().join(" ");
        assert!(
            options.contains("--jobid=7 --overlap") && !options.contains("--partition"),
            "{options}"
        );
        step.inside = None;
        let options = step.options().join(" ");
        assert!(
            options.contains("--partition=debug") && !options.contains("--nodes=4"),
            "{options}"
        );
    }
}
