//! Reductions of a whole array to one number, in the pass that computes the array.

use std::sync::Arc;

use super::graph::Node;
use super::plan::{plan, plan_sum};
use super::run::{Reducer, run};
use crate::array::dtype::{DType, Kind, with_complex, with_float, with_real, with_type};
use crate::array::element::Typed;
use crate::array::slice::Slice;
use crate::error::Error;
use crate::pool::{self, Pool};
use crate::prof;
use crate::simd::{self, Fold, Total};

/// Arrays up to this size are stored when they are reduced, in case they are used again.
const STORED_UP_TO: usize = 32 << 20;

/// From an array to a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reduction {
    /// Exact for integers and bool.
    Sum,
    /// In f64 or c128.
    Product,
    Min,
    Max,
    /// The number of elements that are not zero.
    Count,
}

impl Total {
    /// The real part.
    pub(crate) fn to_f64(self) -> f64 {
        match self {
            Self::Float(value) => value,
            Self::Int(value) => value as f64,
            Self::Complex(value) => value.re,
        }
    }

    pub(crate) fn to_complex(self) -> num_complex::Complex<f64> {
        match self {
            Self::Complex(value) => value,
            real => real.to_f64().into(),
        }
    }
}

/// Reduces the values of a node that is not empty.
pub(crate) fn reduce(node: &Arc<Node>, reduction: Reduction) -> Result<Total, Error> {
    static SITE: prof::Site = prof::Site::routine("hpc::reduce");
    let _region = SITE.enter_routine();
    reduce_on(node, reduction, pool::pool())
}

pub(super) fn reduce_on(
    node: &Arc<Node>,
    reduction: Reduction,
    pool: &Pool,
) -> Result<Total, Error> {
    let part = reduce_by(node, &reduction, reduction.dtype(node.dtype), pool)?;
    part.ok_or_else(|| Error::Empty {
        routine: "reduce",
        shape: node.shape.to_vec(),
    })
}

/// The first position of the least or greatest element in row-major order, or of the first NaN.
/// `None` for an empty array.
pub(crate) fn position(node: &Arc<Node>, extreme: Fold) -> Result<Option<usize>, Error> {
    static SITE: prof::Site = prof::Site::routine("hpc::reduce");
    let _region = SITE.enter_routine();
    let best = reduce_by(node, &Extreme(extreme), node.dtype, pool::pool())?;
    Ok(best.map(|best| best.position))
}

fn reduce_by<R: Reducer>(
    node: &Arc<Node>,
    reducer: &R,
    dtype: DType,
    pool: &Pool,
) -> Result<Option<R::Part>, Error> {
    let store = node.value().is_some() || node.was_streamed() || node.bytes() <= STORED_UP_TO;
    let program = if reducer.sums() && dtype.kind() == Kind::Float {
        plan_sum(node, store, dtype)
    } else {
        plan(node, store, dtype)
    }?;
    let reduced = run(&program, reducer, pool)?;
    if !store {
        node.set_streamed();
    }
    Ok(reduced)
}

impl Reduction {
    /// The dtype in which an array of `dtype` is reduced.
    fn dtype(self, dtype: DType) -> DType {
        match (self, dtype.kind()) {
            (Self::Product, Kind::Complex) => DType::C128,
            (Self::Product, _) => DType::F64,
            (Self::Count, _) => DType::Bool,
            (Self::Min | Self::Max, Kind::Bool) => DType::U8,
            _ => dtype,
        }
    }
}

impl Reducer for Reduction {
    type Part = Total;

    fn block(&self, _: usize, block: Slice<'_>) -> Total {
        fn fold<T: Typed + simd::Real>(op: Fold, block: Slice<'_>) -> Total {
            match simd::fold_ordered(op, T::slice(block)).to_scalar() {
                crate::array::dtype::Scalar::Float(value) => Total::Float(value),
                crate::array::dtype::Scalar::Uint(value) => Total::Int(value.into()),
                other => Total::Int(other.to_i64().into()),
            }
        }
        let dtype = block.dtype();
        match self {
            Self::Sum => with_type!(dtype, T => simd::sum(T::slice(block))),
            Self::Count => {
                with_type!(dtype, T => Total::Int(simd::count(T::slice(block)) as i128))
            }
            Self::Product => match block {
                Slice::C128(block) => Total::Complex(simd::fold(Fold::Product, block)),
                block => Total::Float(simd::fold(Fold::Product, f64::slice(block))),
            },
            Self::Min => with_real!(
                dtype, T => fold::<T>(Fold::Min, block),
                _rest => unreachable!("complex numbers have no order")
            ),
            Self::Max => with_real!(
                dtype, T => fold::<T>(Fold::Max, block),
                _rest => unreachable!("complex numbers have no order")
            ),
        }
    }

    fn sums(&self) -> bool {
        *self == Self::Sum
    }

    fn products(&self, a: Slice<'_>, b: Slice<'_>) -> Total {
        with_float!(
            a.dtype(), T => simd::sum_products(T::slice(a), T::slice(b)),
            _rest => unreachable!("products of f32 and f64 only are left to the sum")
        )
    }

    fn combine(&self, a: Total, b: Total) -> Total {
        let op = match self {
            Self::Sum | Self::Count => Fold::Sum,
            Self::Product => Fold::Product,
            Self::Min => Fold::Min,
            Self::Max => Fold::Max,
        };
        match (a, b) {
            (Total::Int(a), Total::Int(b)) => Total::Int(match op {
                Fold::Min => a.min(b),
                Fold::Max => a.max(b),
                Fold::Sum => a + b,
                Fold::Product => a * b,
            }),
            (Total::Float(a), Total::Float(b)) => Total::Float(simd::fold_ordered(op, &[a, b])),
            (a, b) => Total::Complex(simd::fold(op, &[a.to_complex(), b.to_complex()])),
        }
    }
}

/// Where the least or the greatest element is.
struct Extreme(Fold);

/// The best element of some, and its position.
struct Best {
    value: crate::array::dtype::Scalar,
    position: usize,
}

impl Reducer for Extreme {
    type Part = Best;

    fn block(&self, start: usize, block: Slice<'_>) -> Best {
        fn find<T: Typed + simd::Real>(op: Fold, start: usize, block: &[T]) -> Best {
            let best = simd::fold_ordered(op, block);
            // NaN is not equal to itself: then the first one is looked for.
            let is_nan = best.is_nan();
            let found = block
                .iter()
                .position(|&x| if is_nan { x.is_nan() } else { x == best });
            Best {
                value: best.to_scalar(),
                position: start + found.unwrap_or(0),
            }
        }
        let dtype = block.dtype();
        with_real!(
            dtype, T => find(self.0, start, T::slice(block)),
            _rest => with_complex!(
                dtype, T => unreachable!("{} has no order", std::any::type_name::<T>()),
                _rest => unreachable!("every dtype is real or complex")
            )
        )
    }

    fn combine(&self, before: Best, after: Best) -> Best {
        use crate::array::dtype::Scalar;
        let better = match (before.value, after.value) {
            (Scalar::Float(before), Scalar::Float(after)) => {
                !before.is_nan()
                    && (after.is_nan()
                        || (self.0 == Fold::Min && after < before)
                        || (self.0 == Fold::Max && after > before))
            }
            (Scalar::Uint(before), Scalar::Uint(after)) if self.0 == Fold::Min => after < before,
            (Scalar::Uint(before), Scalar::Uint(after)) => after > before,
            (before, after) if self.0 == Fold::Min => after.to_i64() < before.to_i64(),
            (before, after) => after.to_i64() > before.to_i64(),
        };
        if better { after } else { before }
    }
}
