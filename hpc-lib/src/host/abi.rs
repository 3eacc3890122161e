//! Entry points for the host process, which loads this library at run time.
//!
//! The host is linked against a standard library of its own, so that nothing but plain C data may
//! pass here. The order of calls is `start`, then `begin` and `end` around each cell; `interrupt`
//! may come at any time, from a signal handler.
#![allow(unsafe_code)] // Exported names, and a callback into the host.

use std::ffi::{CString, c_char, c_void};
use std::os::unix::ffi::OsStrExt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use hpc_channel::{CellEnd, CommMessage};

use super::{channel, completion, interrupt, output, panics, run, variables};
use crate::array::Array;
use crate::{comm, pool, prof};

/// Prepares this process to run cells on the calling thread. `counters` says what a thread has
/// allocated, `works_for_cell` whether the thread that calls it works for the running cell. Returns 0,
/// or -1 when it cannot.
///
/// # Safety
/// As of [`hpc_profile::memory::count_with`].
#[unsafe(no_mangle)]
unsafe extern "C" fn ferrolab_host_start(
    counters: hpc_profile::memory::Source,
    works_for_cell: interrupt::WorksForCell,
) -> i32 {
    // SAFETY: the caller promises it.
    unsafe { hpc_profile::memory::count_with(counters) };
    panics::install_hook();
    interrupt::tell_threads_by(works_for_cell);
    output::show_lines_of_c();
    if channel::is_hosted() && output::start_flusher().is_ok() {
        0
    } else {
        -1
    }
}

/// The cell of that number is about to run; 0 stands for a message on a comm.
#[unsafe(no_mangle)]
extern "C" fn ferrolab_cell_begin(number: u32) {
    completion::reset();
    interrupt::reset();
    drop(panics::take());
    drop(run::take_early_return());
    output::set_running(true);
    prof::cell_begin(number);
}

/// Chooses what is recorded of the cells that follow: bits of [`hpc_channel::record`].
#[unsafe(no_mangle)]
extern "C" fn ferrolab_record(what: u32) {
    prof::record_for_host(what);
}

/// Hands `receive` the path of the recording, or nothing when there is none.
///
/// # Safety
/// `receive` must be callable with `context` and a buffer that is valid during the call.
#[unsafe(no_mangle)]
unsafe extern "C" fn ferrolab_recording(
    receive: extern "C" fn(context: *mut c_void, bytes: *const u8, length: usize),
    context: *mut c_void,
) {
    let path = prof::recording_path().unwrap_or_default();
    let bytes = path.as_os_str().as_bytes();
    receive(context, bytes.as_ptr(), bytes.len());
}

/// Computes arrays with that many threads; 0 stands for as many as before the first such call.
#[unsafe(no_mangle)]
extern "C" fn ferrolab_set_threads(threads: u32) {
    /// What the cells chose; 0 while it is in force.
    static CHOSEN: AtomicUsize = AtomicUsize::new(0);
    let chosen = CHOSEN.load(Ordering::Relaxed);
    if threads > 0 {
        let before = pool::set_threads(threads as usize);
        if chosen == 0 {
            CHOSEN.store(before, Ordering::Relaxed);
        }
    } else if chosen > 0 {
        pool::set_threads(chosen);
        CHOSEN.store(0, Ordering::Relaxed);
    }
}

/// Drops the variable whose name is the `length` bytes at `name`.
///
/// # Safety
/// `name` must point to `length` bytes that are valid during the call.
#[unsafe(no_mangle)]
unsafe extern "C" fn ferrolab_forget(name: *const u8, length: usize) {
    // SAFETY: the caller promises it.
    let name = unsafe { std::slice::from_raw_parts(name, length) };
    if let Ok(name) = std::str::from_utf8(name) {
        variables::forget(name);
    }
}

/// The cell's function has returned. Writes out what it printed and hands `receive` the JSON of a
/// [`CellEnd`].
///
/// # Safety
/// `receive` must be callable with `context` and a buffer that is valid during the call.
#[unsafe(no_mangle)]
unsafe extern "C" fn ferrolab_cell_end(
    receive: extern "C" fn(context: *mut c_void, bytes: *const u8, length: usize),
    context: *mut c_void,
) {
    output::set_running(false);
    let done = completion::is_done();
    let panic = if done {
        panics::take_caught()
    } else {
        panics::take()
    };
    let open_regions = prof::cell_end(done);
    output::flush();
    let end = CellEnd {
        done,
        panic,
        early_return: run::take_early_return(),
        open_regions,
        variables: variables::list(),
    };
    let json = serde_json::to_vec(&end).unwrap_or_default();
    receive(context, json.as_ptr(), json.len());
}

/// Something came on a comm: the JSON of a [`CommMessage`], in `length` bytes at `bytes`. Called like a
/// cell, between `begin` and `end`. Returns 0, or 1 when it concerns nobody.
///
/// # Safety
/// `bytes` must point to `length` bytes that are valid during the call.
#[unsafe(no_mangle)]
unsafe extern "C" fn ferrolab_comm(bytes: *const u8, length: usize) -> i32 {
    // SAFETY: the caller promises it.
    let json = unsafe { std::slice::from_raw_parts(bytes, length) };
    let Ok(message) = serde_json::from_slice::<CommMessage>(json) else {
        return 1;
    };
    let mut concerns_somebody = true;
    run::run(|| {
        concerns_somebody = comm::receive(message);
        completion::cell_done();
    });
    i32::from(!concerns_somebody)
}

/// What a debugger shows of an array, as C text that is valid until the next call. Nothing is computed
/// for it. The process is stopped, so nobody else calls.
///
/// # Safety
/// `array` must point to an array.
#[unsafe(no_mangle)]
unsafe extern "C" fn ferrolab_describe_array(array: *const Array) -> *const c_char {
    static TEXT: Mutex<Option<CString>> = Mutex::new(None);
    // SAFETY: the caller promises it.
    let text = unsafe { &*array }.outline();
    let mut kept = TEXT.lock().unwrap_or_else(PoisonError::into_inner);
    kept.insert(CString::new(text).unwrap_or_default()).as_ptr()
}

/// The user wants the running cell to stop.
#[unsafe(no_mangle)]
extern "C" fn ferrolab_interrupt() {
    interrupt::request();
}
