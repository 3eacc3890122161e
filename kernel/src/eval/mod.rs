//! Turns cells into results.
//!
//! A cell is understood by [`ferrolab_cell`], compiled by [`crate::build`] and run by
//! [`crate::host`]; what it defined is remembered for the cells after it.

mod commands;
mod compile;
mod diagnostics;
mod guesses;
mod interrupt;
mod live;
mod phases;
mod sources;
mod values;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ferrolab_cell::{CellText, Lost, Nameable, Parsed, Place, parse};
use hpc_channel::{CellEnd, CellMessage, MimeBundle, PanicReport};

use self::commands::{Profiles, Surroundings};
use self::compile::{Code, Compilation, Ready};
use self::diagnostics::{panic_error, plain_error};
use self::interrupt::{Handle, Interrupt};
use self::live::LiveView;
use crate::analysis::{Assistant, KnownVariable, News};
use crate::build::{Dependencies, Running, Step};
use crate::debug::Debugger;
use crate::engine::{
    Analyst, Cell, CellError, CommEvent, CommRefused, Engine, Interrupter, Outcome, OutputSink,
    Phase, Stream, VariableView,
};
use crate::host::{End, Host, Output, cause};
use crate::layout::Layout;
use crate::session::Session;

/// Compiles and runs cells.
pub struct Evaluator {
    layout: Layout,
    output: Output,
    host: Host,
    interrupt: Arc<Interrupt>,
    /// The compiler, Cargo or the shell, while one runs.
    tools: Arc<Running>,
    compilation: Compilation,
    dependencies: Dependencies,
    surroundings: Surroundings,
    assistant: Arc<Assistant>,
    debugger: Option<Arc<Debugger>>,
    /// After how long it is shown what a running cell does, if it is.
    live: Option<Duration>,
    profiles: Profiles,
    session: Session,
}

/// Where a cell's time went.
#[derive(Default)]
struct Times {
    dependencies: Duration,
    rustc: Duration,
    run: Duration,
    /// What was done before the run, as far as it was timed.
    steps: Vec<Step>,
    /// The display that shows what the running cell does, if there is one.
    live: Option<String>,
    /// Whether the user was told what the cell used.
    is_told: bool,
}

impl Evaluator {
    /// Starts the process in which cells run, which `debugger` can stop.
    ///
    /// # Errors
    /// Fails when a part of the installation does not work.
    pub fn start(
        layout: &Layout,
        session: Session,
        debugger: Option<Arc<Debugger>>,
    ) -> anyhow::Result<Self> {
        let (output, events) = Output::start(&session)?;
        let host = Host::start(layout, &session, events)?;
        let tools = Arc::new(Running::ending_with(session.janitor()));
        let dependencies = Dependencies::new(layout, session.dependencies(), Arc::clone(&tools));
        let compilation = Compilation::new(
            layout,
            session.cells(),
            Arc::clone(&tools),
            debugger.clone(),
        )?;
        let sources = Arc::clone(&compilation.sources);
        output.translate_errors(Box::new(move |text| sources.translate(text)));
        if let Some(debugger) = &debugger {
            debugger.host_started(host.group());
        }
        Ok(Self {
            output,
            host,
            interrupt: Interrupt::new(Arc::clone(&tools), debugger.clone()),
            tools,
            compilation,
            dependencies,
            surroundings: Surroundings::default(),
            assistant: Assistant::start(layout, commands::list())?,
            debugger,
            live: None,
            profiles: Profiles::default(),
            layout: layout.clone(),
            session,
        })
    }

    /// Runs the part of a cell that begins at byte `start`, commands and all.
    fn run_from(
        &mut self,
        cell: &Cell,
        start: usize,
        sink: &Arc<dyn OutputSink>,
        times: &mut Times,
    ) -> Result<(), CellError> {
        let Some(start) = self.obey(cell, start, sink, times)? else {
            return Ok(());
        };
        let text = Arc::new(CellText {
            number: cell.number,
            text: cell.code.clone(),
        });
        let started = Instant::now();
        let parsed = parse(&text, start);
        times.steps.push(Step::since("parse", started));
        self.run_parsed(&parsed, cell.number, sink, times)
    }

    /// Runs Rust of our own as if the user had written it in cell `number`.
    fn run_snippet(
        &mut self,
        code: &str,
        number: u32,
        sink: &Arc<dyn OutputSink>,
        times: &mut Times,
    ) -> Result<(), CellError> {
        let text = Arc::new(CellText {
            number,
            text: code.to_owned(),
        });
        self.run_parsed(&parse(&text, 0), number, sink, times)
    }

    fn run_parsed(
        &mut self,
        parsed: &Parsed,
        number: u32,
        sink: &Arc<dyn OutputSink>,
        times: &mut Times,
    ) -> Result<(), CellError> {
        let ready = self
            .compilation
            .prepare(parsed, number, self.dependencies.externs(), times)?;
        self.tell(&ready, sink);
        let ran = match &ready.code {
            Some(code) => self.run_compiled(code, number, parsed, &ready, sink, times),
            None => Ok(()),
        };
        self.tell_assistant(parsed);
        ran
    }

    /// Sends output of cells and of the kernel itself to `sink`.
    fn send_output_to(&self, sink: &Arc<dyn OutputSink>) {
        self.interrupt.send_to(sink);
        self.output.send_to(Arc::clone(sink));
    }

    /// Tells of what is worth knowing before the cell runs.
    fn tell(&mut self, ready: &Ready, sink: &Arc<dyn OutputSink>) {
        if !ready.warnings.is_empty() {
            sink.message(CellMessage::Display {
                bundle: values::warnings(&ready.warnings),
                display_id: None,
            });
        }
        for text in &ready.retired {
            sink.stream(Stream::Stderr, text);
        }
        self.tell_losses(&ready.lost, sink);
    }

    /// Drops what crates made that were built anew since.
    fn outdate(&mut self, crates: &[String], sink: &Arc<dyn OutputSink>) {
        if !crates.is_empty() {
            let lost = self.compilation.notebook.outdate(crates);
            self.tell_losses(&lost, sink);
        }
    }

    /// Drops variables whose types are not what they were, and tells of it.
    fn tell_losses(&mut self, lost: &[String], sink: &Arc<dyn OutputSink>) {
        if lost.is_empty() {
            return;
        }
        self.host.forget(lost);
        for name in lost {
            let text = match self.compilation.notebook.lost(name) {
                Some(Lost::Redefined(type_name)) => format!(
                    "the variable `{name}` is gone: its type `{type_name}` was defined anew\n"
                ),
                Some(Lost::Replaced) => format!(
                    "the variable `{name}` is gone: the cell defines something else of that name\n"
                ),
                _ => continue,
            };
            sink.stream(Stream::Stderr, &text);
        }
    }

    fn run_compiled(
        &mut self,
        code: &Code,
        number: u32,
        parsed: &Parsed,
        ready: &Ready,
        sink: &Arc<dyn OutputSink>,
        times: &mut Times,
    ) -> Result<(), CellError> {
        if self.interrupt.is_requested() {
            return Err(stopped_before_it_ran());
        }
        let mut began = None;
        let (interrupt, group) = (&self.interrupt, self.host.group());
        // Variables that are dropped before it are the user's code too.
        interrupt.begin_run(group);
        let loading = Instant::now();
        let (live_after, mut live) = (self.live, None);
        let begin = |recording: Option<&Path>| {
            began = Some(Instant::now());
            interrupt.begin_run(group);
            if let (Some(after), Some(recording)) = (live_after, recording) {
                live = LiveView::start(recording, sink, after, times.live.clone());
            }
        };
        let end = self
            .host
            .run(&code.file, &code.function, number, sink, begin);
        if let Some(began) = began {
            times.run += began.elapsed();
            times.steps.push(Step {
                name: "load",
                start: loading,
                end: began,
            });
        }
        if let Some(live) = live {
            times.live = live.end();
        }
        self.interrupt.end_run();
        match end {
            Ok(End::Returned(end)) => {
                self.compilation.note_variables(&end, number, parsed, ready);
                for name in &end.open_regions {
                    let text = format!(
                        "the region `{name}` was open at the end of the cell and is closed\n"
                    );
                    sink.stream(Stream::Stderr, &text);
                }
                self.judge(end, sink)
            }
            Ok(End::NotLoaded(reason)) => Err(plain_error("LoadError", &reason)),
            Ok(End::Unwanted) => Err(plain_error("InternalError", "a cell is no message")),
            Ok(End::Crashed(status, last_words)) => Err(self.recover(&cause(status, &last_words))),
            Err(error) => Err(plain_error("InternalError", &format!("{error:#}"))),
        }
    }

    /// Whether a cell that came back did what it was to do.
    fn judge(&self, end: CellEnd, sink: &Arc<dyn OutputSink>) -> Result<(), CellError> {
        if end.done {
            if let Some(caught) = end.panic {
                let place = self.place_of(&caught);
                let place = place.map_or_else(String::new, |place| {
                    format!(" (In [{}], line {})", place.cell.number, place.line())
                });
                let text = format!("a panic was caught: {}{place}\n", caught.message);
                sink.stream(Stream::Stderr, &text);
            }
            return Ok(());
        }
        if self.interrupt.is_requested() {
            // Whichever way it went: by a panic of a thread that it waited for, or an error of the input.
            return Err(plain_error(
                "KeyboardInterrupt",
                "the cell was interrupted; all variables are kept",
            ));
        }
        if let Some(message) = end.early_return {
            return Err(plain_error("EarlyReturn", &message));
        }
        match end.panic {
            Some(panic) => {
                let place = self.place_of(&panic);
                let frames: Vec<(&str, Place)> = panic
                    .frames
                    .iter()
                    .filter_map(|frame| {
                        let (line, column) = (frame.line, frame.column);
                        let place = self.compilation.sources.place(&frame.file, line, column)?;
                        Some((frame.function.as_str(), place))
                    })
                    .collect();
                Err(panic_error(&panic.message, place.as_ref(), &frames))
            }
            None => Err(plain_error("EarlyReturn", "the cell returned early")),
        }
    }

    /// Where in the cells a panic was.
    fn place_of(&self, panic: &PanicReport) -> Option<Place> {
        let sources = &self.compilation.sources;
        sources.place(&panic.file, panic.line, panic.column)
    }

    /// Lets questions about code know what is defined now.
    fn tell_assistant(&self, parsed: &Parsed) {
        let notebook = &self.compilation.notebook;
        let variables = notebook
            .variables()
            .iter()
            .filter_map(|(name, variable)| {
                let Nameable::Name(type_name) = notebook.type_of(variable) else {
                    return None;
                };
                let known = KnownVariable {
                    mutable: variable.mutable,
                    type_name,
                    shown_type: notebook.shown_type(variable),
                };
                Some((name.clone(), known))
            })
            .collect();
        let mut items = String::new();
        for item in &parsed.items {
            items.push_str(item.declaration());
            items.push('\n');
        }
        self.assistant.tell(News {
            items,
            variables,
            dependencies: self.dependencies.list(),
        });
    }

    /// Starts the process that runs cells anew; a debug session goes on with it.
    fn restart_host(&mut self) -> anyhow::Result<()> {
        self.host.restart(&self.layout, &self.session)?;
        if let Some(debugger) = &self.debugger {
            debugger.host_started(self.host.group());
        }
        Ok(())
    }

    fn tell_debugger_of_end(&self) {
        if let Some(debugger) = &self.debugger {
            debugger.cell_ended();
        }
    }

    /// The variables by name and type.
    fn variable_views(&self) -> Vec<VariableView> {
        let notebook = &self.compilation.notebook;
        let view = |(name, variable): (&String, &ferrolab_cell::Variable)| VariableView {
            name: name.clone(),
            type_name: notebook.shown_type(variable),
            value: None,
        };
        notebook.variables().iter().map(view).collect()
    }

    /// Goes on after the process that ran a cell has ended.
    fn recover(&mut self, cause: &str) -> CellError {
        let lost = self.compilation.lose_variables();
        let losses = if lost.is_empty() {
            "no variables were lost".to_owned()
        } else {
            format!("these variables are lost: {}", lost.join(", "))
        };
        if let Err(error) = self.restart_host() {
            return plain_error("InternalError", &format!("{error:#}"));
        }
        if let Err(error) = self.restore_surroundings() {
            tracing::warn!("the environment was not restored: {}", error.value);
        }
        if self.interrupt.is_requested() {
            let text =
                format!("the cell did not stop when asked, so its process was ended; {losses}");
            return plain_error("KeyboardInterrupt", &text);
        }
        plain_error(
            "Crash",
            &format!("the process that runs cells ended ({cause}) and was started anew; {losses}"),
        )
    }
}

impl Engine for Evaluator {
    fn prepare(&mut self) {
        self.interrupt.begin_cell();
    }

    fn execute(&mut self, cell: &Cell, sink: Arc<dyn OutputSink>) -> Outcome {
        let started = Instant::now();
        self.send_output_to(&sink);
        let mut times = Times::default();
        let status = self.run_from(cell, 0, &sink, &mut times);
        self.interrupt.end_cell();
        self.tell_debugger_of_end();
        let total = started.elapsed();
        if self.is_profiled() && !times.run.is_zero() && !times.is_told {
            let compile = total.saturating_sub(times.run);
            self.tell_usage(cell.number, compile, &mut times, &sink);
        }
        Outcome {
            status,
            phases: times.phases(total),
            compile_time: total.saturating_sub(times.run),
            run_time: times.run,
        }
    }

    fn evaluate(&mut self, expression: &str) -> Result<MimeBundle, CellError> {
        let sink = Arc::new(values::Collected::default());
        let cell = Cell {
            code: expression.to_owned(),
            number: 0,
        };
        let before = self.output.sink();
        if let Some(debugger) = &self.debugger {
            // Nobody waits for it in front of a debugger.
            debugger.pass();
        }
        let outcome = self.execute(&cell, Arc::clone(&sink) as Arc<dyn OutputSink>);
        // Threads of the cell before go on printing.
        if let Some(before) = before {
            self.output.send_to(before);
        }
        outcome.status.map(|()| sink.result())
    }

    fn variables(&mut self) -> Vec<VariableView> {
        let mut views = self.variable_views();
        let notebook = &self.compilation.notebook;
        let nameable = |name: &&str| {
            let variable = notebook.variables().get(*name);
            variable.is_some_and(|variable| matches!(notebook.type_of(variable), Nameable::Name(_)))
        };
        let names: Vec<&str> = views
            .iter()
            .map(|view| view.name.as_str())
            .filter(nameable)
            .collect();
        if names.is_empty() {
            return views;
        }
        let code = format!("::hpc::inspect!({})", names.join(", "));
        let values: BTreeMap<String, String> = match self.evaluate(&code) {
            Ok(shown) => shown
                .plain()
                .and_then(|json| serde_json::from_str::<Vec<(String, String)>>(json).ok())
                .unwrap_or_default()
                .into_iter()
                .collect(),
            Err(error) => {
                tracing::debug!("the variables cannot be shown: {}", error.value);
                BTreeMap::new()
            }
        };
        for view in &mut views {
            view.value = values.get(&view.name).cloned();
        }
        views
    }

    fn comm(&mut self, event: CommEvent, sink: Arc<dyn OutputSink>) -> Result<(), CommRefused> {
        self.send_output_to(&sink);
        let refusal = match &event {
            CommEvent::Open { target, .. } => CommRefused::UnknownTarget(target.clone()),
            other => CommRefused::UnknownComm(other.id().to_owned()),
        };
        let (interrupt, group) = (&self.interrupt, self.host.group());
        let end = self
            .host
            .deliver(event.into(), &sink, |_| interrupt.begin_run(group));
        self.tell_debugger_of_end();
        let failure = match end {
            Ok(End::Returned(end)) => self.judge(end, &sink).err(),
            Ok(End::Unwanted) => {
                self.interrupt.end_cell();
                return Err(refusal);
            }
            Ok(End::NotLoaded(reason)) => Some(plain_error("LoadError", &reason)),
            Ok(End::Crashed(status, last_words)) => Some(self.recover(&cause(status, &last_words))),
            Err(error) => Some(plain_error("InternalError", &format!("{error:#}"))),
        };
        self.interrupt.end_cell();
        if let Some(failure) = failure {
            let text = failure.traceback.join("\n");
            sink.stream(Stream::Stderr, &format!("{text}\n"));
        }
        Ok(())
    }

    fn analyst(&self) -> Option<Arc<dyn Analyst>> {
        Some(Arc::clone(&self.assistant) as Arc<dyn Analyst>)
    }

    fn interrupter(&self) -> Arc<dyn Interrupter> {
        Arc::new(Handle(Arc::clone(&self.interrupt)))
    }

    fn shutdown(&mut self) {
        // First: what it traces cannot be waited for by others.
        if let Some(debugger) = &self.debugger {
            debugger.end();
        }
        self.host.end();
    }
}

impl Times {
    fn add(&mut self, other: &Self) {
        self.dependencies += other.dependencies;
        self.rustc += other.rustc;
        self.run += other.run;
        self.steps.extend_from_slice(&other.steps);
        self.live = other.live.clone().or(self.live.take());
        self.is_told |= other.is_told;
    }

    fn phases(&self, total: Duration) -> Vec<Phase> {
        let own = total.saturating_sub(self.dependencies + self.rustc + self.run);
        [
            ("analysis", own),
            ("dependencies", self.dependencies),
            ("rustc", self.rustc),
            ("run", self.run),
        ]
        .into_iter()
        .filter(|(_, time)| !time.is_zero())
        .map(|(name, time)| Phase {
            name: name.to_owned(),
            time,
        })
        .collect()
    }
}

fn stopped_before_it_ran() -> CellError {
    plain_error(
        "KeyboardInterrupt",
        "the compilation was interrupted; nothing was run",
    )
}
