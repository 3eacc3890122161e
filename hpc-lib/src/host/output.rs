//! Bytes that were printed but still wait in a buffer of this process.
#![allow(unsafe_code)] // `fflush` is the only way to the buffers of C libraries.

use std::ffi::{c_int, c_void};
use std::io::{self, Write};
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// How long text without a newline may wait before it is shown.
const FLUSH_INTERVAL: Duration = Duration::from_millis(50);

unsafe extern "C" {
    fn fflush(stream: *mut c_void) -> c_int;
}

/// Writes out what Rust's and C's standard streams hold.
pub(super) fn flush() {
    // A closed stream has nobody left to tell.
    let _ = io::stdout().flush();
    let _ = io::stderr().flush();
    // SAFETY: a null stream asks C to flush all its output streams; it takes their locks itself.
    unsafe { fflush(std::ptr::null_mut()) };
}

/// Whether a cell runs, for the thread that flushes in its behalf.
static RUNNING: Mutex<bool> = Mutex::new(false);
static CHANGED: Condvar = Condvar::new();

/// Starts the thread that shows unfinished lines of a running cell, such as a progress bar.
pub(super) fn start_flusher() -> io::Result<()> {
    thread::Builder::new()
        .name("hpc-flush".into())
        .spawn(flush_while_running)
        .map(drop)
}

pub(super) fn set_running(running: bool) {
    *RUNNING.lock().unwrap_or_else(PoisonError::into_inner) = running;
    CHANGED.notify_all();
}

fn flush_while_running() {
    loop {
        let running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        drop(CHANGED.wait_while(running, |running| !*running));
        thread::sleep(FLUSH_INTERVAL);
        let _ = io::stdout().flush();
    }
}
