//! One instruction on one block.

use super::plan::Op;
use crate::array::dtype::{DType, Scalar};
use crate::array::element::Typed;
use crate::array::slice::{Slice, SliceMut};
use crate::simd::{self, Arg, Unary};

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

    fn dtype(self) -> DType {
        match self {
            Self::Block(slice) => slice.dtype(),
            Self::Scalar(scalar) => scalar.dtype(),
        }
    }
}

/// Writes the result of `op` to `target`. Operations on one operand get a block as `a`.
pub(super) fn execute(op: Op, a: Operand<'_>, b: Operand<'_>, target: SliceMut<'_>) {
    match op {
        Op::Binary(op) => match target {
            SliceMut::F64(target) => simd::binary_f64(op, a.arg(), b.arg(), target),
            SliceMut::I64(target) => simd::binary_i64(op, a.arg(), b.arg(), target),
            SliceMut::Bool(target) => simd::binary_bool(op, a.arg(), b.arg(), target),
        },
        Op::Compare(op) => {
            let target = bool::slice_mut(target);
            match a.dtype() {
                DType::F64 => simd::compare_f64(op, a.arg(), b.arg(), target),
                DType::I64 => simd::compare_i64(op, a.arg(), b.arg(), target),
                DType::Bool => simd::compare_bool(op, a.arg(), b.arg(), target),
            }
        }
        Op::Unary(op) => match (a, target) {
            (Operand::Block(Slice::F64(source)), SliceMut::F64(target)) => {
                simd::unary_f64(op, source, target);
            }
            (Operand::Block(Slice::I64(source)), SliceMut::I64(target)) => {
                simd::unary_i64(op, source, target);
            }
            (Operand::Block(Slice::Bool(source)), SliceMut::Bool(target)) if op == Unary::Not => {
                simd::not_bool(source, target);
            }
            _ => unreachable!("{op:?} between dtypes that the planner never joins"),
        },
        Op::Cast(_) => match a {
            Operand::Block(source) => cast(source, target),
            Operand::Scalar(_) => unreachable!("casts of constants are folded"),
        },
        Op::Copy | Op::Gather(_) => copy(a, target),
    }
}

/// The result of `op` on constants, by the same kernels as on blocks.
pub(super) fn execute_scalar(op: Op, dtype: DType, a: Scalar, b: Scalar) -> Scalar {
    fn with<T: Typed>(op: Op, a: Scalar, b: Scalar) -> T {
        let mut result = [T::default()];
        let target = T::wrap_mut(&mut result);
        match a {
            Scalar::F64(x) => execute(
                op,
                Operand::Block(Slice::F64(&[x])),
                Operand::Scalar(b),
                target,
            ),
            Scalar::I64(x) => execute(
                op,
                Operand::Block(Slice::I64(&[x])),
                Operand::Scalar(b),
                target,
            ),
            Scalar::Bool(x) => {
                execute(
                    op,
                    Operand::Block(Slice::Bool(&[x])),
                    Operand::Scalar(b),
                    target,
                );
            }
        }
        result[0]
    }
    match dtype {
        DType::F64 => Scalar::F64(with(op, a, b)),
        DType::I64 => Scalar::I64(with(op, a, b)),
        DType::Bool => Scalar::Bool(with(op, a, b)),
    }
}

fn cast(source: Slice<'_>, target: SliceMut<'_>) {
    match (source, target) {
        (Slice::I64(source), SliceMut::F64(target)) => simd::i64_to_f64(source, target),
        (Slice::Bool(source), SliceMut::F64(target)) => simd::bool_to_f64(source, target),
        (Slice::Bool(source), SliceMut::I64(target)) => simd::bool_to_i64(source, target),
        (Slice::F64(source), SliceMut::I64(target)) => simd::f64_to_i64(source, target),
        (Slice::F64(source), SliceMut::Bool(target)) => simd::f64_to_bool(source, target),
        (Slice::I64(source), SliceMut::Bool(target)) => simd::i64_to_bool(source, target),
        (source, target) => copy(Operand::Block(source), target),
    }
}

fn copy(source: Operand<'_>, mut target: SliceMut<'_>) {
    match source {
        Operand::Scalar(scalar) => target.fill(scalar),
        Operand::Block(source) => match target {
            SliceMut::F64(target) => target.copy_from_slice(f64::slice(source)),
            SliceMut::I64(target) => target.copy_from_slice(i64::slice(source)),
            SliceMut::Bool(target) => target.copy_from_slice(bool::slice(source)),
        },
    }
}
