//! Stopping a cell from another thread.

use std::path::PathBuf;
use std::process::Child;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use crate::build::BuildRecord;
use crate::engine::Interrupter;
use crate::host::Output;

/// How long user code may take to notice that it should stop, before its process is ended.
const PATIENCE: Duration = Duration::from_secs(2);

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

    fn signal_host(&self, signal: Signal) {
        let host = self.host.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pid) = Pid::from_raw(host.id().cast_signed())
            && let Err(error) = kill_process(pid, signal)
        {
            tracing::warn!("the process that runs cells could not be signalled: {error}");
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
        if !state.output.is_running() {
            state.stop_build();
            return;
        }
        state.signal_host(Signal::INT);
        let patience = thread::Builder::new()
            .name("interrupt".into())
            .spawn(move || {
                thread::sleep(PATIENCE);
                if state.is_current(serial) {
                    state.signal_host(Signal::KILL);
                }
            });
        if let Err(error) = patience {
            tracing::error!("an interrupt cannot be followed up: {error}");
        }
    }
}
