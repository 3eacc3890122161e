//! Quantiles by selection.

use super::key::Sortable;
use super::order::for_rows;
use super::select::keys_of_ranks;
use crate::pool::Pool;

/// How a quantile that falls between two elements is made of them.
///
/// The first nine are those of Hyndman and Fan ("Sample quantiles in statistical packages", The
/// American Statistician 50, 1996), in their order, `Linear` being their seventh.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Method {
    /// The first element at which the share of elements reaches the quantile.
    InvertedCdf,
    /// As `InvertedCdf`, the mean of two elements where the share is met exactly.
    AveragedInvertedCdf,
    /// The nearest element, of two the one with the even number.
    ClosestObservation,
    /// Linear between the steps of `InvertedCdf`.
    InterpolatedInvertedCdf,
    /// Linear between the middles of the steps.
    Hazen,
    /// Linear between the expected places of the elements of a uniform sample.
    Weibull,
    /// Linear between the elements, the first being quantile 0 and the last 1.
    #[default]
    Linear,
    /// Linear; the median does not depend on the distribution, roughly.
    MedianUnbiased,
    /// Linear; unbiased for a normal distribution, roughly.
    NormalUnbiased,
    /// The lower one of the two elements of `Linear`.
    Lower,
    /// The higher one of the two elements of `Linear`.
    Higher,
    /// The mean of the two elements of `Linear`.
    Midpoint,
    /// The nearest element of `Linear`, of two the one with the even index.
    Nearest,
}

impl Method {
    /// Where quantile `q` lies in `n` sorted elements: an index, and the weight of the element after
    /// it.
    pub(super) fn place(self, n: usize, q: f64) -> (usize, f64) {
        let count = n as f64;
        let linear = (count - 1.0) * q;
        let at = |alpha: f64, beta: f64| count * q + (alpha + q * (1.0 - alpha - beta)) - 1.0;
        let step = count * q - 1.0;
        let place = match self {
            Self::AveragedInvertedCdf if step.fract() == 0.0 => step + 0.5,
            Self::InvertedCdf | Self::AveragedInvertedCdf => step.ceil(),
            Self::ClosestObservation => {
                let between = step - 0.5;
                let is_odd = between.floor().rem_euclid(2.0) == 1.0;
                if between.fract() == 0.0 && is_odd {
                    between
                } else {
                    between.floor() + 1.0
                }
            }
            Self::InterpolatedInvertedCdf => at(0.0, 1.0),
            Self::Hazen => at(0.5, 0.5),
            Self::Weibull => at(0.0, 0.0),
            Self::Linear => linear,
            Self::MedianUnbiased => at(1.0 / 3.0, 1.0 / 3.0),
            Self::NormalUnbiased => at(0.375, 0.375),
            Self::Lower => linear.floor(),
            Self::Higher => linear.ceil(),
            Self::Midpoint => 0.5 * (linear.floor() + linear.ceil()),
            Self::Nearest => linear.round_ties_even(),
        };
        let place = place.clamp(0.0, count - 1.0);
        (place as usize, place.fract())
    }
}

/// Numbers that quantiles can be made of.
pub(crate) trait Quantity: Sortable {
    fn to_f64(self) -> f64;
}

macro_rules! quantity {
    ($($type:ty)*) => {$(
        impl Quantity for $type {
            #[inline]
            fn to_f64(self) -> f64 {
                self as f64
            }
        }
    )*};
}

quantity! { i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 }

impl Quantity for bool {
    #[inline]
    fn to_f64(self) -> f64 {
        f64::from(u8::from(self))
    }
}

/// How quantiles are made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rule {
    pub(crate) method: Method,
    /// Leave NaN out; otherwise all quantiles of a row with a NaN are NaN.
    pub(crate) skips_nan: bool,
}

/// Writes the quantiles `qs` (from 0 to 1) of each row of `row` elements to `target`, side by side.
/// NaN where there are no elements.
///
/// # Panics
/// Panics when the length of the target is not that of `qs` times the number of rows.
pub(crate) fn quantile_rows<T: Quantity>(
    pool: &Pool,
    row: usize,
    source: &[T],
    qs: &[f64],
    rule: Rule,
    target: &mut [f64],
) {
    if qs.is_empty() {
        return;
    }
    if row == 0 || source.len() == row {
        // Rows without elements, as many as there are targets, or a single row.
        for target in target.chunks_mut(qs.len()) {
            quantiles(pool, source, qs, rule, target);
        }
        return;
    }
    assert_eq!(target.len(), source.len() / row * qs.len());
    for_rows(
        pool,
        (row, qs.len()),
        source,
        target,
        &|pool, source, target| quantiles(pool, source, qs, rule, target),
    );
}

fn quantiles<T: Quantity>(pool: &Pool, source: &[T], qs: &[f64], rule: Rule, target: &mut [f64]) {
    let nan = source.iter().filter(|element| element.is_nan()).count();
    let n = source.len() - nan;
    if n == 0 || (nan > 0 && !rule.skips_nan) {
        target.fill(f64::NAN);
        return;
    }
    let places: Vec<(usize, f64)> = qs.iter().map(|&q| rule.method.place(n, q)).collect();
    let mut ranks: Vec<usize> = places
        .iter()
        .flat_map(|&(index, weight)| [index, index + usize::from(weight > 0.0)])
        .collect();
    ranks.sort_unstable();
    ranks.dedup();
    let keys = keys_of_ranks(pool, source, &ranks);
    let value = |rank| {
        let at = ranks.partition_point(|&other| other < rank);
        T::of_key(keys[at]).to_f64()
    };
    for (target, &(index, weight)) in target.iter_mut().zip(&places) {
        *target = if weight > 0.0 {
            blend(value(index), value(index + 1), weight)
        } else {
            value(index)
        };
    }
}

/// From `a` to `b`, such that it never leaves what is between them.
fn blend(a: f64, b: f64, weight: f64) -> f64 {
    let distance = b - a;
    if a == b {
        a
    } else if !distance.is_finite() {
        // An infinity draws all to itself; two of them leave NaN.
        a * (1.0 - weight) + b * weight
    } else if weight < 0.5 {
        a + distance * weight
    } else {
        b - distance * (1.0 - weight)
    }
}
