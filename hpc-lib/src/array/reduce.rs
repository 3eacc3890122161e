use num_complex::Complex;

use super::Array;
use super::dtype::{DType, Kind};
use crate::error::{Error, OrRaise};
use crate::expr::{self, Reduction};
use crate::simd::{Fold, Total};

impl Array {
    /// A reduction of an array that is not empty.
    fn try_reduce(&self, routine: &'static str, reduction: Reduction) -> Result<Total, Error> {
        if self.is_empty() {
            return Err(Error::Empty {
                routine,
                shape: self.shape().to_vec(),
            });
        }
        expr::reduce(&self.node, reduction)
    }

    /// Refuses complex numbers, with the name of what takes them or why nothing does.
    pub(super) fn refuse_complex(
        &self,
        routine: &'static str,
        expected: &'static str,
    ) -> Result<(), Error> {
        if self.dtype().is_complex() {
            return Err(Error::DType {
                routine,
                dtype: self.dtype(),
                expected,
            });
        }
        Ok(())
    }

    fn integer(&self, routine: &'static str, value: Total) -> Result<i64, Error> {
        match value {
            Total::Int(value) => i64::try_from(value).map_err(|_| {
                Error::argument(
                    routine,
                    format!("the result, {value}, is out of the range of i64"),
                )
            }),
            Total::Float(_) | Total::Complex(_) => Err(Error::DType {
                routine,
                dtype: self.dtype(),
                expected: "it takes integers and bool",
            }),
        }
    }

    fn total(&self, routine: &'static str) -> Result<Total, Error> {
        match self.try_reduce(routine, Reduction::Sum) {
            Err(Error::Empty { .. }) if self.dtype().kind() < Kind::Float => Ok(Total::Int(0)),
            Err(Error::Empty { .. }) => Ok(Total::Float(0.0)),
            result => result,
        }
    }

    /// The sum of all elements; that of bool counts the true ones. 0 for an empty array.
    ///
    /// Elements of f64 and f32 are added in f64, in pairs of pairs in a fixed order, so that the
    /// error grows with the logarithm of their number and the result does not depend on the
    /// threads. The sum of integers is exact before it becomes an `f64`.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(arange(0, 101, 1).sum(), 5050.0);
    /// assert_eq!(arange(0, 10, 1).gt(6).sum(), 3.0);
    /// ```
    #[track_caller]
    pub fn sum(&self) -> f64 {
        self.refuse_complex("sum", "its sum is complex: use sum_complex")
            .or_raise();
        self.total("sum").or_raise().to_f64()
    }

    /// The sum of all elements as a complex number.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let z = Array::from([1.0, 2.0]) * Complex::I;
    /// assert_eq!(z.sum_complex(), Complex::new(0.0, 3.0));
    /// ```
    #[track_caller]
    pub fn sum_complex(&self) -> Complex<f64> {
        self.total("sum_complex").or_raise().to_complex()
    }

    /// The exact sum of integers, or the number of true elements.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([i64::MAX, -1]).sum_i64(), i64::MAX - 1);
    /// ```
    ///
    /// # Panics
    /// Panics for other dtypes, and when the sum is out of the range of i64.
    #[track_caller]
    pub fn sum_i64(&self) -> i64 {
        let sum = self.total("sum_i64");
        sum.and_then(|sum| self.integer("sum_i64", sum)).or_raise()
    }

    /// The product of all elements, computed in f64. 1 for an empty array.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(arange(1, 6, 1).prod(), 120.0);
    /// ```
    #[track_caller]
    pub fn prod(&self) -> f64 {
        self.refuse_complex("prod", "complex arrays have prod_axis")
            .or_raise();
        match self.try_reduce("prod", Reduction::Product) {
            Err(Error::Empty { .. }) => 1.0,
            product => product.or_raise().to_f64(),
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
        self.refuse_complex("var", "complex arrays have var_axis")
            .or_raise();
        let centred = self.astype(DType::F64) - self.mean();
        centred.powi(2).mean()
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
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([3, 1]).try_min(), Ok(1.0));
    /// assert!(zeros(0).try_min().is_err());
    /// ```
    ///
    /// # Errors
    /// Fails when the array is empty.
    pub fn try_min(&self) -> Result<f64, Error> {
        self.refuse_complex("min", "complex numbers have no order")?;
        self.try_reduce("min", Reduction::Min).map(Total::to_f64)
    }

    /// The least element of an integer array.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([i64::MIN, 1]).min_i64(), i64::MIN);
    /// ```
    ///
    /// # Panics
    /// Panics when the array is empty, or of another dtype.
    #[track_caller]
    pub fn min_i64(&self) -> i64 {
        let least = self.try_reduce("min_i64", Reduction::Min);
        least
            .and_then(|least| self.integer("min_i64", least))
            .or_raise()
    }

    /// The least element of an array of integers that is not empty, exactly.
    pub(super) fn min_integer(&self) -> i128 {
        self.exact(Reduction::Min)
    }

    /// The greatest element of an array of integers that is not empty, exactly.
    pub(super) fn max_integer(&self) -> i128 {
        self.exact(Reduction::Max)
    }

    fn exact(&self, reduction: Reduction) -> i128 {
        match self.try_reduce("min", reduction).or_raise() {
            Total::Int(value) => value,
            other => other.to_f64() as i128,
        }
    }

    /// The greatest element, NaN if one is NaN.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([3, 1]).max(), 3.0);
    /// ```
    ///
    /// # Panics
    /// Panics when the array is empty.
    #[track_caller]
    pub fn max(&self) -> f64 {
        self.try_max().or_raise()
    }

    /// The greatest element, NaN if one is NaN.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([3, 1]).try_max(), Ok(3.0));
    /// assert!(zeros(0).try_max().is_err());
    /// ```
    ///
    /// # Errors
    /// Fails when the array is empty.
    pub fn try_max(&self) -> Result<f64, Error> {
        self.refuse_complex("max", "complex numbers have no order")?;
        self.try_reduce("max", Reduction::Max).map(Total::to_f64)
    }

    /// The greatest element of an integer array.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!((arange(0, 5, 1) % 3).max_i64(), 2);
    /// ```
    ///
    /// # Panics
    /// Panics when the array is empty, or of another dtype.
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
        self.position("argmin", Fold::Min)
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
        self.position("argmax", Fold::Max)
    }

    #[track_caller]
    fn position(&self, routine: &'static str, extreme: Fold) -> usize {
        self.refuse_complex(routine, "complex numbers have no order")
            .and_then(|()| expr::position(&self.node, extreme))
            .and_then(|position| {
                position.ok_or_else(|| Error::Empty {
                    routine,
                    shape: self.shape().to_vec(),
                })
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
            Err(Error::Empty { .. }) => 0,
            count => count.or_raise().to_f64() as usize,
        }
    }
}
