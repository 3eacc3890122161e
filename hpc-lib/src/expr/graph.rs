use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::pending;
use super::run::evaluate;
use crate::array::dense::Dense;
use crate::array::dtype::{DType, Scalar};
use crate::array::handle::Handle;
use crate::array::layout::broadcast_shape;
use crate::error::Error;
use crate::simd::{Binary, Compare, Unary};

/// Operations that may wait in one expression. Beyond it the operands are computed first, which
/// bounds the memory of an expression that a loop makes longer and longer.
const MAX_WEIGHT: u32 = 64;

/// An array: its values, or how to compute them.
pub(crate) struct Node {
    pub(crate) dtype: DType,
    pub(crate) shape: Vec<usize>,
    value: OnceLock<Dense>,
    /// `None` once the value is there.
    expr: Mutex<Option<Arc<Expr>>>,
    /// Number of operations that wait, with those of the operands.
    weight: u32,
    /// Whether a reduction used the values without storing them.
    streamed: AtomicBool,
}

/// How the values of a node follow from others. Operands are brought to the dtype of the operation
/// by the planner.
pub(crate) enum Expr {
    Unary(Unary, Arc<Node>),
    /// To the dtype of the node.
    Cast(Arc<Node>),
    Binary(Binary, Input, Input),
    Compare(Compare, Input, Input),
}

/// An operand.
#[derive(Clone)]
pub(crate) enum Input {
    Node(Handle),
    Scalar(Scalar),
}

impl Input {
    pub(crate) fn dtype(&self) -> DType {
        match self {
            Self::Node(node) => node.dtype,
            Self::Scalar(scalar) => scalar.dtype(),
        }
    }

    fn shape(&self) -> &[usize] {
        match self {
            Self::Node(node) => &node.shape,
            Self::Scalar(_) => &[],
        }
    }

    fn weight(&self) -> u32 {
        match self {
            Self::Node(node) => node.pending_weight(),
            Self::Scalar(_) => 0,
        }
    }

    fn compute(&self) -> Result<(), Error> {
        match self {
            Self::Node(node) => evaluate(node).map(drop),
            Self::Scalar(_) => Ok(()),
        }
    }
}

impl Node {
    /// A node whose values are there.
    pub(crate) fn of(dense: Dense) -> Arc<Self> {
        Arc::new(Self {
            dtype: dense.dtype(),
            shape: dense.layout.shape.clone(),
            value: OnceLock::from(dense),
            expr: Mutex::new(None),
            weight: 0,
            streamed: AtomicBool::new(false),
        })
    }

    fn waiting(dtype: DType, shape: Vec<usize>, expr: Expr, weight: u32) -> Arc<Self> {
        let node = Arc::new(Self {
            dtype,
            shape,
            value: OnceLock::new(),
            expr: Mutex::new(Some(Arc::new(expr))),
            weight,
            streamed: AtomicBool::new(false),
        });
        pending::note(&node);
        node
    }

    pub(crate) fn len(&self) -> usize {
        self.shape.iter().product()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.len() * self.dtype.size()
    }

    /// The values, if they were computed.
    pub(crate) fn value(&self) -> Option<&Dense> {
        self.value.get()
    }

    pub(crate) fn expr(&self) -> Option<Arc<Expr>> {
        self.expr
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Stores the values and lets go of the operands.
    pub(crate) fn fulfil(&self, dense: Dense) {
        // Another thread may have been faster, with the same values.
        let _ = self.value.set(dense);
        let expr = self
            .expr
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        // The operands may go with it, which must not happen under the lock.
        drop(expr);
    }

    pub(crate) fn was_streamed(&self) -> bool {
        self.streamed.load(Ordering::Relaxed)
    }

    pub(crate) fn set_streamed(&self) {
        self.streamed.store(true, Ordering::Relaxed);
    }

    fn pending_weight(&self) -> u32 {
        if self.value.get().is_some() {
            0
        } else {
            self.weight
        }
    }

    pub(crate) fn unary(
        routine: &'static str,
        op: Unary,
        operand: &Arc<Self>,
    ) -> Result<Arc<Self>, Error> {
        let dtype = match (op, operand.dtype) {
            (Unary::Neg, DType::Bool) => {
                return Err(refuse(routine, DType::Bool, "use `!` to negate it"));
            }
            (Unary::Not, DType::F64) => {
                return Err(refuse(routine, DType::F64, "it takes bool and i64"));
            }
            (Unary::Abs | Unary::Floor | Unary::Ceil | Unary::Round, DType::Bool)
            | (Unary::Floor | Unary::Ceil | Unary::Round, DType::I64) => {
                return Ok(Arc::clone(operand));
            }
            (Unary::Powi(n), DType::I64 | DType::Bool) if n < 0 => {
                return Err(refuse(
                    routine,
                    operand.dtype,
                    "a negative power of integers is not an integer; use powf",
                ));
            }
            (Unary::Powi(_), DType::Bool) => DType::I64,
            (Unary::Neg | Unary::Abs | Unary::Not | Unary::Powi(_), dtype) => dtype,
            _ => DType::F64,
        };
        let weight = bounded_weight(&[&Input::Node(Arc::clone(operand).into())])?;
        let expr = Expr::Unary(op, Arc::clone(operand));
        Ok(Self::waiting(dtype, operand.shape.clone(), expr, weight))
    }

    pub(crate) fn cast(operand: &Arc<Self>, dtype: DType) -> Result<Arc<Self>, Error> {
        if operand.dtype == dtype {
            return Ok(Arc::clone(operand));
        }
        let weight = bounded_weight(&[&Input::Node(Arc::clone(operand).into())])?;
        let expr = Expr::Cast(Arc::clone(operand));
        Ok(Self::waiting(dtype, operand.shape.clone(), expr, weight))
    }

    pub(crate) fn binary(
        routine: &'static str,
        op: Binary,
        a: Input,
        b: Input,
    ) -> Result<Arc<Self>, Error> {
        let shape = broadcast_shape(routine, a.shape(), b.shape())?;
        let dtype = match (op, a.dtype().max(b.dtype())) {
            (Binary::Div, _) => DType::F64,
            (Binary::Sub, DType::Bool) => {
                return Err(refuse(
                    routine,
                    DType::Bool,
                    "use `^` for the difference of masks",
                ));
            }
            (Binary::Rem | Binary::Pow, DType::Bool) => DType::I64,
            (Binary::And | Binary::Or | Binary::Xor, DType::F64) => {
                return Err(refuse(routine, DType::F64, "it takes bool and i64"));
            }
            (_, dtype) => dtype,
        };
        let weight = bounded_weight(&[&a, &b])?;
        Ok(Self::waiting(dtype, shape, Expr::Binary(op, a, b), weight))
    }

    pub(crate) fn compare(
        routine: &'static str,
        op: Compare,
        a: Input,
        b: Input,
    ) -> Result<Arc<Self>, Error> {
        let shape = broadcast_shape(routine, a.shape(), b.shape())?;
        let weight = bounded_weight(&[&a, &b])?;
        Ok(Self::waiting(
            DType::Bool,
            shape,
            Expr::Compare(op, a, b),
            weight,
        ))
    }
}

fn refuse(routine: &'static str, dtype: DType, expected: &'static str) -> Error {
    Error::DType {
        routine,
        dtype,
        expected,
    }
}

/// The weight of an operation on these operands, which are computed now if it would be too much.
fn bounded_weight(operands: &[&Input]) -> Result<u32, Error> {
    let weight = |operands: &[&Input]| operands.iter().map(|input| input.weight()).sum::<u32>() + 1;
    if weight(operands) > MAX_WEIGHT {
        for operand in operands {
            operand.compute()?;
        }
    }
    Ok(weight(operands))
}
