use std::path::PathBuf;

use hpc_profile::report::Comparison;
use hpc_profile::{Counts, Profile, diff};
use serde_json::json;

use super::{Failure, open};

/// Show what became slower or faster, the largest changes first.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The recording to compare with.
    before: PathBuf,
    /// The recording that is compared.
    after: PathBuf,
    /// Show the first lines only.
    #[arg(long)]
    top: Option<usize>,
    /// Print it as JSON; times are in nanoseconds.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let profile = |file: &PathBuf| open(std::slice::from_ref(file)).map(|one| Profile::of(&one));
    let mut changes = diff(&profile(&args.before)?, &profile(&args.after)?);
    changes.truncate(args.top.unwrap_or(usize::MAX));
    if args.json {
        let side = |counts: &Counts| {
            json!({
                "visits": counts.visits,
                "inclusive": counts.inclusive,
                "exclusive": counts.exclusive,
            })
        };
        let rows: Vec<_> = changes
            .iter()
            .map(|change| {
                json!({
                    "path": change.path,
                    "before": side(&change.before),
                    "after": side(&change.after),
                    "verdict": change.verdict.word(),
                })
            })
            .collect();
        let text = serde_json::to_string_pretty(&rows).map_err(Failure::run)?;
        println!("{text}");
        return Ok(());
    }
    print!("{}", Comparison::of(&changes));
    Ok(())
}
