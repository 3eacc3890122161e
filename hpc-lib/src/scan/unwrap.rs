//! Angles that jump by whole turns.

use crate::array::{Array, Index, concatenate, select};
use crate::error::{Error, OrRaise};
use crate::lines::axis_of;

impl Array {
    /// NumPy's `unwrap`: the elements along an axis (from the end where negative), to which whole
    /// periods are added so that neighbours differ by half a period at most. For angles in radians
    /// the period is `2.0 * PI`. f32 for f32, f64 for all else.
    ///
    /// Costs some passes over the elements.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let angles = Array::from([0.0, 90.0, 180.0, -90.0, 0.0]);
    /// let turning = angles.unwrap_phase(360.0, 0);
    /// assert_eq!(turning.to_vec::<f64>(), [0.0, 90.0, 180.0, 270.0, 360.0]);
    /// ```
    ///
    /// # Panics
    /// Panics when there is no such axis, the period is not a positive number, and for complex numbers.
    #[track_caller]
    pub fn unwrap_phase(&self, period: f64, axis: isize) -> Self {
        unwrapped(self, period, axis).or_raise()
    }
}

fn unwrapped(array: &Array, period: f64, axis: isize) -> Result<Array, Error> {
    let routine = "unwrap_phase";
    let axis = axis_of(routine, array.shape(), axis)?;
    if array.dtype().is_complex() {
        return Err(Error::DType {
            routine,
            dtype: array.dtype(),
            expected: "it takes real numbers",
        });
    }
    if !(period > 0.0 && period.is_finite()) {
        let message = format!("the period is {period}; it must be a positive number");
        return Err(Error::argument(routine, message));
    }
    let angles = array.astype(array.dtype().inexact());
    if array.shape()[axis] < 2 {
        return Ok(angles);
    }
    let steps = angles.diff_axis(1, axis as isize);
    let half = period / 2.0;
    let within = (&steps + half) % period - half;
    // A step of half a period up stays one.
    let within = select(within.eq(-half) & steps.gt(0.0), half, within);
    let added = select(steps.abs().lt(half), 0.0, within - &steps);
    let mut at = vec![Index::ALL; axis];
    at.push(Index::from(..1));
    let first = angles.slice(&at);
    at[axis] = Index::from(1..);
    let others = angles.slice(&at) + added.cumsum_axis(axis as isize);
    Ok(concatenate(&[&first, &others], axis as isize))
}
