//! Fourier transforms along one axis.

use std::collections::HashSet;
use std::slice;
use std::sync::{Mutex, PoisonError};

use num_complex::Complex;
use realfft::RealFftPlanner;
use rustfft::{FftDirection, FftNum, FftPlanner};

use super::batch::each_item;
use super::buffer::zeros;
use super::job::{Failed, Job, Part, Routine, Stop};
use super::scalar::Scalar;
use crate::table::BACKWARD;

pub(super) struct Fft;
pub(super) struct Rfft;
pub(super) struct Irfft;

/// Bytes of the signals that are transformed together when their elements lie apart: about half of
/// a second cache.
const BLOCK: usize = 1 << 18;

/// At most so many signals are: neighbours then share the lines of the cache.
const TOGETHER: usize = 16;

/// Lengths whose plans are kept.
const KEPT: usize = 64;

/// Plans, which the planners keep.
struct Plans<R: FftNum> {
    complex: FftPlanner<R>,
    real: RealFftPlanner<R>,
    lengths: HashSet<usize>,
}

impl<R: FftNum> Plans<R> {
    fn new() -> Self {
        Self {
            complex: FftPlanner::new(),
            real: RealFftPlanner::new(),
            lengths: HashSet::new(),
        }
    }

    /// The plans, with room for one more length.
    fn of_length(&mut self, length: usize) -> &mut Self {
        if self.lengths.insert(length) && self.lengths.len() > KEPT {
            *self = Self::new();
            self.lengths.insert(length);
        }
        self
    }
}

/// `f32` and `f64`.
trait Real: Scalar<R = Self> + FftNum {
    /// Makes or finds a plan for a length.
    fn plan<P>(length: usize, make: impl FnOnce(&mut Plans<Self>) -> P) -> P;
}

macro_rules! real {
    ($real:ty) => {
        impl Real for $real {
            fn plan<P>(length: usize, make: impl FnOnce(&mut Plans<Self>) -> P) -> P {
                static PLANS: Mutex<Option<Plans<$real>>> = Mutex::new(None);
                let mut plans = PLANS.lock().unwrap_or_else(PoisonError::into_inner);
                make(plans.get_or_insert_with(Plans::new).of_length(length))
            }
        }
    };
}

real!(f32);
real!(f64);

impl Routine for Fft {
    fn run<T: Scalar>(job: &Job<'_>) -> Result<(), Failed> {
        if size_of::<T::R>() == 4 {
            complex::<f32>(job)
        } else {
            complex::<f64>(job)
        }
    }
}

impl Routine for Rfft {
    fn run<T: Scalar>(job: &Job<'_>) -> Result<(), Failed> {
        if size_of::<T::R>() == 4 {
            real_to_complex::<f32>(job)
        } else {
            real_to_complex::<f64>(job)
        }
    }
}

impl Routine for Irfft {
    fn run<T: Scalar>(job: &Job<'_>) -> Result<(), Failed> {
        if size_of::<T::R>() == 4 {
            complex_to_real::<f32>(job)
        } else {
            complex_to_real::<f64>(job)
        }
    }
}

fn complex<R: Real>(job: &Job<'_>) -> Result<(), Failed>
where
    Complex<R>: Scalar<R = R>,
{
    let (from, to) = (job.part::<Complex<R>, 1>(0), job.part::<Complex<R>, 1>(1));
    let direction = if job.has_option(BACKWARD) {
        FftDirection::Inverse
    } else {
        FftDirection::Forward
    };
    let Some(length) = length(&to) else {
        return Ok(());
    };
    let plan = R::plan(length, |plans| plans.complex.plan_fft(length, direction));
    let factor = R::nearest(job.parameter());
    each_signal(job, &from, &to, length, |from, to, memory| {
        to.copy_from_slice(from);
        let scratch = room(&mut memory.scratch, plan.get_inplace_scratch_len())?;
        plan.process_with_scratch(to, scratch);
        scale(to, factor);
        Ok(())
    })
}

/// To half of the spectrum, or, where there is room for it, to the whole: the second half is the
/// conjugate of the first one.
fn real_to_complex<R: Real>(job: &Job<'_>) -> Result<(), Failed>
where
    Complex<R>: Scalar<R = R>,
{
    let (from, to) = (job.part::<R, 1>(0), job.part::<Complex<R>, 1>(1));
    let Some(length) = length(&from) else {
        return Ok(());
    };
    let plan = R::plan(length, |plans| plans.real.plan_fft_forward(length));
    let factor = R::nearest(job.parameter());
    each_signal(job, &from, &to, length, |from, to, memory| {
        let (half, rest) = to.split_at_mut(length / 2 + 1);
        let scratch = room(&mut memory.scratch, plan.get_scratch_len())?;
        // The plan destroys what it is given.
        let signal = room(&mut memory.signal, length)?;
        signal.copy_from_slice(from);
        // Only wrong lengths fail.
        plan.process_with_scratch(signal, half, scratch)
            .unwrap_or_else(|error| panic!("{error}"));
        scale(half, factor);
        for (value, other) in rest
            .iter_mut()
            .zip(half[1..].iter().rev().skip((length + 1) % 2))
        {
            *value = other.conj();
        }
        Ok(())
    })
}

fn complex_to_real<R: Real>(job: &Job<'_>) -> Result<(), Failed>
where
    Complex<R>: Scalar<R = R>,
{
    let (from, to) = (job.part::<Complex<R>, 1>(0), job.part::<R, 1>(1));
    let Some(length) = length(&to) else {
        return Ok(());
    };
    let plan = R::plan(length, |plans| plans.real.plan_fft_inverse(length));
    let factor = R::nearest(job.parameter());
    each_signal(job, &from, &to, length, |from, to, memory| {
        let scratch = room(&mut memory.scratch, plan.get_scratch_len())?;
        let half = room(&mut memory.signal, from.len())?;
        half.copy_from_slice(from);
        // They belong to sums of real numbers, whatever was given; realfft insists on that.
        half[0].im = R::nearest(0.0);
        if length % 2 == 0 {
            half[length / 2].im = R::nearest(0.0);
        }
        plan.process_with_scratch(half, to, scratch)
            .unwrap_or_else(|error| panic!("{error}"));
        if factor != R::nearest(1.0) {
            for value in to {
                *value *= factor;
            }
        }
        Ok(())
    })
}

/// The length of the signals, unless there is nothing in them.
fn length<T: Copy>(part: &Part<'_, T, 1>) -> Option<usize> {
    Some(part.inner[0]).filter(|&length| length > 0)
}

fn scale<R: Real>(values: &mut [Complex<R>], factor: R) {
    if factor != R::nearest(1.0) {
        for value in values {
            *value = Complex::new(value.re * factor, value.im * factor);
        }
    }
}

/// The first elements of a vector that grows as needed.
fn room<T: Scalar>(vector: &mut Vec<T>, length: usize) -> Result<&mut [T], Stop> {
    if vector.len() < length {
        *vector = zeros(length)?;
    }
    Ok(&mut vector[..length])
}

/// What a transform needs besides its signal, kept from one signal to the next.
struct Memory<S, R> {
    /// A copy of the signal.
    signal: Vec<S>,
    scratch: Vec<Complex<R>>,
}

/// Hands each signal to `work`, with the place of its transform. Where their elements lie apart, these
/// are copies of some signals at a time.
fn each_signal<S: Scalar, T: Scalar, R: Real>(
    job: &Job<'_>,
    from: &Part<'_, S, 1>,
    to: &Part<'_, T, 1>,
    length: usize,
    work: impl Fn(&[S], &mut [T], &mut Memory<S, R>) -> Result<(), Stop> + Sync,
) -> Result<(), Failed>
where
    Complex<R>: Scalar<R = R>,
{
    let items = to.items();
    let (from_length, to_length) = (from.inner[0], to.inner[0]);
    let is_together = from.inner_strides[0] == 1 && to.inner_strides[0] == 1;
    let signal = (from_length * size_of::<S>()).max(to_length * size_of::<T>());
    let together = (BLOCK / signal).clamp(1, TOGETHER);
    let cost = 5.0 * length as f64 * ((length as f64).log2() + 1.0);
    each_item(
        job,
        items.div_ceil(together),
        cost * together as f64,
        |block, _| {
            let items = block * together..items.min((block + 1) * together);
            let mut memory = Memory {
                signal: Vec::new(),
                scratch: Vec::new(),
            };
            if is_together {
                return items.into_iter().try_for_each(|item| {
                    // SAFETY: the elements lie side by side, and the caller promises that these may
                    // be read and those be written, which overlap with nothing.
                    let (from, to) = unsafe {
                        (
                            slice::from_raw_parts(from.at(item), from_length),
                            slice::from_raw_parts_mut(to.at(item), to_length),
                        )
                    };
                    work(from, to, &mut memory)
                });
            }
            let mut input = zeros::<S>(items.len() * from_length)?;
            let mut output = zeros::<T>(items.len() * to_length)?;
            let starts: Vec<*mut S> = items.clone().map(|item| from.at(item)).collect();
            for index in 0..from_length {
                let step = index as isize * from.inner_strides[0];
                for (signal, start) in starts.iter().enumerate() {
                    // SAFETY: the caller promises that the elements may be read.
                    input[signal * from_length + index] = unsafe { *start.wrapping_offset(step) };
                }
            }
            let signals = input.chunks_exact(from_length);
            for (from, to) in signals.zip(output.chunks_exact_mut(to_length)) {
                work(from, to, &mut memory)?;
            }
            let starts: Vec<*mut T> = items.map(|item| to.at(item)).collect();
            for index in 0..to_length {
                let step = index as isize * to.inner_strides[0];
                for (signal, start) in starts.iter().enumerate() {
                    // SAFETY: the caller promises that the elements may be written.
                    unsafe { *start.wrapping_offset(step) = output[signal * to_length + index] };
                }
            }
            Ok(())
        },
    )
}
