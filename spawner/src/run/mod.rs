//! Executes a notebook, cell by cell, in any Jupyter kernel.

mod kernel;
mod log_tail;
mod outputs;
mod process;
mod report;
mod signals;

use std::time::{Duration, Instant};

use ferrolab_wire::content::{ExecuteRequest, ReplyStatus};
use ferrolab_wire::{ClientError, Event, Finished, timestamp};
use serde_json::{Value, json};

use crate::notebook::{CellKind, FileError, Notebook};

pub use kernel::{Connection, Kernel, KernelError, Launch};
pub use report::{CellReport, CellStatus, Problem, Report, RunStatus};
pub use signals::Signals;

use outputs::Outputs;

/// Tag of cells that are left alone.
pub const SKIP_TAG: &str = "skip-execution";

/// How often a running cell is left to look at clocks and signals.
const TICK: Duration = Duration::from_millis(100);
/// How long a cell has to end after it was interrupted.
const INTERRUPT_GRACE: Duration = Duration::from_secs(10);
/// How long output of a kernel that has died is waited for.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Limits of a run.
#[derive(Clone, Debug, Default)]
pub struct Limits {
    /// The longest that a cell may take.
    pub cell: Option<Duration>,
    /// When the whole run has to be over.
    pub deadline: Option<Instant>,
    /// Whether cells after a failed one are executed.
    pub allow_errors: bool,
}

/// Is told how the run goes.
pub trait Progress {
    /// A cell is about to run. Counted from 0 among the notebook's code cells.
    fn started(&mut self, index: usize, code: &str);
    /// It is still running.
    fn running(&mut self, time: Duration);
    /// It is over.
    fn finished(&mut self, report: &CellReport);
}

/// Executes the code cells of a notebook in order and calls `save` after each of them. The outputs
/// that the cells had are removed first.
///
/// # Errors
/// Fails when the notebook cannot be saved. Everything that goes wrong with a cell or the kernel
/// is in the report.
pub fn run(
    notebook: &mut Notebook,
    kernel: &mut Kernel,
    limits: &Limits,
    signals: &Signals,
    progress: &mut dyn Progress,
    mut save: impl FnMut(&Notebook) -> Result<(), FileError>,
) -> Result<Report, FileError> {
    let start = Instant::now();
    let mut report = Report::new(timestamp());
    forget_outputs(notebook);
    let mut outputs = Outputs::default();
    let code_cells: Vec<usize> = (0..notebook.cells.len())
        .filter(|index| notebook.cells[*index].kind() == CellKind::Code)
        .filter(|index| !notebook.cells[*index].source().trim().is_empty())
        .collect();
    for (index, &place) in code_cells.iter().enumerate() {
        let cell = &notebook.cells[place];
        let code = cell.source();
        progress.started(index, &code);
        if cell.has_tag(SKIP_TAG) {
            let skipped = CellReport::skipped(index, cell.id(), &code);
            progress.finished(&skipped);
            report.cells.push(skipped);
            continue;
        }
        let mut running = Running {
            notebook,
            limits,
            signals,
            outputs: &mut outputs,
            place,
            begun: Instant::now(),
            times: serde_json::Map::new(),
        };
        let ended = running.run(kernel, &code, progress);
        let cell = running.conclude(index, &code, ended);
        report.add(cell, limits.allow_errors);
        report.stamp(notebook, start.elapsed());
        save(notebook)?;
        if let Some(cell) = report.cells.last() {
            progress.finished(cell);
        }
        if report.is_over() {
            break;
        }
    }
    report.stamp(notebook, start.elapsed());
    save(notebook)?;
    Ok(report)
}

fn forget_outputs(notebook: &mut Notebook) {
    for cell in &mut notebook.cells {
        if cell.kind() == CellKind::Code && !cell.has_tag(SKIP_TAG) {
            cell.set_outputs(Vec::new());
            cell.set_execution_count(None);
            cell.set_metadata("execution", None);
            cell.set_metadata("ferrolab", None);
        }
    }
}

/// A cell on its way.
struct Running<'a> {
    notebook: &'a mut Notebook,
    limits: &'a Limits,
    signals: &'a Signals,
    outputs: &'a mut Outputs,
    /// The cell's place in the notebook.
    place: usize,
    begun: Instant,
    /// Instants in the terms of Jupyter's own `metadata.execution`.
    times: serde_json::Map<String, Value>,
}

/// How the wait for a cell ended.
enum Ended {
    Replied(Finished),
    Stopped(Problem),
}

impl Running<'_> {
    fn run(&mut self, kernel: &mut Kernel, code: &str, progress: &mut dyn Progress) -> Ended {
        match self.wait(kernel, code, progress) {
            Ok(ended) => ended,
            Err(error) => match kernel.death() {
                Some((how, log)) => Ended::Stopped(Problem::KernelDied { how, log }),
                None => Ended::Stopped(Problem::KernelLost(error.to_string())),
            },
        }
    }

    fn wait(
        &mut self,
        kernel: &mut Kernel,
        code: &str,
        progress: &mut dyn Progress,
    ) -> Result<Ended, ClientError> {
        if let Some(problem) = reason_to_stop(self.limits, self.begun, self.signals) {
            return Ok(Ended::Stopped(problem));
        }
        let (client, process) = kernel.parts();
        let mut execution = client.execute(&ExecuteRequest::new(code))?;
        // Why the cell was interrupted, and when its time to end is over.
        let mut interrupted: Option<(Problem, Instant)> = None;
        let mut died: Option<Instant> = None;
        loop {
            match execution.next(TICK)? {
                Some(Event::Finished(finished)) => {
                    self.time("shell.execute_reply");
                    if finished.complete {
                        self.time("iopub.status.idle");
                    }
                    return Ok(match interrupted {
                        Some((problem, _)) => Ended::Stopped(problem),
                        None => Ended::Replied(finished),
                    });
                }
                Some(Event::Started(input)) => {
                    self.time("iopub.execute_input");
                    self.notebook.cells[self.place]
                        .set_execution_count(Some(input.execution_count.into()));
                    continue;
                }
                Some(event) => {
                    self.outputs.take(self.place, event);
                    if self.begun.elapsed() < TICK {
                        continue;
                    }
                }
                None => progress.running(self.begun.elapsed()),
            }
            if process.has_ended() {
                let died = died.get_or_insert_with(Instant::now);
                if died.elapsed() > LAST_WORDS {
                    let (how, log) = process.death();
                    return Ok(Ended::Stopped(Problem::KernelDied { how, log }));
                }
                continue;
            }
            if let Some((problem, end)) = &interrupted {
                if self.signals.take().is_some() || Instant::now() > *end {
                    return Ok(Ended::Stopped(problem.clone()));
                }
                continue;
            }
            if let Some(problem) = reason_to_stop(self.limits, self.begun, self.signals) {
                let end = Instant::now() + INTERRUPT_GRACE;
                interrupted = Some((problem, end));
                // A kernel that does not take the interrupt is killed at the end of its grace.
                process.interrupt();
            }
        }
    }

    fn time(&mut self, name: &str) {
        self.times.insert(name.into(), timestamp().into());
    }

    /// Puts what is known of the cell into the notebook and the report.
    fn conclude(self, index: usize, code: &str, ended: Ended) -> CellReport {
        let wall = self.begun.elapsed();
        let mut metrics = json!({ "wall_ms": wall.as_secs_f64() * 1000.0 });
        let (status, problem) = match ended {
            Ended::Replied(finished) => {
                if let Some(Value::Object(measured)) = finished.metadata.get("ferrolab")
                    && let Some(metrics) = metrics.as_object_mut()
                {
                    metrics.extend(measured.clone());
                }
                if finished.reply.status == ReplyStatus::Ok {
                    (CellStatus::Ok, None)
                } else {
                    let shown = self.outputs.last_error();
                    let report = finished.reply.error.or(shown);
                    (CellStatus::Error, Some(Problem::CellFailed(report)))
                }
            }
            Ended::Stopped(problem) => {
                self.outputs.add_error(problem.name(), &problem.to_string());
                (problem.cell_status(), Some(problem))
            }
        };
        if let Some(number) = metrics["wall_ms"].as_f64() {
            metrics["wall_ms"] = json!(round(number));
        }
        self.outputs.store(self.notebook, self.place);
        let cell = &mut self.notebook.cells[self.place];
        cell.set_metadata("execution", Some(Value::Object(self.times)));
        cell.set_metadata("ferrolab", Some(metrics.clone()));
        CellReport::executed(index, cell.id(), code, status, &metrics, problem)
    }
}

/// Why the cell that runs has to be stopped now, if it has to.
fn reason_to_stop(limits: &Limits, begun: Instant, signals: &Signals) -> Option<Problem> {
    if let Some(number) = signals.take() {
        return Some(Problem::Signal(number));
    }
    if let Some(limit) = limits.cell.filter(|limit| begun.elapsed() > *limit) {
        return Some(Problem::CellTimeout(limit));
    }
    limits
        .deadline
        .filter(|deadline| Instant::now() > *deadline)
        .map(|_| Problem::TotalTimeout)
}

/// Milliseconds with as many digits as mean something.
fn round(milliseconds: f64) -> f64 {
    (milliseconds * 1000.0).round() / 1000.0
}
