//! Being told of forks, and of the end of the process.

#![allow(unsafe_code)] // Hands a function to the C library.

use std::sync::OnceLock;

static IN_CHILD: OnceLock<fn()> = OnceLock::new();

extern "C" fn in_child() {
    if let Some(function) = IN_CHILD.get() {
        function();
    }
}

/// Has the function called in each forked process, before anything else of it runs. The first
/// function that is handed in is the only one.
pub(crate) fn on_fork_in_child(function: fn()) {
    IN_CHILD.get_or_init(|| {
        // SAFETY: the handler is a function that lives as long as the program, and it only reads a
        // cell that is set once. A failure (no memory) leaves forks unnoticed.
        let _ = unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
        function
    });
}

type Work = Box<dyn Fn() + Send + Sync>;

static AT_EXIT: OnceLock<Work> = OnceLock::new();

extern "C" fn exiting() {
    if let Some(work) = AT_EXIT.get() {
        work();
    }
}

/// Has something done when the process ends by itself. The first that is handed in is all.
pub(crate) fn at_exit(work: impl Fn() + Send + Sync + 'static) {
    AT_EXIT.get_or_init(|| {
        // SAFETY: the handler is a function that lives as long as the program, and it only reads a
        // cell that is set once. A failure (no memory) leaves the end unnoticed.
        let _ = unsafe { libc::atexit(exiting) };
        Box::new(work)
    });
}
