//! Stopping a cell from another thread.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};

use crate::build::Running;
use crate::debug::Debugger;
use crate::engine::{Interrupter, OutputSink, Stream};

/// How long user code may take to notice that it should stop, before the user is told how to end it.
const PATIENCE: Duration = Duration::from_millis(1500);

const HINT: &str = "the cell does not stop by itself; interrupt it once more to end its process, \
                    which loses the variables\n";

/// The cell that is on its way, as seen by whoever wants to stop it.
pub(super) struct Interrupt {
    /// The compiler or Cargo.
    tools: Arc<Running>,
    debugger: Option<Arc<Debugger>>,
    state: Mutex<State>,
    own: Weak<Self>,
}

#[derive(Default)]
struct State {
    /// Counts cells, so that a late request does not hit the next one.
    serial: u64,
    stage: Stage,
    /// How often the user asked.
    requests: u32,
    sink: Option<Arc<dyn OutputSink>>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Stage {
    /// No cell is on its way.
    #[default]
    Idle,
    /// One is announced, or is being compiled.
    Preparing,
    /// One runs, in this process group.
    Running(Pid),
}

impl Interrupt {
    pub(super) fn new(tools: Arc<Running>, debugger: Option<Arc<Debugger>>) -> Arc<Self> {
        Arc::new_cyclic(|own| Self {
            tools,
            debugger,
            state: Mutex::default(),
            own: Weak::clone(own),
        })
    }

    /// A cell is announced: requests mean it from here on.
    pub(super) fn begin_cell(&self) {
        let mut state = self.state();
        state.serial += 1;
        state.stage = Stage::Preparing;
        state.requests = 0;
        self.tools.allow();
    }

    /// Where the cell's output goes.
    pub(super) fn send_to(&self, sink: &Arc<dyn OutputSink>) {
        self.state().sink = Some(Arc::clone(sink));
    }

    /// The cell's code is about to run, or begins to: the process forgets earlier requests then.
    pub(super) fn begin_run(&self, group: Option<Pid>) {
        let Some(group) = group else { return };
        let mut state = self.state();
        let was_asked = state.stage == Stage::Running(group);
        state.stage = Stage::Running(group);
        match state.requests {
            0 => {}
            _ if was_asked => signal(group, Signal::INT),
            _ => self.ask(&state, group),
        }
    }

    /// The cell's code has ended, or a part of it: what follows is the compiler's again, or a tool's.
    pub(super) fn end_run(&self) {
        let mut state = self.state();
        if state.stage != Stage::Idle {
            state.stage = Stage::Preparing;
        }
    }

    /// Returns whether the user asked for the cell to stop.
    pub(super) fn end_cell(&self) -> bool {
        let mut state = self.state();
        state.stage = Stage::Idle;
        state.sink = None;
        std::mem::take(&mut state.requests) > 0
    }

    /// Whether the user asked for the cell to stop.
    pub(super) fn is_requested(&self) -> bool {
        self.state().requests > 0
    }

    /// Asks user code to stop, and tells the user when it does not.
    fn ask(&self, state: &State, group: Pid) {
        signal(group, Signal::INT);
        if let Some(debugger) = &self.debugger {
            debugger.pass();
        }
        let (Some(own), serial) = (self.own.upgrade(), state.serial) else {
            return;
        };
        let reminder = thread::Builder::new()
            .name("interrupt".into())
            .spawn(move || {
                thread::sleep(PATIENCE);
                let state = own.state();
                if let State {
                    stage: Stage::Running(_),
                    requests: 1,
                    sink: Some(sink),
                    ..
                } = &*state
                    && state.serial == serial
                {
                    let sink = Arc::clone(sink);
                    drop(state);
                    sink.stream(Stream::Stderr, HINT);
                }
            });
        if let Err(error) = reminder {
            tracing::warn!("nobody will tell when the cell does not stop: {error}");
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn signal(group: Pid, signal: Signal) {
    if let Err(error) = kill_process_group(group, signal) {
        tracing::debug!("the process that runs cells could not be signalled: {error}");
    }
}

/// The handle that the protocol side holds.
pub(super) struct Handle(pub(super) Arc<Interrupt>);

impl Interrupter for Handle {
    fn interrupt(&self) {
        let mut state = self.0.state();
        state.requests += 1;
        match state.stage {
            Stage::Idle => state.requests = 0,
            Stage::Preparing => self.0.tools.stop(),
            Stage::Running(group) if state.requests == 1 => self.0.ask(&state, group),
            Stage::Running(group) => signal(group, Signal::KILL),
        }
    }
}
