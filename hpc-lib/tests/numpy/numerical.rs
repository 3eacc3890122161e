//! Linear algebra, Fourier transforms and windows in the words of arrays: a line each.

use hpc::linalg::{self, Extent, MatrixNorm, Triangle};
use hpc::prelude::*;
use hpc::signal::window;
use hpc::{Error, fft};

use crate::arrays::{Argument, argument};
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

/// A product of two arrays.
macro_rules! product {
    (|$a:ident, $b:ident| $value:expr) => {
        |call| match call.plain()? {
            [Argument::Array($a), Argument::Array($b)] => Some($value.into()),
            _ => None,
        }
    };
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
        [Argument::Array(array)] | [Argument::Array(array), Argument::Nothing] => {
            Some((array, along))
        }
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
        [Argument::Array(a), Argument::Integer(n)] => {
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

fn multi_dot(call: &Call) -> Option<Outcome> {
    let [Argument::List(values)] = call.plain()? else {
        return None;
    };
    let arrays = several(values)?;
    Some(linalg::multi_dot(&arrays.iter().collect::<Vec<_>>()).into())
}

fn several(values: &[Value]) -> Option<Vec<Array>> {
    let own = |value: &Value| match argument(value)? {
        Argument::Array(array) => Some(array),
        _ => None,
    };
    values.iter().map(own).collect()
}

fn einsum(call: &Call) -> Option<Outcome> {
    let [Argument::Text(subscripts), rest @ ..] = call.plain()? else {
        return None;
    };
    let own = |argument: &Argument| match argument {
        Argument::Array(array) => Some(array.clone()),
        _ => None,
    };
    let arrays: Vec<Array> = rest.iter().map(own).collect::<Option<_>>()?;
    Some(linalg::einsum(subscripts, &arrays.iter().collect::<Vec<_>>()).into())
}

fn tensordot(call: &Call) -> Option<Outcome> {
    let [Argument::Array(a), Argument::Array(b), axes] = call.plain()? else {
        return None;
    };
    let (of_a, of_b) = match axes {
        Argument::Integer(n) => {
            let n = usize::try_from(*n).ok()?;
            ((a.ndim() - n..a.ndim()).collect(), (0..n).collect())
        }
        Argument::List(values) => (places(values.first()?)?, places(values.get(1)?)?),
        _ => return None,
    };
    Some(linalg::tensordot(a, b, &of_a, &of_b).into())
}

fn places(value: &Value) -> Option<Vec<usize>> {
    let place = |value: &Value| match value {
        Value::Integer(axis) => usize::try_from(*axis).ok(),
        _ => None,
    };
    match value {
        Value::List(values) => values.iter().map(place).collect(),
        value => Some(vec![place(value)?]),
    }
}

/// The parts of a decomposition are known up to signs: they must give the matrix back, and agree with
/// NumPy's in magnitude.
fn assert_near(a: &Array, b: &Array) {
    let tolerance = if matches!(a.dtype(), DType::F32 | DType::C64) {
        1e-4
    } else {
        1e-12
    };
    let distance = (a - b).abs().max();
    assert!(
        distance <= tolerance * (1.0 + a.abs().max()),
        "off by {distance:e}"
    );
}

fn eigh(call: &Call) -> Option<Outcome> {
    let [Argument::Array(a)] = call.plain()? else {
        return None;
    };
    let found = good(linalg::eigh(a, Triangle::Lower));
    let scaled = &found.vectors * &found.values;
    assert_near(a, &linalg::matmul(&scaled, &found.vectors.t().conj()));
    Some(Outcome::List(vec![found.values, found.vectors.abs()]))
}

fn svd(call: &Call) -> Option<Outcome> {
    let [Argument::Array(a)] = &call.arguments[..] else {
        return None;
    };
    let found = good(linalg::svd(a, Extent::Reduced));
    assert_near(a, &linalg::matmul(&(&found.u * &found.s), &found.vh));
    Some(Outcome::List(vec![found.u.abs(), found.s, found.vh.abs()]))
}

fn qr(call: &Call) -> Option<Outcome> {
    let [Argument::Array(a)] = &call.arguments[..] else {
        return None;
    };
    let found = linalg::qr(a, Extent::Reduced);
    assert_near(a, &linalg::matmul(&found.q, &found.r));
    Some(found.r.abs().into())
}

fn norm(call: &Call) -> Option<Outcome> {
    let array = match call.arguments.first()? {
        Argument::Array(array) => array,
        _ => return None,
    };
    let order = match call.arguments.get(1) {
        None | Some(Argument::Nothing) => None,
        Some(Argument::Integer(p)) => Some(*p as f64),
        Some(Argument::Float(p)) => Some(*p),
        Some(Argument::Text(name)) => return matrix_norm(array, name, call),
        Some(_) => return None,
    };
    if let Some(axis) = call.parameters.get("axis") {
        let axes: Vec<isize> = places(axis)?
            .into_iter()
            .map(|axis| axis as isize)
            .collect();
        let axes = Axes::from(&axes[..]);
        let keeps = call.parameters.contains_key("keepdims");
        let axes = if keeps { axes.keep() } else { axes };
        return order
            .is_none()
            .then(|| linalg::vector_norm(array, 2.0, axes).into());
    }
    match (array.ndim(), order) {
        (_, None) => Some(linalg::norm(array).into()),
        (1, Some(p)) => Some(linalg::vector_norm(array, p, 0).into()),
        (_, Some(p)) => {
            let kind = match p {
                1.0 => MatrixNorm::One,
                -1.0 => MatrixNorm::NegativeOne,
                2.0 => MatrixNorm::Two,
                -2.0 => MatrixNorm::NegativeTwo,
                f64::INFINITY => MatrixNorm::Infinity,
                f64::NEG_INFINITY => MatrixNorm::NegativeInfinity,
                _ => return None,
            };
            Some(good(linalg::matrix_norm(array, kind)).into())
        }
    }
}

fn matrix_norm(array: &Array, name: &str, call: &Call) -> Option<Outcome> {
    let kind = match name {
        "fro" => MatrixNorm::Frobenius,
        "nuc" => MatrixNorm::Nuclear,
        _ => return None,
    };
    call.plain()?;
    Some(good(linalg::matrix_norm(array, kind)).into())
}

/// A transform over several axes: all of them, or the last two, if none are named.
fn over(call: &Call, transform: fn(&fft::Over, &Array) -> Array) -> Option<Outcome> {
    call.only(&["s", "axes", "norm"])?;
    let array = call.array()?;
    let ndim = array.ndim();
    let axes = match call.parameters.get("axes") {
        Some(axes) => places(axes)?,
        None if call.routine.ends_with('2') => (ndim - 2..ndim).collect(),
        None => (0..ndim).collect(),
    };
    let axes: Vec<isize> = axes.into_iter().map(|axis| axis as isize).collect();
    let mut over = fft::over(&axes);
    if let Some(lengths) = call.parameters.get("s") {
        over = over.lengths(&places(lengths)?);
    }
    match call.parameters.get("norm") {
        None => {}
        Some(Value::Text(name)) if name == "ortho" => over = over.norm(fft::Norm::Ortho),
        Some(_) => return None,
    }
    Some(transform(&over, array).into())
}

/// The axes that are shifted: all, if none are named.
fn shifted(call: &Call) -> Option<Axes> {
    call.only(&["axes"])?;
    let axes = match call.parameters.get("axes") {
        Some(axes) => places(axes)?,
        None => (0..call.array()?.ndim()).collect(),
    };
    Some(Axes::of(&axes))
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
    ("linalg.qr", qr),
    ("linalg.eigh", eigh),
    ("linalg.svd", svd),
    // In NumPy's order of complex numbers.
    ("linalg.eigvals", one!(|a| good(linalg::eigvals(a)).sort())),
    (
        "linalg.slogdet",
        one!(|a| {
            let found = linalg::slogdet(a);
            (found.sign, found.log)
        }),
    ),
    ("linalg.lstsq", |call| match call.plain()? {
        [Argument::Array(a), Argument::Array(b)] => Some(good(linalg::lstsq(a, b, None)).x.into()),
        _ => None,
    }),
    ("linalg.norm", norm),
    ("linalg.multi_dot", multi_dot),
    ("einsum", einsum),
    ("tensordot", tensordot),
    ("kron", product!(|a, b| linalg::kron(a, b))),
    ("cross", product!(|a, b| a.cross(b))),
    ("trace", |call| {
        call.only(&["offset"])?;
        let offset = match call.parameters.get("offset") {
            Some(Value::Integer(offset)) => isize::try_from(*offset).ok()?,
            _ => 0,
        };
        Some(linalg::trace(call.array()?, offset).into())
    }),
    ("fft.fftshift", |call| {
        Some(fft::fftshift(call.array()?, shifted(call)?).into())
    }),
    ("fft.ifftshift", |call| {
        Some(fft::ifftshift(call.array()?, shifted(call)?).into())
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
    ("fft.fft2", |call| over(call, |over, a| over.fftn(a))),
    ("fft.ifft2", |call| over(call, |over, a| over.ifftn(a))),
    ("fft.rfft2", |call| over(call, |over, a| over.rfftn(a))),
    ("fft.fftn", |call| over(call, |over, a| over.fftn(a))),
    ("fft.ifftn", |call| over(call, |over, a| over.ifftn(a))),
    ("fft.rfftn", |call| over(call, |over, a| over.rfftn(a))),
    ("fft.irfft2", |call| over(call, |over, a| over.irfftn(a))),
    ("fft.irfftn", |call| over(call, |over, a| over.irfftn(a))),
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
