use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use ferrolab_wire::content::KernelInfoReply;
use serde_json::json;

use super::failure::Failure;
use super::html::write_page;
use super::progress::{Lines, Silence};
use crate::kernelspec::{KernelSpec, SearchPath};
use crate::notebook::{CellKind, Notebook, check_writable};
use crate::params::{self, Parameter};
use crate::run::{
    self, Connection, Kernel, KernelError, Launch, Limits, Problem, Progress, Report, RunStatus,
    Signals,
};
use crate::text::{duration, without_escapes};

const EXAMPLES: &str = "\
Examples:
  ferrolab run waves.ipynb                      writes waves.executed.ipynb and .html
  ferrolab run waves.ipynb -o out/waves.ipynb -p n=1000 -p label=night
  ferrolab run waves.ipynb --params sweep.toml --timeout 600 --total-timeout 7200
  ferrolab run analysis.ipynb --kernel python3 --no-html --json

Exit codes: 0 all cells ran, 1 a cell or the kernel failed, 2 wrong usage or input,
129, 130 and 143 stopped by SIGHUP, SIGINT and SIGTERM.";

/// Execute a notebook, in any Jupyter kernel, and keep the result.
#[derive(Debug, clap::Args)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a switch on the command line"
)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The notebook; it is left as it is unless it is named as the output too.
    notebook: PathBuf,
    /// The executed notebook, saved after each cell [default: NOTEBOOK.executed.ipynb].
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The page of the executed notebook [default: the output with .html].
    #[arg(long, value_name = "FILE", conflicts_with = "no_html")]
    html: Option<PathBuf>,
    /// Write no page.
    #[arg(long)]
    no_html: bool,
    /// The kernel, if not the one that the notebook names.
    #[arg(long, value_name = "NAME")]
    kernel: Option<String>,
    /// Set a parameter: its cell comes after the one tagged `parameters`. May be repeated.
    #[arg(short, value_name = "NAME=VALUE")]
    parameter: Vec<String>,
    /// Set the parameters in a TOML or JSON file; those given by -p go before.
    #[arg(long, value_name = "FILE")]
    params: Option<PathBuf>,
    /// The longest that a cell may take.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    timeout: Option<Duration>,
    /// The longest that the whole run may take.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    total_timeout: Option<Duration>,
    /// How long the kernel may take to start.
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "120")]
    start_timeout: Duration,
    /// Go on after a cell that fails; the run then counts as a success.
    #[arg(long)]
    allow_errors: bool,
    /// The folder in which the code runs [default: that of the notebook].
    #[arg(long, value_name = "FOLDER")]
    cwd: Option<PathBuf>,
    /// Keep a profile of the cells, for `ferrolab prof`, in a folder beside the output.
    #[arg(long)]
    prof: bool,
    /// Reach the kernel by TCP on the loopback address, not by Unix sockets.
    #[arg(long)]
    tcp: bool,
    /// Print a report as JSON on standard output.
    #[arg(long)]
    json: bool,
    /// Say nothing but errors.
    #[arg(short, long)]
    quiet: bool,
}

fn seconds(text: &str) -> Result<Duration, String> {
    text.parse::<f64>()
        .ok()
        .filter(|seconds| *seconds > 0.0)
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| "not a number of seconds above 0".into())
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    // Everything that can be wrong with the input is found before a kernel is started.
    let signals = Signals::note()
        .context("signals cannot be handled")
        .map_err(Failure::Run)?;
    let deadline = args
        .total_timeout
        .and_then(|limit| Instant::now().checked_add(limit));
    let mut notebook = Notebook::read(&args.notebook).map_err(Failure::input)?;
    let spec = kernel(args, &notebook)?;
    give_kernel(&mut notebook, &spec);
    set_parameters(args, &mut notebook)?;
    let folder = working_folder(args)?;
    let output = args
        .output
        .clone()
        .unwrap_or_else(|| default_output(&args.notebook));
    let page = (!args.no_html).then(|| {
        args.html
            .clone()
            .unwrap_or_else(|| output.with_extension("html"))
    });
    let text = notebook.to_json().map_err(Failure::run)?;
    for file in [Some(&output), page.as_ref()].into_iter().flatten() {
        check_writable(file, &text).map_err(Failure::input)?;
    }

    let profile = args
        .prof
        .then(|| std::path::absolute(output.with_extension("prof")))
        .transpose()
        .context("cannot name a folder for the profile")
        .map_err(Failure::Input)?;
    let connection = if args.tcp {
        Connection::Tcp
    } else {
        Connection::Ipc
    };
    let launch = Launch {
        spec: &spec,
        folder: &folder,
        connection,
        timeout: args.start_timeout,
        profile: profile.as_deref(),
    };
    let mut kernel = Kernel::start(&launch, &signals).map_err(|error| match error {
        KernelError::Signal(number) => Failure::Signal(number),
        error => Failure::run(error),
    })?;
    set_language(&mut notebook, &kernel.info);
    let limits = Limits {
        cell: args.timeout,
        deadline,
        allow_errors: args.allow_errors,
    };
    let total = code_cells(&notebook);
    let mut lines = Lines::new(total);
    let progress: &mut dyn Progress = if args.quiet { &mut Silence } else { &mut lines };
    let report = run::run(
        &mut notebook,
        &mut kernel,
        &limits,
        &signals,
        progress,
        |notebook| notebook.write(&output),
    )
    .map_err(Failure::run)?;
    drop(kernel);
    if let Some(page) = &page {
        write_page(&notebook, &args.notebook, page)?;
    }
    tell(args, &report, total, &output, page.as_deref());
    match report.status {
        RunStatus::Ok => Ok(()),
        RunStatus::Error => Err(Failure::Reported),
        RunStatus::Stopped => Err(Failure::Signal(report.signal.unwrap_or_default())),
    }
}

fn kernel(args: &Args, notebook: &Notebook) -> Result<KernelSpec, Failure> {
    let name = args
        .kernel
        .as_deref()
        .or_else(|| notebook.kernel_name())
        .ok_or_else(|| {
            Failure::input(anyhow!(
                "{} names no kernel; use --kernel",
                args.notebook.display()
            ))
        })?;
    SearchPath::from_environment()
        .find(name)
        .map_err(Failure::input)
}

/// Notes the kernel in the notebook, as if it had been chosen in the browser.
fn give_kernel(notebook: &mut Notebook, spec: &KernelSpec) {
    if notebook.kernel_name() != Some(&spec.name) {
        notebook.set_metadata(
            "kernelspec",
            json!({
                "display_name": spec.description.display_name,
                "language": spec.description.language,
                "name": spec.name,
            }),
        );
        if !spec.description.language.is_empty() {
            notebook.set_metadata(
                "language_info",
                json!({ "name": spec.description.language }),
            );
        }
    }
}

fn set_language(notebook: &mut Notebook, info: &KernelInfoReply) {
    if let Ok(language) = serde_json::to_value(&info.language_info) {
        notebook.set_metadata("language_info", language);
    }
}

fn set_parameters(args: &Args, notebook: &mut Notebook) -> Result<(), Failure> {
    let mut parameters = match &args.params {
        Some(file) => params::read_file(file).map_err(Failure::input)?,
        None => Vec::new(),
    };
    for argument in &args.parameter {
        parameters.push(Parameter::parse(argument).map_err(Failure::input)?);
    }
    let unknown = params::inject(notebook, &parameters).map_err(Failure::input)?;
    if !args.quiet {
        for name in unknown {
            eprintln!("ferrolab: warning: the notebook has no default for parameter `{name}`");
        }
    }
    Ok(())
}

fn working_folder(args: &Args) -> Result<PathBuf, Failure> {
    let folder = match &args.cwd {
        Some(folder) => folder.clone(),
        None => match args.notebook.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.into(),
            _ => PathBuf::from("."),
        },
    };
    let folder = folder
        .canonicalize()
        .with_context(|| format!("cannot work in {}", folder.display()))
        .map_err(Failure::Input)?;
    if folder.is_dir() {
        Ok(folder)
    } else {
        Err(Failure::input(anyhow!(
            "cannot work in {}: it is not a folder",
            folder.display()
        )))
    }
}

fn default_output(notebook: &Path) -> PathBuf {
    let mut name: OsString = notebook.file_stem().unwrap_or_default().into();
    name.push(".executed.ipynb");
    notebook.with_file_name(name)
}

fn code_cells(notebook: &Notebook) -> usize {
    notebook
        .cells
        .iter()
        .filter(|cell| cell.kind() == CellKind::Code && !cell.source().trim().is_empty())
        .count()
}

/// Says how the run went and where its files are.
fn tell(args: &Args, report: &Report, total: usize, output: &Path, page: Option<&Path>) {
    if let Some((cell, problem)) = report.failure() {
        eprintln!("{}", explain(cell.index, problem));
    }
    if args.json {
        let report = json!({ "notebook": output, "html": page, "run": report });
        println!("{report:#}");
    } else if !args.quiet {
        let done = report.cells.len();
        println!("{done} of {total} cells in {}", duration(report.wall_ms));
        println!("notebook  {}", output.display());
        if let Some(page) = page {
            println!("page      {}", page.display());
        }
    }
}

fn explain(index: usize, problem: &Problem) -> String {
    let number = index + 1;
    match problem {
        Problem::CellFailed(Some(error)) if !error.traceback.is_empty() => {
            let traceback = error.traceback.join("\n");
            let shown = if std::io::stderr().is_terminal() {
                traceback
            } else {
                without_escapes(&traceback)
            };
            format!("ferrolab: cell {number} failed:\n{shown}")
        }
        Problem::CellFailed(_) => {
            format!(
                "ferrolab: cell {number} failed: {}: {problem}",
                problem.name()
            )
        }
        Problem::KernelDied { log, .. } if !log.is_empty() => {
            format!("ferrolab: cell {number}: {problem}; its last lines:\n{log}")
        }
        _ => format!("ferrolab: cell {number}: {problem}"),
    }
}
