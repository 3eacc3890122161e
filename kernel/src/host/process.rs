//! The host process: loads cells and runs them.
#![allow(unsafe_code)] // Loading code and calling it cannot be checked by the compiler.

use std::cell::Cell;
use std::env;
use std::ffi::{OsString, c_int, c_void};
use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicPtr, Ordering};

use anyhow::Context;
use hpc_channel::{CHANNEL_ENV, CellEnd, CommMessage, read_frame, record, write_frame};
use hpc_profile::memory::Source;
use libloading::os::unix::{Library, RTLD_GLOBAL, RTLD_LOCAL, RTLD_NOW};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{
    PTracer, Signal, getppid, set_parent_process_death_signal, set_ptracer, setpgid,
};
use rustix::stdio::{dup2_stderr, dup2_stdout};

use super::report::{Command, Measure, Report};
use super::usage::Reading;
use super::{HOST_ENV, LIBHPC_ENV};
use crate::session;

/// Whether this process was started to run cells.
pub fn is_host_process() -> bool {
    env::var_os(HOST_ENV).is_some()
}

/// Runs cells until the kernel closes the connection. `counters` says what a thread has allocated.
///
/// # Errors
/// Fails when the connection to the kernel cannot be set up or breaks.
pub fn run(counters: Source) -> anyhow::Result<()> {
    // An interrupt that comes before a cell runs has nothing to stop here.
    // SAFETY: no other thread runs yet, and ignoring a signal needs no handler.
    unsafe { libc::signal(libc::SIGINT, libc::SIG_IGN) };
    // A kernel that was killed must not leave this process behind.
    set_parent_process_death_signal(Some(Signal::KILL))?;
    allow_debugger();
    // A group of its own, so that programs which a cell starts are interrupted with it.
    setpgid(None, None).context("cannot lead a process group")?;
    let mut kernel = connect()?;
    let support = Support::load(counters)?;
    leave_kernel_environment();
    let path = support.recording();
    write_frame(&mut kernel, &Report::Recording { path })?;
    while let Some(command) = read_frame(&mut kernel)? {
        match command {
            Command::Run {
                file,
                function,
                number,
            } => support.run_cell(&mut kernel, &file, &function, number)?,
            Command::Measure { what, anew } => support.measure(what, anew),
            Command::Comm { message } => support.deliver(&mut kernel, &message)?,
            Command::Forget { names } => names.iter().for_each(|name| support.forget(name)),
        }
    }
    Ok(())
}

/// Lets programs that the kernel starts trace this process, where the system asks for that: a
/// debugger is no ancestor of it.
fn allow_debugger() {
    let kernel = getppid().map_or(PTracer::None, PTracer::ProcessID);
    if let Err(error) = set_ptracer(kernel) {
        // As everywhere where nobody asks.
        tracing::debug!("no tracer is named: {error}");
    }
}

/// Gives cells fresh streams to write to and hands the kernel the ends to read from.
fn connect() -> anyhow::Result<UnixStream> {
    let path = env::var_os(HOST_ENV).with_context(|| format!("{HOST_ENV} is not set"))?;
    let kernel = UnixStream::connect(&path)
        .with_context(|| format!("cannot reach the kernel at {}", Path::new(&path).display()))?;
    let (stdout_reader, stdout_writer) = pipe_with(PipeFlags::CLOEXEC)?;
    let (stderr_reader, stderr_writer) = pipe_with(PipeFlags::CLOEXEC)?;
    send_descriptors(&kernel, &stdout_reader, &stderr_reader)?;
    dup2_stdout(stdout_writer)?;
    dup2_stderr(stderr_writer)?;
    Ok(kernel)
}

fn send_descriptors(kernel: &UnixStream, stdout: &OwnedFd, stderr: &OwnedFd) -> io::Result<()> {
    let descriptors = [stdout.as_fd(), stderr.as_fd()];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    if !ancillary.push(SendAncillaryMessage::ScmRights(&descriptors)) {
        return Err(io::Error::other("two descriptors do not fit their buffer"));
    }
    sendmsg(
        kernel,
        &[IoSlice::new(b"F")],
        &mut ancillary,
        SendFlags::empty(),
    )?;
    Ok(())
}

/// Gives cells, and the programs that they start, the environment that the kernel was given: what
/// it added is between it and this process.
fn leave_kernel_environment() {
    let inherited = session::inherited();
    // SAFETY: libhpc's thread, the only other one, does not look at the environment.
    unsafe {
        for (name, value) in inherited {
            match value {
                Some(value) => env::set_var(name, value),
                None => env::remove_var(name),
            }
        }
        for name in [HOST_ENV, LIBHPC_ENV, CHANNEL_ENV] {
            env::remove_var(name);
        }
    }
}

/// `libhpc`'s entry points.
struct Support {
    begin: extern "C" fn(number: u32),
    end: HandOver,
    record: extern "C" fn(what: u32),
    recording: HandOver,
    set_threads: extern "C" fn(threads: u32),
    /// Whether it is told what cells use.
    measures: Cell<bool>,
    forget: Forget,
    comm: Comm,
    /// Loaded for as long as the process lives: cells use it too.
    _library: Library,
}

type Start =
    unsafe extern "C" fn(counters: Source, works_for_cell: extern "C" fn() -> bool) -> c_int;
type HandOver = unsafe extern "C" fn(
    receive: extern "C" fn(context: *mut c_void, bytes: *const u8, length: usize),
    context: *mut c_void,
);
type Forget = unsafe extern "C" fn(name: *const u8, length: usize);
type Comm = unsafe extern "C" fn(bytes: *const u8, length: usize) -> c_int;
type RunCell = extern "C" fn();

/// For the signal handler, which has no other way to it.
static INTERRUPT: OnceLock<extern "C" fn()> = OnceLock::new();

impl Support {
    fn load(counters: Source) -> anyhow::Result<Self> {
        let path = env::var_os(LIBHPC_ENV).with_context(|| format!("{LIBHPC_ENV} is not set"))?;
        // SAFETY: libhpc belongs to the same installation as this program; loading it runs no code
        // but the standard library's initialisers.
        let library = unsafe { Library::open(Some(&path), RTLD_NOW | RTLD_GLOBAL) }
            .with_context(|| format!("cannot load {}", Path::new(&path).display()))?;
        // SAFETY: the symbols have these signatures in `hpc::host::abi`.
        let (start, begin, end, record, recording, set_threads, forget, comm, interrupt) = unsafe {
            (
                *library.get::<Start>(b"ferrolab_host_start")?,
                *library.get::<extern "C" fn(u32)>(b"ferrolab_cell_begin")?,
                *library.get::<HandOver>(b"ferrolab_cell_end")?,
                *library.get::<extern "C" fn(u32)>(b"ferrolab_record")?,
                *library.get::<HandOver>(b"ferrolab_recording")?,
                *library.get::<extern "C" fn(u32)>(b"ferrolab_set_threads")?,
                *library.get::<Forget>(b"ferrolab_forget")?,
                *library.get::<Comm>(b"ferrolab_comm")?,
                *library.get::<extern "C" fn()>(b"ferrolab_interrupt")?,
            )
        };
        // SAFETY: the counters are those of a thread, and live as long as it does.
        if unsafe { start(counters, works_for_cell) } != 0 {
            return Err(anyhow::anyhow!(
                "libhpc could not prepare this process to run cells"
            ));
        }
        INTERRUPT.get_or_init(|| interrupt);
        // SAFETY: the handler stores to an atomic and does nothing else.
        unsafe {
            libc::signal(
                libc::SIGINT,
                on_interrupt as *const () as libc::sighandler_t,
            )
        };
        Ok(Self {
            begin,
            end,
            record,
            recording,
            set_threads,
            measures: Cell::new(false),
            forget,
            comm,
            _library: library,
        })
    }

    /// Loads a cell and runs it.
    fn run_cell(
        &self,
        kernel: &mut UnixStream,
        file: &Path,
        function: &str,
        number: u32,
    ) -> io::Result<()> {
        let run = match load(file, function) {
            Ok(run) => run,
            Err(error) => {
                let reason = error.to_string();
                return write_frame(kernel, &Report::NotLoaded { reason });
            }
        };
        RUNNING.store(object_of(run as *mut c_void), Ordering::Relaxed);
        // In this order: what the kernel asks for from here on must not be forgotten.
        (self.begin)(number);
        write_frame(kernel, &Report::Begin)?;
        let own = std::process::id();
        let start = self.measures.get().then(Reading::start);
        run();
        if std::process::id() != own {
            // A child that the cell forked came out at the end of the cell: it has nothing to tell, and
            // the commands are not for it.
            // SAFETY: ends this process at once, without what its parent prepared for its own end.
            unsafe { libc::_exit(0) };
        }
        let usage = start.map(Reading::used);
        let end = self.end()?;
        write_frame(kernel, &Report::End { end, usage })
    }

    /// Hands a message on a comm to its handler.
    fn deliver(&self, kernel: &mut UnixStream, message: &CommMessage) -> io::Result<()> {
        let json = serde_json::to_vec(message)?;
        RUNNING.store(ptr::null_mut(), Ordering::Relaxed);
        (self.begin)(0);
        write_frame(kernel, &Report::Begin)?;
        // SAFETY: the bytes outlive the call.
        let unwanted = unsafe { (self.comm)(json.as_ptr(), json.len()) } != 0;
        let end = self.end()?;
        if unwanted {
            return write_frame(kernel, &Report::Unwanted);
        }
        write_frame(kernel, &Report::End { end, usage: None })
    }

    fn end(&self) -> io::Result<CellEnd> {
        Ok(serde_json::from_slice(&handed_over(self.end))?)
    }

    /// Where regions are recorded.
    fn recording(&self) -> PathBuf {
        OsString::from_vec(handed_over(self.recording)).into()
    }

    fn measure(&self, what: Measure, anew: bool) {
        let bits = [
            (what.events, record::EVENTS),
            (what.memory, record::MEMORY),
            (what.counters, record::COUNTERS),
            (anew, record::ANEW),
        ];
        let wanted = bits.into_iter().filter(|(is_wanted, _)| *is_wanted);
        (self.record)(wanted.map(|(_, bit)| bit).sum());
        (self.set_threads)(what.threads);
        self.measures.set(what.usage);
    }

    fn forget(&self, name: &str) {
        // SAFETY: the name outlives the call.
        unsafe { (self.forget)(name.as_ptr(), name.len()) };
    }
}

/// Loads a cell; one that is loaded already is the same one again.
fn load(file: &Path, function: &str) -> Result<RunCell, libloading::Error> {
    // SAFETY: the file was compiled for this process by this kernel; the user's code in it is
    // trusted with this process, which is what the process is for.
    let cell = unsafe { Library::open(Some(file), RTLD_NOW | RTLD_LOCAL) }?;
    // SAFETY: the kernel generates the function with this signature.
    let run = unsafe { *cell.get::<RunCell>(function.as_bytes())? };
    // Never unloaded: variables, threads and thread-local destructors may point into it.
    std::mem::forget(cell);
    Ok(run)
}

/// The bytes that a function of libhpc hands over.
fn handed_over(function: HandOver) -> Vec<u8> {
    let mut bytes = Vec::new();
    // SAFETY: `receive` is called with this vector, during this call only.
    unsafe { function(receive, (&raw mut bytes).cast()) };
    bytes
}

/// Where the shared object of the running cell begins.
static RUNNING: AtomicPtr<c_void> = AtomicPtr::new(ptr::null_mut());

/// Calls on a stack that are looked at. Deeper recursion is rare in threads.
const DEPTH: usize = 256;

/// Whether the calling thread is in code of the running cell. Threads that earlier cells have left
/// running are in those cells' code.
extern "C" fn works_for_cell() -> bool {
    let running = RUNNING.load(Ordering::Relaxed);
    let mut calls = [ptr::null_mut(); DEPTH];
    let room = c_int::try_from(calls.len()).unwrap_or(0);
    // SAFETY: the buffer has that size.
    let count = unsafe { libc::backtrace(calls.as_mut_ptr(), room) };
    calls
        .iter()
        .take(usize::try_from(count).unwrap_or(0))
        .any(|call| !running.is_null() && object_of(*call) == running)
}

/// Where the shared object that an address lies in begins; null for other addresses.
fn object_of(address: *mut c_void) -> *mut c_void {
    let mut found = MaybeUninit::<libc::Dl_info>::uninit();
    // SAFETY: the place is only read when the call says that it was filled.
    unsafe {
        if libc::dladdr(address, found.as_mut_ptr()) == 0 {
            return ptr::null_mut();
        }
        found.assume_init().dli_fbase
    }
}

extern "C" fn on_interrupt(_signal: c_int) {
    if let Some(interrupt) = INTERRUPT.get() {
        interrupt();
    }
}

extern "C" fn receive(context: *mut c_void, bytes: *const u8, length: usize) {
    // SAFETY: `context` is the vector that `handed_over` passed, and libhpc passes a valid buffer.
    unsafe {
        let end = &mut *context.cast::<Vec<u8>>();
        end.extend_from_slice(std::slice::from_raw_parts(bytes, length));
    }
}
