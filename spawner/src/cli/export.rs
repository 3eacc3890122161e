use std::fs;
use std::path::{Path, PathBuf};

use anyhow::anyhow;

use super::Failure;
use crate::export::{ExportError, Project, Settings};
use crate::kernelspec::own_prefix;
use crate::notebook::Notebook;
use crate::params::{self, Parameter};

const EXAMPLES: &str = "\
Examples:
  ferrolab export waves.ipynb -o waves           then: cd waves && cargo run --release
  ferrolab export waves.ipynb -o waves -p n=5000 --force";

/// Turn a Rust notebook into a Cargo project that prints what the notebook prints.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The notebook.
    notebook: PathBuf,
    /// The project's folder.
    #[arg(short, long, value_name = "FOLDER")]
    output: PathBuf,
    /// Replace the project in a folder that is not empty.
    #[arg(long)]
    force: bool,
    /// Replace the default of a parameter. May be repeated.
    #[arg(short, value_name = "NAME=VALUE")]
    parameter: Vec<String>,
    /// Folder of the `hpc` crate [default: the one that was installed with this program].
    #[arg(long, value_name = "FOLDER")]
    hpc: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let mut notebook = Notebook::read(&args.notebook).map_err(Failure::input)?;
    let parameters = args
        .parameter
        .iter()
        .map(|argument| Parameter::parse(argument))
        .collect::<Result<Vec<_>, _>>()
        .map_err(Failure::input)?;
    for name in params::inject(&mut notebook, &parameters).map_err(Failure::input)? {
        eprintln!("ferrolab: warning: the notebook has no default for parameter `{name}`");
    }
    let hpc = hpc_crate(args.hpc.clone())?;
    let settings = Settings {
        notebook: &args.notebook,
        hpc: &hpc,
        lock: lock(&hpc),
    };
    let project = Project::new(&notebook, &settings).map_err(Failure::input)?;
    for warning in &project.warnings {
        eprintln!("ferrolab: warning: {warning}");
    }
    project
        .write(&args.output, args.force)
        .map_err(|error| match error {
            ExportError::InUse(_) => Failure::input(error),
            error => Failure::run(error),
        })?;
    println!("{}", args.output.display());
    println!(
        "run it with: cargo run --release --manifest-path {}",
        manifest(args)
    );
    Ok(())
}

fn manifest(args: &Args) -> String {
    let manifest = args.output.join("Cargo.toml").display().to_string();
    // What is printed may be pasted into a shell.
    if manifest
        .chars()
        .all(|character| character.is_alphanumeric() || "/._-".contains(character))
    {
        manifest
    } else {
        format!("'{}'", manifest.replace('\'', "'\\''"))
    }
}

/// The lock file of the crate's workspace, or its own.
fn lock(hpc: &Path) -> Option<String> {
    [hpc.parent(), Some(hpc)]
        .into_iter()
        .flatten()
        .find_map(|folder| fs::read_to_string(folder.join("Cargo.lock")).ok())
}

/// The `hpc` crate that a project can depend on by its path.
fn hpc_crate(named: Option<PathBuf>) -> Result<PathBuf, Failure> {
    let folder = named.or_else(|| {
        let library = std::env::var_os("FERROLAB_LIB")
            .map(PathBuf::from)
            .or_else(|| own_prefix().map(|prefix| prefix.join("lib/ferrolab")))?;
        Some(library.join("src/hpc-lib"))
    });
    let folder = folder.ok_or_else(|| {
        Failure::input(anyhow!(
            "this program is not installed; say where the crate is by --hpc"
        ))
    })?;
    folder
        .canonicalize()
        .ok()
        .filter(|folder| folder.join("Cargo.toml").is_file())
        .ok_or_else(|| {
            let place = folder.display();
            Failure::input(anyhow!(
                "there is no crate `hpc` in {place}; say where by --hpc"
            ))
        })
}
