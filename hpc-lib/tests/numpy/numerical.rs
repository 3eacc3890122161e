//! Linear algebra, Fourier transforms and windows in the words of arrays: a line each.

use hpc::linalg::{self, Extent, MatrixNorm, Triangle};
use hpc::prelude::*;
use hpc::signal::window;
use hpc::{Error, fft};

use crate::arrays::Argument;
use crate::fixture::Value;
use crate::routines::{Call, Outcome, Routine};

/// What a routine gives that may fail: a panic where NumPy has an error.
fn good<T>(result: Result<T, Error>) -> T {
    result.unwrap_or_else(|error| panic!("{error}"))
}

/// A routine of one array.
macro_rules! one {
    (|$a:ident| $value:expr) => {
        |call| match call.plain()? {
            [Argument::Array($a)] => Some($value.into()),
            _ => None,
        }
    };
}

/// A product of two arrays, one of which holds floating point numbers.
macro_rules! product {
    (|$a:ident, $b:ident| $value:expr) => {
        |call| match call.plain()? {
            [Argument::Array($a), Argument::Array($b)]
                if is_inexact($a.dtype()) || is_inexact($b.dtype()) =>
            {
                Some($value.into())
            }
            _ => None,
        }
    };
}

fn is_inexact(dtype: DType) -> bool {
    dtype.is_float() || dtype.is_complex()
}

/// A window of some elements.
macro_rules! window {
    ($name:ident) => {
        |call| match call.plain()? {
            [Argument::Integer(n)] => Some(window::$name(usize::try_from(*n).ok()?).into()),
            _ => None,
        }
    };
}

/// A transform along an axis.
macro_rules! transform {
    ($method:ident) => {
        |call| {
            let (array, along) = along(call)?;
            Some(along.$method(array).into())
        }
    };
}

fn along(call: &Call) -> Option<(&Array, fft::Along)> {
    let mut axis = -1;
    let mut norm = fft::Norm::Backward;
    for (name, value) in &call.parameters {
        match (name.as_str(), value) {
            ("axis", Value::Integer(value)) => axis = isize::try_from(*value).ok()?,
            ("norm", Value::Text(name)) => {
                norm = match name.as_str() {
                    "backward" => fft::Norm::Backward,
                    "ortho" => fft::Norm::Ortho,
                    "forward" => fft::Norm::Forward,
                    _ => return None,
                }
            }
            _ => return None,
        }
    }
    let along = fft::along(axis).norm(norm);
    match call.arguments.as_slice() {
        [Argument::Array(array)] => Some((array, along)),
        [Argument::Array(array), Argument::Integer(n)] => {
            Some((array, along.length(usize::try_from(*n).ok()?)))
        }
        _ => None,
    }
}

/// Frequencies of some elements.
macro_rules! frequencies {
    ($name:ident) => {
        |call| match call.plain()? {
            [Argument::Integer(n), Argument::Float(step)] => {
                Some(fft::$name(usize::try_from(*n).ok()?, *step).into())
            }
            _ => None,
        }
    };
}

fn solve(call: &Call) -> Option<Outcome> {
    match call.plain()? {
        [Argument::Array(a), Argument::Array(b)] => Some(good(linalg::solve(a, b)).into()),
        _ => None,
    }
}

fn matrix_power(call: &Call) -> Option<Outcome> {
    match call.plain()? {
        [Argument::Array(a), Argument::Integer(n)] if is_inexact(a.dtype()) => {
            Some(good(linalg::matrix_power(a, *n)).into())
        }
        _ => None,
    }
}

/// That of a singular matrix is what rounding leaves: infinity, or some 1e16.
fn cond(call: &Call) -> Option<Outcome> {
    match call.plain()? {
        [Argument::Array(a)]
            if good(linalg::matrix_rank(a, None)).item_i64(()) == a.shape()[0] as i64 =>
        {
            Some(good(linalg::cond(a, MatrixNorm::Two)).into())
        }
        _ => None,
    }
}

/// NaN in the matrix are an error here, and NaN in NumPy.
fn eigvalsh(call: &Call) -> Option<Outcome> {
    match call.plain()? {
        [Argument::Array(a)] if a.isfinite().all() => {
            Some(good(linalg::eigvalsh(a, Triangle::Lower)).into())
        }
        _ => None,
    }
}

pub(crate) const ROUTINES: &[(&str, Routine)] = &[
    ("linalg.det", one!(|a| linalg::det(a))),
    ("linalg.inv", one!(|a| good(linalg::inv(a)))),
    ("linalg.pinv", one!(|a| good(linalg::pinv(a, None)))),
    (
        "linalg.matrix_rank",
        one!(|a| good(linalg::matrix_rank(a, None))),
    ),
    ("linalg.svdvals", one!(|a| good(linalg::svdvals(a)))),
    ("linalg.cond", cond),
    ("linalg.solve", solve),
    (
        "linalg.cholesky",
        one!(|a| good(linalg::cholesky(a, Triangle::Lower))),
    ),
    ("linalg.eigvalsh", eigvalsh),
    ("linalg.qr", |call| match call.arguments.as_slice() {
        [Argument::Array(a)] => Some(linalg::qr(a, Extent::Reduced).r.abs().into()),
        _ => None,
    }),
    ("linalg.matrix_power", matrix_power),
    ("matmul", product!(|a, b| linalg::matmul(a, b))),
    ("dot", product!(|a, b| linalg::dot(a, b))),
    ("vdot", product!(|a, b| linalg::vdot(a, b))),
    ("inner", product!(|a, b| linalg::inner(a, b))),
    ("outer", product!(|a, b| linalg::outer(a, b))),
    ("fft.fft", transform!(fft)),
    ("fft.ifft", transform!(ifft)),
    ("fft.rfft", transform!(rfft)),
    ("fft.irfft", transform!(irfft)),
    ("fft.hfft", transform!(hfft)),
    ("fft.ihfft", transform!(ihfft)),
    ("fft.fft2", one!(|a| fft::fft2(a))),
    ("fft.ifft2", one!(|a| fft::ifft2(a))),
    ("fft.rfft2", one!(|a| fft::rfft2(a))),
    ("fft.fftn", one!(|a| fft::fftn(a))),
    ("fft.ifftn", one!(|a| fft::ifftn(a))),
    ("fft.rfftn", one!(|a| fft::rfftn(a))),
    ("fft.fftfreq", frequencies!(fftfreq)),
    ("fft.rfftfreq", frequencies!(rfftfreq)),
    ("bartlett", window!(bartlett)),
    ("blackman", window!(blackman)),
    ("hamming", window!(hamming)),
    ("hanning", window!(hanning)),
    ("kaiser", |call| match call.plain()? {
        [Argument::Integer(n), Argument::Float(beta)] => {
            Some(window::kaiser(usize::try_from(*n).ok()?, *beta).into())
        }
        _ => None,
    }),
];
