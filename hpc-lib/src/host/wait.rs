//! Waiting for futures without a run-time.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use super::interrupt;

/// How often a future that does not wake us is looked at, for the sake of interrupts.
const NAP: Duration = Duration::from_millis(50);

/// Runs a future to its end on the calling thread. Cells with `.await` are run by it, unless the
/// notebook depends on `tokio`, of which each such cell gets a run-time then.
///
/// # Panics
/// Panics with the message `interrupted` when the user interrupted the cell.
///
/// ```
/// assert_eq!(hpc::host::block_on(async { 6 * 7 }), 42);
/// ```
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
        thread::park_timeout(NAP);
        interrupt::check();
    }
}

/// A run-time that was made, for the kernel's own use.
///
/// # Panics
/// Panics when it could not be made.
pub fn runtime<R>(made: std::io::Result<R>) -> R {
    match made {
        Ok(runtime) => runtime,
        Err(error) => panic!("the run-time of tokio does not start: {error}"),
    }
}
