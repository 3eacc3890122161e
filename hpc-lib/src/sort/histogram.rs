//! How many elements lie between edges.

use super::bins;
use super::search::Side;
use crate::array::dense::Dense;
use crate::array::{Array, DType, Index, linspace, select};
use crate::error::{Error, OrRaise};
use crate::pool::pool;
use crate::prof;

/// The bins of a histogram along one axis: made from their number or an array of edges.
///
/// ```
/// use hpc::prelude::*;
/// let x = Array::from([0.1, 0.2, 0.9]);
/// assert_eq!(x.histogram(2).counts.to_vec::<i64>(), [2, 1]);
/// assert_eq!(x.histogram(Bins::from(4).between(0.0, 1.0)).counts.to_vec::<i64>(), [2, 0, 0, 1]);
/// let edges = Array::from([0.0, 0.15, 1.0]);
/// assert_eq!(x.histogram(&edges).counts.to_vec::<i64>(), [1, 2]);
/// ```
#[derive(Clone, Debug)]
pub struct Bins(Edges);

#[derive(Clone, Debug)]
enum Edges {
    /// Of equal width; without a range, from the least to the greatest element.
    Equal {
        count: usize,
        range: Option<(f64, f64)>,
    },
    At(Array),
}

impl Bins {
    /// Of equal width from `low` to `high`; edges that were given stay.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let bins = Bins::from(2).between(0.0, 4.0);
    /// assert_eq!(Array::from([1.0, 3.0, 5.0]).histogram(bins).counts.to_vec::<i64>(), [1, 1]);
    /// ```
    #[must_use]
    pub fn between(self, low: f64, high: f64) -> Self {
        Self(match self.0 {
            Edges::Equal { count, .. } => Edges::Equal {
                count,
                range: Some((low, high)),
            },
            at @ Edges::At(_) => at,
        })
    }

    /// The edges for the values of `array`: one more than there are bins.
    fn edges(&self, routine: &'static str, array: &Array) -> Result<Array, Error> {
        match &self.0 {
            Edges::At(edges) => {
                if edges.ndim() != 1 || edges.is_empty() {
                    return Err(Error::Dimensions {
                        routine,
                        shape: edges.shape().to_vec(),
                        expected: "edges have one axis and one element or more",
                    });
                }
                if !edges.diff().ge(0).all() {
                    let message = "the edges are not in ascending order";
                    return Err(Error::argument(routine, message));
                }
                Ok(edges.clone())
            }
            Edges::Equal { count: 0, .. } => Err(Error::argument(routine, "there are no bins")),
            &Edges::Equal { count, range } => {
                let (low, high) = match range {
                    Some(range) => range,
                    None if array.is_empty() => (0.0, 1.0),
                    None => (array.min(), array.max()),
                };
                if !(low <= high && (high - low).is_finite()) {
                    let message = format!("no bins between {low} and {high}");
                    return Err(Error::argument(routine, message));
                }
                Ok(if low < high {
                    linspace(low, high, count.saturating_add(1))
                } else {
                    linspace(low - 0.5, high + 0.5, count.saturating_add(1))
                })
            }
        }
    }
}

impl From<usize> for Bins {
    fn from(count: usize) -> Self {
        Self(Edges::Equal { count, range: None })
    }
}

impl From<i32> for Bins {
    /// A negative number of bins is as bad as none.
    fn from(count: i32) -> Self {
        Self::from(usize::try_from(count).unwrap_or(0))
    }
}

impl From<Array> for Bins {
    fn from(edges: Array) -> Self {
        Self(Edges::At(edges))
    }
}

impl From<&Array> for Bins {
    fn from(edges: &Array) -> Self {
        Self::from(edges.clone())
    }
}

/// The counts of a histogram, and the edges of its bins.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Histogram {
    /// How many elements are in each bin, in i64; the sums of their weights in f64 where there are
    /// some. An axis for each coordinate.
    pub counts: Array,
    /// Along each axis the edges of the bins.
    pub edges: Vec<Array>,
}

impl Histogram {
    /// The density of probability in each bin, in f64: the integral over all bins is 1. NaN when
    /// nothing was counted.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let edges = Array::from([0.0, 1.0, 4.0]);
    /// let found = Array::from([0.5, 1.0, 2.0, 3.0]).histogram(&edges);
    /// assert_eq!(found.density().to_vec::<f64>(), [0.25, 0.25]);
    /// ```
    pub fn density(&self) -> Array {
        let mut density = self.counts.astype(DType::F64) / self.counts.sum();
        for (axis, edges) in self.edges.iter().enumerate() {
            let mut shape = vec![1; self.edges.len()];
            shape[axis] = edges.len() - 1;
            density /= edges.astype(DType::F64).diff().reshape(shape);
        }
        density
    }
}

/// The number of the bin of each element, where the last edge belongs to the last bin, and whether
/// there is one.
fn numbers(edges: &Array, values: &Array) -> (Array, Array) {
    let count = edges.len() as i64 - 1;
    let last = edges.slice(&[Index::At(-1)]);
    let found = edges.searchsorted(values, Side::Right) - 1;
    let number = select(values.eq(&last), count - 1, found);
    let is_inside = number.ge(0) & number.lt(count);
    (number, is_inside)
}

fn counted(
    routine: &'static str,
    coordinates: &[Array],
    of: &[Bins],
    weights: Option<&Array>,
) -> Result<Histogram, Error> {
    static SITE: prof::Site = prof::Site::routine("hpc::histogram");
    for values in coordinates {
        if values.dtype().is_complex() {
            return Err(Error::DType {
                routine,
                dtype: values.dtype(),
                expected: "complex numbers have no order",
            });
        }
        let same = weights.is_none_or(|weights| weights.len() == values.len());
        if values.len() != coordinates[0].len() || !same {
            return Err(Error::Shapes {
                routine,
                left: coordinates[0].shape().to_vec(),
                right: weights.unwrap_or(values).shape().to_vec(),
            });
        }
    }
    let mut edges = Vec::with_capacity(of.len());
    for (values, bins) in coordinates.iter().zip(of) {
        edges.push(bins.edges(routine, values)?);
    }
    let shape: Vec<usize> = edges.iter().map(|edges| edges.len() - 1).collect();
    let too_many = || Error::Memory {
        routine,
        shape: shape.clone(),
        dtype: DType::I64,
    };
    let total = shape
        .iter()
        .try_fold(1_usize, |total, &n| total.checked_mul(n));
    let total = total
        .and_then(|total| i64::try_from(total).ok())
        .ok_or_else(too_many)?;
    let mut place: Option<(Array, Array)> = None;
    for (values, edges) in coordinates.iter().zip(&edges) {
        let (number, is_inside) = numbers(edges, &values.ravel());
        place = Some(match place {
            None => (number, is_inside),
            Some((before, all)) => (before * (edges.len() as i64 - 1) + number, all & is_inside),
        });
    }
    // What is in no bin goes into one more, which is dropped.
    let places = place.map_or_else(Vec::new, |(place, is_inside)| {
        select(is_inside, place, total).to_vec::<i64>()
    });
    let _region = SITE.enter_routine();
    let with_rest = [total as usize + 1];
    let dense = match weights {
        None => Dense::build(routine, &with_rest, &mut |target: &mut [i64]| {
            target.fill(0);
            bins::count(pool(), &places, target);
        })?,
        Some(weights) => {
            let weights = weights.to_vec::<f64>();
            Dense::build(routine, &with_rest, &mut |target: &mut [f64]| {
                target.fill(0.0);
                bins::sum(pool(), &places, &weights, target);
            })?
        }
    };
    let counts = Array::of(dense).slice(&[Index::from(..total)]);
    Ok(Histogram {
        counts: counts.reshape(shape),
        edges,
    })
}

impl Array {
    /// How many elements lie in each of some bins: those of equal width from the least to the greatest
    /// element (`10`), from one number to another, or between edges (see [`Bins`]). A bin has its
    /// left edge, and the last one its right edge too; elements outside are not counted, NaN neither.
    ///
    /// A search by halves among the edges for each element.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let found = Array::from([1.0, 2.0, 2.5, 5.0]).histogram(4);
    /// assert_eq!(found.counts.to_vec::<i64>(), [1, 2, 0, 1]);
    /// assert_eq!(found.edges[0].to_vec::<f64>(), [1.0, 2.0, 3.0, 4.0, 5.0]);
    /// ```
    ///
    /// # Panics
    /// Panics when there are no bins, edges are not in ascending order, the range is not finite, and
    /// for complex numbers.
    #[track_caller]
    pub fn histogram(&self, bins: impl Into<Bins>) -> Histogram {
        counted(
            "histogram",
            std::slice::from_ref(self),
            &[bins.into()],
            None,
        )
        .or_raise()
    }

    /// The sums of the weights of the elements in each bin, in f64: see
    /// [`histogram`](Self::histogram).
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let weights = Array::from([0.5, 2.0, 1.0]);
    /// let found = Array::from([1.0, 1.5, 3.0]).histogram_weighted(2, &weights);
    /// assert_eq!(found.counts.to_vec::<f64>(), [2.5, 1.0]);
    /// ```
    ///
    /// # Panics
    /// Panics as `histogram` does, and when there are not as many weights as elements.
    #[track_caller]
    pub fn histogram_weighted(&self, bins: impl Into<Bins>, weights: &Self) -> Histogram {
        let own = std::slice::from_ref(self);
        counted("histogram_weighted", own, &[bins.into()], Some(weights)).or_raise()
    }

    /// The edges of the bins that [`histogram`](Self::histogram) would take.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let edges = Array::from([1, 4]).histogram_bin_edges(3);
    /// assert_eq!(edges.to_vec::<f64>(), [1.0, 2.0, 3.0, 4.0]);
    /// ```
    ///
    /// # Panics
    /// Panics as `histogram` does.
    #[track_caller]
    pub fn histogram_bin_edges(&self, bins: impl Into<Bins>) -> Self {
        bins.into().edges("histogram_bin_edges", self).or_raise()
    }
}

/// How many points lie in each bin of a plane: `counts` has an axis for `x` and one for `y`. Bins as
/// for [`histogram`](Array::histogram).
///
/// ```
/// use hpc::prelude::*;
/// let (x, y) = (Array::from([0.0, 1.0, 1.0]), Array::from([0.0, 0.0, 2.0]));
/// let found = histogram2d(&x, &y, &[2.into(), 2.into()]);
/// assert_eq!(found.counts.to_vec::<i64>(), [1, 0, 1, 1]);
/// ```
///
/// # Panics
/// Panics when there are not as many `x` as `y`, and as `histogram` does.
#[track_caller]
pub fn histogram2d(x: &Array, y: &Array, bins: &[Bins; 2]) -> Histogram {
    counted("histogram2d", &[x.clone(), y.clone()], bins, None).or_raise()
}

/// How many points lie in each bin of a space: the points are the rows of `sample`, a coordinate in
/// each column, with bins for each of them as for [`histogram`](Array::histogram).
///
/// ```
/// use hpc::prelude::*;
/// let points = Array::from([[0.0, 0.0, 5.0], [1.0, 0.0, 6.0]]);
/// let found = histogramdd(&points, &[2.into(), 1.into(), 2.into()]);
/// assert_eq!(found.counts.shape(), [2, 1, 2]);
/// assert_eq!(found.counts.to_vec::<i64>(), [1, 0, 0, 1]);
/// ```
///
/// # Panics
/// Panics when the sample has not two axes, there are not as many bins as columns, and as `histogram`
/// does.
#[track_caller]
pub fn histogramdd(sample: &Array, bins: &[Bins]) -> Histogram {
    let routine = "histogramdd";
    if sample.ndim() != 2 || sample.shape()[1] != bins.len() || bins.is_empty() {
        let (shape, n) = (sample.shape(), bins.len());
        let message = format!("a sample of shape {shape:?} and bins for {n} coordinates");
        Error::argument(routine, message).raise();
    }
    let columns: Vec<Array> = (0..bins.len() as isize).map(|at| sample.col(at)).collect();
    counted(routine, &columns, bins, None).or_raise()
}
