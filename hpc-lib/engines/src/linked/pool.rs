//! The threads of the engines: a pool for each number of threads that is asked for.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rayon::{ThreadPool, ThreadPoolBuilder};

/// Some threads.
pub(super) struct Pool {
    pub(super) threads: ThreadPool,
    turn: Mutex<()>,
}

impl Pool {
    /// Waits until nobody else computes one matrix on all threads: the parts of such a computation
    /// wait for each other, so two of them would only hinder one another.
    pub(super) fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

static POOLS: Mutex<Vec<Arc<Pool>>> = Mutex::new(Vec::new());

/// A pool of so many threads, or `None` where one is enough or the system refuses more.
pub(super) fn pool(threads: usize) -> Option<Arc<Pool>> {
    if threads < 2 {
        return None;
    }
    let mut pools = POOLS.lock().unwrap_or_else(PoisonError::into_inner);
    let known = pools
        .iter()
        .find(|pool| pool.threads.current_num_threads() == threads);
    if let Some(pool) = known {
        return Some(Arc::clone(pool));
    }
    let threads = ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|index| format!("hpc-engine-{index}"))
        .build()
        .ok()?;
    let pool = Arc::new(Pool {
        threads,
        turn: Mutex::new(()),
    });
    pools.push(Arc::clone(&pool));
    Some(pool)
}
