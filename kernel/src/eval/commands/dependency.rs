//! The crates that a notebook depends on.
#![expect(clippy::unnecessary_wraps, reason = "all commands have one shape")]

use std::fs;
use std::path::{self, Path};
use std::time::Instant;

use hpc_channel::MimeBundle;
use toml::{Table, Value};

use super::{Call, show};
use crate::build::Failure;
use crate::engine::{CellError, Stream};
use crate::eval::diagnostics::plain_error;
use crate::eval::{Evaluator, stopped_before_it_ran};

const HOW: &str = "help: write `:dep name = \"1.2\"`, `:dep name = { version = \"1\", features = [\"…\"] }` \
                   or `:dep ./folder/of/a/crate`";

pub(super) fn add(evaluator: &mut Evaluator, call: &mut Call<'_>) -> Result<(), CellError> {
    let folder = evaluator.folder()?;
    let crates = parse(call.arguments, &folder)
        .map_err(|what| plain_error("CommandError", &format!("{what}\n{HOW}")))?;
    let started = Instant::now();
    let progress = |line: &str| call.sink.stream(Stream::Stderr, &format!("{line}\n"));
    let added = evaluator.dependencies.add(&crates, &progress);
    call.times.dependencies += started.elapsed();
    match added {
        Ok(Ok(rebuilt)) => {
            evaluator.outdate(&rebuilt, call.sink);
            Ok(())
        }
        Ok(Err(Failure::Stopped)) => Err(stopped_before_it_ran()),
        Ok(Err(Failure::Cargo(said))) => Err(plain_error("CompileError", &said)),
        Err(error) => Err(plain_error("CompileError", &format!("{error:#}"))),
    }
}

pub(super) fn list(evaluator: &mut Evaluator, call: &mut Call<'_>) -> Result<(), CellError> {
    let list = evaluator.dependencies.list();
    let text = if list.is_empty() {
        "no crates yet: `:dep name = \"version\"` makes one available\n".to_owned()
    } else {
        list
    };
    show::display(call.sink, MimeBundle::text(text));
    Ok(())
}

/// `name = "version"`, `name = { … }`, `name` or the path of a local crate, seen from `folder`.
fn parse(specification: &str, folder: &Path) -> Result<Table, String> {
    if specification.is_empty() {
        return Err("`:dep` needs a crate".to_owned());
    }
    if specification.contains('=') {
        let crates: Table = specification
            .parse()
            .map_err(|error: toml::de::Error| error.to_string())?;
        if let Some(name) = crates.keys().find(|name| !is_name(name)) {
            return Err(format!("`{name}` is no name of a crate"));
        }
        return crates
            .into_iter()
            .map(|(name, specification)| in_place(name, specification, folder))
            .collect();
    }
    if specification.contains(['/', '.']) {
        return local(specification, folder);
    }
    if !is_name(specification) {
        return Err(format!("`{specification}` is no name of a crate"));
    }
    Ok(Table::from_iter([(
        specification.to_owned(),
        Value::from("*"),
    )]))
}

fn is_name(name: &str) -> bool {
    name.chars()
        .all(|c| c.is_alphanumeric() || "-_".contains(c))
}

/// A path is relative to the notebook's folder, not to where the crate is built.
fn in_place(
    name: String,
    mut specification: Value,
    folder: &Path,
) -> Result<(String, Value), String> {
    if let Some(path) = specification.get_mut("path")
        && let Some(text) = path.as_str()
    {
        *path = absolute(text, folder)?.into();
    }
    Ok((name, specification))
}

fn absolute(path: &str, folder: &Path) -> Result<String, String> {
    let absolute = path::absolute(folder.join(path)).map_err(|error| format!("{path}: {error}"))?;
    absolute
        .into_os_string()
        .into_string()
        .map_err(|_| format!("{path}: the path is not UTF-8"))
}

fn local(path: &str, folder: &Path) -> Result<Table, String> {
    let folder = absolute(path, folder)?;
    let manifest = format!("{folder}/Cargo.toml");
    let text = fs::read_to_string(&manifest).map_err(|error| format!("{manifest}: {error}"))?;
    let table: Table = text
        .parse()
        .map_err(|error| format!("{manifest}: {error}"))?;
    let name = table
        .get("package")
        .and_then(|package| package.get("name"))
        .and_then(Value::as_str)
        .ok_or_else(|| format!("{manifest}: the crate has no name"))?;
    let local = Table::from_iter([("path".to_owned(), Value::from(folder))]);
    Ok(Table::from_iter([(name.to_owned(), Value::from(local))]))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use toml::Table;

    fn parse(specification: &str) -> Result<Table, String> {
        super::parse(specification, Path::new("/notebooks"))
    }

    #[test]
    fn crates_are_specified_as_in_a_manifest() {
        assert_eq!(
            parse("libm = \"0.2\"").unwrap()["libm"].as_str(),
            Some("0.2")
        );
        assert_eq!(parse("libm").unwrap()["libm"].as_str(), Some("*"));
        assert!(parse("").is_err());
        assert!(parse("a = ").is_err());
        assert!(parse("a b").is_err());
        assert!(parse("./nowhere").is_err());
    }

    #[test]
    fn paths_are_seen_from_the_working_folder() {
        for (written, wanted) in [("x", "/notebooks/x"), ("/x", "/x")] {
            let local = parse(&format!("a = {{ path = \"{written}\" }}")).unwrap();
            assert_eq!(local["a"]["path"].as_str(), Some(wanted));
        }
    }
}
