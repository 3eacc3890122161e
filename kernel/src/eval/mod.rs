//! Turns cells into results, through evcxr.
//!
//! Only this module names evcxr. Its habits that a notebook must not show are undone here: it
//! reports panics and early returns as success, and compiles a cell with a value twice.

mod completeness;
mod diagnostics;
mod interrupt;
mod places;
mod rewrite;
mod types;

use std::env;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context;
use evcxr::{CommandContext, EvalContext, EvalContextOutputs, EvalOutputs};
use hpc_channel::{CellEnd, CellMessage, INTERRUPTED, MimeBundle};

use self::diagnostics::{compile_error, panic_error, plain_error};
use self::interrupt::{Handle, Interrupt};
use self::places::Places;
use self::rewrite::{Rewritten, commands, rewrite};
use self::types::Types;
use crate::build::BuildRecord;
use crate::engine::{
    Analyst, Cell, CellError, CommEvent, CommRefused, Completeness, Completions, Engine,
    InputRefused, Interrupter, Outcome, OutputSink, Phase, Suggestion,
};
use crate::host::{CellRecord, HOST_ENV, LIBHPC_ENV, Output};
use crate::layout::Layout;
use crate::session::Session;

/// Optimisation of cells: loops of the user's own are part of the work, not a sketch of it.
const OPT_LEVEL: &str = "2";
const PRELUDE: &str = "use hpc::prelude::*;";

/// Compiles and runs cells with evcxr.
pub struct Evaluator {
    context: Arc<Mutex<CommandContext>>,
    output: Arc<Output>,
    interrupt: Arc<Interrupt>,
    places: Places,
    types: Types,
    session: Session,
}

impl Evaluator {
    /// Starts the process in which cells run, and loads what is needed to analyse them. Takes
    /// seconds. This process must have the environment of [`Session::environment`].
    ///
    /// # Errors
    /// Fails when a part of the installation does not work.
    pub fn start(layout: &Layout, session: Session) -> anyhow::Result<Self> {
        let output = Arc::new(Output::start(&session)?);
        let mut host = Command::new(env::current_exe()?);
        host.env(HOST_ENV, session.host_socket())
            .env(LIBHPC_ENV, layout.libhpc())
            .env(hpc_channel::CHANNEL_ENV, session.cell_socket());
        let (mut context, outputs) =
            EvalContext::with_subprocess_command(host).map_err(|error| {
                anyhow::anyhow!("the process that runs cells did not start: {error}")
            })?;
        drain(outputs)?;
        context
            .set_opt_level(OPT_LEVEL)
            .map_err(|error| anyhow::anyhow!("{error}"))?;
        let mut state = context.state();
        state.set_linker("system".to_owned());
        let hpc = toml::Value::from(
            layout
                .hpc_sources()
                .to_str()
                .context("the path is not UTF-8")?,
        );
        state
            .add_dep("hpc", &format!("{{ path = {hpc} }}"))
            .and_then(|()| context.eval_with_state(PRELUDE, state))
            .map_err(|error| anyhow::anyhow!("the library hpc cannot be used: {error}"))?;
        let context = CommandContext::with_eval_context(context);
        let interrupt = Interrupt::new(
            session.cells(),
            Arc::clone(&output),
            context.process_handle(),
        );
        Ok(Self {
            context: Arc::new(Mutex::new(context)),
            output,
            interrupt,
            places: Places::default(),
            types: Types::default(),
            session,
        })
    }

    fn status(
        &mut self,
        cell: &Cell,
        rewritten: &Rewritten,
        result: Result<EvalOutputs, evcxr::Error>,
        record: &CellRecord,
        interrupted: bool,
        lost: &[String],
    ) -> Result<(), CellError> {
        match result {
            Ok(_) if !rewritten.marked => Ok(()),
            Ok(_) => match &record.end {
                Some(CellEnd { done: true, .. }) => Ok(()),
                None => Err(plain_error("InternalError", "the cell was not run")),
                Some(CellEnd {
                    panic: Some(panic), ..
                }) if interrupted && panic.message == INTERRUPTED => Err(plain_error(
                    "Interrupted",
                    "the cell was interrupted; all variables are kept",
                )),
                Some(CellEnd {
                    panic: Some(panic), ..
                }) => {
                    let place = self
                        .context()
                        .last_source()
                        .ok()
                        .filter(|_| panic.file.ends_with("src/lib.rs"))
                        .and_then(|source| self.places.find(&source, panic.line));
                    Err(panic_error(&panic.message, place, &panic.frames))
                }
                Some(CellEnd { panic: None, .. }) => {
                    let message = record.last_errors.trim_end().lines().last();
                    let message = message.unwrap_or("the cell returned early");
                    Err(plain_error("EarlyReturn", message))
                }
            },
            Err(evcxr::Error::SubprocessTerminated(message)) => {
                Err(crash(&message, interrupted, lost))
            }
            Err(evcxr::Error::CompilationErrors(errors)) => Err(compile_error(
                &errors,
                &cell.code,
                cell.number,
                rewritten.insertion,
            )),
            Err(_) if interrupted => Err(plain_error(
                "Interrupted",
                "the compilation was interrupted; nothing was run",
            )),
            Err(error) => Err(plain_error("CompileError", &error.to_string())),
        }
    }

    /// Why a cell is not even compiled, if it is not.
    fn refusal(&self, cell: &Cell, types: &Types) -> Option<String> {
        if let Some(reason) = commands(&cell.code).find_map(refusal) {
            return Some(reason.to_owned());
        }
        let error = types.publish(&self.session.cells()).err()?;
        Some(format!("the session's folder cannot be written: {error}"))
    }

    fn context(&self) -> MutexGuard<'_, CommandContext> {
        lock(&self.context)
    }

    fn variable_names(&self) -> Vec<String> {
        let mut names: Vec<_> = self
            .context()
            .variables_and_types()
            .map(|(name, _)| name.to_owned())
            .collect();
        names.sort();
        names
    }
}

impl Engine for Evaluator {
    fn prepare(&mut self) {
        self.interrupt.begin_cell();
    }

    fn execute(&mut self, cell: &Cell, sink: Arc<dyn OutputSink>) -> Outcome {
        let started = Instant::now();
        let types = self.types.after(&cell.code);
        if let Some(reason) = self.refusal(cell, &types) {
            self.interrupt.end_cell();
            return refused(&reason);
        }
        let rewritten = rewrite(&cell.code);
        self.places.remember(cell.number, &cell.code);
        let variables = self.variable_names();
        BuildRecord::clear(&self.session.cells());
        self.output.begin(Arc::clone(&sink));
        let result = catch_unwind(AssertUnwindSafe(|| self.context().execute(&rewritten.code)));
        let interrupted = self.interrupt.end_cell();
        let record = self.output.finish();
        let build = BuildRecord::read(&self.session.cells());
        let total = started.elapsed();
        let compile_time = match record.began {
            Some(began) => began.duration_since(started),
            None => total,
        };
        let status = match result {
            Ok(result) => {
                if let Ok(outputs) = &result {
                    show_command_output(outputs, sink.as_ref());
                    // What did not compile defines nothing.
                    self.types = types;
                }
                let after = self.variable_names();
                let lost: Vec<_> = variables
                    .into_iter()
                    .filter(|name| !after.contains(name))
                    .collect();
                self.status(cell, &rewritten, result, &record, interrupted, &lost)
            }
            Err(_) => Err(plain_error(
                "InternalError",
                "the evaluator failed on this cell; the kernel's log says where",
            )),
        };
        if let Some(CellEnd { open_regions, .. }) = &record.end
            && !open_regions.is_empty()
        {
            let text = format!(
                "regions left open and closed here: {}\n",
                open_regions.join(", ")
            );
            sink.stream(crate::engine::Stream::Stderr, &text);
        }
        Outcome {
            status,
            phases: phases(&build, compile_time, record.run_time),
            compile_time,
            run_time: record.run_time,
        }
    }

    fn evaluate(&mut self, expression: &str) -> Result<MimeBundle, CellError> {
        let cell = Cell {
            code: expression.to_owned(),
            number: 0,
        };
        let value = Arc::new(Value::default());
        self.execute(&cell, Arc::clone(&value) as Arc<dyn OutputSink>)
            .status?;
        Ok(std::mem::take(&mut lock(&value.0)))
    }

    fn comm(&mut self, event: CommEvent, _: Arc<dyn OutputSink>) -> Result<(), CommRefused> {
        Err(match event {
            CommEvent::Open { target, .. } => CommRefused::UnknownTarget(target),
            CommEvent::Message { id, .. } | CommEvent::Close { id, .. } => {
                CommRefused::UnknownComm(id)
            }
        })
    }

    fn analyst(&self) -> Option<Arc<dyn Analyst>> {
        Some(Arc::new(Analysis(Arc::clone(&self.context))))
    }

    fn interrupter(&self) -> Arc<dyn Interrupter> {
        Arc::new(Handle(Arc::clone(&self.interrupt)))
    }

    fn shutdown(&mut self) {
        let handle = self.context().process_handle();
        let mut host = lock(&handle);
        if let Err(error) = host.kill() {
            tracing::debug!("the process that runs cells had ended before: {error}");
        }
    }
}

/// The value of an expression, without anything else that it puts out.
#[derive(Default)]
struct Value(Mutex<MimeBundle>);

impl OutputSink for Value {
    fn stream(&self, _: crate::engine::Stream, _: &str) {}

    fn message(&self, message: CellMessage) {
        if let CellMessage::Result { bundle } = message {
            *lock(&self.0) = bundle;
        }
    }

    fn input(&self, _: &str, _: bool) -> Result<String, InputRefused> {
        Err(InputRefused::NotAllowed)
    }

    fn comm(&self, _: CommEvent) {}
}

/// Answers questions between cells.
struct Analysis(Arc<Mutex<CommandContext>>);

impl Analyst for Analysis {
    fn complete(&self, code: &str, cursor: usize) -> Completions {
        let found = catch_unwind(AssertUnwindSafe(|| lock(&self.0).completions(code, cursor)));
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
            .map(|found| Suggestion {
                text: name_of(&found.code).to_owned(),
                kind: found.kind.to_owned(),
                signature: found.label,
            })
            .collect();
        Completions {
            start: found.start_offset,
            end: found.end_offset,
            suggestions,
        }
    }

    fn inspect(&self, code: &str, cursor: usize) -> Option<MimeBundle> {
        let end = end_of_name(code, cursor);
        let found = catch_unwind(AssertUnwindSafe(|| lock(&self.0).hover_at(code, end)));
        let Ok(Ok((plain, html))) = found else {
            return None;
        };
        if plain.is_empty() || plain == "No documentation found" {
            return None;
        }
        Some(MimeBundle::text(plain).with("text/html", html))
    }

    fn completeness(&self, code: &str) -> Completeness {
        completeness::completeness(code)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads what the host writes where evcxr listens. Cells do not write there; the host's own last
/// words do.
fn drain(outputs: EvalContextOutputs) -> anyhow::Result<()> {
    let EvalContextOutputs { stdout, stderr } = outputs;
    for (name, lines) in [("host stdout", stdout), ("host stderr", stderr)] {
        thread::Builder::new().name(name.into()).spawn(move || {
            for line in lines {
                tracing::warn!("the process that runs cells says: {line}");
            }
        })?;
    }
    Ok(())
}

/// Why a command of evcxr's is not for a notebook, if it is not.
fn refusal(command: &str) -> Option<&'static str> {
    if command.starts_with('!') {
        // evcxr would run it in this process and show nothing before its end.
        return Some("shell commands are not run here: use `std::process::Command` in a cell");
    }
    match command.split_whitespace().next() {
        Some(":quit") => Some("`:quit` does not end a notebook: shut the kernel down instead"),
        _ => None,
    }
}

fn refused(reason: &str) -> Outcome {
    Outcome {
        status: Err(plain_error("CompileError", reason)),
        phases: Vec::new(),
        compile_time: Duration::ZERO,
        run_time: Duration::ZERO,
    }
}

/// Shows what evcxr's own commands, such as `:vars`, answer.
fn show_command_output(outputs: &EvalOutputs, sink: &dyn OutputSink) {
    let bundle = outputs
        .content_by_mime_type
        .iter()
        .fold(MimeBundle::new(), |bundle, (mime, content)| {
            bundle.with(mime, content.clone())
        });
    if !bundle.is_empty() {
        sink.message(CellMessage::Display {
            bundle,
            display_id: None,
        });
    }
}

fn crash(message: &str, interrupted: bool, lost: &[String]) -> CellError {
    let losses = if lost.is_empty() {
        "no variables were lost".to_owned()
    } else {
        format!("these variables are lost: {}", lost.join(", "))
    };
    if interrupted {
        let text = format!("the cell did not stop when asked, so its process was ended; {losses}");
        return plain_error("Interrupted", &text);
    }
    let cause = message.trim().lines().last().unwrap_or_default();
    let cause = cause
        .strip_prefix("Subprocess terminated with status: ")
        .unwrap_or(cause);
    plain_error(
        "Crash",
        &format!("the process that runs cells ended ({cause}) and was started anew; {losses}"),
    )
}

fn phases(build: &BuildRecord, compile_time: Duration, run_time: Duration) -> Vec<Phase> {
    let compiler = build.dependencies + build.rustc;
    [
        ("analysis", compile_time.saturating_sub(compiler)),
        ("dependencies", build.dependencies),
        ("rustc", build.rustc),
        ("run", run_time),
    ]
    .into_iter()
    .filter(|(_, time)| !time.is_zero())
    .map(|(name, time)| Phase {
        name: name.to_owned(),
        time,
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
