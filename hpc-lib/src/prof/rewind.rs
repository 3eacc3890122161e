//! Dropping what was recorded since a point.

use std::marker::PhantomData;

use super::local::Local;
use crate::error::OrRaise;
use crate::expr;

/// A point of this thread's recording that [`rewind`] can go back to.
#[derive(Debug)]
pub struct RewindPoint {
    /// `None` where nothing can be recorded.
    point: Option<hpc_profile::RewindPoint>,
    /// Where this thread's waiting arrays ended.
    mark: expr::Mark,
    /// Of this thread.
    not_send: PhantomData<*const ()>,
}

/// Notes where the recording of this thread is, so that [`rewind`] can drop what follows.
///
/// Costs some microseconds: what was counted so far is copied.
pub fn rewind_point() -> RewindPoint {
    RewindPoint {
        point: Local::with(|local| local.writer.rewind_point()),
        mark: expr::mark(),
        not_send: PhantomData,
    }
}

/// Drops what this thread recorded since a point, as if it had not been: visits, times (also those of the
/// regions around), metrics and events. For iterations that turned out to be of no interest. One can go
/// back to a point more than once. In a timeline a gap stays.
///
/// Arrays that were made since the point and still wait are computed before. What other threads recorded
/// meanwhile stays.
///
/// The regions that are open must be those that were open at the point; it must be of this cell and of
/// before no [`reset`](super::reset). Else nothing is dropped, a line on standard error says why, and the
/// answer is `false`.
///
/// ```
/// use hpc::prelude::*;
/// for step in 0..4 {
///     let point = prof::rewind_point();
///     region!("step", {});
///     let is_of_interest = step == 3;
///     if !is_of_interest {
///         prof::rewind(&point);
///     }
/// }
/// assert_eq!(prof::report().get("step").unwrap().visits, 1);
/// ```
pub fn rewind(point: &RewindPoint) -> bool {
    let Some(to) = &point.point else { return false };
    expr::settle(point.mark).or_raise();
    match Local::with(|local| local.writer.rewind(to)) {
        None => false,
        Some(Ok(())) => true,
        Some(Err(problem)) => {
            eprintln!("hpc: prof::rewind: {problem}; nothing was dropped");
            false
        }
    }
}
