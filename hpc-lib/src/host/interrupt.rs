//! Stopping a cell on the user's request, with its variables intact.
//!
//! A request sets a flag. Routines that take long call [`check`] between chunks of their work; it
//! ends the cell by a panic, which unwinds out of the cell like any other and keeps the variables.
//! The kernel makes the loops of cells call it too. Threads that earlier cells have left running go
//! on: the request is not for them.

use std::cell::Cell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use hpc_channel::INTERRUPTED;

use super::panics;

static REQUESTED: AtomicBool = AtomicBool::new(false);

/// Number of the cell that runs, counted from the first one of the process.
static CELL: AtomicU64 = AtomicU64::new(1);

/// Whether the calling thread works for the running cell, as the host sees it.
pub(super) type WorksForCell = extern "C" fn() -> bool;

static WORKS_FOR_CELL: OnceLock<WorksForCell> = OnceLock::new();

thread_local! {
    /// The cell for which this thread is known not to work.
    static OTHER_CELL: Cell<u64> = const { Cell::new(0) };
}

/// Says how to tell the threads of the running cell from those of earlier cells.
pub(super) fn tell_threads_by(works_for_cell: WorksForCell) {
    WORKS_FOR_CELL.get_or_init(|| works_for_cell);
}

/// Ends the cell if the user asked for it. Costs one relaxed load.
///
/// # Panics
/// Panics with the message `interrupted` when the user interrupted the cell.
#[inline]
pub fn check() {
    if REQUESTED.load(Ordering::Relaxed) {
        stop();
    }
}

/// Whether the user asked for the end of the cell, and the calling thread works for it.
pub(crate) fn is_requested() -> bool {
    REQUESTED.load(Ordering::Relaxed) && works_for_cell()
}

#[cold]
fn stop() {
    // A destructor that runs because of a panic, perhaps this one, must come to its end: a second
    // panic would take the process with it.
    assert!(thread::panicking() || !works_for_cell(), "{INTERRUPTED}");
}

/// Whether the calling thread works for the running cell. Threads of the pool do what others ask of
/// them, as a rule the cell.
fn works_for_cell() -> bool {
    let cell = CELL.load(Ordering::Relaxed);
    if OTHER_CELL.get() == cell {
        return false;
    }
    let works = panics::is_cell_thread()
        || panics::is_pool_thread(thread::current().name())
        || WORKS_FOR_CELL.get().is_none_or(|works| works());
    if !works {
        // Looking is slow, and a loop asks in each of its turns.
        OTHER_CELL.set(cell);
    }
    works
}

/// Asks the running cell to stop. Safe to call from a signal handler.
pub(super) fn request() {
    REQUESTED.store(true, Ordering::Relaxed);
}

/// Another cell runs.
pub(super) fn reset() {
    CELL.fetch_add(1, Ordering::Relaxed);
    REQUESTED.store(false, Ordering::Relaxed);
}

/// How often a sleeper looks at the flag.
const NAP: Duration = Duration::from_millis(20);

/// Sleeps like [`std::thread::sleep`], and ends the cell when the user asks for it meanwhile.
///
/// # Panics
/// Panics with the message `interrupted` when the user interrupted the cell.
pub fn sleep(duration: Duration) {
    let Some(end) = Instant::now().checked_add(duration) else {
        loop {
            thread::sleep(NAP);
            check();
        }
    };
    loop {
        check();
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return;
        }
        thread::sleep(left.min(NAP));
    }
}

/// Turns of a loop between two looks at the flag: some tens of microseconds of the shortest loop.
const BLOCK: usize = 1 << 16;

/// Divides what a loop walks over into blocks, and looks at the flag before each, so that the loop over
/// a block is as fast as a plain one. The kernel makes `for` loops of cells use it.
///
/// ```
/// use hpc::host::interrupt::turns;
/// let mut sum = 0;
/// let mut all = turns(0..100_000_i64);
/// while let Some(block) = all.next_block() {
///     for i in block {
///         sum += i;
///     }
/// }
/// assert_eq!(sum, 4_999_950_000);
/// ```
#[inline]
pub fn turns<T: IntoIterator>(all: T) -> Turns<T::IntoIter> {
    Turns {
        rest: all.into_iter(),
        is_over: false,
    }
}

/// What a loop walks over, in blocks.
#[derive(Debug)]
pub struct Turns<I> {
    rest: I,
    is_over: bool,
}

/// Some turns of a loop.
#[derive(Debug)]
pub struct Block<'a, I> {
    rest: &'a mut I,
    is_over: &'a mut bool,
    left: usize,
}

impl<I: Iterator> Turns<I> {
    /// The next turns, unless there are no more.
    ///
    /// # Panics
    /// Panics with the message `interrupted` when the user interrupted the cell.
    #[inline]
    pub fn next_block(&mut self) -> Option<Block<'_, I>> {
        if self.is_over {
            return None;
        }
        check();
        Some(Block {
            rest: &mut self.rest,
            is_over: &mut self.is_over,
            left: BLOCK,
        })
    }
}

impl<I: Iterator> Iterator for Block<'_, I> {
    type Item = I::Item;

    #[inline]
    fn next(&mut self) -> Option<I::Item> {
        if self.left == 0 {
            return None;
        }
        self.left -= 1;
        let next = self.rest.next();
        if next.is_none() {
            *self.is_over = true;
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_cover_everything_once() {
        for length in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK] {
            let mut walked = Vec::new();
            let mut all = turns(0..length);
            while let Some(block) = all.next_block() {
                walked.extend(block);
            }
            assert!(walked.into_iter().eq(0..length), "{length}");
        }
    }
}
