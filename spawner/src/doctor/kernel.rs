//! What a Rust cell needs.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use super::Finding;
use crate::kernelspec::{OUR_KERNEL, SearchPath};

/// How to get what `make install` puts into a prefix.
const REINSTALL: &str = "run `make install` again";
/// A cell as the kernel compiles it, without its wrapping.
const CELL: &str = "use hpc::prelude::*;\n#[unsafe(no_mangle)]\npub extern \"C\" fn cell() {}\n";
/// Longest compiler message that is shown.
const LONGEST_MESSAGE: usize = 300;

pub(super) fn examine(library: Option<&Path>) -> Vec<Finding> {
    let mut findings = match library {
        None => vec![Finding::missing(
            "install prefix",
            "this program is not in an installed prefix",
            "run `make install` and use PREFIX/bin/ferrolab, or set FERROLAB_LIB to PREFIX/lib/ferrolab",
        )],
        Some(library) => {
            let rustc = library.join("toolchain/bin/rustc");
            vec![
                toolchain(&rustc),
                rust_src(library),
                libhpc(library, &rustc),
            ]
        }
    };
    findings.push(kernelspec());
    findings
}

fn toolchain(rustc: &Path) -> Finding {
    let name = "toolchain";
    match Command::new(rustc).arg("--version").output() {
        Ok(output) if output.status.success() => Finding::ok(
            name,
            format!("{} in {}", one_line(&output.stdout), rustc.display()),
        ),
        Ok(output) => Finding::missing(
            name,
            format!("{}: {}", rustc.display(), one_line(&output.stderr)),
            REINSTALL,
        ),
        Err(error) => Finding::missing(name, format!("{}: {error}", rustc.display()), REINSTALL),
    }
}

/// Type inference needs the sources of the standard library and of the crates it depends on.
fn rust_src(library: &Path) -> Finding {
    let name = "rust-src";
    let folder = library.join("toolchain/lib/rustlib/src/rust/library");
    if let Err(error) = File::open(folder.join("std/src/lib.rs")) {
        return Finding::missing(name, format!("{}: {error}", folder.display()), REINSTALL);
    }
    match fs::read_dir(folder.join("vendor")).map(Iterator::count) {
        Ok(crates) if crates > 0 => Finding::ok(
            name,
            format!("{}, {crates} crates beside it", folder.display()),
        ),
        _ => Finding::missing(
            name,
            format!(
                "{}: the folder `vendor` is missing or empty",
                folder.display()
            ),
            format!("without it types are not inferred on nodes without internet: {REINSTALL}"),
        ),
    }
}

/// The one test that tells whether library and compiler fit: compile something against it.
fn libhpc(library: &Path, rustc: &Path) -> Finding {
    let name = "libhpc";
    let path = library.join("libhpc.so");
    if let Err(error) = File::open(&path) {
        return Finding::missing(name, format!("{}: {error}", path.display()), REINSTALL);
    }
    let folder = match tempfile::tempdir() {
        Ok(folder) => folder,
        Err(error) => {
            return Finding::missing(name, format!("no temporary folder: {error}"), "set TMPDIR");
        }
    };
    let source = folder.path().join("cell.rs");
    if let Err(error) = fs::write(&source, CELL) {
        return Finding::missing(
            name,
            format!("{}: {error}", source.display()),
            "make room in TMPDIR",
        );
    }
    let started = Instant::now();
    let output = Command::new(rustc)
        .args([
            "--edition=2024",
            "--crate-type=cdylib",
            "-Cprefer-dynamic",
            "--extern",
        ])
        .arg(format!("hpc={}", path.display()))
        .arg(format!("-Ldependency={}", library.join("deps").display()))
        .arg("--out-dir")
        .arg(folder.path())
        .arg(&source)
        .output();
    match output {
        Ok(output) if output.status.success() => Finding::ok(
            name,
            format!(
                "{}, a cell compiles against it in {} ms",
                path.display(),
                started.elapsed().as_millis()
            ),
        ),
        Ok(output) => Finding::missing(
            name,
            format!("no cell compiles against it: {}", one_line(&output.stderr)),
            REINSTALL,
        ),
        Err(error) => Finding::missing(
            name,
            format!("the compiler cannot be run: {error}"),
            REINSTALL,
        ),
    }
}

fn kernelspec() -> Finding {
    let name = "kernelspec";
    let spec = match SearchPath::from_environment().find("rust-hpc") {
        Ok(spec) => spec,
        Err(error) => return Finding::missing(name, error.to_string(), "run `ferrolab install`"),
    };
    let program = spec.description.argv.first().cloned().unwrap_or_default();
    match File::open(&program) {
        Ok(_) => Finding::ok(name, format!("rust-hpc in {}", spec.folder.display())),
        Err(error) => Finding::missing(
            name,
            format!("{} names {program}: {error}", spec.folder.display()),
            format!(
                "install {OUR_KERNEL} there, or run `ferrolab install` of the prefix that has it"
            ),
        ),
    }
}

/// The first line with a letter in it, shortened.
fn one_line(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let line = text
        .lines()
        .find(|line| line.chars().any(char::is_alphabetic))
        .unwrap_or("no message");
    line.chars()
        .filter(|letter| !letter.is_control())
        .take(LONGEST_MESSAGE)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Level;

    #[test]
    fn an_empty_prefix_is_told_thing_by_thing() {
        let folder = tempfile::tempdir().unwrap();
        let rustc = folder.path().join("toolchain/bin/rustc");
        for finding in [
            toolchain(&rustc),
            rust_src(folder.path()),
            libhpc(folder.path(), &rustc),
        ] {
            assert_eq!(finding.level, Level::Missing);
            assert!(finding.found.contains("No such file"), "{}", finding.found);
            assert!(finding.advice.is_some());
        }
    }

    #[test]
    fn a_source_without_its_vendor_folder_is_not_enough() {
        let folder = tempfile::tempdir().unwrap();
        let library = folder.path().join("toolchain/lib/rustlib/src/rust/library");
        fs::create_dir_all(library.join("std/src")).unwrap();
        fs::write(library.join("std/src/lib.rs"), "").unwrap();
        assert!(rust_src(folder.path()).found.contains("vendor"));
        fs::create_dir_all(library.join("vendor/libc")).unwrap();
        assert_eq!(rust_src(folder.path()).level, Level::Ok);
    }
}
