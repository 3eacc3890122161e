//! One operation on one block.

use num_complex::Complex;

use super::op::{Meeting, Op};
use crate::array::dtype::{
    DType, Kind, Scalar, with_complex, with_float, with_integer, with_real, with_type,
};
use crate::array::element::Typed;
use crate::array::slice::{Slice, SliceMut};
use crate::simd::{self, Arg, Binary, Cast, Compare, Part, Test, Unary};

/// An operand: a block, or one number for the whole block.
#[derive(Clone, Copy)]
pub(super) enum Operand<'a> {
    Block(Slice<'a>),
    Scalar(Scalar),
}

impl<'a> Operand<'a> {
    #[inline]
    fn arg<T: Typed>(self) -> Arg<'a, T> {
        match self {
            Self::Block(slice) => Arg::Each(T::slice(slice)),
            Self::Scalar(scalar) => Arg::All(T::of_scalar(scalar)),
        }
    }

    /// The dtype of a block.
    fn dtype(self) -> Option<DType> {
        match self {
            Self::Block(slice) => Some(slice.dtype()),
            Self::Scalar(_) => None,
        }
    }

    /// The operand of an operation on one operand, which the planner never makes a number.
    #[inline]
    fn block<T: Typed>(self) -> &'a [T] {
        match self {
            Self::Block(slice) => T::slice(slice),
            Self::Scalar(_) => unreachable!("operations on constants are folded"),
        }
    }
}

/// Writes the result of `op` to `target`. Operands that the operation does not have are not read.
pub(super) fn execute(op: Op, operands: [Operand<'_>; Op::MOST], target: SliceMut<'_>) {
    let [a, b, c, _] = operands;
    match op {
        Op::Unary(op) => unary(op, a, target),
        Op::Binary(op) => binary(op, a, b, target),
        Op::Compare(op) => compare(op, a, b, bool::slice_mut(target)),
        Op::Test(op) => test(op, a, bool::slice_mut(target)),
        Op::Part(op) => part(op, a, target),
        Op::Select => with_type!(target.dtype(), T => {
            simd::select(a.block(), b.arg(), c.arg(), T::slice_mut(target));
        }),
        Op::Products(meeting) => products(meeting, operands, target),
        Op::Cast(_) => cast(a, target),
        Op::Copy | Op::Gather(_) => copy(a, target),
    }
}

/// The result of `op` on constants, by the same kernels as on blocks. They are of `at`, but for
/// the condition of a selection.
pub(super) fn execute_scalar(
    op: Op,
    at: DType,
    dtype: DType,
    constants: [Scalar; Op::MOST],
) -> Scalar {
    let first = if op == Op::Select { DType::Bool } else { at };
    let [a, rest @ ..] = constants;
    with_type!(first, A => with_type!(dtype, R => {
        let source = [A::of_scalar(a)];
        let mut result = [R::default()];
        let [b, c, d] = rest.map(Operand::Scalar);
        let operands = [Operand::Block(A::wrap(&source)), b, c, d];
        execute(op, operands, R::wrap_mut(&mut result));
        result[0].to_scalar()
    }))
}

fn misplaced(op: impl std::fmt::Debug, dtype: DType) -> ! {
    unreachable!("{op:?} of {dtype}, which is refused when the expression is made")
}

fn unary(op: Unary, a: Operand<'_>, target: SliceMut<'_>) {
    let dtype = target.dtype();
    match op {
        Unary::Neg => with_type!(dtype, T => simd::neg::<T>(a.block(), T::slice_mut(target))),
        Unary::Sign => with_type!(dtype, T => simd::sign::<T>(a.block(), T::slice_mut(target))),
        Unary::Power(n) => {
            with_type!(dtype, T => simd::powers::<T>(n, a.block(), T::slice_mut(target)));
        }
        Unary::Reciprocal => {
            with_type!(dtype, T => simd::reciprocal::<T>(a.block(), T::slice_mut(target)));
        }
        Unary::Abs => with_real!(
            dtype, T => simd::abs::<T>(a.block(), T::slice_mut(target)),
            _rest => misplaced(op, dtype)
        ),
        Unary::Not => with_integer!(
            dtype, T => simd::not::<T>(a.block(), T::slice_mut(target)),
            _rest => misplaced(op, dtype)
        ),
        Unary::Conj => with_complex!(
            dtype, T => map(a.block::<T>(), T::slice_mut(target), |z: T| z.conj()),
            _rest => misplaced(op, dtype)
        ),
        Unary::Sqrt if dtype.is_complex() => match target {
            SliceMut::C64(target) => simd::sqrt_c64(a.block(), target),
            SliceMut::C128(target) => simd::sqrt_c128(a.block(), target),
            _ => misplaced(op, dtype),
        },
        Unary::Sqrt | Unary::Floor | Unary::Ceil | Unary::Trunc | Unary::Round => with_float!(
            dtype, T => simd::round::<T>(op, a.block(), T::slice_mut(target)),
            _rest => misplaced(op, dtype)
        ),
        Unary::Math(function) => match target {
            SliceMut::F64(target) => simd::math_f64(function, a.block(), target),
            SliceMut::F32(target) => simd::math_f32(function, a.block(), target),
            SliceMut::C64(target) => simd::math_c64(function, a.block(), target),
            SliceMut::C128(target) => simd::math_c128(function, a.block(), target),
            _ => misplaced(op, dtype),
        },
    }
}

fn map<T: Copy, U>(source: &[T], target: &mut [U], f: impl Fn(T) -> U) {
    for (target, &x) in target.iter_mut().zip(source) {
        *target = f(x);
    }
}

fn binary(op: Binary, a: Operand<'_>, b: Operand<'_>, target: SliceMut<'_>) {
    let dtype = target.dtype();
    match op {
        Binary::Add | Binary::Sub | Binary::Mul | Binary::Div => {
            with_type!(dtype, T => simd::arithmetic::<T>(op, a.arg(), b.arg(), T::slice_mut(target)));
        }
        Binary::FloorDiv | Binary::Rem | Binary::Fmod | Binary::Pow => match target {
            SliceMut::F64(target) => simd::divide_f64(op, a.arg(), b.arg(), target),
            SliceMut::F32(target) => simd::divide_f32(op, a.arg(), b.arg(), target),
            target => with_integer!(
                dtype, T => simd::divide::<T>(op, a.arg(), b.arg(), T::slice_mut(target)),
                _rest => misplaced(op, dtype)
            ),
        },
        Binary::Minimum | Binary::Maximum | Binary::Fmin | Binary::Fmax => with_real!(
            dtype, T => simd::ordered::<T>(op, a.arg(), b.arg(), T::slice_mut(target)),
            _rest => misplaced(op, dtype)
        ),
        Binary::Gcd | Binary::Lcm => with_integer!(
            dtype, T => simd::divisors::<T>(op, a.arg(), b.arg(), T::slice_mut(target)),
            _rest => misplaced(op, dtype)
        ),
        Binary::And | Binary::Or | Binary::Xor | Binary::Shl | Binary::Shr => with_integer!(
            dtype, T => simd::bits::<T>(op, a.arg(), b.arg(), T::slice_mut(target)),
            _rest => misplaced(op, dtype)
        ),
        Binary::CopySign | Binary::NextAfter => with_float!(
            dtype, T => simd::floats::<T>(op, a.arg(), b.arg(), T::slice_mut(target)),
            _rest => misplaced(op, dtype)
        ),
        Binary::Math(function) => math2(function, a, b, target),
    }
}

fn math2(function: simd::Function2, a: Operand<'_>, b: Operand<'_>, target: SliceMut<'_>) {
    let dtype = target.dtype();
    match target {
        SliceMut::F64(target) => simd::math2_f64(function, a.arg(), b.arg(), target),
        SliceMut::F32(target) => simd::math2_f32(function, a.arg(), b.arg(), target),
        SliceMut::C64(target) => simd::math2_c64(function, a.arg(), b.arg(), target),
        SliceMut::C128(target) => simd::math2_c128(function, a.arg(), b.arg(), target),
        _ => misplaced(function, dtype),
    }
}

fn compare(op: Compare, a: Operand<'_>, b: Operand<'_>, target: &mut [bool]) {
    let Some(dtype) = a.dtype().or(b.dtype()) else {
        unreachable!("comparisons of constants are folded");
    };
    with_real!(
        dtype, T => simd::compare::<T>(op, a.arg(), b.arg(), target),
        _rest => with_complex!(
            dtype, T => simd::equal::<T>(op, a.arg(), b.arg(), target),
            _rest => misplaced(op, dtype)
        )
    );
}

fn products(meeting: Meeting, operands: [Operand<'_>; Op::MOST], target: SliceMut<'_>) {
    let dtype = operands.iter().find_map(|operand| operand.dtype());
    let Some(dtype) = dtype else {
        unreachable!("operations on constants are folded");
    };
    with_float!(
        dtype,
        T => {
            let factors = operands.map(Operand::arg::<T>);
            match meeting {
                Meeting::Sum => simd::sum_of_products(factors, T::slice_mut(target)),
                Meeting::Difference => {
                    simd::difference_of_products(factors, T::slice_mut(target));
                }
                Meeting::Compared(op) => {
                    simd::compare_products(op, factors, bool::slice_mut(target));
                }
            }
        },
        _rest => misplaced(meeting, dtype)
    );
}

fn test(op: Test, a: Operand<'_>, target: &mut [bool]) {
    let Some(dtype) = a.dtype() else {
        unreachable!("questions about constants are folded");
    };
    match dtype.kind() {
        Kind::Float => with_float!(
            dtype, T => simd::test::<T>(op, a.block(), target),
            _rest => misplaced(op, dtype)
        ),
        Kind::Complex => with_complex!(
            dtype,
            T => map(a.block::<T>(), target, |z| match op {
                Test::IsNan => z.re.is_nan() || z.im.is_nan(),
                Test::IsInfinite => z.re.is_infinite() || z.im.is_infinite(),
                Test::IsFinite => z.re.is_finite() && z.im.is_finite(),
                Test::SignBit => misplaced(op, dtype),
            }),
            _rest => misplaced(op, dtype)
        ),
        Kind::Bool | Kind::Integer => with_integer!(
            dtype, T => simd::sign_bit::<T>(a.block(), target),
            _rest => misplaced(op, dtype)
        ),
    }
}

fn part(op: Part, a: Operand<'_>, target: SliceMut<'_>) {
    macro_rules! part {
        ($target:expr, $abs:path, $arg:path) => {{
            let source = a.block();
            match op {
                Part::Real => map(source, $target, |z: Complex<_>| z.re),
                Part::Imag => map(source, $target, |z: Complex<_>| z.im),
                Part::Abs => $abs(source, $target),
                Part::Angle => $arg(source, $target),
            }
        }};
    }
    match target {
        SliceMut::F32(target) => part!(target, simd::abs_c64, simd::arg_c64),
        SliceMut::F64(target) => part!(target, simd::abs_c128, simd::arg_c128),
        target => misplaced(op, target.dtype()),
    }
}

fn cast(a: Operand<'_>, target: SliceMut<'_>) {
    fn typed<T: Typed + Cast<U>, U: Typed + simd::Number>(source: &[T], target: &mut [U]) {
        simd::cast(source, target);
    }
    let Some(from) = a.dtype() else {
        unreachable!("casts of constants are folded");
    };
    with_type!(from, T => with_type!(target.dtype(), U => {
        typed::<T, U>(a.block(), U::slice_mut(target));
    }));
}

fn copy(source: Operand<'_>, mut target: SliceMut<'_>) {
    match source {
        Operand::Scalar(scalar) => target.fill(scalar),
        Operand::Block(source) => with_type!(target.dtype(), T => {
            T::slice_mut(target).copy_from_slice(T::slice(source));
        }),
    }
}
