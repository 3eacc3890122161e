//! The thread that owns the engine.

use std::any::Any;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use ferrolab_wire::content::{
    Content, ErrorReport, ExecuteInput, ExecuteReply, ExecuteRequest, ReplyStatus,
};
use ferrolab_wire::timestamp;
use hpc_channel::MimeBundle;
use serde_json::{Map, Value, json};

use crate::engine::{
    Analyst, Cell, CellError, CommEvent, CommRefused, Engine, Interrupter, Outcome, OutputSink,
    Parcel, VariableView,
};
use crate::server::comms::{self, is_comm};
use crate::server::desk::{Desk, Request};
use crate::server::history::Entry;
use crate::server::output::{self, CellOutput};
use crate::server::questions::Questions;
use crate::server::shell::answer_without_engine;

/// A frontend that runs all cells sends them one right after the other. When the first fails at
/// once, by a typing error say, those that were sent with it may still be on their way; they count
/// as waiting behind it if they come within this time.
const ABORT_WINDOW: Duration = Duration::from_millis(50);

/// How long the first cell waits for somebody to see what it puts out.
const SUBSCRIPTION_DELAY: Duration = Duration::from_millis(300);

/// Something to do for the worker.
pub(super) enum Job {
    /// A request to answer.
    Request(Box<Request>),
    /// A question of the debugger's.
    Question(Question),
    /// End.
    Stop,
}

/// What the engine is asked beside the cells. Whoever asked may have given up waiting.
pub(super) enum Question {
    /// All variables.
    Variables(Sender<Vec<VariableView>>),
    /// The value of one.
    Value(String, Sender<Result<MimeBundle, CellError>>),
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
    aborted: Mutex<Aborted>,
}

/// Cells that came in before these times are dropped.
#[derive(Default)]
struct Aborted {
    /// Of any shell.
    all: Option<Instant>,
    /// Of one shell: the subshell of that name, or the main shell.
    shell: HashMap<Option<String>, Instant>,
}

impl Shared {
    fn abort_shell(&self, subshell: Option<&str>) {
        self.aborted()
            .shell
            .insert(subshell.map(str::to_owned), Instant::now());
    }

    fn is_aborted(&self, request: &Request) -> bool {
        let aborted = self.aborted();
        let subshell = request.header().subshell_id().map(str::to_owned);
        [aborted.all, aborted.shell.get(&subshell).copied()]
            .into_iter()
            .flatten()
            .any(|until| request.received <= until)
    }

    fn aborted(&self) -> MutexGuard<'_, Aborted> {
        self.aborted.lock().unwrap_or_else(PoisonError::into_inner)
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
    pub(super) fn abort_all(&self) {
        self.shared.aborted().all = Some(Instant::now());
    }
}

/// Makes the engine and does the jobs.
pub(super) struct Worker {
    desk: Arc<Desk>,
    jobs: Receiver<Job>,
    shared: Arc<Shared>,
    interrupter: Arc<OnceLock<Arc<dyn Interrupter>>>,
    questions: Questions,
    /// Number of the last cell that counted.
    count: u32,
}

impl Worker {
    pub(super) fn new(
        desk: Arc<Desk>,
        interrupter: Arc<OnceLock<Arc<dyn Interrupter>>>,
        questions: Questions,
    ) -> (Jobs, Self) {
        let (queue, jobs) = mpsc::channel();
        let shared = Arc::new(Shared::default());
        let worker = Self {
            desk,
            jobs,
            shared: Arc::clone(&shared),
            interrupter,
            questions,
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
        self.questions.open(engine.analyst());
        loop {
            match self.jobs.recv() {
                Ok(Job::Request(request)) => self.answer(&mut engine, *request),
                Ok(Job::Question(question)) => engine.ask(question),
                Ok(Job::Stop) | Err(_) => break,
            }
            self.shared.unfinished.fetch_sub(1, Ordering::SeqCst);
        }
        if let Workshop::Open(engine) = &mut engine
            && let Err(reason) = guarded(|| engine.shutdown())
        {
            tracing::error!(reason, "the engine did not end well");
        }
    }

    fn answer(&mut self, engine: &mut Workshop, request: Request) {
        match request.message.msg_type() {
            ExecuteRequest::TYPE => self.execute(engine, &request),
            other if is_comm(other) => self.comm(engine, &request),
            _ => answer_without_engine(&self.desk, request),
        }
    }

    fn execute(&mut self, engine: &mut Workshop, request: &Request) {
        if self.count == 0 {
            self.desk.publisher.wait_for_subscriber(SUBSCRIPTION_DELAY);
        }
        let started = timestamp();
        let _busy = self.desk.busy_with_code(request);
        let Some(asked) = self.desk.content::<ExecuteRequest>(request) else {
            return;
        };
        if self.shared.is_aborted(request) {
            let reply = execute_reply(ReplyStatus::Aborted, self.count, Map::new(), None);
            self.desk.reply(request, &reply);
            return;
        }
        let counts = asked.store_history && !asked.silent && !asked.code.trim().is_empty();
        let cell = Cell {
            code: asked.code.clone(),
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
        let output = Arc::new(CellOutput::of_cell(
            &self.desk,
            request,
            &asked,
            cell.number,
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
        let values = if failure.is_none() {
            evaluate(engine, &asked.user_expressions)
        } else {
            Map::new()
        };
        if counts {
            self.desk.history.remember(Entry {
                number: cell.number,
                code: cell.code,
                result: output.result(),
            });
        }
        // Clients take the reply for the end of the cell, so its output has to be out.
        publisher.flush();
        if failure.is_some() && asked.stop_on_error && !asked.silent {
            thread::sleep(ABORT_WINDOW.saturating_sub(request.received.elapsed()));
            self.shared.abort_shell(request.header().subshell_id());
        }
        let status = if failure.is_some() {
            ReplyStatus::Error
        } else {
            ReplyStatus::Ok
        };
        let mut reply = execute_reply(status, cell.number, values, failure);
        reply.payload = output.take_pages();
        self.desk
            .reply_with(request, &reply, timings(&started, wall, &outcome));
    }

    /// Hands a step of a comm to the engine. Where it concerns nobody, an opened comm is closed again,
    /// as the protocol wants it.
    fn comm(&self, engine: &mut Workshop, request: &Request) {
        let _busy = self.desk.busy_with_code(request);
        let event = match comms::event(&request.message) {
            Ok(event) => event,
            Err(error) => return self.desk.refuse(request, &error),
        };
        let id = event.id().to_owned();
        let opens = matches!(event, CommEvent::Open { .. });
        if !self.desk.comms.record(&event) {
            tracing::debug!(
                comm = id,
                "a client says something on a comm that is not open"
            );
            return;
        }
        engine.prepare();
        let output = CellOutput::of_comm(&self.desk, request, self.count);
        let taken = engine.comm(event, Arc::new(output));
        self.desk.publisher.flush();
        let Err(refusal) = taken else {
            return;
        };
        tracing::debug!(%refusal, "a message on a comm");
        if opens {
            let close = CommEvent::Close {
                id,
                parcel: Parcel::default(),
            };
            if self.desk.comms.record(&close) {
                comms::publish(&self.desk.publisher, request.header(), close);
            }
        }
    }
}

/// The values of the expressions that a frontend wants to know after a cell.
fn evaluate(engine: &mut Workshop, expressions: &Map<String, Value>) -> Map<String, Value> {
    let value = |expression: &Value| {
        let value = match expression.as_str() {
            Some(expression) => {
                engine.prepare();
                engine.evaluate(expression)
            }
            None => Err(CellError {
                name: "InvalidRequest".to_owned(),
                value: "an expression has to be a string".to_owned(),
                traceback: Vec::new(),
            }),
        };
        match value {
            Ok(bundle) => json!({
                "status": "ok",
                "data": output::data(&bundle),
                "metadata": {},
            }),
            Err(error) => json!({
                "status": "error",
                "ename": error.name,
                "evalue": error.value,
                "traceback": error.traceback,
            }),
        }
    };
    let values = expressions.values().map(value);
    expressions.keys().cloned().zip(values).collect()
}

fn execute_reply(
    status: ReplyStatus,
    execution_count: u32,
    user_expressions: Map<String, Value>,
    error: Option<ErrorReport>,
) -> ExecuteReply {
    ExecuteReply {
        status,
        execution_count,
        payload: Vec::new(),
        user_expressions,
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
        outcome.unwrap_or_else(|reason| nothing_done(Err(internal_error(reason))))
    }

    fn evaluate(&mut self, expression: &str) -> Result<MimeBundle, CellError> {
        let value = match self {
            Self::Open(engine) => guarded(|| engine.evaluate(expression)),
            Self::Closed(reason) => Err(reason.clone()),
        };
        value.map_err(internal_error).flatten()
    }

    fn comm(&mut self, event: CommEvent, sink: Arc<dyn OutputSink>) -> Result<(), CommRefused> {
        let refused = CommRefused::UnknownComm(event.id().to_owned());
        match self {
            Self::Open(engine) => {
                logged(guarded(|| engine.comm(event, sink))).unwrap_or(Err(refused))
            }
            Self::Closed(_) => Err(refused),
        }
    }

    fn ask(&mut self, question: Question) {
        self.prepare();
        match question {
            Question::Variables(answer) => {
                let variables = match self {
                    Self::Open(engine) => logged(guarded(|| engine.variables())),
                    Self::Closed(_) => None,
                };
                let _ = answer.send(variables.unwrap_or_default());
            }
            Question::Value(name, answer) => {
                let _ = answer.send(self.evaluate(&name));
            }
        }
    }

    fn analyst(&self) -> Option<Arc<dyn Analyst>> {
        match self {
            Self::Open(engine) => logged(guarded(|| engine.analyst())).flatten(),
            Self::Closed(_) => None,
        }
    }
}

fn internal_error(reason: String) -> CellError {
    CellError {
        name: "InternalError".to_owned(),
        traceback: vec![format!("InternalError: {reason}")],
        value: reason,
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
pub(super) fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
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

/// What came of a piece of the engine whose failure is for the log.
pub(super) fn logged<T>(result: Result<T, String>) -> Option<T> {
    result
        .inspect_err(|reason| tracing::error!(reason, "a request has no answer"))
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
