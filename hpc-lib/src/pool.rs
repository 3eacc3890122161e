//! The threads on which arrays are computed: one pool per process, shared by all cells.

use std::env;
use std::num::NonZeroUsize;
use std::sync::OnceLock;
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
    pub(crate) fn map<T: Send, R: Send, S>(
        &self,
        tasks: Vec<T>,
        scratch: impl Fn() -> S + Sync + Send,
        work: impl Fn(&mut S, T) -> R + Sync + Send,
    ) -> Vec<R> {
        match &self.workers {
            Some(workers) if tasks.len() > 1 => {
                workers.install(|| tasks.into_par_iter().map_init(scratch, work).collect())
            }
            _ => {
                let mut scratch = scratch();
                tasks
                    .into_iter()
                    .map(|task| work(&mut scratch, task))
                    .collect()
            }
        }
    }
}

/// The pool of this process.
pub(crate) fn pool() -> &'static Pool {
    static POOL: OnceLock<Pool> = OnceLock::new();
    POOL.get_or_init(|| Pool::new(default_threads()))
}

/// Number of threads on which arrays are computed: `FERROLAB_THREADS`, else what Slurm gave to the
/// task (`SLURM_CPUS_PER_TASK`), else the cores that this process may use.
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
