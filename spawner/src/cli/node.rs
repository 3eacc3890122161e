use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;

use super::Failure;
use crate::config::Config;
use crate::node::{self, Placement};
use crate::slurm::{JobId, Label, RawRequest, Slurm, StepId};

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
    /// Start a kernel through Slurm; the order comes on standard input.
    Launch {
        /// The job to be a step of.
        #[arg(long)]
        inside: Option<JobId>,
        /// The node.
        #[arg(long)]
        node: Option<Label>,
        /// What a job of its own asks for, as JSON.
        #[arg(long, default_value = "{}")]
        request: String,
    },
    /// Be the kernel that was launched.
    Kernel,
    /// Send a signal to a launched kernel.
    Signal {
        /// Its step.
        step: StepId,
        /// INT, TERM or KILL.
        #[arg(value_parser = ["INT", "TERM", "KILL"])]
        signal: String,
    },
}

pub(super) fn run(args: Args) -> Result<ExitCode, Failure> {
    match args.what {
        What::Job { spec } => node::run_job(&spec).map_err(Failure::Run),
        What::Launch {
            inside,
            node,
            request,
        } => {
            let raw: RawRequest = serde_json::from_str(&request)
                .context("--request")
                .map_err(Failure::Input)?;
            let placement = Placement {
                inside,
                node,
                request: raw.check().map_err(Failure::input)?,
            };
            match node::launch_kernel(&placement).map_err(Failure::Run)? {}
        }
        What::Kernel => node::run_kernel().map_err(Failure::Run),
        What::Signal { step, signal } => {
            let config = Config::of_person().map_err(Failure::input)?;
            Slurm::new(&config.slurm)
                .signal_step(&step, &signal)
                .map_err(Failure::run)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}
