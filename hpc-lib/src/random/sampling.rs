//! Samples of what is there: choices, permutations, bytes.

use std::collections::HashSet;

use super::bulk::{FromStream, FromWord, fill};
use super::generator::{Generator, shared};
use super::philox::Stream;
use super::substream::{Substream, unit};
use crate::array::Array;
use crate::array::dense::Dense;
use crate::array::dtype::{DType, with_type};
use crate::array::element::Typed;
use crate::array::storage::check_room;
use crate::error::{Error, OrRaise};
use crate::gather::{self, Outside};
use crate::pool::pool;
use crate::scan::Around;
use crate::sort::{Side, argsort, search_sorted};

/// A sample this much smaller than what it is taken from is drawn one by one.
const SPARSE: usize = 16;

/// The positions of `count` of `n` elements.
fn positions(
    stream: Stream,
    n: usize,
    count: usize,
    replace: bool,
    weights: Option<&Array>,
) -> Result<Vec<i64>, Error> {
    let weights = weights.map(|p| checked_weights(p, n)).transpose()?;
    if n == 0 && count > 0 {
        return Err(Error::argument("choice", "there is nothing to choose from"));
    }
    let usable = weights
        .as_ref()
        .map_or(n, |p| p.iter().filter(|&&p| p > 0.0).count());
    if !replace && count > usable {
        let message = format!(
            "{count} different ones of {usable} that can be chosen; let `replace` be true, or take \
             fewer"
        );
        return Err(Error::argument("choice", message));
    }
    let mut target = vec![0; count];
    match (replace, weights) {
        (true, None) => {
            let draw = FromStream(|_, words: &mut Substream| words.below(n as u64) as i64);
            fill(pool(), &stream, &draw, &mut target);
        }
        (true, Some(weights)) => with_weights(stream, &weights, &mut target),
        (false, None) if count <= n / SPARSE => {
            let mut seen = HashSet::with_capacity(count);
            let mut candidates = (0..).map(|i| Substream::new(stream, i).below(n as u64) as i64);
            target.fill_with(|| {
                loop {
                    match candidates.next() {
                        Some(candidate) if !seen.insert(candidate) => {}
                        candidate => return candidate.unwrap_or_default(),
                    }
                }
            });
        }
        (false, None) => target.copy_from_slice(&shuffled(stream, n)[..count]),
        (false, Some(weights)) => {
            // The first to arrive, each with its own rate (Efraimidis and Spirakis, "Weighted random
            // sampling with a reservoir", Information Processing Letters 97, 2006).
            let draw = FromStream(|i: u64, words: &mut Substream| {
                words.exponential() / weights[i as usize]
            });
            let mut arrivals = vec![0.0; n];
            fill(pool(), &stream, &draw, &mut arrivals);
            let mut order = vec![0; n];
            argsort(pool(), &arrivals, &mut order);
            target.copy_from_slice(&order[..count]);
        }
    }
    Ok(target)
}

fn checked_weights(p: &Array, n: usize) -> Result<Vec<f64>, Error> {
    if p.shape() != [n] {
        return Err(Error::Shapes {
            routine: "choice",
            left: vec![n],
            right: p.shape().to_vec(),
        });
    }
    let p = p.to_vec::<f64>();
    let total: f64 = p.iter().sum();
    if p.iter().any(|p| p.is_nan() || *p < 0.0) || !(total > 0.0 && total.is_finite()) {
        let message = "the weights must be 0 or more, one of them above, and finite";
        return Err(Error::argument("choice", message));
    }
    Ok(p)
}

/// Positions with probabilities in proportion to `weights`, by a search in their running sums.
fn with_weights(stream: Stream, weights: &[f64], target: &mut [i64]) {
    let total: f64 = weights.iter().sum();
    let mut sum = 0.0;
    let sums: Vec<f64> = weights
        .iter()
        .map(|weight| {
            sum += weight;
            sum / total
        })
        .collect();
    let mut places = vec![0.0; target.len()];
    fill(pool(), &stream, &FromWord(unit), &mut places);
    search_sorted(pool(), &sums, None, &places, Side::Right, target);
    // Rounding may leave the last sum below 1.
    let last = weights
        .iter()
        .rposition(|&weight| weight > 0.0)
        .unwrap_or(0) as i64;
    for place in target {
        *place = last.min(*place);
    }
}

/// The positions 0 to `n` in random order: the order of random keys. Equal keys, which stay in their
/// order, are rarer than 1 in 10⁵ arrays of 10⁷.
fn shuffled(stream: Stream, n: usize) -> Vec<i64> {
    let mut keys = vec![0_u64; n];
    fill(pool(), &stream, &FromWord(|word| word), &mut keys);
    let mut order = vec![0; n];
    argsort(pool(), &keys, &mut order);
    order
}

/// The elements of `x` at these positions of its first axis, in the shape `size` and that of the
/// other axes.
fn rows_at(
    routine: &'static str,
    x: &Array,
    positions: &[i64],
    size: &[usize],
) -> Result<Array, Error> {
    let dense = x.dense().to_contiguous(routine)?;
    let source = dense.slice();
    let around = Around {
        outer: 1,
        len: x.shape()[0],
        inner: x.shape()[1..].iter().product(),
    };
    let shape = [size, &x.shape()[1..]].concat();
    let taken = with_type!(source.dtype(), T => Dense::build(routine, &shape, &mut |target: &mut [T]| {
        // The positions come from here, so that none is outside.
        let taken = gather::take(pool(), around, T::slice(source), positions, Outside::Clip, target);
        debug_assert!(taken.is_ok());
    }));
    taken.map(Array::of)
}

fn at_least_one_axis(routine: &'static str, x: &Array) -> Result<(), Error> {
    if x.ndim() > 0 {
        return Ok(());
    }
    Err(Error::Dimensions {
        routine,
        shape: Vec::new(),
        expected: "an array with at least one axis is needed",
    })
}

pub(super) fn choice(
    stream: Stream,
    size: &[usize],
    x: &Array,
    replace: bool,
    p: Option<&Array>,
) -> Result<Array, Error> {
    at_least_one_axis("choice", x)?;
    check_room("choice", size, DType::I64)?;
    let count = size.iter().product();
    let positions = positions(stream, x.shape()[0], count, replace, p)?;
    rows_at("choice", x, &positions, size)
}

fn permuted(stream: Stream, x: &Array) -> Result<Array, Error> {
    at_least_one_axis("shuffle", x)?;
    let n = x.shape()[0];
    rows_at("shuffle", x, &shuffled(stream, n), &[n])
}

fn permutation_of(stream: Stream, n: usize) -> Result<Array, Error> {
    check_room("permutation", &[n], DType::I64)?;
    let order = shuffled(stream, n);
    let dense = Dense::build("permutation", &[n], &mut |target: &mut [i64]| {
        target.copy_from_slice(&order);
    })?;
    Ok(Array::of(dense))
}

fn random_bytes(stream: Stream, n: usize) -> Result<Vec<u8>, Error> {
    check_room("bytes", &[n], DType::U8)?;
    let mut words = vec![0_u64; n.div_ceil(size_of::<u64>())];
    fill(pool(), &stream, &FromWord(u64::to_le), &mut words);
    let mut bytes: Vec<u8> = words.into_iter().flat_map(u64::to_ne_bytes).collect();
    bytes.truncate(n);
    Ok(bytes)
}

impl Generator {
    /// The elements of `x` along its first axis in random order, each order as likely.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let deck = random::Generator::new(42).shuffle(&arange(0, 52, 1));
    /// assert_eq!(deck.sum(), 1326.0);
    /// ```
    ///
    /// # Panics
    /// Panics when the array has no axis, or there is not enough memory.
    #[track_caller]
    #[doc(alias = "permuted")]
    pub fn shuffle(&self, x: &Array) -> Array {
        permuted(self.next(), x).or_raise()
    }

    /// The numbers from 0 to before `n` in random order, in i64.
    ///
    /// ```
    /// use hpc::random::Generator;
    /// assert_eq!(Generator::new(42).permutation(10).sum(), 45.0);
    /// ```
    ///
    /// # Panics
    /// Panics when there is not enough memory.
    #[track_caller]
    pub fn permutation(&self, n: usize) -> Array {
        permutation_of(self.next(), n).or_raise()
    }

    /// `n` random bytes.
    ///
    /// ```
    /// use hpc::random::Generator;
    /// assert_eq!(Generator::new(42).bytes(5).len(), 5);
    /// ```
    pub fn bytes(&self, n: usize) -> Vec<u8> {
        random_bytes(self.next(), n).or_raise()
    }
}

/// The elements of `x` along its first axis in random order, each order as likely.
///
/// ```
/// use hpc::prelude::*;
/// assert_eq!(random::shuffle(&arange(0, 52, 1)).sum(), 1326.0);
/// ```
///
/// # Panics
/// Panics when the array has no axis, or there is not enough memory.
#[track_caller]
pub fn shuffle(x: &Array) -> Array {
    permuted(shared(), x).or_raise()
}

/// The numbers from 0 to before `n` in random order, in i64.
///
/// ```
/// use hpc::prelude::*;
/// assert_eq!(random::permutation(10).sum(), 45.0);
/// ```
///
/// # Panics
/// Panics when there is not enough memory.
#[track_caller]
pub fn permutation(n: usize) -> Array {
    permutation_of(shared(), n).or_raise()
}

/// `n` random bytes.
///
/// ```
/// assert_eq!(hpc::random::bytes(5).len(), 5);
/// ```
pub fn bytes(n: usize) -> Vec<u8> {
    random_bytes(shared(), n).or_raise()
}
