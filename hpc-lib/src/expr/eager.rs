//! Small arrays are computed at once: planning would take longer than the work.

use std::sync::Arc;

use super::execute::{self, Operand};
use super::graph::{Input, Operands};
use super::op::Op;
use crate::array::dense::Dense;
use crate::array::dtype::DType;
use crate::array::storage::Storage;
use crate::error::Error;

/// Largest number of elements that are computed at once: a block of a larger expression.
const UP_TO: usize = 1024;

/// The result, if it is small and all operands are there.
pub(super) fn compute(
    op: Op,
    at: DType,
    dtype: DType,
    shape: &[usize],
    inputs: &Operands,
) -> Result<Option<Dense>, Error> {
    let len: usize = shape.iter().product();
    let waits = |input: &Input| matches!(input, Input::Node(node) if node.value().is_none());
    if len > UP_TO || inputs.iter().any(waits) {
        return Ok(None);
    }
    let mut target = Storage::allocate("eval", shape, dtype)?;
    let condition = |index: usize| op == Op::Select && index == 0;
    let at = |index: usize| if condition(index) { DType::Bool } else { at };
    match inputs.as_slice() {
        [a] => {
            let a = Prepared::new(a, shape, len, at(0), true)?;
            execute::execute(op, [a.operand(len); Op::MOST], target.as_slice_mut());
        }
        [a, b] => {
            let first_is_block = matches!(b, Input::Scalar(_));
            let a = Prepared::new(a, shape, len, at(0), first_is_block)?;
            let b = Prepared::new(b, shape, len, at(1), false)?;
            let (a, b) = (a.operand(len), b.operand(len));
            execute::execute(op, [a, b, b, b], target.as_slice_mut());
        }
        [a, b, c] => {
            let a = Prepared::new(a, shape, len, at(0), true)?;
            let b = Prepared::new(b, shape, len, at(1), false)?;
            let c = Prepared::new(c, shape, len, at(2), false)?;
            let condition = a.operand(len);
            let operands = [condition, b.operand(len), c.operand(len), condition];
            execute::execute(op, operands, target.as_slice_mut());
        }
        _ => unreachable!("operations have one to three operands"),
    }
    Ok(Some(Dense::new(target, shape)))
}

/// An operand as the kernels take it.
enum Prepared<'a> {
    /// As it lies in an array.
    Borrowed(&'a Dense),
    /// Brought to the shape or the dtype of the operation.
    Made(Storage),
    Scalar(crate::array::dtype::Scalar),
}

impl<'a> Prepared<'a> {
    /// Brings `input` to `shape` and `dtype`; a number becomes a block if `block` asks for it.
    fn new(
        input: &'a Input,
        shape: &[usize],
        len: usize,
        dtype: DType,
        block: bool,
    ) -> Result<Self, Error> {
        let node = match input {
            Input::Scalar(scalar) if !block => return Ok(Self::Scalar(*scalar)),
            Input::Scalar(scalar) => {
                let mut made = Storage::scratch(dtype, len)?;
                made.as_slice_mut().fill(*scalar);
                return Ok(Self::Made(made));
            }
            Input::Node(node) => node,
        };
        let Some(dense) = node.value() else {
            unreachable!("operands that wait are not computed here");
        };
        let in_shape = dense.layout.shape.as_slice() == shape && dense.layout.is_contiguous();
        if in_shape && dense.dtype() == dtype {
            return Ok(Self::Borrowed(dense));
        }
        let mut made = Storage::scratch(dense.dtype(), len)?;
        if in_shape {
            let source = Operand::Block(dense.slice());
            execute::execute(Op::Copy, [source; Op::MOST], made.as_slice_mut());
        } else if let Some(layout) = dense.layout.broadcast(shape) {
            let storage = Arc::clone(&dense.storage);
            Dense { storage, layout }.gather(0, made.as_slice_mut());
        }
        if dense.dtype() != dtype {
            let source = made;
            made = Storage::scratch(dtype, len)?;
            let block = Operand::Block(source.as_slice());
            execute::execute(Op::Cast(dtype), [block; Op::MOST], made.as_slice_mut());
        }
        Ok(Self::Made(made))
    }

    fn operand(&self, len: usize) -> Operand<'_> {
        match self {
            Self::Borrowed(dense) => Operand::Block(dense.slice()),
            Self::Made(storage) => Operand::Block(storage.as_slice().range(0, len)),
            Self::Scalar(scalar) => Operand::Scalar(*scalar),
        }
    }
}
