use crate::array::dtype::DType;
use crate::simd::{Binary, Compare, Part, Test, Unary};

/// What is done to elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// The product of the first two operands and that of the other two, of f32 or f64, brought
    /// together in one loop. Only the planner makes it.
    Products(Meeting),
}

/// How two products come together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meeting {
    Sum,
    Difference,
    Compared(Compare),
}

impl Op {
    /// Most operands of an operation.
    pub(crate) const MOST: usize = 4;

    /// How many operands it has.
    pub(super) fn arity(self) -> usize {
        match self {
            Self::Gather(_)
            | Self::Copy
            | Self::Cast(_)
            | Self::Unary(_)
            | Self::Test(_)
            | Self::Part(_) => 1,
            Self::Binary(_) | Self::Compare(_) => 2,
            Self::Select => 3,
            Self::Products(_) => 4,
        }
    }
}
