//! Matrices of our own, column after column, which is the order that faer is fastest in.

use std::mem::MaybeUninit;

use faer::dyn_stack::{MemBuffer, MemStack, StackReq};
use faer::{MatMut, MatRef};
use num_complex::ComplexFloat;
use rustfft::num_traits::ToPrimitive;

use super::job::Stop;
use super::scalar::Scalar;

/// A vector of zeros.
pub(super) fn zeros<T: Scalar>(length: usize) -> Result<Vec<T>, Stop> {
    let mut vector = Vec::new();
    vector.try_reserve_exact(length).map_err(|_| Stop::Memory)?;
    vector.resize(length, T::zero());
    Ok(vector)
}

/// A matrix of our own.
#[derive(Clone)]
pub(super) struct Matrix<T> {
    elements: Vec<T>,
    rows: usize,
    columns: usize,
}

impl<T: Scalar> Matrix<T> {
    pub(super) fn zeros(rows: usize, columns: usize) -> Result<Self, Stop> {
        let length = rows.checked_mul(columns).ok_or(Stop::Memory)?;
        Ok(Self {
            elements: zeros(length)?,
            rows,
            columns,
        })
    }

    /// A copy.
    pub(super) fn copy_of(source: MatRef<'_, T>) -> Result<Self, Stop> {
        let mut copy = Self::zeros(source.nrows(), source.ncols())?;
        put(source, copy.get_mut(), |value| value);
        Ok(copy)
    }

    /// A copy of the transposed and conjugated matrix.
    pub(super) fn adjoint_of(source: MatRef<'_, T>) -> Result<Self, Stop> {
        let mut copy = Self::zeros(source.ncols(), source.nrows())?;
        put(source.transpose(), copy.get_mut(), ComplexFloat::conj);
        Ok(copy)
    }

    pub(super) fn get(&self) -> MatRef<'_, T> {
        MatRef::from_column_major_slice(&self.elements, self.rows, self.columns)
    }

    pub(super) fn get_mut(&mut self) -> MatMut<'_, T> {
        MatMut::from_column_major_slice_mut(&mut self.elements, self.rows, self.columns)
    }

    /// Where squares of the elements could overflow or vanish, brings the elements near 1, and
    /// returns the number by which lengths that are found must then be multiplied.
    pub(super) fn rescale(&mut self) -> Option<T::R> {
        let (middle, most) = if size_of::<T::R>() == 4 {
            (1e12, 120)
        } else {
            (1e138, 1000)
        };
        let size = |value: &T| ComplexFloat::abs(*value).to_f64().unwrap_or(f64::NAN);
        let largest: f64 = self.elements.iter().map(size).fold(0.0_f64, f64::max);
        if largest == 0.0 || (1.0 / middle..middle).contains(&largest) {
            return None;
        }
        // Powers of two, so that nothing is rounded.
        let exponent = (largest.log2() as i32).clamp(-most, most);
        let factor = T::nearest(2.0_f64.powi(-exponent));
        self.elements.iter_mut().for_each(|value| *value *= factor);
        Some(T::R::nearest(2.0_f64.powi(exponent)))
    }

    pub(super) fn is_finite(&self) -> bool {
        self.elements.iter().all(|value| value.is_finite())
    }
}

impl<T> Matrix<T> {
    pub(super) fn column(&self, index: usize) -> &[T] {
        &self.elements[index * self.rows..][..self.rows]
    }

    pub(super) fn column_mut(&mut self, index: usize) -> &mut [T] {
        &mut self.elements[index * self.rows..][..self.rows]
    }

    pub(super) fn columns_mut(&mut self) -> impl Iterator<Item = &mut [T]> {
        self.elements.chunks_exact_mut(self.rows.max(1))
    }
}

/// Side of the squares in which matrices are copied: both the rows of one side and the columns of
/// the other then stay in the first cache.
const TILE: usize = 16;

/// Copies a matrix, changing each element.
pub(super) fn put<S: Copy, T: Copy>(
    source: MatRef<'_, S>,
    mut target: MatMut<'_, T>,
    change: impl Fn(S) -> T,
) {
    let (rows, columns) = target.shape();
    assert_eq!((source.nrows(), source.ncols()), (rows, columns));
    for left in (0..columns).step_by(TILE) {
        for top in (0..rows).step_by(TILE) {
            for column in left..columns.min(left + TILE) {
                for row in top..rows.min(top + TILE) {
                    target[(row, column)] = change(source[(row, column)]);
                }
            }
        }
    }
}

/// Memory for the working arrays of one call of faer.
pub(super) struct Scratch(MemBuffer);

impl Scratch {
    pub(super) fn new(size: StackReq) -> Result<Self, Stop> {
        MemBuffer::try_new(size).map(Self).map_err(|_| Stop::Memory)
    }

    pub(super) fn stack(&mut self) -> &mut MemStack {
        let bytes: &mut [MaybeUninit<u8>] = &mut self.0;
        MemStack::new(bytes)
    }
}
