use std::cmp::Ordering;

use super::Array;
use super::dtype::DType;
use crate::error::{Error, OrRaise};
use crate::expr::{self, Reduced, Reduction};

impl Array {
    /// A reduction of an array that is not empty.
    #[track_caller]
    fn reduce(&self, reduction: Reduction) -> Reduced {
        expr::reduce(&self.node, reduction).or_raise()
    }

    fn try_reduce(&self, routine: &'static str, reduction: Reduction) -> Result<Reduced, Error> {
        if self.is_empty() {
            return Err(Error::Empty {
                routine,
                shape: self.shape().to_vec(),
            });
        }
        expr::reduce(&self.node, reduction)
    }

    fn integer(&self, routine: &'static str, value: Reduced) -> Result<i64, Error> {
        match value {
            Reduced::Int(value) => i64::try_from(value).map_err(|_| {
                Error::argument(
                    routine,
                    format!("the result, {value}, is out of the range of i64"),
                )
            }),
            Reduced::F64(_) => Err(Error::DType {
                routine,
                dtype: self.dtype(),
                expected: "it takes i64 and bool",
            }),
        }
    }

    /// The sum of all elements; that of bool counts the true ones. 0 for an empty array.
    ///
    /// Elements of f64 are added in pairs of pairs in a fixed order, so that the error grows with
    /// the logarithm of their number and the result does not depend on the threads. The sum of
    /// integers is exact before it becomes an `f64`.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(arange(0, 101, 1).sum(), 5050.0);
    /// assert_eq!(arange(0, 10, 1).gt(6).sum(), 3.0);
    /// ```
    #[track_caller]
    pub fn sum(&self) -> f64 {
        if self.is_empty() {
            0.0
        } else {
            self.reduce(Reduction::Sum).to_f64()
        }
    }

    /// The exact sum of integers, or the number of true elements.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([i64::MAX, -1]).sum_i64(), i64::MAX - 1);
    /// ```
    ///
    /// # Panics
    /// Panics for f64, and when the sum is out of the range of i64.
    #[track_caller]
    pub fn sum_i64(&self) -> i64 {
        let sum = if self.is_empty() {
            Reduced::Int(0)
        } else {
            self.reduce(Reduction::Sum)
        };
        self.integer("sum_i64", sum).or_raise()
    }

    /// The product of all elements, computed in f64. 1 for an empty array.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(arange(1, 6, 1).prod(), 120.0);
    /// ```
    #[track_caller]
    pub fn prod(&self) -> f64 {
        if self.is_empty() {
            1.0
        } else {
            self.reduce(Reduction::Product).to_f64()
        }
    }

    /// The mean of all elements. NaN for an empty array.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(arange(0, 4, 1).mean(), 1.5);
    /// assert!(zeros(0).mean().is_nan());
    /// ```
    #[track_caller]
    pub fn mean(&self) -> f64 {
        self.sum() / self.len() as f64
    }

    /// The variance of all elements: the mean square of their distance from the mean.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(arange(0, 4, 1).var(), 1.25);
    /// ```
    #[track_caller]
    pub fn var(&self) -> f64 {
        (self - self.mean()).powi(2).mean()
    }

    /// The standard deviation of all elements: the square root of the variance.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([1.0, 3.0]).std(), 1.0);
    /// ```
    #[track_caller]
    pub fn std(&self) -> f64 {
        self.var().sqrt()
    }

    /// The least element, NaN if one is NaN.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(linspace(-1.0, 1.0, 11).powi(2).min(), 0.0);
    /// ```
    ///
    /// # Panics
    /// Panics when the array is empty.
    #[track_caller]
    pub fn min(&self) -> f64 {
        self.try_min().or_raise()
    }

    /// The least element, NaN if one is NaN.
    ///
    /// # Errors
    /// Fails when the array is empty.
    pub fn try_min(&self) -> Result<f64, Error> {
        self.try_reduce("min", Reduction::Min).map(Reduced::to_f64)
    }

    /// The least element of an integer array.
    ///
    /// # Panics
    /// Panics when the array is empty, or of f64.
    #[track_caller]
    pub fn min_i64(&self) -> i64 {
        let least = self.try_reduce("min_i64", Reduction::Min);
        least
            .and_then(|least| self.integer("min_i64", least))
            .or_raise()
    }

    /// The greatest element, NaN if one is NaN.
    ///
    /// # Panics
    /// Panics when the array is empty.
    #[track_caller]
    pub fn max(&self) -> f64 {
        self.try_max().or_raise()
    }

    /// The greatest element, NaN if one is NaN.
    ///
    /// # Errors
    /// Fails when the array is empty.
    pub fn try_max(&self) -> Result<f64, Error> {
        self.try_reduce("max", Reduction::Max).map(Reduced::to_f64)
    }

    /// The greatest element of an integer array.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!((arange(0, 5, 1) % 3).max_i64(), 2);
    /// ```
    ///
    /// # Panics
    /// Panics when the array is empty, or of f64.
    #[track_caller]
    pub fn max_i64(&self) -> i64 {
        let greatest = self.try_reduce("max_i64", Reduction::Max);
        greatest
            .and_then(|greatest| self.integer("max_i64", greatest))
            .or_raise()
    }

    /// The position of the first of the least elements, in row-major order; that of the first NaN
    /// if there is one.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([3, 1, 2, 1]).argmin(), 1);
    /// ```
    ///
    /// # Panics
    /// Panics when the array is empty.
    #[track_caller]
    pub fn argmin(&self) -> usize {
        self.position("argmin", Ordering::Less)
    }

    /// The position of the first of the greatest elements, in row-major order; that of the first
    /// NaN if there is one.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(linspace(0.0, 2.0 * PI, 101).sin().argmax(), 25);
    /// ```
    ///
    /// # Panics
    /// Panics when the array is empty.
    #[track_caller]
    pub fn argmax(&self) -> usize {
        self.position("argmax", Ordering::Greater)
    }

    #[track_caller]
    fn position(&self, routine: &'static str, best: Ordering) -> usize {
        let position = if self.dtype() == DType::F64 {
            first_best(&self.to_vec::<f64>(), |a, b| {
                match (a.is_nan(), b.is_nan()) {
                    (false, false) => a.partial_cmp(b) == Some(best),
                    (a_is_nan, b_is_nan) => a_is_nan && !b_is_nan,
                }
            })
        } else {
            first_best(&self.to_vec::<i64>(), |a, b| a.cmp(b) == best)
        };
        position
            .ok_or_else(|| Error::Empty {
                routine,
                shape: self.shape().to_vec(),
            })
            .or_raise()
    }

    /// Whether any element is true (not 0).
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert!(arange(0, 5, 1).gt(3).any());
    /// ```
    #[track_caller]
    pub fn any(&self) -> bool {
        self.count_nonzero() > 0
    }

    /// Whether all elements are true (not 0). True for an empty array.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert!(!arange(0, 5, 1).all());
    /// ```
    #[track_caller]
    pub fn all(&self) -> bool {
        self.count_nonzero() == self.len()
    }

    /// The number of elements that are not 0 (or true).
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([0.0, f64::NAN, 2.0]).count_nonzero(), 2);
    /// ```
    #[track_caller]
    pub fn count_nonzero(&self) -> usize {
        match self.try_reduce("count_nonzero", Reduction::Count) {
            Ok(Reduced::Int(count)) => count as usize,
            Ok(Reduced::F64(count)) => count as usize,
            Err(Error::Empty { .. }) => 0,
            Err(error) => error.raise(),
        }
    }
}

/// The position of the first value that no later one is better than.
fn first_best<T>(values: &[T], better: impl Fn(&T, &T) -> bool) -> Option<usize> {
    let (mut best, mut value) = (0, values.first()?);
    for (index, candidate) in values.iter().enumerate() {
        if better(candidate, value) {
            (best, value) = (index, candidate);
        }
    }
    Some(best)
}
