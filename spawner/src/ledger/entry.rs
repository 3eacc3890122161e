use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::slurm::{JobId, JobName, Request};

/// What a job is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "purpose", rename_all = "lowercase")]
pub enum Purpose {
    /// It executes a notebook.
    Notebook {
        /// The notebook.
        notebook: PathBuf,
        /// The folder of the executed notebook, its HTML page and the log.
        output_folder: PathBuf,
    },
    /// It is a notebook server of the hub.
    Server {
        /// The server's name; empty for the default server.
        server: String,
    },
}

/// One job that was, or is about to be, submitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Random; also part of the job's name.
    pub key: String,
    /// What it is for.
    #[serde(flatten)]
    pub purpose: Purpose,
    /// The owner.
    pub user: String,
    /// The job's name in Slurm.
    pub name: JobName,
    /// Its number; `None` between the two writes.
    pub job: Option<JobId>,
    /// When it was submitted, in seconds since 1970.
    pub submitted: u64,
    /// What it asked for.
    pub request: Request,
    /// Folder and stem of its log, see [`Entry::log_path`].
    pub log: (PathBuf, String),
    /// Slurm's word for how it ended, once Slurm has been asked and the job was over. Slurm need
    /// not be asked again.
    pub settled: Option<String>,
    /// Whether it ended because its owner or the hub wished so.
    #[serde(default)]
    pub cancelled: bool,
}

impl Entry {
    /// An entry with a fresh key, the rest to be filled in.
    #[must_use]
    pub fn new(purpose: Purpose, user: &str) -> Self {
        let key: String = uuid::Uuid::new_v4()
            .simple()
            .to_string()
            .chars()
            .take(16)
            .collect();
        let (hint, log) = match &purpose {
            Purpose::Notebook {
                notebook,
                output_folder,
            } => {
                let stem = notebook
                    .file_stem()
                    .map(|stem| stem.to_string_lossy().into_owned());
                let stem = stem.unwrap_or_else(|| "notebook".to_owned());
                (stem.clone(), (output_folder.clone(), stem))
            }
            Purpose::Server { server } => (
                format!("server-{server}"),
                (PathBuf::new(), "ferrolab-server".to_owned()),
            ),
        };
        Self {
            name: JobName::new(&hint, &key),
            key,
            purpose,
            user: user.to_owned(),
            job: None,
            submitted: now(),
            request: Request::default(),
            log,
            settled: None,
            cancelled: false,
        }
    }

    /// The file that the job writes its log into, once it has a number.
    #[must_use]
    pub fn log_path(&self) -> Option<PathBuf> {
        self.job
            .as_ref()
            .map(|job| crate::slurm::log_path(&self.log.0, &self.log.1, job))
    }

    /// How long ago it was submitted.
    #[must_use]
    pub fn age(&self) -> Duration {
        Duration::from_secs(now().saturating_sub(self.submitted))
    }

    /// The notebook's or server's name, for people.
    #[must_use]
    pub fn title(&self) -> String {
        match &self.purpose {
            Purpose::Notebook { notebook, .. } => notebook
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
            Purpose::Server { server } if server.is_empty() => "notebook server".to_owned(),
            Purpose::Server { server } => format!("notebook server {server}"),
        }
    }
}

/// Seconds since 1970.
pub(super) fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| time.as_secs())
}
