use std::env;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::Path;
use std::process::{ExitCode, ExitStatus};
use std::time::Instant;

use anyhow::Context;
use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};

use super::{BatchSpec, environment, exit_code, node_name, pass_on_termination};
use crate::ledger::{End, FailedCell, write_private};
use crate::notebook::{CellKind, Notebook, join_text};

/// Longest part of an error's text that the ledger keeps.
const LONGEST_EVALUE: usize = 200;

/// Executes the notebook with `ferrolab run`, and writes down how it ended.
pub(super) fn run(spec: &BatchSpec) -> anyhow::Result<ExitCode> {
    let started = Instant::now();
    // Slurm may have started this job again: what the first run said of its end no longer holds.
    match fs::remove_file(&spec.end) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("cannot remove {}", spec.end.display()));
        }
        _ => {}
    }
    let number = env::var("SLURM_JOB_ID").context("this is not inside a Slurm job")?;
    let executed = spec
        .output_folder
        .join(format!("{}-{number}.ipynb", spec.output_stem));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let status = runtime
        .block_on(execute(spec, &executed))
        .context("cannot run `ferrolab run`")?;
    let exit = exit_code(status);
    let end = End::now(
        exit,
        started.elapsed().as_secs(),
        node_name(),
        failed_cell(&executed),
    );
    write_private(&spec.end, &end)?;
    Ok(ExitCode::from(exit))
}

async fn execute(spec: &BatchSpec, executed: &Path) -> anyhow::Result<ExitStatus> {
    let program = env::current_exe().context("cannot find out the path of this program")?;
    let mut arguments: Vec<OsString> = vec![
        "run".into(),
        "--output".into(),
        executed.into(),
        "--html".into(),
        executed.with_extension("html").into(),
    ];
    for parameter in &spec.parameters {
        arguments.extend(["-p".into(), parameter.into()]);
    }
    arguments.extend(["--".into(), spec.notebook.as_path().into()]);
    let mut terminate = signal(SignalKind::terminate())?;
    let mut child = Command::new(program)
        .args(arguments)
        .env_clear()
        .envs(environment::merged(&spec.environment))
        .spawn()?;
    loop {
        tokio::select! {
            status = child.wait() => return Ok(status?),
            // Slurm announces the end of the job; the run saves what it has and leaves.
            _ = terminate.recv() => pass_on_termination(&child)?,
        }
    }
}

/// The first cell of the executed notebook with an error among its outputs.
fn failed_cell(executed: &Path) -> Option<FailedCell> {
    let notebook = Notebook::read(executed).ok()?;
    let code = notebook
        .cells
        .iter()
        .filter(|cell| cell.kind() == CellKind::Code);
    code.enumerate().find_map(|(position, cell)| {
        let error = cell
            .outputs()
            .iter()
            .find(|output| output["output_type"] == "error")?;
        let line = |key: &str| -> String {
            let text = join_text(&error[key]);
            let plain = text
                .lines()
                .next()
                .unwrap_or_default()
                .chars()
                .filter(|letter| !letter.is_control());
            plain.take(LONGEST_EVALUE).collect()
        };
        Some(FailedCell {
            number: position + 1,
            ename: line("ename"),
            evalue: line("evalue"),
        })
    })
}
