//! Stopping a cell from another thread.

use std::path::PathBuf;
use std::process::Child;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::build::BuildRecord;
use crate::engine::Interrupter;
use crate::host::Output;

/// How long user code may take to notice that it should stop, before its process is ended.
const PATIENCE: Duration = Duration::from_secs(2);

/// How often a cell that is to stop is looked at.
const PURSUIT_INTERVAL: Duration = Duration::from_millis(50);

/// The cell that is being compiled or run, as seen by whoever wants to stop it.
pub(super) struct Interrupt {
    cells: PathBuf,
    output: Arc<Output>,
    host: Arc<Mutex<Child>>,
    /// Whether a cell is on its way.
    busy: AtomicBool,
    /// Whether the user asked for it to stop.
    requested: AtomicBool,
    /// Counts cells, so that a late request does not hit the next one.
    serial: AtomicU64,
}

impl Interrupt {
    pub(super) fn new(cells: PathBuf, output: Arc<Output>, host: Arc<Mutex<Child>>) -> Arc<Self> {
        Arc::new(Self {
            cells,
            output,
            host,
            busy: AtomicBool::new(false),
            requested: AtomicBool::new(false),
            serial: AtomicU64::new(0),
        })
    }

    pub(super) fn begin_cell(&self) {
        self.serial.fetch_add(1, Ordering::SeqCst);
        self.requested.store(false, Ordering::SeqCst);
        self.busy.store(true, Ordering::SeqCst);
    }

    /// Returns whether the user asked for the cell to stop.
    pub(super) fn end_cell(&self) -> bool {
        self.busy.store(false, Ordering::SeqCst);
        self.requested.swap(false, Ordering::SeqCst)
    }

    fn is_current(&self, serial: u64) -> bool {
        self.busy.load(Ordering::SeqCst) && self.serial.load(Ordering::SeqCst) == serial
    }

    /// Signals the process that runs cells, and the programs that it has started.
    fn signal_host(&self, signal: Signal) {
        let mut host = self.host.lock().unwrap_or_else(PoisonError::into_inner);
        // One that has ended is about to be replaced; its number may be somebody else's by then.
        if !matches!(host.try_wait(), Ok(None)) {
            return;
        }
        if let Some(group) = Pid::from_raw(host.id().cast_signed())
            && let Err(error) = kill_process_group(group, signal)
        {
            tracing::warn!("the process that runs cells could not be signalled: {error}");
        }
    }

    /// Stops a cell wherever it is on its way: builds are stopped as they come, and user code is
    /// asked once, then ended.
    fn pursue(&self, serial: u64) {
        let mut asked: Option<Instant> = None;
        while self.is_current(serial) {
            if !self.output.is_running() {
                self.stop_build();
            } else if asked.is_none() {
                self.signal_host(Signal::INT);
                asked = Some(Instant::now());
            } else if asked.is_some_and(|at| at.elapsed() > PATIENCE) {
                self.signal_host(Signal::KILL);
            }
            thread::sleep(PURSUIT_INTERVAL);
        }
    }

    /// Stops the build that runs now, if one does.
    fn stop_build(&self) {
        if let Some(group) = BuildRecord::read(&self.cells).group.and_then(Pid::from_raw)
            && let Err(error) = kill_process_group(group, Signal::KILL)
        {
            tracing::debug!("the build had ended before it could be stopped: {error}");
        }
    }
}

/// The handle that the protocol side holds.
pub(super) struct Handle(pub(super) Arc<Interrupt>);

impl Interrupter for Handle {
    fn interrupt(&self) {
        let state = Arc::clone(&self.0);
        if !state.busy.load(Ordering::SeqCst) {
            return;
        }
        let serial = state.serial.load(Ordering::SeqCst);
        state.requested.store(true, Ordering::SeqCst);
        let pursuit = thread::Builder::new()
            .name("interrupt".into())
            .spawn(move || state.pursue(serial));
        if let Err(error) = pursuit {
            tracing::error!("the cell cannot be interrupted: {error}");
        }
    }
}
