// A `String` takes all that is written to it, so that results are not looked at.
use std::fmt::Write as _;
use std::path::PathBuf;

use hpc_profile::report::{Order, Table};
use hpc_profile::{Balance, Counts, ProcessState, Profile, Recording};
use serde_json::{Value, json};

use super::{Failure, open};

/// Show where the time went.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The recordings: one for each process.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The order of the lines.
    #[arg(long, value_enum, default_value_t = Sort::Tree)]
    sort: Sort,
    /// Show the first lines only.
    #[arg(long)]
    top: Option<usize>,
    /// Print it as JSON, with the numbers of each thread; times are in nanoseconds.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Sort {
    /// As regions nest, the longest first.
    Tree,
    /// By time with the regions inside.
    Inclusive,
    /// By time without the regions inside.
    Exclusive,
    /// By number of visits.
    Visits,
    /// By bytes that were allocated.
    Allocated,
}

impl From<Sort> for Order {
    fn from(sort: Sort) -> Self {
        match sort {
            Sort::Tree => Self::Tree,
            Sort::Inclusive => Self::Inclusive,
            Sort::Exclusive => Self::Exclusive,
            Sort::Visits => Self::Visits,
            Sort::Allocated => Self::Allocated,
        }
    }
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let recordings = open(&args.files)?;
    let profile = Profile::of(&recordings);
    if args.json {
        let value = as_json(&recordings, &profile);
        let text = serde_json::to_string_pretty(&value).map_err(Failure::run)?;
        println!("{text}");
    } else {
        print!("{}", processes(&recordings));
        print!("{}", Table::of(&profile, 0, args.sort.into(), args.top));
        print!("{}", summary(&profile));
        print!("{}", losses(&recordings, &profile));
    }
    Ok(())
}

fn state(state: ProcessState) -> &'static str {
    match state {
        ProcessState::Running => "running",
        ProcessState::Closed => "ended",
        ProcessState::Died => "was killed or crashed",
        ProcessState::Elsewhere => "on another machine",
    }
}

/// A line for each process, and what its threads are in the middle of.
fn processes(recordings: &[Recording]) -> String {
    let mut text = String::new();
    for recording in recordings {
        let process = recording.process();
        let _ = writeln!(
            text,
            "rank {} of {}, process {} on {}: {}",
            process.rank,
            process.ranks,
            process.pid,
            process.host,
            state(process.state)
        );
        if process.state == ProcessState::Closed {
            continue;
        }
        let definitions = recording.definitions();
        for thread in recording.threads() {
            let open = thread.open_regions();
            let names: Vec<&str> = open
                .iter()
                .map(|open| definitions.region_name(open.region))
                .collect();
            if !names.is_empty() {
                let name = definitions.text(thread.name()).unwrap_or("?");
                let _ = writeln!(text, "  {name} is in {}", names.join(" > "));
            }
        }
    }
    text + "\n"
}

fn summary(profile: &Profile) -> String {
    let mut text = String::from("\n");
    let locations = profile.catalog().locations().len();
    if locations > 1
        && let Some(balance) = Balance::of(profile, 0)
    {
        let _ = writeln!(
            text,
            "{locations} threads: parallel efficiency {:.0} % = load balance {:.0} % × \
             communication {:.0} %",
            100.0 * balance.parallel_efficiency,
            100.0 * balance.load_balance,
            100.0 * balance.communication_efficiency
        );
    }
    if profile.cost_share() > 0.0 {
        let share = 100.0 * profile.cost_share();
        let _ = writeln!(text, "measuring took about {share:.1} % of the time");
    }
    text
}

/// What is missing, if something is.
fn losses(recordings: &[Recording], profile: &Profile) -> String {
    let mut text = String::new();
    for location in profile.catalog().locations() {
        let Some(thread) = profile.catalog().thread(recordings, location) else {
            continue;
        };
        let losses = thread.losses();
        for (count, what) in [
            (losses.records, "records found no room"),
            (losses.paths, "visits to call paths found no room"),
            (
                losses.too_deep,
                "visits were nested too deep to be told apart",
            ),
            (losses.left_open, "regions were not ended by themselves"),
            (losses.stray_exits, "ends of regions had no beginning"),
        ] {
            if count > 0 {
                let rank = profile.catalog().process(location).rank;
                let _ = writeln!(text, "rank {rank}, {}: {count} {what}", location.name);
            }
        }
    }
    text
}

fn as_json(recordings: &[Recording], profile: &Profile) -> Value {
    let catalog = profile.catalog();
    let counts_of = |counts: &Counts| {
        json!({
            "visits": counts.visits,
            "inclusive": counts.inclusive,
            "exclusive": counts.exclusive,
            "compensated": counts.compensated(),
            "min": counts.min.is_finite().then_some(counts.min),
            "max": counts.max,
            "deviation": counts.deviation(),
            "allocated": counts.allocated,
            "allocations": counts.allocations,
            "peak": counts.peak,
            "bytes": counts.bytes,
            "flops": counts.flops,
        })
    };
    let processes = recordings.iter().map(|recording| {
        let process = recording.process();
        json!({
            "rank": process.rank,
            "pid": process.pid,
            "host": process.host,
            "state": format!("{:?}", process.state).to_lowercase(),
        })
    });
    let threads = catalog.locations().iter().map(|location| {
        let thread = catalog.thread(recordings, location);
        let definitions = catalog.definitions(location.recording);
        let open = thread.map_or_else(Vec::new, |thread| thread.open_regions());
        let open = open.iter().map(|open| definitions.region_name(open.region));
        let losses = thread.map(|thread| thread.losses()).unwrap_or_default();
        json!({
            "rank": catalog.process(location).rank,
            "name": location.name,
            "open": open.collect::<Vec<_>>(),
            "lost_records": losses.records,
            "lost_paths": losses.paths,
            "too_deep": losses.too_deep,
            "left_open": losses.left_open,
            "stray_exits": losses.stray_exits,
        })
    });
    let paths = (1..profile.nodes().len()).map(|node| {
        let threads = profile.nodes()[node].counts.iter().map(counts_of);
        let mut value = counts_of(&profile.total(node));
        value["path"] = profile.path(node).into();
        value["threads"] = threads.collect();
        value
    });
    let balance = Balance::of(profile, 0).map(|balance| {
        json!({
            "parallel_efficiency": balance.parallel_efficiency,
            "load_balance": balance.load_balance,
            "communication_efficiency": balance.communication_efficiency,
            "run_time": balance.run_time,
        })
    });
    json!({
        "processes": processes.collect::<Vec<_>>(),
        "threads": threads.collect::<Vec<_>>(),
        "paths": paths.collect::<Vec<_>>(),
        "balance": balance,
        "cost_share": profile.cost_share(),
    })
}
