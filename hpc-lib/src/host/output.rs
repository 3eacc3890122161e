//! Bytes that were printed but still wait in a buffer of this process.
#![allow(unsafe_code)] // C's own functions are the only way to its buffers.

use std::ffi::{c_char, c_int, c_void};
use std::io::{self, Write};
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// How long text without a newline may wait before it is shown.
const FLUSH_INTERVAL: Duration = Duration::from_millis(50);

/// C's `_IOLBF`: a stream is written out at the end of each line.
const LINE_BUFFERED: c_int = 1;

unsafe extern "C" {
    static stdout: *mut c_void;
    static stderr: *mut c_void;
    fn fflush(stream: *mut c_void) -> c_int;
    fn setvbuf(stream: *mut c_void, buffer: *mut c_char, mode: c_int, size: usize) -> c_int;
}

/// Writes out what Rust's and C's standard streams hold.
pub(super) fn flush() {
    // A closed stream has nobody left to tell.
    let _ = io::stdout().flush();
    let _ = io::stderr().flush();
    // SAFETY: the two streams live as long as the process, and C locks them itself. Others are left
    // alone: one that waits for input would hold this up.
    unsafe {
        fflush(stdout);
        fflush(stderr);
    }
}

/// Lets lines that C code prints through as they come: into a pipe it would hold them back, and a
/// crash would lose them.
pub(super) fn show_lines_of_c() {
    // SAFETY: called before cells can print; the stream allocates its buffer itself.
    unsafe { setvbuf(stdout, std::ptr::null_mut(), LINE_BUFFERED, 0) };
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
        flush();
    }
}
