use crate::array::dtype::DType;
use crate::simd::{Binary, Compare, Part, Test, Unary};

/// What is done to elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Op {
    /// Copies a leaf whose elements do not lie side by side.
    Gather(usize),
    Copy,
    /// To this dtype.
    Cast(DType),
    Unary(Unary),
    Test(Test),
    Part(Part),
    Binary(Binary),
    Compare(Compare),
    /// The second operand where the first one, of bool, is true; else the third.
    Select,
}
