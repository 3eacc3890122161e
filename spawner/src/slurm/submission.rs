use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Begin, JobId, Request};

/// What every job's name starts with.
const MARK: &str = "fl";
/// Longest readable part of a name.
const LONGEST_HINT: usize = 40;

/// The name of a job of ours: `fl-<hint>-<nonce>`. The nonce makes it unique, so that the name
/// finds the job again when its number was lost, and a number can be checked to be ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JobName(String);

impl JobName {
    /// A name from something readable (any text) and a nonce (hexadecimal).
    #[must_use]
    pub fn new(hint: &str, nonce: &str) -> Self {
        let mut slug = String::new();
        for letter in hint.chars() {
            let letter = if letter.is_ascii_alphanumeric() {
                letter.to_ascii_lowercase()
            } else {
                '-'
            };
            if slug.len() < LONGEST_HINT && !(letter == '-' && slug.ends_with('-')) {
                slug.push(letter);
            }
        }
        let slug = slug.trim_matches('-');
        Self(format!(
            "{MARK}-{}-{nonce}",
            if slug.is_empty() { "job" } else { slug }
        ))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for JobName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// One job to submit.
#[derive(Debug)]
pub struct Submission<'a> {
    /// Its unique name.
    pub name: &'a JobName,
    /// What it asks for.
    pub request: &'a Request,
    /// Its working folder.
    pub folder: &'a Path,
    /// Folder and stem of its log: the file is `<stem>-<job number>.log`.
    pub log: (&'a Path, &'a str),
    /// The job that must have succeeded before.
    pub after: Option<&'a JobId>,
    /// The earliest start.
    pub begin: Option<&'a Begin>,
    /// Whether Slurm may start it again after a node failed.
    pub requeue: bool,
    /// The only variables that it sees, next to Slurm's own.
    pub environment: &'a [(String, String)],
}

/// Every job runs this text. What a job is to do is in the file that `FERROLAB_SPEC` names, so
/// no word of a user is ever part of a script.
pub(super) const SCRIPT: &str = "#!/bin/sh\nexec \"$FERROLAB_EXE\" node job \"$FERROLAB_SPEC\"\n";

impl Submission<'_> {
    /// The arguments of `sbatch`.
    ///
    /// # Errors
    /// A sentence, when the path of the log or the folder cannot be given to Slurm.
    pub(super) fn arguments(&self) -> Result<Vec<String>, String> {
        let folder = printable(self.folder)?;
        let log = self.log.0.join(format!("{}-", self.log.1));
        let log = printable(&log)?;
        if log.contains('\\') {
            return Err(format!(
                "{log}: Slurm cannot write a log below a name with a backslash"
            ));
        }
        let mut arguments = vec![
            "--parsable".to_owned(),
            format!("--job-name={}", self.name),
            format!("--chdir={folder}"),
            format!("--output={}%j.log", log.replace('%', "%%")),
            "--open-mode=append".to_owned(),
            (if self.requeue {
                "--requeue"
            } else {
                "--no-requeue"
            })
            .to_owned(),
        ];
        arguments.extend(self.request.options());
        if let Some(job) = self.after {
            arguments.push(format!("--dependency=afterok:{}", job.local()));
            arguments.push("--kill-on-invalid-dep=yes".to_owned());
        }
        arguments.extend(self.begin.map(|begin| format!("--begin={begin}")));
        Ok(arguments)
    }
}

/// The path of the log that [`Submission::arguments`] asks for.
#[must_use]
pub(crate) fn log_path(folder: &Path, stem: &str, job: &JobId) -> PathBuf {
    folder.join(format!("{stem}-{}.log", job.number))
}

fn printable(path: &Path) -> Result<&str, String> {
    path.to_str()
        .filter(|text| !text.chars().any(char::is_control))
        .ok_or_else(|| {
            format!(
                "{}: Slurm needs a path without control characters, in UTF-8",
                path.display()
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_whatever_the_hint() {
        for (hint, expected) in [
            ("Quick start.ipynb", "fl-quick-start-ipynb-00ff"),
            ("--uid=root", "fl-uid-root-00ff"),
            ("a\nb|c", "fl-a-b-c-00ff"),
            ("日本", "fl-job-00ff"),
            ("", "fl-job-00ff"),
        ] {
            assert_eq!(JobName::new(hint, "00ff").as_str(), expected);
        }
        assert!(JobName::new(&"x".repeat(500), "00ff").as_str().len() < 60);
    }

    #[test]
    fn paths_reach_slurm_as_one_argument_each() {
        let name = JobName::new("n", "0");
        let request = Request::default();
        let submission = |folder: &'static str| Submission {
            name: &name,
            request: &request,
            folder: Path::new(folder),
            log: (Path::new(folder), "a b"),
            after: None,
            begin: None,
            requeue: true,
            environment: &[],
        };
        let arguments = submission("/tmp/50% of; rm -rf $HOME").arguments().unwrap();
        assert!(arguments.contains(&"--chdir=/tmp/50% of; rm -rf $HOME".to_owned()));
        assert!(arguments.contains(&"--output=/tmp/50%% of; rm -rf $HOME/a b-%j.log".to_owned()));
        assert!(submission("/tmp/a\nb").arguments().is_err());
        assert!(submission("/tmp/a\\b").arguments().is_err());
    }
}
