//! The command line. One file per subcommand: its arguments, and a function that turns them into
//! a call of the library.

mod cancel;
mod desk;
mod doctor;
mod export;
mod failure;
mod html;
mod hub;
mod install;
mod jobs;
mod logs;
mod node;
mod prof;
mod progress;
mod run;
mod submit;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use failure::Failure;

const EXIT_CODES: &str = "Exit codes: 0 success, 1 the run failed, 2 wrong usage or input, \
                          130 and 143 stopped by SIGINT and SIGTERM.";

/// Notebooks on supercomputers: run them here or as jobs, or turn them into programs.
#[derive(Debug, Parser)]
#[command(
    name = "ferrolab",
    version,
    propagate_version = true,
    arg_required_else_help = true
)]
#[command(after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

// Each variant holds the `Args` of `src/cli/<variant>.rs`, which has `fn run(Args)` as well.
#[derive(Debug, Subcommand)]
#[allow(clippy::large_enum_variant, reason = "there is one, for a moment")]
enum Command {
    Cancel(cancel::Args),
    Doctor(doctor::Args),
    Export(export::Args),
    Html(html::Args),
    Install(install::Args),
    Run(run::Args),
    Jobs(jobs::Args),
    Logs(logs::Args),
    Prof(prof::Args),
    Submit(submit::Args),
    #[command(hide = true)]
    Hub(hub::Args),
    #[command(hide = true)]
    Node(node::Args),
}

/// Reads the command line, does what it says, and reports a failure on standard error.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome: Result<(), Failure> = match cli.command {
        Command::Export(args) => export::run(&args),
        Command::Html(args) => html::run(args),
        Command::Install(args) => install::run(args),
        Command::Run(args) => run::run(&args),
        Command::Cancel(args) => cancel::run(&args),
        Command::Doctor(args) => doctor::run(&args),
        Command::Jobs(args) => jobs::run(&args),
        Command::Logs(args) => logs::run(&args),
        Command::Prof(args) => prof::run(&args),
        Command::Submit(args) => submit::run(args),
        Command::Hub(args) => hub::run(&args),
        Command::Node(args) => match node::run(args) {
            Ok(code) => return code,
            Err(failure) => Err(failure),
        },
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
