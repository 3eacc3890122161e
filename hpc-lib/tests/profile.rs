//! What the environment says of recordings, and what they keep: programs that end, and that ask for
//! odd things.
#![allow(clippy::unwrap_used)] // Tests say so when something is missing.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use hpc::prelude::*;
use hpc_profile::{ProcessState, Profile, Recording};

/// Set for the copy of this program that is recorded.
const RECORDED: &str = "HPC_PROFILE_TEST";

/// Not a test by itself: what the others start.
#[test]
fn does_something() {
    if std::env::var_os(RECORDED).is_none() {
        return;
    }
    region!("kept", {
        for _ in 0..3 {
            region!("left out", {});
        }
    });
    std::thread::Builder::new()
        .name("helper".into())
        .spawn(|| region!("elsewhere", {}))
        .unwrap()
        .join()
        .unwrap();
}

/// A folder of this test's own, without what an earlier run left in it.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn run(variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["does_something", "--exact", "--nocapture"])
        .env(RECORDED, "1");
    for (name, value) in variables {
        command.env(name, value);
    }
    let output = command.output().unwrap();
    assert!(output.status.success());
    output
}

fn recording(folder: &Path) -> Recording {
    let files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    assert_eq!(files.len(), 1, "{files:?}");
    Recording::open(&files[0]).unwrap()
}

fn visits(profile: &Profile, path: &[&str]) -> Option<u64> {
    profile.find(path).map(|node| profile.total(node).visits)
}

#[test]
fn a_program_keeps_its_recording_where_it_is_told() {
    let folder = folder("kept");
    run(&[("SCOREP_EXPERIMENT_DIRECTORY", folder.to_str().unwrap())]);
    let recording = recording(&folder);
    assert_eq!(recording.process().state, ProcessState::Closed);
    let threads = recording.threads();
    assert!(
        threads
            .iter()
            .all(|thread| thread.events().next().is_none())
    );
    let profile = Profile::of(&[recording]);
    assert_eq!(visits(&profile, &["kept", "left out"]), Some(3));
    assert_eq!(visits(&profile, &["elsewhere"]), Some(1));
}

#[test]
fn a_filter_leaves_regions_out_of_a_trace() {
    let folder = folder("filtered");
    let rules = Path::new(env!("CARGO_TARGET_TMPDIR")).join("left-out.filter");
    let text = "SCOREP_REGION_NAMES_BEGIN\nEXCLUDE left*\nSCOREP_REGION_NAMES_END\n";
    fs::write(&rules, text).unwrap();
    run(&[
        (
            "FERROLAB_PROF_EXPERIMENT_DIRECTORY",
            folder.to_str().unwrap(),
        ),
        ("FERROLAB_PROF_ENABLE_TRACING", "yes"),
        ("FERROLAB_PROF_FILTERING_FILE", rules.to_str().unwrap()),
    ]);
    let recording = recording(&folder);
    let events: usize = recording
        .threads()
        .iter()
        .map(|thread| thread.events().count())
        .sum();
    assert_eq!(events, 4);
    let profile = Profile::of(&[recording]);
    assert_eq!(visits(&profile, &["kept"]), Some(1));
    assert_eq!(visits(&profile, &["kept", "left out"]), None);
}

#[test]
fn what_cannot_be_understood_is_told_and_ignored() {
    let folder = folder("odd");
    let output = run(&[
        (
            "FERROLAB_PROF_EXPERIMENT_DIRECTORY",
            folder.to_str().unwrap(),
        ),
        ("FERROLAB_PROF_TOTAL_MEMORY", "plenty"),
    ]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("FERROLAB_PROF_TOTAL_MEMORY=plenty has no effect"),
        "{said}"
    );
    let profile = Profile::of(&[recording(&folder)]);
    assert_eq!(visits(&profile, &["kept"]), Some(1));
}

#[test]
fn counters_are_read_where_they_are_to_be_had() {
    let folder = folder("counters");
    run(&[
        (
            "FERROLAB_PROF_EXPERIMENT_DIRECTORY",
            folder.to_str().unwrap(),
        ),
        ("SCOREP_METRIC_PERF", "instructions,branches"),
    ]);
    let recording = recording(&folder);
    let states = recording.counters();
    let names: Vec<_> = states.iter().map(|state| state.counter.name()).collect();
    assert_eq!(names, ["instructions", "branches"]);
    let profile = Profile::of(&[recording]);
    let counts = profile.total(profile.find(&["kept"]).unwrap()).counters;
    for state in states {
        assert_eq!(
            counts.get(state.counter) == 0,
            state.problem.is_some(),
            "{state:?}"
        );
    }
}

#[test]
fn going_back_to_what_is_over_drops_nothing() {
    let inside = region!("went back to", { prof::rewind_point() });
    assert!(!prof::rewind(&inside), "its region has ended");
    let around = region!("left", {
        let point = prof::rewind_point();
        region!("dropped", {});
        assert!(prof::rewind(&point));
        point
    });
    assert!(!prof::rewind(&around));
    let report = prof::report();
    assert_eq!(report.get("left").unwrap().visits, 1);
    assert!(report.get("dropped").is_none());
}
