//! Which dtype an operation is done in, and which one it gives.

use super::graph::Input;
use crate::array::dtype::{DType, Kind};
use crate::error::Error;
use crate::simd::{Binary, Compare, Function, Function2, Part, Test, Unary};

fn refuse(routine: &'static str, dtype: DType, expected: &'static str) -> Error {
    Error::DType {
        routine,
        dtype,
        expected,
    }
}

/// The dtype of the operands and of the result; `None` where the operand is the result.
pub(super) fn unary(
    routine: &'static str,
    op: Unary,
    dtype: DType,
) -> Result<Option<DType>, Error> {
    let kind = dtype.kind();
    Ok(Some(match op {
        Unary::Neg if kind == Kind::Bool => {
            return Err(refuse(routine, dtype, "use `!` to negate it"));
        }
        Unary::Sign if kind == Kind::Bool => {
            return Err(refuse(routine, dtype, "it takes numbers"));
        }
        Unary::Not if kind > Kind::Integer => {
            return Err(refuse(routine, dtype, "it takes bool and integers"));
        }
        Unary::Floor | Unary::Ceil | Unary::Trunc | Unary::Round | Unary::Abs
            if kind == Kind::Complex =>
        {
            return Err(refuse(routine, dtype, "it takes real numbers"));
        }
        Unary::Floor | Unary::Ceil | Unary::Trunc | Unary::Round if kind < Kind::Float => {
            return Ok(None);
        }
        Unary::Abs if kind == Kind::Bool || dtype.is_unsigned() => return Ok(None),
        Unary::Conj if kind != Kind::Complex => return Ok(None),
        Unary::Power(1) => return Ok(None),
        Unary::Power(_) if kind == Kind::Bool => DType::I8,
        Unary::Sqrt | Unary::Reciprocal => dtype.inexact(),
        Unary::Math(function) => {
            if kind == Kind::Complex && !has_complex_form(function) {
                return Err(refuse(routine, dtype, "it takes real numbers"));
            }
            dtype.inexact()
        }
        _ => dtype,
    }))
}

fn has_complex_form(function: Function) -> bool {
    matches!(
        function,
        Function::Sin | Function::Cos | Function::Tan | Function::Exp | Function::Log
    )
}

/// The dtype in which two operands meet. A number yields to an array.
pub(crate) fn meet(a: &Input, b: &Input) -> DType {
    match (a, b) {
        (Input::Node(a), Input::Node(b)) => a.dtype.promote(b.dtype),
        (Input::Node(array), Input::Scalar(number))
        | (Input::Scalar(number), Input::Node(array)) => number.meet(array.dtype),
        (Input::Scalar(a), Input::Scalar(b)) => a.dtype().promote(b.dtype()),
    }
}

/// Refuses numbers that `dtype` cannot hold.
fn check_range(routine: &'static str, operands: [&Input; 2], dtype: DType) -> Result<(), Error> {
    for operand in operands {
        if let Input::Scalar(number) = operand
            && !number.fits(dtype)
        {
            let message = format!("the number {number} is out of the range of {dtype}");
            return Err(Error::argument(routine, message));
        }
    }
    Ok(())
}

/// The operation for these operands, the dtype it is done in, and that of the result.
pub(super) fn binary(
    routine: &'static str,
    op: Binary,
    a: &Input,
    b: &Input,
) -> Result<(Binary, DType), Error> {
    let dtype = meet(a, b);
    if let Some(expected) = refusal(op, dtype.kind()) {
        return Err(refuse(routine, dtype, expected));
    }
    let (op, dtype) = match (op, dtype.kind()) {
        (
            Binary::Div | Binary::CopySign | Binary::NextAfter | Binary::Math(_),
            Kind::Bool | Kind::Integer,
        ) => (op, DType::F64),
        (Binary::Pow, Kind::Float | Kind::Complex) => (Binary::Math(Function2::Pow), dtype),
        (
            Binary::FloorDiv | Binary::Rem | Binary::Fmod | Binary::Pow | Binary::Shl | Binary::Shr,
            Kind::Bool,
        ) => (op, DType::I8),
        _ => (op, dtype),
    };
    check_range(routine, [a, b], dtype)?;
    Ok((op, dtype))
}

/// What an operation takes, if it does not take numbers of that kind.
fn refusal(op: Binary, kind: Kind) -> Option<&'static str> {
    match (op, kind) {
        (Binary::Sub, Kind::Bool) => Some("use `^` for the difference of masks"),
        (Binary::Gcd | Binary::Lcm, Kind::Bool) => Some("it takes integers"),
        (
            Binary::And
            | Binary::Or
            | Binary::Xor
            | Binary::Shl
            | Binary::Shr
            | Binary::Gcd
            | Binary::Lcm,
            Kind::Float | Kind::Complex,
        ) => Some("it takes bool and integers"),
        (Binary::Minimum | Binary::Maximum | Binary::Fmin | Binary::Fmax, Kind::Complex) => {
            Some("complex numbers have no order")
        }
        (
            Binary::FloorDiv
            | Binary::Rem
            | Binary::Fmod
            | Binary::CopySign
            | Binary::NextAfter
            | Binary::Math(Function2::Atan2 | Function2::Hypot),
            Kind::Complex,
        ) => Some("it takes real numbers"),
        _ => None,
    }
}

/// The dtype in which two operands are compared.
pub(super) fn compare(
    routine: &'static str,
    op: Compare,
    a: &Input,
    b: &Input,
) -> Result<DType, Error> {
    let dtype = meet(a, b);
    // A number beyond the range of the array is compared all the same.
    let fits = |input: &Input| match input {
        Input::Scalar(number) => number.fits(dtype),
        Input::Node(_) => true,
    };
    let dtype = if fits(a) && fits(b) {
        dtype
    } else {
        a.dtype().promote(b.dtype())
    };
    if dtype.is_complex() && !matches!(op, Compare::Eq | Compare::Ne) {
        return Err(refuse(routine, dtype, "complex numbers have no order"));
    }
    Ok(dtype)
}

/// The dtype of the values that a condition chooses from.
pub(super) fn select(routine: &'static str, a: &Input, b: &Input) -> Result<DType, Error> {
    let dtype = meet(a, b);
    check_range(routine, [a, b], dtype)?;
    Ok(dtype)
}

/// The answer for all elements, where it does not depend on them.
pub(super) fn test(routine: &'static str, op: Test, dtype: DType) -> Result<Option<bool>, Error> {
    match (op, dtype.kind()) {
        (Test::SignBit, Kind::Complex) => Err(refuse(routine, dtype, "it takes real numbers")),
        (Test::SignBit, Kind::Integer) if !dtype.is_unsigned() => Ok(None),
        (Test::IsFinite, Kind::Bool | Kind::Integer) => Ok(Some(true)),
        (_, Kind::Bool | Kind::Integer) => Ok(Some(false)),
        _ => Ok(None),
    }
}

/// The dtype of a part of a complex number. Real numbers are brought to a complex dtype for the
/// parts that they lack.
pub(super) fn part(op: Part, dtype: DType) -> Option<DType> {
    match (op, dtype.kind()) {
        (_, Kind::Complex) => Some(dtype),
        (Part::Real, _) => None,
        (Part::Imag | Part::Abs | Part::Angle, _) => Some(dtype.complex()),
    }
}
