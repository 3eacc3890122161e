use crate::array::DType;
use crate::array::element::Typed;
use crate::array::slice::{Slice, SliceMut};

/// The elements that a loop works on: as many of each argument as of each result.
#[derive(Debug)]
pub struct Blocks<'a> {
    pub(super) arguments: Vec<Slice<'a>>,
    /// Each is taken once.
    pub(super) results: Vec<Option<SliceMut<'a>>>,
}

mod sealed {
    pub trait Sealed {}
}

/// A type of a kernel's parameters and results.
pub trait Value: Copy + sealed::Sealed + 'static {
    /// The dtype of arrays of it.
    const DTYPE: DType;
    /// The elements of an argument.
    fn argument<'a>(blocks: &Blocks<'a>, index: usize) -> &'a [Self];
    /// The place for the elements of a result.
    fn result<'a>(blocks: &mut Blocks<'a>, index: usize) -> &'a mut [Self];
}

macro_rules! values {
    ($($variant:ident $type:ty),*) => {$(
        impl sealed::Sealed for $type {}

        // Not generic: compiled once, here.
        impl Value for $type {
            const DTYPE: DType = DType::$variant;

            fn argument<'a>(blocks: &Blocks<'a>, index: usize) -> &'a [Self] {
                <$type as Typed>::slice(blocks.arguments[index])
            }

            fn result<'a>(blocks: &mut Blocks<'a>, index: usize) -> &'a mut [Self] {
                match blocks.results[index].take() {
                    Some(result) => <$type as Typed>::slice_mut(result),
                    None => &mut [],
                }
            }
        }
    )*};
}

values!(Bool bool, I32 i32, I64 i64, F32 f32, F64 f64);
