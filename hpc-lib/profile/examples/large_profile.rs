//! Records a program with many regions and events, and writes its page, a CUBE file and, if there are not
//! too many events for its readers, an OTF2 archive.
//!
//! `cargo run --release -p hpc-profile --example large_profile FOLDER REGIONS EVENTS`

use std::error::Error;
use std::fs;
use std::path::Path;

use hpc_profile::report::Page;
use hpc_profile::{
    Clock, Mode, Options, Policy, Profile, Recorder, Recording, Region, RegionId, Role, ThreadKind,
    export,
};
use serde_json::json;

type Outcome<T> = Result<T, Box<dyn Error>>;

const THREADS: usize = 4;

/// Regions that are called by one other.
const GROUP: usize = 100;

/// Events that an archive may have: its readers are slow.
const MOST_FOR_OTF2: u64 = 1_000_000;

/// A region that calls others.
struct Group {
    region: RegionId,
    leaves: Vec<RegionId>,
    /// Nanoseconds of a visit to the first of the leaves; the others take less.
    longest: u64,
}

/// Goes through all groups of each thread, again and again, until there are that many events.
fn record(recorder: &Recorder, regions: usize, events: u64) -> Outcome<()> {
    let cell = recorder.define_region(&Region {
        role: Role::Cell,
        ..Region::named("In [1]")
    });
    let count = regions.div_ceil(GROUP);
    let group = |number: usize| Group {
        region: recorder.define_region(&Region::named(&format!("phase {number}: assemble"))),
        leaves: (0..GROUP)
            .map(|leaf| format!("phase {number}: kernel {leaf}"))
            .map(|name| recorder.define_region(&Region::named(&name)))
            .collect(),
        longest: 4_000_000 / (1 + number as u64),
    };
    let groups: Vec<Group> = (0..count).map(group).collect();
    for thread in 0..THREADS {
        let name = ["main", "hpc-1", "hpc-2", "hpc-3"][thread];
        let writer = recorder.attach(name, ThreadKind::Thread);
        let writer = writer.ok_or("no room for a thread")?;
        let mut now = 1000 + 500 * thread as u64;
        let mut left = events / THREADS as u64;
        let in_cell = writer.enter_at(cell, now);
        left = left.saturating_sub(2);
        while left > 0 {
            for group in groups.iter().skip(thread).step_by(THREADS) {
                if left == 0 {
                    break;
                }
                let in_group = writer.enter_at(group.region, now);
                now += 200;
                for (leaf, region) in group.leaves.iter().enumerate() {
                    let token = writer.enter_at(*region, now);
                    now += 20 + group.longest / (1 + leaf as u64);
                    writer.exit_at(token, now);
                    now += 10;
                }
                writer.exit_at(in_group, now);
                now += 30;
                left = left.saturating_sub(2 + 2 * GROUP as u64);
            }
        }
        writer.exit_at(in_cell, now);
    }
    recorder.close();
    Ok(())
}

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let mut next = |what: &str| arguments.next().ok_or(format!("name {what}"));
    let folder = next("a folder to write to")?;
    let folder = Path::new(&folder);
    let (regions, events) = (next("a number of regions")?, next("a number of events")?);
    let (regions, events) = (regions.parse()?, events.parse()?);
    fs::create_dir_all(folder)?;
    let recorder = Recorder::create(&Options {
        folder: folder.into(),
        clock: Clock::Given,
        policy: Policy::Stop,
        record_memory: 20 * events,
        tree_memory: 256 << 20,
        threads: THREADS,
        ..Options::default()
    })?;
    recorder.set_mode(Mode::BOTH);
    record(&recorder, regions, events)?;
    let recordings = [Recording::open(recorder.path())?];
    let profile = Profile::of(&recordings);
    let page = Page::of(&profile)
        .titled("a large program")
        .with_timeline(&recordings)
        .html();
    let threads = recordings[0].threads();
    let recorded: usize = threads.iter().map(|thread| thread.events().count()).sum();
    let lost: u64 = threads.iter().map(|thread| thread.losses().records).sum();
    let is_small = events <= MOST_FOR_OTF2;
    let facts = json!({
        "regions": profile.catalog().regions().len(),
        "paths": profile.nodes().len() - 1,
        "events": recorded,
        "lost": lost,
        "page": page.len(),
        "otf2": is_small,
    });
    fs::write(folder.join("page.html"), page)?;
    fs::write(folder.join("facts.json"), facts.to_string())?;
    export::cube::export(&profile, &folder.join("profile.cubex"))?;
    if is_small {
        export::otf2::export(&recordings, &folder.join("otf2"))?;
    }
    fs::remove_file(recorder.path())?;
    Ok(())
}
