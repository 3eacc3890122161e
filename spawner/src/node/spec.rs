use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// What a job is to do.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "role", rename_all = "lowercase")]
pub enum Spec {
    /// Execute a notebook.
    Batch(BatchSpec),
    /// Be a notebook server of the hub.
    Server(ServerSpec),
}

/// How to execute a notebook.
#[derive(Debug, Serialize, Deserialize)]
pub struct BatchSpec {
    /// The notebook.
    pub notebook: PathBuf,
    /// The folder for the executed notebook and its HTML page.
    pub output_folder: PathBuf,
    /// The start of their names; the job's number follows.
    pub output_stem: String,
    /// Parameters, `name=value` each.
    pub parameters: Vec<String>,
    /// The user's environment at the time of submission, without the variables whose names look
    /// like those of secrets.
    pub environment: BTreeMap<String, String>,
    /// Where to write how it ended.
    pub end: PathBuf,
}

/// How to start a notebook server.
#[derive(Debug, Serialize, Deserialize)]
pub struct ServerSpec {
    /// The program and its arguments.
    pub command: Vec<String>,
    /// The folder to start it in.
    pub folder: PathBuf,
    /// What `JupyterHub` wants it to see. Holds the token.
    pub environment: BTreeMap<String, String>,
    /// Proves to the hub that the report comes from the job it has just submitted.
    pub nonce: String,
}
