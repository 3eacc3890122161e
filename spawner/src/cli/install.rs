use std::path::PathBuf;

use anyhow::anyhow;
use serde_json::json;

use super::Failure;
use crate::kernelspec::{self, InstallError, Installation, OUR_KERNEL};

const EXAMPLES: &str = "\
Examples:
  ferrolab install                          for you alone
  ferrolab install --prefix /opt/ferrolab   for everyone who uses that prefix
  ferrolab install --remove                 take it away again";

/// Tell Jupyter about the Rust kernel.
#[derive(Debug, clap::Args)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a switch on the command line"
)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Install below your home folder (the default).
    #[arg(long, conflicts_with_all = ["prefix", "sys_prefix"])]
    user: bool,
    /// Install into PREFIX/share/jupyter.
    #[arg(long, value_name = "PREFIX", conflicts_with = "sys_prefix")]
    prefix: Option<PathBuf>,
    /// Install into the prefix that this program is in.
    #[arg(long)]
    sys_prefix: bool,
    /// Name of the kernelspec.
    #[arg(long, default_value = "rust-hpc")]
    name: String,
    /// Name that people see.
    #[arg(long, default_value = "Rust (HPC)")]
    display_name: String,
    /// The kernel's program, if it is not beside this one.
    #[arg(long, value_name = "PROGRAM", conflicts_with = "remove")]
    kernel: Option<PathBuf>,
    /// Remove the kernelspec instead.
    #[arg(long)]
    remove: bool,
    /// Print what was done as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: Args) -> Result<(), Failure> {
    let data_folder = data_folder(&args)?;
    if args.remove {
        let folder = kernelspec::remove(&data_folder, &args.name).map_err(failure)?;
        if args.json {
            println!("{}", json!({ "removed": folder }));
        } else {
            println!("removed {}", folder.display());
        }
        return Ok(());
    }
    let installation = Installation {
        data_folder,
        name: args.name,
        display_name: args.display_name,
        kernel: kernel_program(args.kernel)?,
    };
    let folder = installation.write().map_err(failure)?;
    if args.json {
        let description = installation.description();
        println!(
            "{}",
            json!({ "name": installation.name, "folder": folder, "spec": description })
        );
    } else {
        println!("installed {} in {}", installation.name, folder.display());
    }
    Ok(())
}

fn data_folder(args: &Args) -> Result<PathBuf, Failure> {
    let prefix = if args.sys_prefix {
        Some(kernelspec::own_prefix().ok_or_else(|| {
            Failure::input(anyhow!("this program is not in the bin folder of a prefix"))
        })?)
    } else {
        args.prefix.clone()
    };
    match prefix {
        Some(prefix) => {
            let prefix = std::path::absolute(&prefix).map_err(Failure::input)?;
            Ok(prefix.join("share/jupyter"))
        }
        None => kernelspec::user_data_folder()
            .ok_or_else(|| Failure::input(anyhow!("you have no home folder; use --prefix"))),
    }
}

fn kernel_program(named: Option<PathBuf>) -> Result<PathBuf, Failure> {
    match named {
        Some(path) => std::path::absolute(path).map_err(Failure::input),
        None => std::env::current_exe()
            .map(|own| own.with_file_name(OUR_KERNEL))
            .map_err(Failure::run),
    }
}

fn failure(error: InstallError) -> Failure {
    match error {
        InstallError::File(_) | InstallError::Folder { .. } => Failure::run(error),
        _ => Failure::input(error),
    }
}
