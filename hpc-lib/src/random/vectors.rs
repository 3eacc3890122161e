//! Distributions whose elements are vectors: the last axis of the result.

use super::bulk::{FromWordOr, fill};
use super::continuous::Gamma;
use super::discrete::Binomial;
use super::philox::Stream;
use super::substream::Substream;
use super::ziggurat;
use crate::array::Array;
use crate::array::dense::Dense;
use crate::array::element::Typed;
use crate::error::Error;
use crate::pool::pool;

/// Elements of one task, roughly.
const TASK: usize = 1 << 14;

/// Rows of `width` elements, each filled by `draw` with its number.
fn rows<T: Typed>(
    routine: &'static str,
    size: &[usize],
    width: usize,
    draw: impl Fn(u64, &mut [T]) + Sync + Send,
) -> Result<Array, Error> {
    let mut shape = size.to_vec();
    shape.push(width);
    let dense = Dense::build(routine, &shape, &mut |target: &mut [T]| {
        let rows = (TASK / width).max(1);
        pool().for_each_piece(target, rows * width, &|start, target| {
            for (row, number) in target.chunks_mut(width).zip(start / width..) {
                draw(number as u64, row);
            }
        });
    })?;
    Ok(Array::of(dense))
}

/// The elements of a parameter with one axis, of which there must be some.
fn vector(routine: &'static str, parameter: &Array) -> Result<Vec<f64>, Error> {
    if parameter.ndim() != 1 || parameter.is_empty() {
        return Err(Error::Dimensions {
            routine,
            shape: parameter.shape().to_vec(),
            expected: "a parameter with one axis and at least one element is needed",
        });
    }
    Ok(parameter.to_vec::<f64>())
}

pub(super) fn multinomial(
    stream: Stream,
    size: &[usize],
    n: u64,
    pvals: &Array,
) -> Result<Array, Error> {
    let routine = "multinomial";
    let p = vector(routine, pvals)?;
    let total: f64 = p.iter().sum();
    if p.iter().any(|p| !(0.0..=1.0).contains(p)) || total > 1.0 + 1e-9 {
        let message = format!("pvals must be from 0 to 1 with a sum of 1; their sum is {total}");
        return Err(Error::argument(routine, message));
    }
    let (last, others) = (p.len() - 1, &p[..p.len() - 1]);
    rows(routine, size, p.len(), |number, row: &mut [i64]| {
        let mut left = n;
        let mut weight = 1.0;
        for (j, (target, &p)) in row.iter_mut().zip(others).enumerate() {
            let mut words = Substream::new(stream, number * (last as u64 + 1) + j as u64);
            let share = if weight > 0.0 {
                (p / weight).clamp(0.0, 1.0)
            } else {
                1.0
            };
            let count = Binomial::new(left as f64, share).draw(&mut words) as u64;
            *target = count as i64;
            left -= count;
            weight -= p;
        }
        row[last] = left as i64;
    })
}

pub(super) fn dirichlet(stream: Stream, size: &[usize], alpha: &Array) -> Result<Array, Error> {
    let routine = "dirichlet";
    let alpha = vector(routine, alpha)?;
    if let Some(bad) = alpha.iter().find(|a| !(a.is_finite() && **a > 0.0)) {
        let message = format!("alpha has the element {bad}; all must be above 0, and finite");
        return Err(Error::argument(routine, message));
    }
    let gammas: Vec<Gamma> = alpha.iter().map(|&a| Gamma::new(a)).collect();
    rows(routine, size, alpha.len(), |number, row: &mut [f64]| {
        for (j, (target, gamma)) in row.iter_mut().zip(&gammas).enumerate() {
            let mut words = Substream::new(stream, number * gammas.len() as u64 + j as u64);
            *target = gamma.draw_ln(&mut words);
        }
        // In logarithms: with small parameters all of them may underflow.
        let greatest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mut sum = 0.0;
        for value in &mut *row {
            *value = (*value - greatest).exp();
            sum += *value;
        }
        for value in row {
            *value /= sum;
        }
    })
}

pub(super) fn multivariate_normal(
    stream: Stream,
    size: &[usize],
    mean: &Array,
    cov: &Array,
) -> Result<Array, Error> {
    let routine = "multivariate_normal";
    let mean = vector(routine, mean)?;
    let n = mean.len();
    if cov.shape() != [n, n] {
        return Err(Error::Shapes {
            routine,
            left: vec![n],
            right: cov.shape().to_vec(),
        });
    }
    let factor = cholesky(&cov.to_vec::<f64>(), n).ok_or_else(|| {
        let message = "cov is not symmetric and positive semidefinite; a covariance is";
        Error::argument(routine, message)
    })?;
    let layers = &*ziggurat::NORMAL;
    let normal = FromWordOr {
        fast: |word| layers.signed(word),
        slow: ziggurat::normal_again,
    };
    let count = size.iter().product::<usize>().saturating_mul(n);
    let independent = Dense::build(routine, &[count], &mut |target: &mut [f64]| {
        fill(pool(), &stream, &normal, target);
    })?;
    let independent = f64::slice(independent.slice());
    rows(routine, size, n, |number, row: &mut [f64]| {
        let start = number as usize * n;
        let normals = &independent[start..start + n];
        for (i, (target, mean)) in row.iter_mut().zip(&mean).enumerate() {
            let weights = &factor[i * n..=i * n + i];
            let sum: f64 = weights.iter().zip(normals).map(|(w, x)| w * x).sum();
            *target = mean + sum;
        }
    })
}

/// The lower triangular matrix whose product with its transpose is `a`; none if `a` is not symmetric
/// and positive semidefinite.
fn cholesky(a: &[f64], n: usize) -> Option<Vec<f64>> {
    let largest = (0..n).map(|i| a[i * n + i].abs()).fold(0.0, f64::max);
    let tolerance = n as f64 * f64::EPSILON * largest * 8.0;
    let mut factor = vec![0.0; n * n];
    for i in 0..n {
        for j in 0..=i {
            if (a[i * n + j] - a[j * n + i]).abs() > 1e-8 * largest {
                return None;
            }
            let known: f64 = (0..j).map(|k| factor[i * n + k] * factor[j * n + k]).sum();
            let rest = a[i * n + j] - known;
            let pivot = factor[j * n + j];
            factor[i * n + j] = if i == j {
                if rest.is_nan() || rest < -tolerance {
                    return None;
                }
                // A direction without extent.
                if rest <= tolerance { 0.0 } else { rest.sqrt() }
            } else if pivot > 0.0 {
                rest / pivot
            } else if rest.abs() <= 1e-8 * largest {
                0.0
            } else {
                return None;
            };
        }
    }
    Some(factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_of_covariances() {
        let a = [4.0, 2.0, 2.0, 5.0];
        assert_eq!(cholesky(&a, 2).unwrap(), [2.0, 0.0, 1.0, 2.0]);
        assert_eq!(
            cholesky(&[1.0, 1.0, 1.0, 1.0], 2).unwrap(),
            [1.0, 0.0, 1.0, 0.0]
        );
        assert!(cholesky(&[1.0, 2.0, 2.0, 1.0], 2).is_none());
        assert!(cholesky(&[1.0, 0.5, 0.0, 1.0], 2).is_none());
        assert!(cholesky(&[f64::NAN], 1).is_none());
    }
}
