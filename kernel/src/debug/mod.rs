//! The debugger of cells: Jupyter's `debug_request`s, with LLDB behind them.
//!
//! A frontend speaks the Debug Adapter Protocol and sees cells as files. LLDB speaks it too and sees
//! the sources that the kernel has written. [`Debugger`] stands between them and translates files and
//! lines in both directions ([`places`], [`frames`]).
//!
//! | module | |
//! |---|---|
//! | [`backend`] | which LLDB there is |
//! | [`adapter`] | its programs, and how they come to the process that runs cells |
//! | [`framing`] | messages on a stream |
//! | [`setup`] | how values are shown |
//! | [`murmur`], [`places`] | cells as files |
//! | [`requests`] | what frontends ask for |
//! | [`stops`] | what happens when the process stops |
//! | [`frames`] | the stack in the words of cells |
//!
//! As long as a session is on, cells are compiled for it: not optimised, with everything that a
//! debugger wants to know. [`crate::eval`] asks [`Debugger::is_on`] and tells of what it compiles.

mod adapter;
mod backend;
mod frames;
mod framing;
mod murmur;
mod places;
mod requests;
mod setup;
mod stops;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::thread;

use anyhow::{Context, bail};
use ferrolab_cell::Source;
use rustix::process::Pid;
use serde_json::{Value, json};

pub use self::backend::Backend;

use self::adapter::{Adapter, Said, Start};
use self::places::Places;
use self::stops::{Step, Stop};
use crate::engine::DebugListener;
use crate::janitor::Janitor;
use crate::session::Session;

/// The debugger of one notebook.
pub struct Debugger {
    backend: Backend,
    /// The folder of the Rust toolchain that says how LLDB shows the standard library's types.
    formatters: PathBuf,
    /// Private to the session.
    folder: PathBuf,
    janitor: Arc<Janitor>,
    state: Mutex<State>,
    listener: OnceLock<DebugListener>,
    own: Weak<Self>,
}

struct State {
    /// The process that runs cells, as soon as there is one.
    host: Option<Pid>,
    /// Counts adapters: what an old one still says is not about the new one.
    serial: u64,
    /// There while a session is on.
    adapter: Option<Arc<Adapter>>,
    places: Places,
    /// What the frontend has asked for, by the files of cells.
    breakpoints: BTreeMap<String, Vec<Value>>,
    stops_on_panic: bool,
    stopped: BTreeSet<i64>,
    /// The cell is to end: it stops nowhere any more.
    muted: bool,
    /// The step that the user is taking.
    step: Option<Step>,
    /// The stops that the user was told of, in the cell that runs.
    told: Vec<Stop>,
    /// The sources that stack frames are in, and those of the variables in them.
    frames: HashMap<i64, PathBuf>,
    locals: HashMap<i64, PathBuf>,
}

impl Debugger {
    /// A debugger with `backend`, for which no session is on yet. `formatters` is the folder
    /// `lib/rustlib/etc` of the toolchain.
    ///
    /// # Errors
    /// Fails when its folder cannot be made.
    pub fn new(
        backend: Backend,
        formatters: PathBuf,
        session: &Session,
    ) -> anyhow::Result<Arc<Self>> {
        let folder = session.debugger();
        fs::create_dir(&folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
        let state = State {
            host: None,
            serial: 0,
            adapter: None,
            places: Places::new(&folder),
            breakpoints: BTreeMap::new(),
            stops_on_panic: false,
            stopped: BTreeSet::new(),
            muted: false,
            step: None,
            told: Vec::new(),
            frames: HashMap::new(),
            locals: HashMap::new(),
        };
        Ok(Arc::new_cyclic(|own| Self {
            backend,
            formatters,
            folder,
            janitor: Arc::clone(session.janitor()),
            state: Mutex::new(state),
            listener: OnceLock::new(),
            own: Weak::clone(own),
        }))
    }

    /// Whether a session is on, so that cells have to be compiled for it.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.state().adapter.is_some()
    }

    /// A process for cells was started. A session goes on with it.
    pub fn host_started(&self, host: Option<Pid>) {
        let old = {
            let mut state = self.state();
            state.host = host;
            state.adapter.take()
        };
        if let Some(old) = old {
            old.end();
            self.forget_stop();
            if let Err(error) = self.attach() {
                tracing::warn!("the debugger does not go on: {error:#}");
                self.tell("terminated", &json!({}));
            }
        }
    }

    /// A cell was compiled from `file`, for a debugger. Its breakpoints are set before it is loaded.
    pub fn compiled(&self, file: &Path, source: &Source) {
        self.state().places.add_source(file.to_owned(), source);
        if self.has_breakpoints_in(file) {
            self.set_breakpoints_in(file);
        }
    }

    /// The code that runs, or is about to, stops nowhere until [`Debugger::cell_ended`], and goes on if it
    /// is stopped.
    pub fn pass(&self) {
        let stopped = {
            let mut state = self.state();
            state.muted = true;
            state.stopped.first().copied()
        };
        if let Some(thread) = stopped
            && let Some(adapter) = self.adapter()
        {
            // Not waited for: an interrupt must not wait for a debugger that hangs.
            self.forget_stop();
            let go_on = thread::Builder::new()
                .name("debug-continue".into())
                .spawn(move || {
                    if let Err(error) = adapter.request("continue", json!({ "threadId": thread })) {
                        tracing::warn!("the cell does not go on: {error:#}");
                    }
                });
            if let Err(error) = go_on {
                tracing::warn!("the cell does not go on: {error}");
            }
        }
    }

    /// The cell has ended.
    pub fn cell_ended(&self) {
        let mut state = self.state();
        state.muted = false;
        state.told.clear();
        drop(state);
        self.forget_stop();
    }

    /// Ends the debugger's programs; the process that they debug is about to end too.
    pub fn end(&self) {
        let adapter = self.state().adapter.take();
        if let Some(adapter) = adapter {
            adapter.end();
        }
    }

    /// Starts a session with the process that runs cells now.
    fn attach(&self) -> anyhow::Result<()> {
        let (host, serial) = {
            let mut state = self.state();
            if state.adapter.is_some() {
                return Ok(());
            }
            let Some(host) = state.host else {
                bail!("the process that runs cells is not there yet; try again");
            };
            state.serial += 1;
            (host, state.serial)
        };
        let commands = setup::commands(&self.formatters, &self.folder)
            .context("the debugger cannot be set up")?;
        let program = std::env::current_exe().context("cannot find this program's own path")?;
        let events = self.watch(serial)?;
        let start = Start {
            backend: &self.backend,
            janitor: &self.janitor,
            process: host.as_raw_nonzero().get().unsigned_abs(),
            program: &program,
            commands: &commands,
            socket: &self.folder.join("lldb.sock"),
        };
        let adapter = Arc::new(Adapter::attach(&start, move |said| {
            // An error means that the kernel ends.
            let _ = events.send(said);
        })?);
        let files = {
            let mut state = self.state();
            state.adapter = Some(Arc::clone(&adapter));
            state.places.sources()
        };
        for file in files.iter().filter(|file| self.has_breakpoints_in(file)) {
            self.set_breakpoints_in(file);
        }
        self.set_panic_breakpoint()?;
        adapter.go()
    }

    /// Works on what an adapter says, in a thread of its own: that asks the adapter questions.
    fn watch(&self, serial: u64) -> anyhow::Result<Sender<Said>> {
        let (events, said) = mpsc::channel();
        let own = Weak::clone(&self.own);
        thread::Builder::new()
            .name("debug-events".into())
            .spawn(move || {
                for said in said {
                    let Some(debugger) = own.upgrade() else {
                        return;
                    };
                    debugger.hear(serial, &said);
                }
            })?;
        Ok(events)
    }

    fn adapter(&self) -> Option<Arc<Adapter>> {
        self.state().adapter.clone()
    }

    /// Publishes an event.
    fn tell(&self, event: &str, body: &Value) {
        if let Some(listener) = self.listener.get() {
            listener(json!({ "seq": 0, "type": "event", "event": event, "body": body }));
        }
    }

    /// Notes that the process runs, and tells so if it was stopped.
    fn forget_stop(&self) {
        let stopped = {
            let mut state = self.state();
            state.frames.clear();
            state.locals.clear();
            std::mem::take(&mut state.stopped)
        };
        for thread in stopped {
            self.tell(
                "continued",
                &json!({ "threadId": thread, "allThreadsContinued": true }),
            );
        }
    }

    fn has_breakpoints_in(&self, file: &Path) -> bool {
        !self.state().breakpoints_in(file).is_empty()
    }

    /// Asks for the breakpoints of all cells that have lines in `file`.
    fn set_breakpoints_in(&self, file: &Path) -> Vec<Value> {
        let Some(adapter) = self.adapter() else {
            return Vec::new();
        };
        let wanted = self.state().breakpoints_in(file);
        let arguments = json!({
            "source": { "path": file, "name": file.file_name().map(|name| name.to_string_lossy()) },
            "breakpoints": wanted,
            "sourceModified": false,
        });
        match adapter.request("setBreakpoints", arguments) {
            Ok(mut body) => match body["breakpoints"].take() {
                Value::Array(set) => set,
                _ => Vec::new(),
            },
            Err(error) => {
                tracing::warn!("breakpoints were not set: {error:#}");
                Vec::new()
            }
        }
    }

    fn set_panic_breakpoint(&self) -> anyhow::Result<()> {
        let Some(adapter) = self.adapter() else {
            return Ok(());
        };
        let breakpoints = if self.state().stops_on_panic {
            json!([{ "name": frames::PANIC_FUNCTION }])
        } else {
            json!([])
        };
        let arguments = json!({ "breakpoints": breakpoints });
        adapter.request("setFunctionBreakpoints", arguments)?;
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The breakpoints of cells that have lines in `file`, with the lines of that.
    fn breakpoints_in(&self, file: &Path) -> Vec<Value> {
        let lines = self.breakpoints.iter().flat_map(|(path, breakpoints)| {
            breakpoints.iter().filter_map(|breakpoint| {
                let line = breakpoint["line"].as_u64()?;
                let mut wanted = breakpoint.clone();
                wanted["line"] = self.places.in_source(file, path, line)?.into();
                Some(wanted)
            })
        });
        lines.collect()
    }
}

impl std::fmt::Debug for Debugger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Debugger")
            .field("backend", &self.backend)
            .finish_non_exhaustive()
    }
}
