//! What the engines read and write: strided views of slices, checked when they are made.
#![allow(unsafe_code)] // `Number` promises layouts, which only its implementer can know.

use std::marker::PhantomData;

use num_complex::Complex;

use crate::table::{Kind, Strided};

/// A type of elements.
///
/// # Safety
/// `KIND` must say what values of the type are made of, and every pattern of bits must be one.
pub unsafe trait Number: Copy + Send + Sync + 'static {
    /// The type, as the engines name it.
    const KIND: Kind;
}

// SAFETY: the kind says the type, and all patterns of bits are numbers.
unsafe impl Number for f32 {
    const KIND: Kind = Kind::F32;
}

// SAFETY: as above.
unsafe impl Number for f64 {
    const KIND: Kind = Kind::F64;
}

// SAFETY: as above.
unsafe impl Number for usize {
    const KIND: Kind = Kind::Index;
}

// SAFETY: real and imaginary part lie side by side, as the kind says.
unsafe impl Number for Complex<f32> {
    const KIND: Kind = Kind::C64;
}

// SAFETY: as above.
unsafe impl Number for Complex<f64> {
    const KIND: Kind = Kind::C128;
}

/// Something to read: a slice, with shape and strides.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    pub(crate) raw: Strided,
    pub(crate) kind: Kind,
    pub(crate) is_conjugated: bool,
    slice: PhantomData<&'a [u8]>,
}

/// Somewhere to write: a slice, with shape and strides.
#[derive(Debug)]
pub struct ViewMut<'a> {
    pub(crate) raw: Strided,
    pub(crate) kind: Kind,
    slice: PhantomData<&'a mut [u8]>,
}

impl<'a> View<'a> {
    /// The elements `data[start + sum of index * stride]`.
    ///
    /// # Panics
    /// Panics when shape and strides differ in length, or reach outside the slice.
    ///
    /// ```
    /// use hpc_engines::View;
    /// let data = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    /// let transposed = View::new(&data, 0, &[3, 2], &[1, 3]);
    /// let upside_down = View::new(&data, 3, &[2, 3], &[-3, 1]);
    /// # assert_eq!(transposed.shape(), [3, 2]);
    /// # assert_eq!(upside_down.shape(), [2, 3]);
    /// ```
    #[track_caller]
    pub fn new<T: Number>(
        data: &'a [T],
        start: usize,
        shape: &'a [usize],
        strides: &'a [isize],
    ) -> Self {
        check_bounds(data.len(), start, shape, strides);
        Self {
            raw: Strided {
                data: data.as_ptr().wrapping_add(start).cast_mut().cast(),
                axes: shape.len(),
                shape: shape.as_ptr(),
                strides: strides.as_ptr(),
            },
            kind: T::KIND,
            is_conjugated: false,
            slice: PhantomData,
        }
    }

    /// The same elements, conjugated when they are read. Only products of matrices know this.
    #[must_use]
    pub fn conjugated(mut self) -> Self {
        self.is_conjugated = !self.is_conjugated;
        self
    }

    /// The lengths of the axes.
    pub fn shape(&self) -> &'a [usize] {
        shape_of(&self.raw)
    }
}

impl<'a> ViewMut<'a> {
    /// The elements `data[start + sum of index * stride]`.
    ///
    /// # Panics
    /// Panics when shape and strides differ in length, or reach outside the slice, or when two
    /// indices may mean the same element.
    #[track_caller]
    pub fn new<T: Number>(
        data: &'a mut [T],
        start: usize,
        shape: &'a [usize],
        strides: &'a [isize],
    ) -> Self {
        check_bounds(data.len(), start, shape, strides);
        assert!(
            are_distinct(shape, strides),
            "elements of shape {shape:?} with strides {strides:?} overlap: they cannot be written"
        );
        Self {
            raw: Strided {
                data: data.as_mut_ptr().wrapping_add(start).cast(),
                axes: shape.len(),
                shape: shape.as_ptr(),
                strides: strides.as_ptr(),
            },
            kind: T::KIND,
            slice: PhantomData,
        }
    }

    /// The lengths of the axes.
    pub fn shape(&self) -> &'a [usize] {
        shape_of(&self.raw)
    }
}

fn shape_of<'a>(raw: &Strided) -> &'a [usize] {
    // SAFETY: made from a slice of this length that lives for `'a`.
    unsafe { std::slice::from_raw_parts(raw.shape, raw.axes) }
}

#[track_caller]
fn check_bounds(length: usize, start: usize, shape: &[usize], strides: &[isize]) {
    assert_eq!(
        shape.len(),
        strides.len(),
        "shape {shape:?} and strides {strides:?} must have the same length"
    );
    let is_inside = shape.contains(&0)
        || reach(start, shape, strides).is_some_and(|(low, high)| {
            low >= 0 && usize::try_from(high).is_ok_and(|high| high < length)
        });
    assert!(
        is_inside,
        "shape {shape:?} with strides {strides:?} from element {start} reaches outside a slice of {length} elements"
    );
}

/// The lowest and the highest element.
fn reach(start: usize, shape: &[usize], strides: &[isize]) -> Option<(isize, isize)> {
    let start = isize::try_from(start).ok()?;
    let (mut low, mut high) = (start, start);
    for (&length, &stride) in shape.iter().zip(strides) {
        let last = isize::try_from(length - 1).ok()?.checked_mul(stride)?;
        let end = if last < 0 { &mut low } else { &mut high };
        *end = end.checked_add(last)?;
    }
    Some((low, high))
}

/// Whether each stride, from the shortest on, steps over all that the shorter ones reach. That is
/// so for whatever slicing, transposing and reversing make of an array.
fn are_distinct(shape: &[usize], strides: &[isize]) -> bool {
    if shape.contains(&0) {
        return true;
    }
    let mut axes: Vec<(usize, usize)> = strides
        .iter()
        .map(|stride| stride.unsigned_abs())
        .zip(shape.iter().copied())
        .filter(|&(_, length)| length > 1)
        .collect();
    axes.sort_unstable();
    let mut reached = 0;
    axes.into_iter().all(|(stride, length)| {
        let is_over = stride > reached;
        reached += stride * (length - 1);
        is_over
    })
}
