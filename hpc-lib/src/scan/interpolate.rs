//! Piecewise linear interpolation.

use crate::pool::Pool;

/// Elements of one task.
const TASK: usize = 1 << 14;

/// What is given for places left and right of the known ones.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outside {
    pub(crate) left: f64,
    pub(crate) right: f64,
}

/// The values at the places `x` of the line through the points (`xp`, `fp`), of which there is at
/// least one, with `xp` ascending. NaN at NaN.
///
/// # Panics
/// Panics when the lengths differ.
pub(crate) fn interpolate(
    pool: &Pool,
    x: &[f64],
    xp: &[f64],
    fp: &[f64],
    outside: Outside,
    target: &mut [f64],
) {
    assert_eq!(x.len(), target.len());
    assert_eq!(xp.len(), fp.len());
    let last = xp.len() - 1;
    pool.for_each_piece(target, TASK, &|start, target| {
        let mut after = 0;
        for (target, &x) in target.iter_mut().zip(&x[start..]) {
            // Neighbours are often in the same gap.
            let is_same = after > 0 && after <= last && xp[after - 1] <= x && x < xp[after];
            if !is_same {
                after = xp.partition_point(|&place| place <= x);
            }
            *target = if x.is_nan() {
                f64::NAN
            } else if after == 0 {
                outside.left
            } else if after > last {
                if x == xp[last] {
                    fp[last]
                } else {
                    outside.right
                }
            } else {
                between(x, (xp[after - 1], fp[after - 1]), (xp[after], fp[after]))
            };
        }
    });
}

/// The line through two points, as NumPy computes it: from the right where the left gives NaN.
fn between(x: f64, (x0, y0): (f64, f64), (x1, y1): (f64, f64)) -> f64 {
    let slope = (y1 - y0) / (x1 - x0);
    let from_left = slope * (x - x0) + y0;
    if !from_left.is_nan() {
        return from_left;
    }
    let from_right = slope * (x - x1) + y1;
    if from_right.is_nan() && y0 == y1 {
        y0
    } else {
        from_right
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_on_between_and_outside() {
        let (xp, fp) = ([0.0, 1.0, 1.0, 3.0], [0.0, 10.0, 20.0, 40.0]);
        let x = [-1.0, 0.0, 0.5, 1.0, 2.0, 3.0, 4.0, f64::NAN];
        let outside = Outside {
            left: -7.0,
            right: 7.0,
        };
        let mut target = [0.0; 8];
        interpolate(&Pool::new(2), &x, &xp, &fp, outside, &mut target);
        assert_eq!(target[..7], [-7.0, 0.0, 5.0, 20.0, 30.0, 40.0, 7.0]);
        assert!(target[7].is_nan());
    }

    #[test]
    fn infinite_ends() {
        let inf = f64::INFINITY;
        assert_eq!(between(1.0, (-inf, 5.0), (inf, 5.0)), 5.0);
        assert_eq!(between(1.0, (0.0, 2.0), (inf, 5.0)), 2.0);
    }
}
