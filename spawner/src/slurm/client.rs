use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::geteuid;

use super::accounting::{self, PastJob, parse_past_jobs};
use super::command::{Call, Output, Tool};
use super::partition::{self, Partition, parse_partitions};
use super::queue::{self, QueueEntry, parse_queue};
use super::submission::SCRIPT;
use super::{Fate, Fates, JobId, JobName, JobState, SlurmError, Submission};
use crate::config::SlurmConfig;

/// Where Slurm's programs are looked for when the configuration does not say.
const USUAL_FOLDERS: [&str; 3] = ["/usr/bin", "/usr/local/bin", "/opt/slurm/bin"];
/// How many jobs that a batched answer left out are asked for one by one. The others stay
/// unknown until the next time.
const MOST_SINGLE_QUESTIONS: usize = 16;
/// What is left of a path for programs that Slurm's own commands start.
const PLAIN_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// Slurm on this machine.
#[derive(Debug, Clone)]
pub struct Slurm {
    folders: Vec<PathBuf>,
    environment: Vec<(String, String)>,
    time_limit: Duration,
}

impl Slurm {
    /// Slurm as configured. Nothing is looked for until it is needed.
    #[must_use]
    pub fn new(config: &SlurmConfig) -> Self {
        let folders = match &config.bin_dir {
            Some(folder) => vec![folder.clone()],
            None => USUAL_FOLDERS.iter().map(PathBuf::from).collect(),
        };
        let mut environment = vec![("PATH".to_owned(), PLAIN_PATH.to_owned())];
        if let Some(conf) = &config.conf {
            environment.push(("SLURM_CONF".to_owned(), conf.display().to_string()));
        }
        Self {
            folders,
            environment,
            time_limit: Duration::from_secs(config.timeout_seconds),
        }
    }

    /// The absolute path of one of Slurm's programs.
    ///
    /// # Errors
    /// When it is in none of the folders.
    pub fn program(&self, name: &'static str) -> Result<PathBuf, SlurmError> {
        Ok(self.tool(name)?.path)
    }

    fn tool(&self, name: &'static str) -> Result<Tool, SlurmError> {
        self.folders
            .iter()
            .map(|folder| folder.join(name))
            .find(|path| path.is_file())
            .map(|path| Tool { name, path })
            .ok_or_else(|| SlurmError::Missing {
                tool: name,
                searched: self
                    .folders
                    .iter()
                    .map(|folder| folder.display().to_string())
                    .collect::<Vec<_>>()
                    .join(", "),
            })
    }

    fn ask(&self, name: &'static str, arguments: Vec<String>) -> Result<Output, SlurmError> {
        let mut environment = self.environment.clone();
        environment.push(("LC_ALL".to_owned(), "C".to_owned()));
        environment.push(("SLURM_TIME_FORMAT".to_owned(), "%s".to_owned()));
        self.tool(name)?.call(&Call {
            arguments,
            environment,
            folder: None,
            input: b"",
            time_limit: self.time_limit,
        })
    }

    /// The version of Slurm, such as `slurm-wlm 22.05.8`.
    ///
    /// # Errors
    /// When `sinfo` cannot be run.
    pub fn version(&self) -> Result<String, SlurmError> {
        Ok(self
            .ask("sinfo", words(&["--version"]))?
            .stdout
            .trim()
            .to_owned())
    }

    /// The partitions that the caller can see.
    ///
    /// # Errors
    /// When the controller does not answer.
    pub fn partitions(&self) -> Result<Vec<Partition>, SlurmError> {
        let arguments = vec![
            "--noheader".to_owned(),
            format!("--format={}", partition::FORMAT),
        ];
        Ok(parse_partitions(&self.ask("sinfo", arguments)?.stdout))
    }

    /// The plugins that `srun --mpi` offers.
    ///
    /// # Errors
    /// When `srun` cannot be run.
    pub fn mpi_plugins(&self) -> Result<Vec<String>, SlurmError> {
        let output = self.ask("srun", words(&["--mpi=list"]))?;
        // Some versions list them on standard error, each on its own line, after a heading.
        let text = format!("{}\n{}", output.stdout, output.stderr);
        Ok(text
            .split_whitespace()
            .map(|word| word.trim_matches([',', ':']).to_owned())
            .filter(|word| word == "none" || word.starts_with("pmi") || word.starts_with("cray"))
            .collect())
    }

    /// Submits a job and gives its number.
    ///
    /// # Errors
    /// What `sbatch` says. After a timeout the job may exist all the same: look for it by its name.
    pub fn submit(&self, submission: &Submission<'_>) -> Result<JobId, SlurmError> {
        let arguments = submission
            .arguments()
            .map_err(|message| SlurmError::Failed {
                tool: "sbatch",
                message,
            })?;
        let mut environment = self.environment.clone();
        environment.extend_from_slice(submission.environment);
        let output = self.tool("sbatch")?.call(&Call {
            arguments,
            environment,
            folder: Some(Path::new("/")),
            input: SCRIPT.as_bytes(),
            time_limit: self.time_limit,
        })?;
        // Plugins of the site may print lines of their own before the number.
        output
            .stdout
            .lines()
            .rev()
            .find_map(|line| line.trim().parse().ok())
            .ok_or_else(|| SlurmError::Unreadable {
                tool: "sbatch",
                what: "no job number in its answer".to_owned(),
            })
    }

    /// The fate of many jobs of the caller's, see [`Slurm::fates_of`].
    #[must_use]
    pub fn fates(&self, jobs: &[JobId]) -> Fates {
        let mine = geteuid().as_raw();
        let jobs: Vec<(JobId, u32)> = jobs.iter().map(|job| (job.clone(), mine)).collect();
        let fates = self.fates_of(&jobs);
        jobs.iter().map(|(job, _)| job.number).zip(fates).collect()
    }

    /// The fate of each job, of the owner with that user id. A number that Slurm has given to a
    /// job of someone else means that the job is gone.
    ///
    /// It is one question to the controller for all of them, and one more for each job that its
    /// answer leaves out, which alone is no proof of an end.
    #[must_use]
    pub fn fates_of(&self, jobs: &[(JobId, u32)]) -> Vec<Fate> {
        let numbers: BTreeSet<u32> = jobs.iter().map(|(job, _)| job.number).collect();
        let fates = self.fates_of_numbers(numbers);
        jobs.iter()
            .map(|(job, uid)| {
                let fate = fates.get(&job.number).cloned().unwrap_or_default();
                let foreign = fate.entry().is_some_and(|entry| entry.uid != *uid);
                if foreign { Fate::Gone } else { fate }
            })
            .collect()
    }

    /// The fate of whoever's jobs; each number has one.
    fn fates_of_numbers(&self, numbers: BTreeSet<u32>) -> Fates {
        let mut fates = Fates::new();
        if numbers.is_empty() {
            return fates;
        }
        match self.queue(&numbers) {
            Ok(entries) => {
                fates.extend(
                    entries
                        .into_iter()
                        .map(|entry| (entry.job.number, fate_of(entry))),
                );
                let missing: Vec<u32> = numbers
                    .iter()
                    .copied()
                    .filter(|number| !fates.contains_key(number))
                    .collect();
                for (position, number) in missing.into_iter().enumerate() {
                    let fate = if position < MOST_SINGLE_QUESTIONS {
                        self.fate_of_one(number)
                    } else {
                        Fate::default()
                    };
                    fates.insert(number, fate);
                }
            }
            Err(error) if numbers.len() == 1 && error.says_unknown_job() => {
                fates.extend(numbers.into_iter().map(|number| (number, Fate::Gone)));
            }
            Err(error) => {
                let why = error.to_string();
                fates.extend(
                    numbers
                        .into_iter()
                        .map(|number| (number, Fate::Unknown { why: why.clone() })),
                );
            }
        }
        fates
    }

    fn fate_of_one(&self, number: u32) -> Fate {
        match self.queue(&BTreeSet::from([number])) {
            Ok(entries) => match entries.into_iter().find(|entry| entry.job.number == number) {
                Some(entry) => fate_of(entry),
                None => Fate::Unknown {
                    why: "squeue gave an empty answer".to_owned(),
                },
            },
            Err(error) if error.says_unknown_job() => Fate::Gone,
            Err(error) => Fate::Unknown {
                why: error.to_string(),
            },
        }
    }

    fn queue(&self, numbers: &BTreeSet<u32>) -> Result<Vec<QueueEntry>, SlurmError> {
        let list: Vec<String> = numbers.iter().map(u32::to_string).collect();
        self.ask_queue(format!("--jobs={}", list.join(",")))
    }

    fn ask_queue(&self, filter: String) -> Result<Vec<QueueEntry>, SlurmError> {
        let mut arguments = words(&["--noheader", "--all", "--states=all"]);
        arguments.push(filter);
        arguments.push(format!("--format={}", queue::FORMAT));
        Ok(parse_queue(&self.ask("squeue", arguments)?.stdout))
    }

    /// The caller's job of that name, when Slurm has one: finds a job whose number was lost.
    ///
    /// # Errors
    /// When the controller does not answer.
    pub fn find(&self, name: &JobName) -> Result<Option<QueueEntry>, SlurmError> {
        let mine = geteuid().as_raw();
        let entries = self.ask_queue(format!("--name={name}"))?;
        Ok(entries.into_iter().find(|entry| entry.uid == mine))
    }

    /// What accounting remembers of jobs of the caller's; `None` where the site keeps no accounts.
    ///
    /// # Errors
    /// When `sacct` fails for another reason.
    pub fn past_jobs(&self, jobs: &[JobId]) -> Result<Option<Vec<PastJob>>, SlurmError> {
        if jobs.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let list: Vec<String> = jobs.iter().map(|job| job.number.to_string()).collect();
        let mut arguments = words(&["--allocations", "--noheader", "--parsable2"]);
        arguments.push(format!("--uid={}", geteuid().as_raw()));
        arguments.push(format!("--format={}", accounting::FIELDS));
        arguments.push(format!("--jobs={}", list.join(",")));
        match self.ask("sacct", arguments) {
            Ok(output) => Ok(Some(parse_past_jobs(&output.stdout))),
            Err(SlurmError::Failed { message, .. }) if message.contains("storage is disabled") => {
                Ok(None)
            }
            Err(SlurmError::Missing { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Ends a job of ours: SIGTERM to everything in it, SIGKILL after the site's `KillWait`.
    /// The name must fit too, so that a wrong or reused number hits nothing.
    ///
    /// # Errors
    /// When the controller does not take the order. A job that has ended already is no error.
    pub fn cancel(&self, job: &JobId, name: &JobName) -> Result<(), SlurmError> {
        self.scancel(vec![format!("--name={name}"), job.local()])
    }

    /// Asks the batch process of a job of ours to end by itself (SIGTERM to it alone).
    ///
    /// # Errors
    /// As [`Slurm::cancel`].
    pub fn ask_to_end(&self, job: &JobId, name: &JobName) -> Result<(), SlurmError> {
        self.scancel(vec![
            "--batch".to_owned(),
            "--signal=TERM".to_owned(),
            format!("--name={name}"),
            job.local(),
        ])
    }

    pub(super) fn scancel(&self, arguments: Vec<String>) -> Result<(), SlurmError> {
        match self.ask("scancel", arguments) {
            Ok(_) => Ok(()),
            Err(error) if error.says_unknown_job() || error.says_already_ended() => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// The network address of a node (`NodeAddr` of `slurm.conf`), which need not be its name.
    ///
    /// # Errors
    /// When the controller does not answer or does not know the node.
    pub fn node_address(&self, node: &str) -> Result<String, SlurmError> {
        let arguments = vec![
            "--oneliner".to_owned(),
            "show".to_owned(),
            "node".to_owned(),
            node.to_owned(),
        ];
        let output = self.ask("scontrol", arguments)?;
        output
            .stdout
            .split_whitespace()
            .find_map(|word| word.strip_prefix("NodeAddr="))
            .filter(|address| !address.is_empty())
            .map(str::to_owned)
            .ok_or_else(|| SlurmError::Unreadable {
                tool: "scontrol",
                what: format!("no address of {node}"),
            })
    }
}

fn fate_of(entry: QueueEntry) -> Fate {
    if matches!(entry.state, JobState::Ended(_)) {
        Fate::Ended { entry }
    } else {
        Fate::Live { entry }
    }
}

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(|&word| word.to_owned()).collect()
}

/// What a real controller does not show on demand: a stand-in for `squeue` that hangs, lies or fails.
#[cfg(test)]
mod tests {
    use super::*;
    use crate::slurm::Request;
    use crate::slurm::fake::{FakeSlurm, line, own_line};

    fn jobs(numbers: &[u32]) -> Vec<JobId> {
        numbers.iter().copied().map(JobId::new).collect()
    }

    #[test]
    fn no_kind_of_silence_is_an_end() {
        for script in [
            "exec sleep 60",
            "exit 0",
            "exit 1",
            "echo 'slurm_load_jobs error: Unable to contact slurm controller' >&2; exit 1",
            "echo garbage",
            "yes '9|1000|DANCING' | head -c 20000000",
        ] {
            let fake = FakeSlurm::new("squeue", script);
            for asked in [jobs(&[7]), jobs(&[7, 8])] {
                for (number, fate) in fake.client().fates(&asked) {
                    assert!(
                        matches!(fate, Fate::Unknown { .. }),
                        "{script}: {number} {fate:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_job_left_out_of_the_answer_is_asked_for_alone() {
        let script = format!(
            "case \"$*\" in\n*--jobs=7,8*) echo '7|{}';;\n\
             *) echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1;;\nesac",
            own_line()
        );
        let fake = FakeSlurm::new("squeue", &script);
        let fates = fake.client().fates(&jobs(&[7, 8]));
        assert!(matches!(fates[&7], Fate::Live { .. }));
        assert_eq!(fates[&8], Fate::Gone);
        assert_eq!(fake.calls().len(), 2);
    }

    #[test]
    fn a_number_or_name_of_someone_elses_job_is_not_ours() {
        let mine = geteuid().as_raw();
        let other = line(mine + 1);
        let fake = FakeSlurm::new(
            "squeue",
            &format!("printf '%s\\n' '7|{other}' '8|{}'", own_line()),
        );
        let slurm = fake.client();
        let fates = slurm.fates(&jobs(&[7, 8]));
        assert_eq!(fates[&7], Fate::Gone);
        assert!(matches!(fates[&8], Fate::Live { .. }));
        let asked = [7, 7].map(JobId::new);
        let fates = slurm.fates_of(&[(asked[0].clone(), mine), (asked[1].clone(), mine + 1)]);
        assert_eq!(fates[0], Fate::Gone);
        assert!(matches!(fates[1], Fate::Live { .. }));
        let found = slurm.find(&JobName::new("n", "00")).unwrap();
        assert_eq!(found.unwrap().job, JobId::new(8));
    }

    #[test]
    fn many_jobs_are_one_question() {
        let lines: Vec<String> = (1..=500)
            .map(|number| format!("{number}|{}", own_line()))
            .collect();
        let lines = lines.join("\n");
        let fake = FakeSlurm::new("squeue", &format!("cat <<'END'\n{lines}\nEND"));
        let numbers: Vec<u32> = (1..=500).collect();
        assert_eq!(fake.client().fates(&jobs(&numbers)).len(), 500);
        assert_eq!(fake.calls().len(), 1);
    }

    #[test]
    fn the_number_is_found_below_the_chatter_of_a_plugin() {
        let name = JobName::new("n", "00");
        let request = Request::default();
        let submission = Submission {
            name: &name,
            request: &request,
            folder: Path::new("/"),
            log: (Path::new("/"), "n"),
            after: None,
            begin: None,
            requeue: false,
            environment: &[],
        };
        let fake = FakeSlurm::new(
            "sbatch",
            "echo 'Welcome! 3 jobs left'; echo '123;big'; echo; cat >/dev/null",
        );
        assert_eq!(
            fake.client().submit(&submission).unwrap().to_string(),
            "123;big"
        );
        let silent = FakeSlurm::new("sbatch", "echo done");
        assert!(matches!(
            silent.client().submit(&submission),
            Err(SlurmError::Unreadable { .. })
        ));
    }

    #[test]
    fn cancelling_always_names_the_job_and_its_name() {
        let fake = FakeSlurm::new("scancel", "exit 0");
        fake.client()
            .cancel(&JobId::new(7), &JobName::new("n", "00"))
            .unwrap();
        fake.client()
            .ask_to_end(&JobId::new(7), &JobName::new("n", "00"))
            .unwrap();
        assert_eq!(
            fake.calls(),
            ["--name=fl-n-00 7", "--batch --signal=TERM --name=fl-n-00 7"]
        );
    }
}
