//! One call, from the door inwards.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::slice;

use faer::{MatMut, MatRef, c32, c64};

use super::scalar::Scalar;
use crate::table::{Call, Code, Kind, Outcome, TEXT};

/// Why the work on a matrix ended early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    Singular { index: usize },
    NotPositiveDefinite { index: usize },
    NoConvergence,
    NotFinite,
    Interrupted,
    Memory,
}

/// The same, with the matrix of the batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Failed {
    pub(super) item: usize,
    pub(super) stop: Stop,
}

impl From<Stop> for Failed {
    fn from(stop: Stop) -> Self {
        Self { item: 0, stop }
    }
}

/// What the table names.
pub(super) trait Routine {
    fn run<T: Scalar>(job: &Job<'_>) -> Result<(), Failed>;
}

/// The function behind an entry of the table.
///
/// # Safety
/// That of [`crate::table::Routine`].
pub(super) unsafe extern "C" fn door<R: Routine>(call: &Call, outcome: &mut Outcome) {
    let job = Job { call };
    let work = || match call.kind {
        Kind::F32 => R::run::<f32>(&job),
        Kind::F64 => R::run::<f64>(&job),
        Kind::C64 => R::run::<c32>(&job),
        Kind::C128 => R::run::<c64>(&job),
        Kind::Index => unreachable!("nothing is computed with indices"),
    };
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(())) => outcome.code = Code::Done,
        Ok(Err(failed)) => outcome.tell(failed),
        Err(panic) => {
            outcome.code = Code::Panic;
            outcome.write(message(&*panic));
            // What a panic carries may panic when it is dropped.
            std::mem::forget(panic);
        }
    }
}

fn message(panic: &(dyn Any + Send)) -> &str {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => text,
        (_, Some(text)) => text,
        _ => "no text",
    }
}

impl Outcome {
    fn tell(&mut self, failed: Failed) {
        (self.item, self.index) = (failed.item, 0);
        self.code = match failed.stop {
            Stop::Singular { index } => {
                self.index = index;
                Code::Singular
            }
            Stop::NotPositiveDefinite { index } => {
                self.index = index;
                Code::NotPositiveDefinite
            }
            Stop::NoConvergence => Code::NoConvergence,
            Stop::NotFinite => Code::NotFinite,
            Stop::Interrupted => Code::Interrupted,
            Stop::Memory => Code::Memory,
        };
    }

    fn write(&mut self, text: &str) {
        self.length = text.floor_char_boundary(TEXT);
        self.text[..self.length].copy_from_slice(&text.as_bytes()[..self.length]);
    }
}

/// One call.
#[derive(Clone, Copy)]
pub(super) struct Job<'a> {
    call: &'a Call,
}

// SAFETY: a call is only read, and the caller's function may be called from everywhere.
unsafe impl Send for Job<'_> {}

// SAFETY: as above.
unsafe impl Sync for Job<'_> {}

impl<'a> Job<'a> {
    pub(super) fn threads(&self) -> usize {
        self.call.threads.max(1)
    }

    pub(super) fn has_option(&self, bit: u32) -> bool {
        self.call.options & bit != 0
    }

    pub(super) fn parameter(&self) -> f64 {
        self.call.parameter
    }

    /// Ends the work when the caller asks for it.
    pub(super) fn check(&self) -> Result<(), Stop> {
        match self.call.interrupted {
            Some(is_interrupted) if is_interrupted() => Err(Stop::Interrupted),
            _ => Ok(()),
        }
    }

    /// An argument whose last `INNER` axes are a matrix, a signal or a number.
    pub(super) fn part<T, const INNER: usize>(&self, index: usize) -> Part<'a, T, INNER> {
        self.optional_part(index)
            .unwrap_or_else(|| panic!("argument {index} is missing"))
    }

    /// An argument that may be left out.
    pub(super) fn optional_part<T, const INNER: usize>(
        &self,
        index: usize,
    ) -> Option<Part<'a, T, INNER>> {
        assert!(index < self.call.count, "argument {index} is missing");
        // SAFETY: the caller promises `count` arguments.
        let argument = unsafe { *self.call.arguments.add(index) };
        if argument.data.is_null() {
            return None;
        }
        // SAFETY: the caller promises as many lengths and strides as there are axes.
        let (shape, strides) = unsafe {
            (
                slice::from_raw_parts(argument.shape, argument.axes),
                slice::from_raw_parts(argument.strides, argument.axes),
            )
        };
        let (batch, inner) = shape.split_last_chunk::<INNER>()?;
        let (batch_strides, inner_strides) = strides.split_last_chunk::<INNER>()?;
        Some(Part {
            data: argument.data.cast(),
            batch,
            batch_strides,
            inner: *inner,
            inner_strides: *inner_strides,
        })
    }
}

/// An argument. Whoever made the call promised that what is written is nobody else's.
pub(super) struct Part<'a, T, const INNER: usize> {
    data: *mut T,
    batch: &'a [usize],
    batch_strides: &'a [isize],
    pub(super) inner: [usize; INNER],
    pub(super) inner_strides: [isize; INNER],
}

impl<T, const INNER: usize> Clone for Part<'_, T, INNER> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, const INNER: usize> Copy for Part<'_, T, INNER> {}

// SAFETY: an address of numbers; threads write to different matrices of the batch.
unsafe impl<T: Send, const INNER: usize> Send for Part<'_, T, INNER> {}

// SAFETY: as above.
unsafe impl<T: Sync, const INNER: usize> Sync for Part<'_, T, INNER> {}

impl<T: Copy, const INNER: usize> Part<'_, T, INNER> {
    /// Matrices in the batch.
    pub(super) fn items(&self) -> usize {
        self.batch.iter().product()
    }

    /// The first element of a matrix of the batch.
    pub(super) fn at(&self, item: usize) -> *mut T {
        let mut rest = item;
        let mut offset = 0;
        for (&length, &stride) in self.batch.iter().zip(self.batch_strides).rev() {
            offset += (rest % length) as isize * stride;
            rest /= length;
        }
        self.data.wrapping_offset(offset)
    }
}

impl<T: Copy> Part<'_, T, 0> {
    pub(super) fn put(&self, item: usize, value: T) {
        // SAFETY: the caller promises that the element may be written.
        unsafe { *self.at(item) = value }
    }
}

impl<T: Copy> Part<'_, T, 1> {
    pub(super) fn put_all(&self, item: usize, values: impl IntoIterator<Item = T>) {
        let start = self.at(item);
        for (index, value) in values.into_iter().take(self.inner[0]).enumerate() {
            let place = start.wrapping_offset(index as isize * self.inner_strides[0]);
            // SAFETY: the caller promises that the elements may be written.
            unsafe { *place = value }
        }
    }
}

impl<T: Copy> Part<'_, T, 2> {
    pub(super) fn rows(&self) -> usize {
        self.inner[0]
    }

    pub(super) fn columns(&self) -> usize {
        self.inner[1]
    }

    pub(super) fn matrix(&self, item: usize) -> MatRef<'_, T> {
        let [rows, columns] = self.inner;
        let [row_stride, column_stride] = self.inner_strides;
        // SAFETY: the caller promises that the elements may be read.
        unsafe { MatRef::from_raw_parts(self.at(item), rows, columns, row_stride, column_stride) }
    }

    /// Only one of each item may be alive.
    pub(super) fn matrix_mut(&self, item: usize) -> MatMut<'_, T> {
        let [rows, columns] = self.inner;
        let [row_stride, column_stride] = self.inner_strides;
        // SAFETY: the caller promises that the elements may be written and overlap with nothing.
        unsafe {
            MatMut::from_raw_parts_mut(self.at(item), rows, columns, row_stride, column_stride)
        }
    }
}
