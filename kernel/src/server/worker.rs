//! The thread that owns the engine.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use ferrolab_wire::content::{
    Bundle, CompleteReply, CompleteRequest, Content, ErrorReport, ExecuteInput, ExecuteReply,
    ExecuteRequest, InspectReply, InspectRequest, IsCompleteReply, IsCompleteRequest, ReplyStatus,
};
use ferrolab_wire::timestamp;
use serde_json::{Map, Value, json};

use crate::engine::{
    Cell, CellError, Completeness, Completions, Engine, Interrupter, Outcome, OutputSink,
};
use crate::server::desk::{Desk, Request};
use crate::server::output::{self, CellOutput};
use crate::server::position;
use crate::server::shell::answer_without_engine;

/// A frontend that runs all cells sends them one right after the other. When the first fails at
/// once, by a typing error say, those that were sent with it may still be on their way; they count
/// as waiting behind it if they come within this time.
const ABORT_WINDOW: Duration = Duration::from_millis(50);

/// Something to do for the worker.
pub(super) enum Job {
    /// A request to answer.
    Request(Box<Request>),
    /// End.
    Stop,
}

/// The queue of the worker. Copies are the same queue.
#[derive(Clone)]
pub(super) struct Jobs {
    queue: Sender<Job>,
    shared: Arc<Shared>,
}

/// What both ends of the queue know.
#[derive(Default)]
struct Shared {
    /// Jobs that are queued or being done.
    unfinished: AtomicUsize,
    /// Cells that came in before this are dropped.
    aborted_until: Mutex<Option<Instant>>,
}

impl Shared {
    fn abort_waiting(&self) {
        *self
            .aborted_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    fn is_aborted(&self, request: &Request) -> bool {
        let until = *self
            .aborted_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        until.is_some_and(|until| request.received <= until)
    }
}

impl Jobs {
    pub(super) fn send(&self, job: Job) {
        self.shared.unfinished.fetch_add(1, Ordering::SeqCst);
        if self.queue.send(job).is_err() {
            tracing::debug!("a request came after the end");
        }
    }

    pub(super) fn none_waiting(&self) -> bool {
        self.shared.unfinished.load(Ordering::SeqCst) == 0
    }

    /// Drops the cells that have come in so far and do not run yet.
    pub(super) fn abort_waiting(&self) {
        self.shared.abort_waiting();
    }
}

/// Makes the engine and does the jobs.
pub(super) struct Worker {
    desk: Arc<Desk>,
    jobs: Receiver<Job>,
    shared: Arc<Shared>,
    interrupter: Arc<OnceLock<Arc<dyn Interrupter>>>,
    /// Number of the last cell that counted.
    count: u32,
}

impl Worker {
    pub(super) fn new(
        desk: Arc<Desk>,
        interrupter: Arc<OnceLock<Arc<dyn Interrupter>>>,
    ) -> (Jobs, Self) {
        let (queue, jobs) = mpsc::channel();
        let shared = Arc::new(Shared::default());
        let worker = Self {
            desk,
            jobs,
            shared: Arc::clone(&shared),
            interrupter,
            count: 0,
        };
        (Jobs { queue, shared }, worker)
    }

    pub(super) fn run(mut self, make_engine: impl FnOnce() -> anyhow::Result<Box<dyn Engine>>) {
        let start = Instant::now();
        let made = guarded(make_engine).and_then(|made| made.map_err(|error| format!("{error:#}")));
        let mut engine = match made {
            Ok(engine) => {
                tracing::info!(
                    seconds = start.elapsed().as_secs_f64(),
                    "the engine is ready"
                );
                Workshop::Open(engine)
            }
            Err(reason) => {
                tracing::error!(reason, "cells cannot be run");
                Workshop::Closed(reason)
            }
        };
        if let Workshop::Open(engine) = &engine {
            // Set here only, so it is empty.
            let _ = self.interrupter.set(engine.interrupter());
        }
        while let Ok(Job::Request(request)) = self.jobs.recv() {
            self.answer(&mut engine, &request);
            self.shared.unfinished.fetch_sub(1, Ordering::SeqCst);
        }
        if let Workshop::Open(engine) = &mut engine
            && let Err(reason) = guarded(|| engine.shutdown())
        {
            tracing::error!(reason, "the engine did not end well");
        }
    }

    fn answer(&mut self, engine: &mut Workshop, request: &Request) {
        match request.message.msg_type() {
            ExecuteRequest::TYPE => self.execute(engine, request),
            CompleteRequest::TYPE => self.complete(engine, request),
            InspectRequest::TYPE => self.inspect(engine, request),
            IsCompleteRequest::TYPE => self.is_complete(engine, request),
            _ => answer_without_engine(&self.desk, request),
        }
    }

    fn execute(&mut self, engine: &mut Workshop, request: &Request) {
        let started = timestamp();
        let _busy = self.desk.busy(request);
        let Some(asked) = self.desk.content::<ExecuteRequest>(request) else {
            return;
        };
        if self.shared.is_aborted(request) {
            self.desk.reply(
                request,
                &execute_reply(ReplyStatus::Aborted, self.count, None),
            );
            return;
        }
        let counts = asked.store_history && !asked.silent && !asked.code.trim().is_empty();
        let cell = Cell {
            code: asked.code,
            number: self.count + 1,
        };
        if counts {
            self.count = cell.number;
        }
        engine.prepare();
        let publisher = &self.desk.publisher;
        if !asked.silent {
            let input = ExecuteInput {
                code: cell.code.clone(),
                execution_count: cell.number,
            };
            publisher.publish(Some(request.header()), &input);
        }
        let output = Arc::new(CellOutput::new(
            publisher.clone(),
            request.header().clone(),
            cell.number,
            asked.silent,
        ));
        let start = Instant::now();
        let outcome = engine.execute(&cell, Arc::clone(&output) as Arc<dyn OutputSink>);
        let wall = start.elapsed();

        let failure = outcome.status.as_ref().err().map(|error| ErrorReport {
            ename: error.name.clone(),
            evalue: error.value.clone(),
            traceback: error.traceback.clone(),
        });
        if let Some(failure) = &failure
            && !asked.silent
        {
            publisher.publish(Some(request.header()), failure);
        }
        if counts {
            self.desk
                .history()
                .remember(cell.number, cell.code, output.result());
        }
        // Clients take the reply for the end of the cell, so its output has to be out.
        publisher.flush();
        if failure.is_some() && asked.stop_on_error && !asked.silent {
            thread::sleep(ABORT_WINDOW.saturating_sub(request.received.elapsed()));
            self.shared.abort_waiting();
        }
        let status = if failure.is_some() {
            ReplyStatus::Error
        } else {
            ReplyStatus::Ok
        };
        let reply = execute_reply(status, cell.number, failure);
        self.desk
            .reply_with(request, &reply, timings(&started, wall, &outcome));
    }

    fn complete(&self, engine: &mut Workshop, request: &Request) {
        let _busy = self.desk.busy(request);
        let Some(asked) = self.desk.content::<CompleteRequest>(request) else {
            return;
        };
        let cursor = position::bytes(&asked.code, asked.cursor_pos);
        let found = engine.complete(&asked.code, cursor);
        let cursor_start = position::code_points(&asked.code, found.start);
        let cursor_end = position::code_points(&asked.code, found.end);
        // JupyterLab and the IPython clients read types and signatures under this name.
        let details: Vec<Value> = found
            .suggestions
            .iter()
            .map(|suggestion| {
                json!({
                    "text": suggestion.text,
                    "type": suggestion.kind,
                    "signature": suggestion.signature,
                    "start": cursor_start,
                    "end": cursor_end,
                })
            })
            .collect();
        let reply = CompleteReply {
            status: ReplyStatus::Ok,
            matches: found
                .suggestions
                .into_iter()
                .map(|suggestion| suggestion.text)
                .collect(),
            cursor_start,
            cursor_end,
            metadata: Map::from_iter([("_jupyter_types_experimental".to_owned(), details.into())]),
        };
        self.desk.reply(request, &reply);
    }

    fn inspect(&self, engine: &mut Workshop, request: &Request) {
        let _busy = self.desk.busy(request);
        let Some(asked) = self.desk.content::<InspectRequest>(request) else {
            return;
        };
        let cursor = position::bytes(&asked.code, asked.cursor_pos);
        let data = engine.inspect(&asked.code, cursor);
        let reply = InspectReply {
            status: ReplyStatus::Ok,
            found: data.is_some(),
            data: data.unwrap_or_default(),
            metadata: Bundle::new(),
        };
        self.desk.reply(request, &reply);
    }

    fn is_complete(&self, engine: &mut Workshop, request: &Request) {
        let _busy = self.desk.busy(request);
        let Some(asked) = self.desk.content::<IsCompleteRequest>(request) else {
            return;
        };
        self.desk.reply(request, &engine.is_complete(&asked.code));
    }
}

fn execute_reply(
    status: ReplyStatus,
    execution_count: u32,
    error: Option<ErrorReport>,
) -> ExecuteReply {
    ExecuteReply {
        status,
        execution_count,
        payload: Vec::new(),
        user_expressions: Map::new(),
        error,
    }
}

/// The engine, or why there is none. A panic in it fails the request and not the kernel.
enum Workshop {
    Open(Box<dyn Engine>),
    Closed(String),
}

impl Workshop {
    fn prepare(&mut self) {
        if let Self::Open(engine) = self {
            engine.prepare();
        }
    }

    fn execute(&mut self, cell: &Cell, sink: Arc<dyn OutputSink>) -> Outcome {
        let outcome = match self {
            Self::Open(engine) => guarded(|| engine.execute(cell, sink)),
            Self::Closed(reason) => Err(reason.clone()),
        };
        outcome.unwrap_or_else(|reason| {
            nothing_done(Err(CellError {
                name: "InternalError".to_owned(),
                traceback: vec![format!("InternalError: {reason}")],
                value: reason,
            }))
        })
    }

    fn complete(&mut self, code: &str, cursor: usize) -> Completions {
        let nothing = Completions {
            start: cursor,
            end: cursor,
            suggestions: Vec::new(),
        };
        match self {
            Self::Open(engine) => {
                logged(guarded(|| engine.complete(code, cursor))).unwrap_or(nothing)
            }
            Self::Closed(_) => nothing,
        }
    }

    fn inspect(&mut self, code: &str, cursor: usize) -> Option<Bundle> {
        match self {
            Self::Open(engine) => {
                let bundle = logged(guarded(|| engine.inspect(code, cursor)))??;
                Some(output::data(&bundle))
            }
            Self::Closed(_) => None,
        }
    }

    fn is_complete(&self, code: &str) -> IsCompleteReply {
        let answer = match self {
            Self::Open(engine) => logged(guarded(|| engine.completeness(code))),
            Self::Closed(_) => None,
        };
        match answer {
            Some(Completeness::Complete) => IsCompleteReply::Complete,
            Some(Completeness::Incomplete { indent }) => IsCompleteReply::Incomplete { indent },
            Some(Completeness::Invalid) => IsCompleteReply::Invalid,
            None => IsCompleteReply::Unknown,
        }
    }
}

fn nothing_done(status: Result<(), CellError>) -> Outcome {
    Outcome {
        status,
        phases: Vec::new(),
        compile_time: Duration::ZERO,
        run_time: Duration::ZERO,
    }
}

/// Runs a piece of the engine; a panic in it becomes an error that says what panicked.
fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        format!(
            "the kernel's engine panicked, which is a defect of Ferrolab: {}",
            words(&*panic)
        )
    })
}

fn words(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without a message")
}

fn logged<T>(result: Result<T, String>) -> Option<T> {
    result
        .inspect_err(|reason| tracing::error!(reason, "a question about code has no answer"))
        .ok()
}

/// The metadata of a reply: when the cell started and where the time went, in milliseconds.
fn timings(started: &str, wall: Duration, outcome: &Outcome) -> Map<String, Value> {
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    let phases: Vec<Value> = outcome
        .phases
        .iter()
        .map(|phase| json!({ "name": phase.name, "ms": ms(phase.time) }))
        .collect();
    let times = json!({
        "wall_ms": ms(wall),
        "compile_ms": ms(outcome.compile_time),
        "run_ms": ms(outcome.run_time),
        "phases": phases,
    });
    Map::from_iter([
        ("started".to_owned(), started.into()),
        ("ferrolab".to_owned(), times),
    ])
}
