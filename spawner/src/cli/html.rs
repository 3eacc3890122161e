use std::path::{Path, PathBuf};

use super::Failure;
use crate::html;
use crate::notebook::{Notebook, write_atomic};

const EXAMPLES: &str = "\
Examples:
  ferrolab html waves.ipynb               writes waves.html
  ferrolab html waves.ipynb -o page.html";

/// Turn a notebook into a web page that needs no network.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The notebook, with the outputs that it holds.
    notebook: PathBuf,
    /// The page; the notebook's name with .html if not given.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn run(args: Args) -> Result<(), Failure> {
    let notebook = Notebook::read(&args.notebook).map_err(Failure::input)?;
    let output = args
        .output
        .unwrap_or_else(|| args.notebook.with_extension("html"));
    write_page(&notebook, &args.notebook, &output)?;
    println!("{}", output.display());
    Ok(())
}

/// Writes the page of a notebook; `source` is the file that it is named after.
pub(super) fn write_page(notebook: &Notebook, source: &Path, page: &Path) -> Result<(), Failure> {
    let name = source.file_name().unwrap_or_default().to_string_lossy();
    write_atomic(page, html::page(notebook, &name).as_bytes()).map_err(Failure::run)
}
