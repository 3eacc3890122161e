use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use smallvec::{SmallVec, smallvec};

use super::op::Op;
use super::run::evaluate;
use super::{eager, pending, typing};
use crate::array::dense::Dense;
use crate::array::dtype::{DType, Scalar};
use crate::array::handle::Handle;
use crate::array::layout::{Dims, broadcast_shape};
use crate::error::Error;
use crate::simd::{Binary, Compare, Part, Test, Unary};

/// Operations that may wait in one expression. Beyond it the operands are computed first, which
/// bounds the memory of an expression that a loop makes longer and longer.
const MAX_WEIGHT: u32 = 64;

/// An array: its values, or how to compute them.
pub(crate) struct Node {
    pub(crate) dtype: DType,
    pub(crate) shape: Dims,
    value: OnceLock<Dense>,
    /// `None` once the value is there.
    expr: Mutex<Option<Arc<Expr>>>,
    /// Number of operations that wait, with those of the operands.
    weight: u32,
    /// Whether a reduction used the values without storing them.
    streamed: AtomicBool,
}

/// How the values of a node follow from others.
pub(crate) struct Expr {
    pub(crate) op: Op,
    /// The operands are brought to this dtype, but for the condition of [`Op::Select`].
    pub(crate) dtype: DType,
    pub(crate) operands: Operands,
}

/// One to three operands.
pub(crate) type Operands = SmallVec<[Input; 2]>;

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

    pub(super) fn shape(&self) -> &[usize] {
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

    fn waiting(dtype: DType, shape: Dims, expr: Expr, weight: u32) -> Arc<Self> {
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

    /// The result of an operation: computed at once if it is small, else a node that waits.
    fn result(
        op: Op,
        at: DType,
        dtype: DType,
        shape: Dims,
        operands: Operands,
    ) -> Result<Arc<Self>, Error> {
        if let Some(dense) = eager::compute(op, at, dtype, &shape, &operands)? {
            return Ok(Self::of(dense));
        }
        let weight = bounded_weight(&operands)?;
        let expr = Expr {
            op,
            dtype: at,
            operands,
        };
        Ok(Self::waiting(dtype, shape, expr, weight))
    }

    fn of_one(op: Op, at: DType, dtype: DType, operand: &Arc<Self>) -> Result<Arc<Self>, Error> {
        let input = Input::Node(Arc::clone(operand).into());
        Self::result(op, at, dtype, operand.shape.clone(), smallvec![input])
    }

    pub(crate) fn unary(
        routine: &'static str,
        op: Unary,
        operand: &Arc<Self>,
    ) -> Result<Arc<Self>, Error> {
        match typing::unary(routine, op, operand.dtype)? {
            Some(dtype) => Self::of_one(Op::Unary(op), dtype, dtype, operand),
            None => Ok(Arc::clone(operand)),
        }
    }

    pub(crate) fn test(
        routine: &'static str,
        op: Test,
        operand: &Arc<Self>,
    ) -> Result<Arc<Self>, Error> {
        if let Some(answer) = typing::test(routine, op, operand.dtype)? {
            return Dense::filled(routine, &operand.shape, DType::Bool, Scalar::Bool(answer))
                .map(Self::of);
        }
        Self::of_one(Op::Test(op), operand.dtype, DType::Bool, operand)
    }

    pub(crate) fn part(op: Part, operand: &Arc<Self>) -> Result<Arc<Self>, Error> {
        match typing::part(op, operand.dtype) {
            Some(dtype) => Self::of_one(Op::Part(op), dtype, dtype.part(), operand),
            None => Ok(Arc::clone(operand)),
        }
    }

    pub(crate) fn cast(operand: &Arc<Self>, dtype: DType) -> Result<Arc<Self>, Error> {
        if operand.dtype == dtype {
            return Ok(Arc::clone(operand));
        }
        Self::of_one(Op::Cast(dtype), operand.dtype, dtype, operand)
    }

    pub(crate) fn binary(
        routine: &'static str,
        op: Binary,
        a: Input,
        b: Input,
    ) -> Result<Arc<Self>, Error> {
        let (op, dtype) = typing::binary(routine, op, &a, &b)?;
        let shape = broadcast_shape(routine, a.shape(), b.shape())?;
        Self::result(Op::Binary(op), dtype, dtype, shape, smallvec![a, b])
    }

    pub(crate) fn compare(
        routine: &'static str,
        op: Compare,
        a: Input,
        b: Input,
    ) -> Result<Arc<Self>, Error> {
        let is_signed = |dtype: DType| dtype.is_integer() && !dtype.is_unsigned();
        match (a.dtype(), b.dtype()) {
            (signed, DType::U64) if is_signed(signed) => {
                return Self::compare_with_unsigned(routine, op, a, b);
            }
            (DType::U64, signed) if is_signed(signed) => {
                return Self::compare_with_unsigned(routine, op.turned(), b, a);
            }
            _ => {}
        }
        let dtype = typing::compare(routine, op, &a, &b)?;
        let shape = broadcast_shape(routine, a.shape(), b.shape())?;
        Self::result(Op::Compare(op), dtype, DType::Bool, shape, smallvec![a, b])
    }

    /// Signed integers against u64, exactly: the dtype in which they meet is f64, which is not.
    fn compare_with_unsigned(
        routine: &'static str,
        op: Compare,
        signed: Input,
        unsigned: Input,
    ) -> Result<Arc<Self>, Error> {
        let zero = || Input::Scalar(Scalar::Int(0));
        let magnitude = match &signed {
            Input::Node(node) => Input::Node(Self::cast(node, DType::U64)?.into()),
            Input::Scalar(number) => Input::Scalar(Scalar::Uint(number.to_i64() as u64)),
        };
        let is_negative = match &signed {
            Input::Node(_) => Self::compare(routine, Compare::Lt, signed, zero())?,
            Input::Scalar(number) => {
                let answer = Scalar::Bool(number.to_i64() < 0);
                Self::of(Dense::filled(routine, &[], DType::Bool, answer)?)
            }
        };
        let compared = Self::compare(routine, op, magnitude, unsigned)?;
        // A negative number is less than every unsigned one, whatever its bits are.
        let (op, is_negative) = match op {
            Compare::Lt | Compare::Le | Compare::Ne => (Binary::Or, is_negative),
            Compare::Gt | Compare::Ge | Compare::Eq => {
                (Binary::And, Self::unary(routine, Unary::Not, &is_negative)?)
            }
        };
        let inputs = [is_negative, compared].map(|node| Input::Node(node.into()));
        let [is_negative, compared] = inputs;
        Self::binary(routine, op, is_negative, compared)
    }

    /// `a` where the condition is true (not 0), `b` elsewhere.
    pub(crate) fn select(
        routine: &'static str,
        condition: Input,
        a: Input,
        b: Input,
    ) -> Result<Arc<Self>, Error> {
        let dtype = typing::select(routine, &a, &b)?;
        let shape = broadcast_shape(routine, a.shape(), b.shape())?;
        let shape = broadcast_shape(routine, condition.shape(), &shape)?;
        let operands: Operands = [condition, a, b].into_iter().collect();
        Self::result(Op::Select, dtype, dtype, shape, operands)
    }
}

/// The weight of an operation on these operands, which are computed now if it would be too much.
fn bounded_weight(operands: &[Input]) -> Result<u32, Error> {
    let weight = |operands: &[Input]| operands.iter().map(Input::weight).sum::<u32>() + 1;
    if weight(operands) > MAX_WEIGHT {
        for operand in operands {
            operand.compute()?;
        }
    }
    Ok(weight(operands))
}
