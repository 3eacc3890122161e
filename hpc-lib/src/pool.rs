//! The threads on which arrays are computed: one pool per process, shared by all cells.

use std::env;
use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};
use std::thread::available_parallelism;

use rayon::prelude::*;

/// Number of threads, before all else.
const THREADS_ENV: &str = "FERROLAB_THREADS";

/// Number of cores that Slurm gave to each task of the job.
const SLURM_ENV: &str = "SLURM_CPUS_PER_TASK";

/// Some threads, with the work dealt to them in turn.
pub(crate) struct Pool {
    /// `None` for a single thread, which is then the calling one.
    workers: Option<rayon::ThreadPool>,
}

impl Pool {
    pub(crate) fn new(threads: usize) -> Self {
        let build = || {
            rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .thread_name(|index| format!("hpc-{index}"))
                .build()
        };
        // Where the system refuses threads, the calling one does all the work.
        Self {
            workers: if threads > 1 { build().ok() } else { None },
        }
    }

    pub(crate) fn threads(&self) -> usize {
        self.workers
            .as_ref()
            .map_or(1, rayon::ThreadPool::current_num_threads)
    }

    /// Does all tasks, with some `scratch` for each thread. The results are in the order of the
    /// tasks, whichever thread did them.
    pub(crate) fn map<T: Send, R: Send, S: Send>(
        &self,
        tasks: Vec<T>,
        scratch: impl Fn() -> S + Sync + Send,
        work: impl Fn(&mut S, T) -> R + Sync + Send,
    ) -> Vec<R> {
        if tasks.len() <= 1 || self.workers.is_none() {
            let mut scratch = scratch();
            return tasks
                .into_iter()
                .map(|task| work(&mut scratch, task))
                .collect();
        }
        let scratches: Vec<Mutex<Option<S>>> = places(self.threads());
        let results: Vec<Mutex<Option<R>>> = places(tasks.len());
        let tasks: Vec<Mutex<Option<T>>> = tasks
            .into_iter()
            .map(|task| Mutex::new(Some(task)))
            .collect();
        self.deal(tasks.len(), &|thread, index| {
            let Some(task) = lock(&tasks[index]).take() else {
                return;
            };
            // A thread that waits within a task may begin another one: that gets its own scratch.
            let result = match scratches[thread].try_lock() {
                Ok(mut mine) => work(mine.get_or_insert_with(&scratch), task),
                Err(_) => work(&mut scratch(), task),
            };
            *lock(&results[index]) = Some(result);
        });
        results
            .into_iter()
            .filter_map(|result| result.into_inner().unwrap_or_else(PoisonError::into_inner))
            .collect()
    }

    /// Calls `work` with the number of a thread and each index below `count`, on all threads.
    fn deal(&self, count: usize, work: &(dyn Fn(usize, usize) + Sync)) {
        match &self.workers {
            Some(workers) => workers.install(|| {
                (0..count)
                    .into_par_iter()
                    .for_each(|index| work(rayon::current_thread_index().unwrap_or(0), index));
            }),
            None => (0..count).for_each(|index| work(0, index)),
        }
    }
}

fn places<T>(count: usize) -> Vec<Mutex<Option<T>>> {
    (0..count).map(|_| Mutex::new(None)).collect()
}

/// What a panicking task left is as good as before: it is not used again.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The pools of this process: one for each number of threads that was asked for, the present one last.
/// They live as long as the process, since work may still run on one when another takes over.
static POOLS: RwLock<Vec<&'static Pool>> = RwLock::new(Vec::new());

/// The pool in use.
pub(crate) fn pool() -> &'static Pool {
    let present = POOLS
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .last()
        .copied();
    present.unwrap_or_else(|| {
        let threads = default_threads();
        let mut pools = POOLS.write().unwrap_or_else(PoisonError::into_inner);
        // Another thread may have been faster.
        pools
            .last()
            .copied()
            .unwrap_or_else(|| put_last(&mut pools, threads))
    })
}

fn put_last(pools: &mut Vec<&'static Pool>, threads: usize) -> &'static Pool {
    let known = pools.iter().position(|pool| pool.threads() == threads);
    let pool = match known {
        Some(at) => pools.remove(at),
        None => Box::leak(Box::new(Pool::new(threads))),
    };
    pools.push(pool);
    pool
}

/// Number of threads on which arrays are computed: what [`set_threads`] said, else
/// `FERROLAB_THREADS`, else what Slurm gave to the task (`SLURM_CPUS_PER_TASK`), else the cores that
/// this process may use.
///
/// # Panics
/// Panics when `FERROLAB_THREADS` is not a number of threads.
///
/// ```
/// assert!(hpc::threads() >= 1);
/// ```
pub fn threads() -> usize {
    pool().threads()
}

/// More threads than any machine has cores.
const MOST_THREADS: usize = 4096;

/// Sets the number of threads on which arrays are computed from now on, and gives the one before.
/// Results do not depend on it.
///
/// ```
/// let before = hpc::set_threads(1);
/// assert_eq!(hpc::threads(), 1);
/// assert_eq!(hpc::set_threads(before), 1);
/// ```
///
/// # Panics
/// Panics when it is not from 1 to 4096.
pub fn set_threads(threads: usize) -> usize {
    assert!(
        (1..=MOST_THREADS).contains(&threads),
        "set_threads: {threads} threads; it must be a number from 1 to {MOST_THREADS}"
    );
    let before = self::threads();
    let mut pools = POOLS.write().unwrap_or_else(PoisonError::into_inner);
    put_last(&mut pools, threads);
    before
}

fn default_threads() -> usize {
    if let Ok(text) = env::var(THREADS_ENV) {
        let threads = text
            .trim()
            .parse::<NonZeroUsize>()
            .map_or(0, NonZeroUsize::get);
        assert!(
            threads > 0,
            "{THREADS_ENV} is {text:?}; it must be a number of threads, 1 or more"
        );
        return threads;
    }
    let cores = available_parallelism().map_or(1, NonZeroUsize::get);
    let given = env::var(SLURM_ENV)
        .ok()
        .and_then(|text| text.parse::<NonZeroUsize>().ok());
    given.map_or(cores, |given| given.get().min(cores))
}
