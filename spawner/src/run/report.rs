use std::time::Duration;

use ferrolab_wire::content::ErrorReport;
use ferrolab_wire::timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use super::round;
use crate::notebook::Notebook;
use crate::text::first_line;

/// How a cell ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CellStatus {
    /// It ran to its end.
    Ok,
    /// It failed.
    Error,
    /// It is tagged to be left alone.
    Skipped,
    /// It took too long.
    Timeout,
    /// The kernel died in it.
    Died,
    /// A signal stopped it.
    Stopped,
}

impl CellStatus {
    /// The status in one word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Error => "error",
            Self::Skipped => "skipped",
            Self::Timeout => "timeout",
            Self::Died => "died",
            Self::Stopped => "stopped",
        }
    }
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Problem {
    /// The cell's code failed.
    #[error("{}", .0.as_ref().map_or("the cell failed", |report| &report.evalue))]
    CellFailed(Option<ErrorReport>),
    /// The cell took longer than allowed.
    #[error("the cell took longer than {} s", .0.as_secs_f64())]
    CellTimeout(Duration),
    /// The run took longer than allowed.
    #[error("the run took longer than it may")]
    TotalTimeout,
    /// The kernel's process ended.
    #[error("the kernel died: {how}")]
    KernelDied {
        /// How its process ended.
        how: String,
        /// The last lines that it wrote on its own.
        log: String,
    },
    /// The kernel is there and cannot be talked to.
    #[error("{0}")]
    KernelLost(String),
    /// A signal of that number came.
    #[error("stopped by {}", signal_hook::low_level::signal_name(i32::from(*.0)).unwrap_or("a signal"))]
    Signal(u8),
}

impl Problem {
    /// The problem in one word, as the name of an error output.
    pub fn name(&self) -> &str {
        match self {
            Self::CellFailed(report) => report.as_ref().map_or("Error", |report| &report.ename),
            Self::CellTimeout(_) | Self::TotalTimeout => "Timeout",
            Self::KernelDied { .. } => "KernelDied",
            Self::KernelLost(_) => "KernelLost",
            Self::Signal(_) => "Stopped",
        }
    }

    pub(super) fn cell_status(&self) -> CellStatus {
        match self {
            Self::CellFailed(_) => CellStatus::Error,
            Self::CellTimeout(_) | Self::TotalTimeout => CellStatus::Timeout,
            Self::KernelDied { .. } | Self::KernelLost(_) => CellStatus::Died,
            Self::Signal(_) => CellStatus::Stopped,
        }
    }
}

/// What happened in a cell.
#[derive(Clone, Debug, Serialize)]
pub struct CellReport {
    /// Number among the notebook's code cells that are not empty, from 0.
    pub index: usize,
    /// The cell's name.
    pub id: String,
    /// How it ended.
    pub status: CellStatus,
    /// Time from request to reply, in milliseconds.
    pub wall_ms: f64,
    /// Out of it, time to compile, when the kernel tells.
    pub compile_ms: Option<f64>,
    /// First line of code.
    pub code: String,
    /// What went wrong.
    #[serde(skip)]
    pub problem: Option<Problem>,
    /// The same in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl CellReport {
    pub(super) fn skipped(index: usize, id: &str, code: &str) -> Self {
        Self::executed(index, id, code, CellStatus::Skipped, &Value::Null, None)
    }

    /// A cell with the metrics that its metadata has.
    pub(super) fn executed(
        index: usize,
        id: &str,
        code: &str,
        status: CellStatus,
        metrics: &Value,
        problem: Option<Problem>,
    ) -> Self {
        Self {
            index,
            id: id.into(),
            status,
            wall_ms: metrics["wall_ms"].as_f64().unwrap_or_default(),
            compile_ms: metrics["compile_ms"].as_f64(),
            code: first_line(code).into(),
            error: problem
                .as_ref()
                .map(|problem| format!("{}: {problem}", problem.name())),
            problem,
        }
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RunStatus {
    /// All cells ran to their end, or failed and were allowed to.
    Ok,
    /// A cell failed, took too long, or lost its kernel.
    Error,
    /// A signal stopped the run.
    Stopped,
}

/// What happened in a run.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// How it ended.
    pub status: RunStatus,
    /// When it started, in ISO 8601.
    pub started: String,
    /// How long it took, in milliseconds.
    pub wall_ms: f64,
    /// The cells that were reached, in order.
    pub cells: Vec<CellReport>,
    /// The number of the signal that stopped the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signal: Option<u8>,
    #[serde(skip)]
    over: bool,
}

impl Report {
    pub(super) fn new(started: String) -> Self {
        Self {
            status: RunStatus::Ok,
            started,
            wall_ms: 0.0,
            cells: Vec::new(),
            signal: None,
            over: false,
        }
    }

    /// Adds a cell that was executed.
    pub(super) fn add(&mut self, cell: CellReport, allow_errors: bool) {
        match &cell.problem {
            None => {}
            Some(Problem::CellFailed(_)) if allow_errors => {}
            Some(Problem::Signal(number)) => {
                self.status = RunStatus::Stopped;
                self.signal = Some(*number);
                self.over = true;
            }
            Some(_) => {
                self.status = RunStatus::Error;
                self.over = true;
            }
        }
        self.cells.push(cell);
    }

    pub(super) fn is_over(&self) -> bool {
        self.over
    }

    /// The cell that ended the run, and why.
    pub fn failure(&self) -> Option<(&CellReport, &Problem)> {
        let cell = self.cells.last().filter(|_| self.over)?;
        Some((cell, cell.problem.as_ref()?))
    }

    /// Notes the state of the run in the notebook.
    pub(super) fn stamp(&mut self, notebook: &mut Notebook, wall: Duration) {
        self.wall_ms = round(wall.as_secs_f64() * 1000.0);
        notebook.set_metadata(
            "ferrolab",
            json!({
                "status": self.status,
                "started": self.started,
                "ended": timestamp(),
                "wall_ms": self.wall_ms,
            }),
        );
    }
}
