use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use anyhow::anyhow;
use serde_json::json;

use super::Failure;
use super::desk::Desk;
use crate::kernelspec::SearchPath;
use crate::ledger::{Entry, LaunchError, Order, Phase, Purpose, Status, launch, statuses};
use crate::node::{BatchSpec, Spec, keep_for_job};
use crate::notebook::Notebook;
use crate::params::{self, Parameter};
use crate::slurm::{Begin, InvalidRequest, JobId, JobName, RawRequest, Request, Slurm};

const EXAMPLES: &str = "\
Examples:
  ferrolab submit waves.ipynb --time 30
  ferrolab submit waves.ipynb --nodes 2 --gpus 1 -p n=1000000
  ferrolab submit plot.ipynb --after 1234

The executed notebook, its HTML page and the log are named after the notebook and the job
(waves-1234.ipynb, .html, .log). The job fails when a cell fails.";

/// How long `--wait` sleeps between two looks: at first, and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// Run a notebook as a Slurm job.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The notebook.
    notebook: PathBuf,
    /// Number of nodes.
    #[arg(long, short = 'N', value_name = "COUNT")]
    nodes: Option<String>,
    /// Number of tasks in all.
    #[arg(long, short = 'n', value_name = "COUNT")]
    ntasks: Option<String>,
    /// CPUs for each task.
    #[arg(long, short = 'c', value_name = "COUNT")]
    cpus_per_task: Option<String>,
    /// GPUs in all, such as 2 or a100:2.
    #[arg(long, short = 'G', value_name = "[TYPE:]COUNT")]
    gpus: Option<String>,
    /// Memory per node, such as 4000M or 16G.
    #[arg(long, value_name = "SIZE")]
    mem: Option<String>,
    /// Longest wall time: minutes, hours:minutes:seconds or days-hours:minutes:seconds.
    #[arg(long, short = 't', value_name = "TIME")]
    time: Option<String>,
    /// The partition; without it, the site's default.
    #[arg(long, value_name = "NAME")]
    partition: Option<String>,
    /// The account to charge.
    #[arg(long, short = 'A', value_name = "NAME")]
    account: Option<String>,
    /// The quality of service.
    #[arg(long, short = 'q', value_name = "NAME")]
    qos: Option<String>,
    /// The reservation to run in.
    #[arg(long, value_name = "NAME")]
    reservation: Option<String>,
    /// The features that the nodes must have.
    #[arg(long, short = 'C', value_name = "FEATURES")]
    constraint: Option<String>,
    /// The readable part of the job's name; without it, the notebook's.
    #[arg(long, short = 'J', value_name = "NAME")]
    job_name: Option<String>,
    /// The folder for what the job writes; without it, the notebook's.
    #[arg(long, value_name = "FOLDER")]
    output_dir: Option<PathBuf>,
    /// Start only when that job has succeeded.
    #[arg(long, value_name = "JOB")]
    after: Option<JobId>,
    /// Start no earlier than this: 16:00, 2026-12-01T20:00, now+2hours.
    #[arg(long, value_name = "TIME")]
    begin: Option<Begin>,
    /// Give a parameter another value.
    #[arg(long = "parameter", short = 'p', value_name = "NAME=VALUE")]
    parameters: Vec<String>,
    /// Wait for the end; the exit code is the run's.
    #[arg(long)]
    wait: bool,
    /// Print what was done as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: Args) -> Result<(), Failure> {
    let notebook = checked_notebook(&args.notebook, &args.parameters)?;
    let output_folder = output_folder(&args, &notebook)?;
    let request = request(&args)?;
    let desk = Desk::open()?;
    check_partition(&desk.slurm, &request)?;

    let mut entry = Entry::new(
        Purpose::Notebook {
            notebook: notebook.clone(),
            output_folder: output_folder.clone(),
        },
        &desk.person.name,
    );
    if let Some(name) = &args.job_name {
        entry.name = JobName::new(name, &entry.key);
    }
    entry.request = request;
    let spec = Spec::Batch(BatchSpec {
        notebook,
        output_folder,
        output_stem: entry.log.1.clone(),
        parameters: args.parameters,
        environment: env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .filter(|(name, _)| keep_for_job(name))
            .collect(),
        end: desk.ledger.end_path(&entry.key),
    });
    let order = Order {
        after: args.after.as_ref(),
        begin: args.begin.as_ref(),
        requeue: true,
    };
    let job =
        launch(&desk.slurm, &desk.ledger, &mut entry, &spec, &order).map_err(
            |error| match error {
                // What sbatch refuses is for the user to change.
                LaunchError::Slurm(error) => Failure::input(error),
                other => Failure::run(other),
            },
        )?;
    if args.json {
        println!(
            "{}",
            json!({ "job": job, "name": entry.name, "log": entry.log_path() })
        );
    } else {
        println!("{job}");
    }
    if args.wait {
        wait(&desk, &entry)
    } else {
        Ok(())
    }
}

/// The absolute path of a notebook that exists, can be read and takes the parameters.
fn checked_notebook(path: &Path, parameters: &[String]) -> Result<PathBuf, Failure> {
    let mut notebook = Notebook::read(path).map_err(Failure::input)?;
    if let Some(kernel) = notebook.kernel_name() {
        SearchPath::from_environment()
            .find(kernel)
            .map_err(Failure::input)?;
    }
    let parameters: Vec<Parameter> = parameters
        .iter()
        .map(|argument| Parameter::parse(argument))
        .collect::<Result<_, _>>()
        .map_err(Failure::input)?;
    let unused = params::inject(&mut notebook, &parameters).map_err(Failure::input)?;
    for name in unused {
        eprintln!("ferrolab: note: the notebook has no default for the parameter `{name}`");
    }
    std::path::absolute(path).map_err(Failure::input)
}

fn output_folder(args: &Args, notebook: &Path) -> Result<PathBuf, Failure> {
    let folder = match &args.output_dir {
        Some(folder) => std::path::absolute(folder).map_err(Failure::input)?,
        None => notebook.parent().unwrap_or(Path::new("/")).to_owned(),
    };
    // Slurm itself would fail the job without a word when it cannot write the log.
    let usable =
        fs::create_dir_all(&folder).and_then(|()| tempfile::tempfile_in(&folder).map(drop));
    usable.map_err(|error| {
        Failure::input(anyhow!("cannot write in {}: {error}", folder.display()))
    })?;
    Ok(folder)
}

fn request(args: &Args) -> Result<Request, Failure> {
    let scalar = |value: &Option<String>| value.clone().map(Into::into);
    let raw = RawRequest {
        partition: scalar(&args.partition),
        nodes: scalar(&args.nodes),
        ntasks: scalar(&args.ntasks),
        cpus_per_task: scalar(&args.cpus_per_task),
        gpus: scalar(&args.gpus),
        mem: scalar(&args.mem),
        time: scalar(&args.time),
        account: scalar(&args.account),
        qos: scalar(&args.qos),
        reservation: scalar(&args.reservation),
        constraint: scalar(&args.constraint),
    };
    raw.check().map_err(|InvalidRequest { field, problem }| {
        Failure::input(anyhow!("--{}: {problem}", field.replace('_', "-")))
    })
}

fn check_partition(slurm: &Slurm, request: &Request) -> Result<(), Failure> {
    let known = slurm.partitions().map_err(Failure::run)?;
    let Some(asked) = &request.partition else {
        return Ok(());
    };
    if known
        .iter()
        .any(|partition| partition.name == asked.as_str())
    {
        return Ok(());
    }
    let names: Vec<_> = known.into_iter().map(|partition| partition.name).collect();
    Err(Failure::input(anyhow!(
        "--partition: there is no partition {asked} here; there are {}",
        names.join(", ")
    )))
}

/// Waits for the end of a job and gives its outcome.
fn wait(desk: &Desk, entry: &Entry) -> Result<(), Failure> {
    let mut pause = FIRST_PAUSE;
    loop {
        thread::sleep(pause);
        pause = (pause + pause / 4).min(LONGEST_PAUSE);
        let look =
            statuses(&desk.slurm, &desk.ledger, vec![entry.clone()]).map_err(Failure::run)?;
        let Some(status) = look.into_iter().next() else {
            return Err(Failure::run(anyhow!("the job has been lost")));
        };
        if !status.phase.is_open() {
            return outcome(&status);
        }
    }
}

fn outcome(status: &Status) -> Result<(), Failure> {
    if status.phase == Phase::Succeeded {
        return Ok(());
    }
    let job = status
        .entry
        .job
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default();
    let log = status
        .log_file
        .as_deref()
        .map(|log| format!("; log: {}", log.display()))
        .unwrap_or_default();
    Err(Failure::run(anyhow!("job {job}: {}{log}", status.reason)))
}
