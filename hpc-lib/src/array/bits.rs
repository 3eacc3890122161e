//! Bits of integers: counted, packed into bytes and unpacked.

use super::Array;
use super::dense::Dense;
use super::dtype::{DType, Kind};
use super::element::Typed;
use crate::error::{Error, OrRaise};
use crate::lines::Lines;
use crate::pool::pool;

/// Bytes that a thread makes at a time.
const PART: usize = 1 << 15;

impl Array {
    /// The number of bits that are set in the absolute value of each integer (or bool): an array of
    /// u8 in the same shape. Costs a pass.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// assert_eq!(Array::from([0, 7, -8]).bitwise_count().to_vec::<u8>(), [0, 3, 1]);
    /// ```
    ///
    /// # Panics
    /// Panics for real and complex numbers, and when there is not enough memory.
    #[track_caller]
    pub fn bitwise_count(&self) -> Self {
        self.bits_set("bitwise_count").or_raise()
    }

    fn bits_set(&self, routine: &'static str) -> Result<Self, Error> {
        if self.dtype().kind() > Kind::Integer {
            return Err(Error::DType {
                routine,
                dtype: self.dtype(),
                expected: "it takes integers",
            });
        }
        if self.dtype() == DType::U64 {
            let dense = self.dense().to_contiguous(routine)?;
            let values = u64::slice(dense.slice());
            let count = |at: usize| values[at].count_ones() as u8;
            return Dense::computed(routine, self.shape(), count).map(Self::of);
        }
        let dense = self.astype(DType::I64).dense().to_contiguous(routine)?;
        let values = i64::slice(dense.slice());
        let count = |at: usize| values[at].unsigned_abs().count_ones() as u8;
        Dense::computed(routine, self.shape(), count).map(Self::of)
    }

    /// Eight elements as the bits of a u8, the first one as the highest bit: 1 where an element is not
    /// 0. Of all elements in row-major order, with one axis; the last byte ends in bits that are 0.
    ///
    /// Costs a pass, and one to make bool of other dtypes.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let bits = Array::from([true, false, true, true, false, false, false, false, true]);
    /// assert_eq!(bits.packbits().to_vec::<u8>(), [0b1011_0000, 0b1000_0000]);
    /// assert_eq!(bits.packbits().unpackbits().to_vec::<u8>()[..4], [1, 0, 1, 1]);
    /// ```
    ///
    /// # Panics
    /// Panics for real and complex numbers, and when there is not enough memory.
    #[track_caller]
    pub fn packbits(&self) -> Self {
        packed(&self.ravel(), 0).or_raise()
    }

    /// As [`packbits`](Self::packbits), along an axis, which counts from the end when negative and
    /// becomes an eighth as long, rounded up.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let bits = Array::from([[true, true], [false, true]]);
    /// assert_eq!(bits.packbits_axis(1).to_vec::<u8>(), [0b1100_0000, 0b0100_0000]);
    /// ```
    ///
    /// # Panics
    /// Panics as `packbits` does, and when there is no such axis.
    #[track_caller]
    pub fn packbits_axis(&self, axis: isize) -> Self {
        packed(self, axis).or_raise()
    }

    /// The bits of each u8, the highest one first, as elements 0 and 1 in u8. Of all elements in
    /// row-major order, with one axis. Costs a pass.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let bytes = Array::from(vec![5_u8]);
    /// assert_eq!(bytes.unpackbits().to_vec::<u8>(), [0, 0, 0, 0, 0, 1, 0, 1]);
    /// ```
    ///
    /// # Panics
    /// Panics when the elements are not u8, or there is not enough memory.
    #[track_caller]
    pub fn unpackbits(&self) -> Self {
        unpacked(&self.ravel(), 0).or_raise()
    }

    /// As [`unpackbits`](Self::unpackbits), along an axis, which counts from the end when negative and
    /// becomes eight times as long.
    ///
    /// ```
    /// use hpc::prelude::*;
    /// let bytes = Array::from(vec![vec![255_u8], vec![0]]);
    /// assert_eq!(bytes.unpackbits_axis(0).shape(), [16, 1]);
    /// ```
    ///
    /// # Panics
    /// Panics as `unpackbits` does, and when there is no such axis.
    #[track_caller]
    pub fn unpackbits_axis(&self, axis: isize) -> Self {
        unpacked(self, axis).or_raise()
    }
}

/// The shape of `lines` with another length.
fn with_length(lines: &Lines, length: usize) -> Vec<usize> {
    let mut shape = lines.shape().to_vec();
    if let Some(last) = shape.last_mut() {
        *last = length;
    }
    shape
}

fn packed(array: &Array, axis: isize) -> Result<Array, Error> {
    let routine = "packbits";
    if array.dtype().kind() > Kind::Integer {
        return Err(Error::DType {
            routine,
            dtype: array.dtype(),
            expected: "bits are bool or integers; compare by `ne(0)`",
        });
    }
    let lines = Lines::along(routine, &array.astype(DType::Bool), axis)?;
    let (bits, bytes) = (lines.len(), lines.len().div_ceil(8));
    let source = bool::slice(lines.dense.slice());
    let shape = with_length(&lines, bytes);
    let dense = Dense::build(routine, &shape, &mut |target: &mut [u8]| {
        pool().for_each_piece(target, PART, &|start, target| {
            for (byte, place) in target.iter_mut().zip(start..) {
                let (line, first) = (place / bytes, place % bytes * 8);
                let part = &source[line * bits..][first..bits.min(first + 8)];
                let all = part.iter().fold(0_u8, |all, &bit| all << 1 | u8::from(bit));
                *byte = all << (8 - part.len());
            }
        });
    })?;
    Ok(lines.back(dense))
}

fn unpacked(array: &Array, axis: isize) -> Result<Array, Error> {
    let routine = "unpackbits";
    if array.dtype() != DType::U8 {
        return Err(Error::DType {
            routine,
            dtype: array.dtype(),
            expected: "bytes are u8",
        });
    }
    let lines = Lines::along(routine, array, axis)?;
    let Some(bits) = lines.len().checked_mul(8) else {
        return Err(Error::argument(routine, "more bits than can be counted"));
    };
    let source = u8::slice(lines.dense.slice());
    let shape = with_length(&lines, bits);
    let dense = Dense::build(routine, &shape, &mut |target: &mut [u8]| {
        // Lines lie side by side, and so do their bits.
        pool().for_each_piece(target, PART, &|start, target| {
            for (bit, place) in target.iter_mut().zip(start..) {
                *bit = source[place / 8] >> (7 - place % 8) & 1;
            }
        });
    })?;
    Ok(lines.back(dense))
}
