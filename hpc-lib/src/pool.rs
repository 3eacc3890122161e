//! The threads on which arrays are computed: one pool per process, shared by all cells.

use std::env;
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError, RwLock};
use std::thread::available_parallelism;

use rayon::prelude::*;

use crate::disjoint::Disjoint;
use crate::host::interrupt;
use crate::prof;

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

    /// Calls `work` with each number below `count`, on all threads. Before each call it looks for a
    /// request to stop.
    ///
    /// All parallel work goes through here. It is not generic, and neither is `work`: with a copy for
    /// each closure and dtype this crate would take minutes to compile.
    pub(crate) fn for_each(&self, count: usize, work: &(dyn Fn(usize) + Sync)) {
        let work = |index| {
            interrupt::check();
            work(index);
        };
        match &self.workers {
            Some(workers) if count > 1 => {
                let place = prof::place();
                workers.install(|| {
                    (0..count)
                        .into_par_iter()
                        .for_each_init(|| prof::Worker::begin(place), |_, index| work(index));
                });
            }
            _ => (0..count).for_each(work),
        }
    }

    /// As [`for_each`](Self::for_each), with results in the order of the numbers.
    pub(crate) fn collect<R: Send>(
        &self,
        count: usize,
        work: &(dyn Fn(usize) -> R + Sync),
    ) -> Vec<R> {
        let mut results: Vec<Option<R>> = (0..count).map(|_| None).collect();
        self.for_each_piece(&mut results, 1, &|index, place| {
            place[0] = Some(work(index));
        });
        results.into_iter().flatten().collect()
    }

    /// Calls `work` with each piece of `target`, of `size` elements but for the last one, and the
    /// position of its first element.
    ///
    /// # Panics
    /// Panics when `size` is 0.
    #[allow(unsafe_code)] // The pieces do not overlap, but their number is known at run time only.
    pub(crate) fn for_each_piece<T: Send>(
        &self,
        target: &mut [T],
        size: usize,
        work: &(dyn Fn(usize, &mut [T]) + Sync),
    ) {
        let len = target.len();
        let places = Disjoint::new(target);
        self.for_each(len.div_ceil(size), &|index| {
            let start = index * size;
            // SAFETY: each piece is handed out once, and they do not overlap.
            work(start, unsafe { places.range(start..len.min(start + size)) });
        });
    }

    /// Does all tasks, with some `scratch` for each thread. The results are in the order of the
    /// tasks, whichever thread did them.
    pub(crate) fn map_with<T: Send, S: Send, R: Send>(
        &self,
        tasks: &mut [T],
        scratch: &(dyn Fn() -> S + Sync),
        work: &(dyn Fn(&mut S, &mut T) -> R + Sync),
    ) -> Vec<R> {
        let scratches: Vec<Mutex<Option<S>>> =
            (0..self.threads()).map(|_| Mutex::new(None)).collect();
        let mut places: Vec<(&mut T, Option<R>)> =
            tasks.iter_mut().map(|task| (task, None)).collect();
        self.for_each_piece(&mut places, 1, &|_, place| {
            let (task, result) = &mut place[0];
            let thread = rayon::current_thread_index().unwrap_or(0);
            // A thread that waits within a task may begin another one: that gets its own scratch, as
            // does a thread of another pool.
            let mine = scratches.get(thread).map(Mutex::try_lock);
            *result = Some(match mine {
                Some(Ok(mut mine)) => work(mine.get_or_insert_with(scratch), task),
                _ => work(&mut scratch(), task),
            });
        });
        places
            .into_iter()
            .filter_map(|(_, result)| result)
            .collect()
    }
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
