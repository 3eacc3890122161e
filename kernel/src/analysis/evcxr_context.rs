//! A shadow of the notebook inside evcxr.
//!
//! evcxr believes that it compiles and runs cells. The tools that it calls are played by
//! [`super::tools`], and the process in which it runs code does nothing: its state changes, and
//! with it what rust-analyzer sees, and that is all.

use std::collections::{BTreeMap, HashMap};
use std::env;
use std::fmt::Write;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::Command;
use std::thread;

use anyhow::Context as _;
use evcxr::{CommandContext, EvalContext, EvalContextOutputs};
use hpc_channel::MimeBundle;
use rustix::process::getuid;
use syn::spanned::Spanned;

use super::{KnownVariable, News};
use crate::engine::{Completions, Suggestion};
use crate::layout::Layout;

const PRELUDE: &str = "use hpc::prelude::*;";

pub(super) struct Context {
    evcxr: CommandContext,
    variables: BTreeMap<String, KnownVariable>,
    dependencies: String,
    /// Signatures of the notebook's functions by their names: evcxr tells no result types.
    signatures: HashMap<String, String>,
}

impl Context {
    /// Loads rust-analyzer with the standard library and `hpc`. Takes seconds.
    pub(super) fn load(layout: &Layout) -> anyhow::Result<Self> {
        refuse_settings_of_others(&env::current_dir()?.join("evcxr.toml"))?;
        let (mut context, outputs) =
            EvalContext::with_subprocess_command(Command::new(env::current_exe()?))
                .map_err(|error| anyhow::anyhow!("evcxr did not start: {error}"))?;
        drain(outputs)?;
        let hpc = toml::Value::from(
            layout
                .hpc_sources()
                .to_str()
                .context("the path is not UTF-8")?,
        );
        let mut state = context.state();
        state.set_linker("system".to_owned());
        state
            .add_dep("hpc", &format!("{{ path = {hpc} }}"))
            .and_then(|()| context.eval_with_state(PRELUDE, state))
            .map_err(|error| anyhow::anyhow!("the library hpc cannot be read: {error}"))?;
        Ok(Self {
            evcxr: CommandContext::with_eval_context(context),
            variables: BTreeMap::new(),
            dependencies: String::new(),
            signatures: HashMap::new(),
        })
    }

    /// Follows the notebook.
    pub(super) fn learn(&mut self, news: News) {
        if news.dependencies != self.dependencies {
            for dependency in news.dependencies.lines() {
                self.believe(&format!(":dep {dependency}"));
            }
            self.dependencies = news.dependencies;
        }
        if !news.items.is_empty() {
            self.signatures.extend(signatures(&news.items));
            // Something in front, because evcxr drops comments at the beginning, documentation too.
            self.believe(&format!("let _ = ();\n{}", news.items));
        }
        let mut code = String::new();
        for (name, variable) in &news.variables {
            if self.variables.get(name) == Some(variable) {
                continue;
            }
            let mutable = if variable.mutable { "mut " } else { "" };
            let type_name = variable.type_name.replace("::cells::", "crate::");
            // Writing to a string cannot fail.
            let _ = writeln!(code, "let {mutable}{name}: {type_name} = loop {{}};");
        }
        if !code.is_empty() {
            self.believe(&code);
        }
        self.variables = news.variables;
    }

    fn believe(&mut self, code: &str) {
        match catch_unwind(AssertUnwindSafe(|| self.evcxr.execute(code))) {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::debug!("not understood by evcxr: {error}"),
            Err(_) => tracing::warn!("evcxr panicked over what a cell defines"),
        }
    }

    pub(super) fn complete(&mut self, code: &str, cursor: usize) -> Completions {
        let found = catch_unwind(AssertUnwindSafe(|| self.evcxr.completions(code, cursor)));
        let Ok(Ok(found)) = found else {
            return Completions {
                start: cursor,
                end: cursor,
                suggestions: Vec::new(),
            };
        };
        let suggestions = found
            .completions
            .into_iter()
            .map(|found| {
                let text = name_of(&found.code).to_owned();
                let own = self
                    .signatures
                    .get(&text)
                    .filter(|_| found.kind == "function");
                Suggestion {
                    kind: found.kind.to_owned(),
                    signature: own.cloned().unwrap_or(found.label),
                    text,
                }
            })
            .collect();
        Completions {
            start: found.start_offset,
            end: found.end_offset,
            suggestions,
        }
    }

    pub(super) fn inspect(&mut self, code: &str, cursor: usize) -> Option<MimeBundle> {
        let end = end_of_name(code, cursor);
        let found = catch_unwind(AssertUnwindSafe(|| self.evcxr.hover_at(code, end)));
        let Ok(Ok((plain, html))) = found else {
            return None;
        };
        if plain.is_empty() || plain == "No documentation found" {
            return None;
        }
        Some(MimeBundle::text(plain).with("text/html", html))
    }
}

/// evcxr takes its settings from the working folder, which may be one where anybody can put files.
fn refuse_settings_of_others(file: &Path) -> anyhow::Result<()> {
    let Ok(found) = fs::metadata(file) else {
        return Ok(());
    };
    let may_set = [0, getuid().as_raw()].contains(&found.uid());
    may_set.then_some(()).with_context(|| {
        format!(
            "{} belongs to another user, and evcxr would read it: work in another folder",
            file.display()
        )
    })
}

/// Reads what the process that plays evcxr's runtime writes.
fn drain(outputs: EvalContextOutputs) -> anyhow::Result<()> {
    let EvalContextOutputs { stdout, stderr } = outputs;
    for (name, lines) in [("evcxr stdout", stdout), ("evcxr stderr", stderr)] {
        thread::Builder::new().name(name.into()).spawn(move || {
            for line in lines {
                tracing::debug!("evcxr's runtime says: {line}");
            }
        })?;
    }
    Ok(())
}

/// The functions among items, with their signatures.
fn signatures(items: &str) -> HashMap<String, String> {
    let Ok(file) = syn::parse_file(items) else {
        return HashMap::new();
    };
    file.items
        .iter()
        .filter_map(|item| match item {
            syn::Item::Fn(function) => {
                let range = function.sig.span().byte_range();
                let signature = items.get(range)?.split_whitespace().collect::<Vec<_>>();
                Some((function.sig.ident.to_string(), signature.join(" ")))
            }
            _ => None,
        })
        .collect()
}

/// A completion without the arguments that rust-analyzer fills in: what is typed next are the
/// user's own.
fn name_of(completion: &str) -> &str {
    completion
        .split_once('(')
        .map_or(completion, |(name, _)| name)
}

/// The end of the name that the cursor is in.
fn end_of_name(code: &str, cursor: usize) -> usize {
    let rest = code.get(cursor..).unwrap_or_default();
    cursor
        + rest
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(rest.len())
}
