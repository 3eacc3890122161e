//! Lines that are meant for the notebook and not for the compiler.

use std::fmt::Write;
use std::sync::Arc;
use std::time::Instant;

use hpc_channel::{CellMessage, MimeBundle};
use toml::Table;

use super::diagnostics::plain_error;
use super::{Evaluator, Times, stopped_before_it_ran};
use crate::build::Failure;
use crate::engine::{Cell, CellError, OutputSink, Stream};

/// The lines in front of a cell's code.
pub(super) struct Head<'a> {
    /// Commands, without the sign in front.
    commands: Vec<&'a str>,
    /// Bytes that the head takes.
    pub(super) length: usize,
}

impl<'a> Head<'a> {
    pub(super) fn read(code: &'a str) -> Self {
        let mut commands = Vec::new();
        let mut length = 0;
        for line in code.split_inclusive('\n') {
            let text = line.trim();
            if let Some(command) = text.strip_prefix([':', '%', '!', '?']) {
                if text.starts_with("::") {
                    break;
                }
                commands.push(text);
                let _ = command;
            } else if !text.is_empty() && !text.starts_with("//") {
                break;
            }
            length += line.len();
        }
        // Comments between commands and code belong to the code.
        if commands.is_empty() {
            length = 0;
        }
        Self { commands, length }
    }

    /// Whether nothing but blanks and comments follows.
    pub(super) fn is_all(&self, code: &str) -> bool {
        code[self.length..]
            .lines()
            .all(|line| line.trim().is_empty() || line.trim().starts_with("//"))
    }
}

impl Evaluator {
    /// Does what the lines in front of a cell's code ask for.
    pub(super) fn obey(
        &mut self,
        head: &Head<'_>,
        cell: &Cell,
        sink: &Arc<dyn OutputSink>,
        times: &mut Times,
    ) -> Result<(), CellError> {
        let _ = cell;
        for command in &head.commands {
            let (name, arguments) = command
                .split_once(char::is_whitespace)
                .map_or((*command, ""), |(name, rest)| (name, rest.trim()));
            match name {
                ":dep" => self.add_dependency(arguments, sink, times)?,
                ":opt" => self.compilation.opt_level = opt_level(arguments)?,
                ":vars" => self.show_variables(sink),
                _ => {
                    return Err(plain_error(
                        "CompileError",
                        &format!("there is no command `{name}`; `:help` lists all"),
                    ));
                }
            }
        }
        Ok(())
    }

    fn add_dependency(
        &mut self,
        specification: &str,
        sink: &Arc<dyn OutputSink>,
        times: &mut Times,
    ) -> Result<(), CellError> {
        let crates = dependency(specification)?;
        let started = Instant::now();
        let progress = |line: &str| sink.stream(Stream::Stderr, &format!("{line}\n"));
        let added = self.dependencies.add(&crates, &progress);
        times.dependencies += started.elapsed();
        match added {
            Ok(Ok(())) => Ok(()),
            Ok(Err(Failure::Stopped)) => Err(stopped_before_it_ran()),
            Ok(Err(Failure::Cargo(said))) => Err(plain_error("CompileError", &said)),
            Err(error) => Err(plain_error("CompileError", &format!("{error:#}"))),
        }
    }

    fn show_variables(&self, sink: &Arc<dyn OutputSink>) {
        let mut plain = String::new();
        let mut html = String::from("<table><tr><th>variable</th><th>type</th><th>cell</th></tr>");
        for (name, variable) in self.compilation.notebook.variables() {
            let mutable = if variable.mutable { "mut " } else { "" };
            let shown = variable
                .written_type
                .as_ref()
                .unwrap_or(&variable.type_name);
            // Writing to a string cannot fail.
            let _ = writeln!(plain, "{mutable}{name}: {shown}  (In [{}])", variable.cell);
            let shown = shown.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            let _ = write!(
                html,
                "<tr><td>{mutable}{name}</td><td>{shown}</td><td>{}</td></tr>",
                variable.cell
            );
        }
        html.push_str("</table>");
        sink.message(CellMessage::Display {
            bundle: MimeBundle::text(plain).with("text/html", html),
            display_id: None,
        });
    }
}

fn opt_level(argument: &str) -> Result<String, CellError> {
    match argument {
        "0" | "1" | "2" | "3" | "s" | "z" => Ok(argument.to_owned()),
        "" => Ok(super::compile::OPT_LEVEL.to_owned()),
        _ => Err(plain_error(
            "CompileError",
            &format!("`{argument}` is no level of optimisation: use 0, 1, 2, 3, s or z"),
        )),
    }
}

/// `name = "version"`, `name = { … }`, `name` or a path to a local crate.
fn dependency(specification: &str) -> Result<Table, CellError> {
    let wrong = |what: String| {
        let text = format!(
            "{what}\nhelp: write `:dep name = \"1.2\"`, `:dep name = {{ version = \"1\", features = [\"…\"] }}` or `:dep ./path/of/a/crate`"
        );
        plain_error("CompileError", &text)
    };
    if specification.is_empty() {
        return Err(wrong("`:dep` needs a crate".to_owned()));
    }
    if specification.contains('=') {
        return specification
            .parse()
            .map_err(|error: toml::de::Error| wrong(error.to_string()));
    }
    let mut table = Table::new();
    if specification.contains(['/', '.']) {
        let path = std::path::absolute(specification).map_err(|error| wrong(error.to_string()))?;
        let manifest = path.join("Cargo.toml");
        let text = std::fs::read_to_string(&manifest)
            .map_err(|error| wrong(format!("{}: {error}", manifest.display())))?;
        let manifest: Table = text.parse().map_err(|error: toml::de::Error| wrong(error.to_string()))?;
        let name = manifest
            .get("package")
            .and_then(|package| package.get("name"))
            .and_then(toml::Value::as_str)
            .ok_or_else(|| wrong("the crate has no name".to_owned()))?;
        let mut local = Table::new();
        local.insert("path".into(), path.to_string_lossy().into_owned().into());
        table.insert(name.to_owned(), local.into());
    } else {
        table.insert(specification.to_owned(), "*".into());
    }
    Ok(table)
}
