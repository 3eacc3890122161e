//! How a batch of matrices is divided among threads.

use std::sync::{Mutex, PoisonError};

use faer::Par;
use rayon::prelude::*;

use super::job::{Failed, Job, Stop};
use super::pool::{Pool, pool};

/// Operations that are not worth waking a thread for.
const SMALL: f64 = 3e5;

/// Operations that are worth dividing one matrix for.
const LARGE: f64 = 1e7;

/// Pieces per thread when a batch is dealt out.
const PIECES: usize = 8;

/// Does the work for each item of a batch. `cost` is the number of operations for one item.
///
/// Many or small items are dealt to the threads; few large ones come in turn, each on all threads.
/// After a failure, items behind it may be left out; the failure told is that of the first item.
pub(super) fn each_item(
    job: &Job<'_>,
    items: usize,
    cost: f64,
    work: impl Fn(usize, Par) -> Result<(), Stop> + Sync,
) -> Result<(), Failed> {
    let in_turn = |par| {
        (0..items).try_for_each(|item| {
            job.check()
                .and_then(|()| work(item, par))
                .map_err(|stop| Failed { item, stop })
        })
    };
    let threads = job.threads();
    if items as f64 * cost < SMALL {
        return in_turn(Par::Seq);
    }
    match pool(threads) {
        None => in_turn(Par::Seq),
        Some(pool) if cost < LARGE || items >= 4 * threads => deal(job, &pool, items, &work),
        Some(pool) => {
            let _turn = pool.turn();
            pool.threads.install(|| in_turn(Par::rayon(threads)))
        }
    }
}

fn deal(
    job: &Job<'_>,
    pool: &Pool,
    items: usize,
    work: &(impl Fn(usize, Par) -> Result<(), Stop> + Sync),
) -> Result<(), Failed> {
    let first: Mutex<Option<Failed>> = Mutex::new(None);
    let known = || *first.lock().unwrap_or_else(PoisonError::into_inner);
    let piece = items.div_ceil(PIECES * job.threads()).max(1);
    pool.threads.install(|| {
        (0..items.div_ceil(piece))
            .into_par_iter()
            .for_each(|index| {
                let start = index * piece;
                if known().is_some_and(|failed| failed.item < start) {
                    return;
                }
                for item in start..items.min(start + piece) {
                    if let Err(stop) = job.check().and_then(|()| work(item, Par::Seq)) {
                        let mut first = first.lock().unwrap_or_else(PoisonError::into_inner);
                        if first.is_none_or(|failed| item < failed.item) {
                            *first = Some(Failed { item, stop });
                        }
                        return;
                    }
                }
            });
    });
    known().map_or(Ok(()), Err)
}
