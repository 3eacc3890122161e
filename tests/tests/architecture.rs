//! Who may know whom. An arrow the other way is a defect.

#![allow(clippy::unwrap_used)] // A test that cannot read the sources has failed.

use std::fs;
use std::path::{Path, PathBuf};

use ferrolab_tests::repository;

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            found.push(path);
        }
    }
    found
}

/// The files below `folder` with `word` in a line of code. Comments do not count, nor does what
/// stands in for the real thing in a module of tests.
fn users_of(word: &str, folder: &str) -> Vec<PathBuf> {
    let folder = repository().join(folder);
    sources(&folder)
        .into_iter()
        .filter(|path| {
            let text = fs::read_to_string(path).unwrap();
            let code = text
                .split("#[cfg(test)]\nmod tests {")
                .next()
                .unwrap_or_default();
            code.lines()
                .filter(|line| !line.trim_start().starts_with("//"))
                .any(|line| line.contains(word))
        })
        .map(|path| path.strip_prefix(&folder).unwrap().to_owned())
        .collect()
}

fn dependencies(manifest: &str) -> Vec<String> {
    let text = fs::read_to_string(repository().join(manifest)).unwrap();
    let table = text.split("[dependencies]").nth(1).unwrap_or_default();
    table
        .lines()
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split(['.', ' ', '=']).next())
        .filter(|name| !name.is_empty() && !name.starts_with('#'))
        .map(str::to_owned)
        .collect()
}

#[test]
fn crates_know_only_those_below_them() {
    let ours = [
        "ferrolab",
        "ferrolab-cell",
        "ferrolab-kernel",
        "ferrolab-wire",
        "hpc",
        "hpc-channel",
        "hpc-engines",
        "hpc-macros",
        "hpc-profile",
    ];
    let allowed: [(&str, &[&str]); 9] = [
        (
            "spawner",
            &["ferrolab-cell", "ferrolab-wire", "hpc-profile"],
        ),
        (
            "kernel",
            &[
                "ferrolab-cell",
                "ferrolab-wire",
                "hpc-channel",
                "hpc-profile",
            ],
        ),
        ("kernel/cell", &[]),
        ("kernel/wire", &[]),
        (
            "hpc-lib",
            &["hpc-channel", "hpc-engines", "hpc-macros", "hpc-profile"],
        ),
        ("hpc-lib/channel", &[]),
        ("hpc-lib/engines", &[]),
        ("hpc-lib/macros", &[]),
        ("hpc-lib/profile", &[]),
    ];
    for (folder, may_know) in allowed {
        let known: Vec<_> = dependencies(&format!("{folder}/Cargo.toml"))
            .into_iter()
            .filter(|name| ours.contains(&name.as_str()) && !may_know.contains(&name.as_str()))
            .collect();
        assert!(known.is_empty(), "{folder} must not depend on {known:?}");
    }
}

#[test]
fn only_analysis_names_evcxr() {
    let users: Vec<_> = users_of("evcxr::", "kernel/src")
        .into_iter()
        .filter(|path| !path.starts_with("analysis"))
        .collect();
    assert!(users.is_empty(), "{users:?}");
}

#[test]
fn only_the_slurm_module_runs_slurm() {
    for command in [
        "\"sbatch\"",
        "\"squeue\"",
        "\"scancel\"",
        "\"sacct\"",
        "\"scontrol\"",
        "\"sinfo\"",
    ] {
        let users: Vec<_> = users_of(command, "spawner/src")
            .into_iter()
            .filter(|path| !path.starts_with("slurm") && !path.starts_with("doctor"))
            .collect();
        assert!(users.is_empty(), "{command} is named in {users:?}");
    }
}

#[test]
fn arrays_know_no_field() {
    for field in [
        "plot", "hist", "raster", "signal", "ragged", "frame", "learn", "tasks", "stream",
    ] {
        let users = users_of(&format!("crate::{field}"), "hpc-lib/src/array");
        assert!(users.is_empty(), "array knows {field} in {users:?}");
    }
}

#[test]
fn nothing_runs_a_shell() {
    // What a person writes for a shell, in a cell that says so.
    let own_commands = Path::new("eval/commands/shell.rs");
    for folder in [
        "kernel/src",
        "kernel/cell/src",
        "kernel/wire/src",
        "spawner/src",
        "hpc-lib/src",
        "hpc-lib/profile/src",
    ] {
        for shell in [
            "Command::new(\"sh\")",
            "Command::new(\"bash\")",
            "\"/bin/sh\"",
        ] {
            let mut users = users_of(shell, folder);
            users.retain(|path| path != own_commands);
            assert!(users.is_empty(), "{folder}: {shell} in {users:?}");
        }
    }
}

#[test]
fn no_unfinished_code() {
    for folder in [
        "kernel/src",
        "kernel/cell/src",
        "kernel/wire/src",
        "spawner/src",
        "hpc-lib/src",
        "hpc-lib/channel/src",
        "hpc-lib/engines/src",
        "hpc-lib/profile/src",
    ] {
        for mark in ["todo!(", "unimplemented!(", "dbg!("] {
            let users = users_of(mark, folder);
            assert!(users.is_empty(), "{folder}: {mark} in {users:?}");
        }
    }
}
