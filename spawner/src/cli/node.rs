use std::path::PathBuf;
use std::process::ExitCode;

use super::Failure;
use crate::node;

/// What runs on compute nodes. Not for people.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Do what the spec of this job says.
    Job {
        /// The spec.
        spec: PathBuf,
    },
    /// Start a kernel; the order comes on standard input.
    Kernel,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Failure> {
    match &args.what {
        What::Job { spec } => node::run_job(spec).map_err(Failure::Run),
        What::Kernel => match node::start_kernel().map_err(Failure::Run)? {},
    }
}
