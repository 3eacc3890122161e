//! `ferrolab-kernel`: the Jupyter kernel, and the helpers that it starts as copies of itself.
#![allow(unsafe_code)] // The environment is set once, before there are threads.

mod allocations;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::Parser;
use ferrolab_kernel::debug::{Backend, Debugger};
use ferrolab_kernel::engine::Debugging;
use ferrolab_kernel::eval::Evaluator;
use ferrolab_kernel::layout::Layout;
use ferrolab_kernel::session::Session;
use ferrolab_kernel::{analysis, build, host, janitor, server};
use ferrolab_wire::{KeyPolicy, StartFile};

/// Runs cells of Rust for Jupyter. Frontends start it; `ferrolab install` tells them how.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// The file in which the frontend says where to listen, and with which keys
    #[arg(
        long,
        short = 'f',
        value_name = "FILE",
        required_unless_present_any = ["prepare_crates", "debugger"]
    )]
    connection_file: Option<PathBuf>,
    /// Build the crates in the section [crates] of this file, the site's settings, for everyone, and end
    #[arg(long, value_name = "FILE", conflicts_with = "connection_file")]
    prepare_crates: Option<PathBuf>,
    /// Tell which debugger this machine has for cells, and end; fails when it has none
    #[arg(long, conflicts_with_all = ["connection_file", "prepare_crates"])]
    debugger: bool,
}

fn main() -> ExitCode {
    if let Some(result) = analysis::run_as_tool() {
        return match result {
            Ok(status) => ExitCode::from(u8::try_from(status).unwrap_or(1)),
            Err(error) => fail(&error),
        };
    }
    let result = if let Some(cleaned) = janitor::run_as_janitor() {
        cleaned
    } else if host::is_host_process() {
        host::run(allocations::counters)
    } else {
        work(&Arguments::parse())
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

fn fail(error: &anyhow::Error) -> ExitCode {
    eprintln!("ferrolab-kernel: {error:#}");
    ExitCode::FAILURE
}

fn work(arguments: &Arguments) -> anyhow::Result<()> {
    if arguments.debugger {
        let search = std::env::var_os("PATH").unwrap_or_default();
        let found = Backend::find(&search).context(
            "no debugger is found: install lldb 19 or newer, with its programs lldb-dap and lldb-server",
        )?;
        println!("{}", found.adapter().display());
        return Ok(());
    }
    match (&arguments.connection_file, &arguments.prepare_crates) {
        (Some(connection_file), _) => serve(connection_file),
        (None, Some(list)) => {
            build::prepare_crates(&Layout::discover()?, list, &|line| eprintln!("{line}"))
        }
        (None, None) => Err(anyhow::anyhow!("nothing to do: see --help")),
    }
}

fn serve(connection_file: &Path) -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("FERROLAB_LOG").unwrap_or_else(|_| {
                tracing_subscriber::EnvFilter::new("off,ferrolab_kernel=warn,ferrolab_wire=warn")
            }),
        )
        .init();
    let start_file = StartFile::load(connection_file, KeyPolicy::Required)
        .with_context(|| format!("{} cannot be used", connection_file.display()))?;
    let layout = Layout::discover()?;
    let mut settings = server::Settings {
        language_version: layout.rust_version()?,
        banner: concat!(
            "Ferrolab ",
            env!("CARGO_PKG_VERSION"),
            ": Rust on supercomputers"
        )
        .to_owned(),
        history: server::HistoryPlace::from_environment(),
        debugger: None,
    };
    let session = Session::create()?;
    let search = std::env::var_os("PATH").unwrap_or_default();
    let debugger = Backend::find(&search)
        .map(|backend| Debugger::new(backend, layout.formatters(), &session))
        .transpose()?;
    settings.debugger = debugger
        .clone()
        .map(|debugger| debugger as Arc<dyn Debugging>);
    let folder = session.path().to_owned();
    for (name, value) in session.environment(&layout) {
        // SAFETY: no thread has been started yet.
        unsafe { std::env::set_var(name, value) };
    }
    let served = server::serve(&start_file, &settings, move || {
        let evaluator = Evaluator::start(&layout, session, debugger)?;
        Ok(Box::new(evaluator) as Box<dyn ferrolab_kernel::engine::Engine>)
    });
    // An evaluator that was busy to the end had no time to remove it.
    if folder.exists() {
        std::fs::remove_dir_all(&folder)
            .with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    served
}
