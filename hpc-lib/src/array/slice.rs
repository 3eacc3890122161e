use num_complex::Complex;

use super::dtype::{DType, Scalar};
use super::element::Typed;

/// Declares the slices of all dtypes, and what is the same for each of them.
macro_rules! slices {
    ($($variant:ident $type:ty),*) => {
        /// Elements side by side in memory, of a dtype known at run time.
        #[derive(Clone, Copy, Debug)]
        pub(crate) enum Slice<'a> {
            $($variant(&'a [$type]),)*
        }

        /// Elements side by side in memory that may be written, of a dtype known at run time.
        #[derive(Debug)]
        pub(crate) enum SliceMut<'a> {
            $($variant(&'a mut [$type]),)*
        }

        impl<'a> Slice<'a> {
            pub(crate) fn dtype(&self) -> DType {
                match self {
                    $(Self::$variant(_) => DType::$variant,)*
                }
            }

            #[inline]
            pub(crate) fn range(self, start: usize, len: usize) -> Slice<'a> {
                match self {
                    $(Self::$variant(slice) => Slice::$variant(&slice[start..start + len]),)*
                }
            }

            pub(crate) fn get(&self, index: usize) -> Scalar {
                match self {
                    $(Self::$variant(slice) => slice[index].to_scalar(),)*
                }
            }
        }

        impl<'a> SliceMut<'a> {
            pub(crate) fn dtype(&self) -> DType {
                match self {
                    $(Self::$variant(_) => DType::$variant,)*
                }
            }

            #[inline]
            pub(crate) fn as_slice(&self) -> Slice<'_> {
                match self {
                    $(Self::$variant(slice) => Slice::$variant(slice),)*
                }
            }

            #[inline]
            pub(crate) fn range_mut(&mut self, start: usize, len: usize) -> SliceMut<'_> {
                match self {
                    $(Self::$variant(slice) => SliceMut::$variant(&mut slice[start..start + len]),)*
                }
            }

            /// The same elements in pieces of `size`, the last one may be shorter.
            pub(crate) fn pieces(self, size: usize) -> Vec<SliceMut<'a>> {
                match self {
                    $(Self::$variant(slice) => {
                        slice.chunks_mut(size).map(SliceMut::$variant).collect()
                    })*
                }
            }

            pub(crate) fn fill(&mut self, value: Scalar) {
                match self {
                    $(Self::$variant(slice) => slice.fill(Typed::of_scalar(value)),)*
                }
            }

            pub(crate) fn set(&mut self, index: usize, value: Scalar) {
                match self {
                    $(Self::$variant(slice) => slice[index] = Typed::of_scalar(value),)*
                }
            }
        }
    };
}

slices!(
    Bool bool, I8 i8, I16 i16, I32 i32, I64 i64, U8 u8, U16 u16, U32 u32, U64 u64,
    F32 f32, F64 f64, C64 Complex<f32>, C128 Complex<f64>
);
