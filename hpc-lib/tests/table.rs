//! The table of NumPy's functions (`NUMPY.md`) says what there is.

#![allow(clippy::unwrap_used)] // A file that cannot be read must end the test.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

/// The folder of this crate, in the checkout that the tests run in, which need not be the one that
/// they were compiled in.
fn crate_folder() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").unwrap().into()
}

/// The texts in backticks of a part of a line.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// The names that are called in a piece of Rust.
fn called(code: &str) -> Vec<&str> {
    let calls = code.match_indices('(').filter_map(|(at, _)| {
        let before = &code[..at];
        let start = before.rfind(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let name = &before[start.map_or(0, |at| at + 1)..];
        (!name.is_empty() && name.starts_with(char::is_lowercase)).then_some(name)
    });
    calls.collect()
}

/// The names of all functions and methods of arrays, those that macros declare too.
fn declared() -> BTreeSet<String> {
    let folder = crate_folder().join("src/array");
    // `Array::from` is of a trait.
    let mut names = BTreeSet::from(["from".to_owned()]);
    for file in fs::read_dir(folder).unwrap() {
        let source = fs::read_to_string(file.unwrap().path()).unwrap();
        for line in source.lines() {
            let line = line.trim_start();
            if let Some(rest) = line.strip_prefix("pub fn ") {
                let end = rest.find(['(', '<']).unwrap_or(rest.len());
                names.insert(rest[..end].to_owned());
            } else if line.ends_with(';') && !line.starts_with("use ") {
                // A line of a macro that declares methods: names and what they stand for.
                names.extend(line.split([',', ';']).map(|name| name.trim().to_owned()));
            }
        }
    }
    names
}

#[test]
fn every_name_in_the_table_exists() {
    let file = crate_folder().join("NUMPY.md");
    let table = fs::read_to_string(file).unwrap();
    let declared = declared();
    let mut checked = 0;
    for line in table.lines().filter(|line| line.starts_with("| ")) {
        // A bar within a cell is written as \|.
        let line = line.replace("\\|", " ");
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, numpy, here, state, _] = cells[..] else {
            panic!("a row without three cells: {line}");
        };
        if numpy == "NumPy" {
            continue;
        }
        assert!(
            !quoted(numpy).is_empty() || numpy.starts_with("ufunc"),
            "{line}"
        );
        let known = ["same", "differs: ", "not yet"];
        assert!(known.iter().any(|word| state.starts_with(word)), "{line}");
        assert_eq!(state.starts_with("not yet"), here.is_empty(), "{line}");
        for name in quoted(here).into_iter().flat_map(called) {
            assert!(declared.contains(name), "there is no {name}: {line}");
            checked += 1;
        }
    }
    assert!(checked > 200, "only {checked} names");
}
