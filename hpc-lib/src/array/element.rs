use super::Array;
use super::dtype::{DType, Scalar};
use super::slice::{Slice, SliceMut};
use crate::error::Error;

mod sealed {
    use crate::array::Array;

    /// Keeps [`Element`](super::Element) to the types of this crate.
    pub trait Sealed: Sized {
        /// The elements of an array, compiled here instead of in a cell.
        fn copy_out(array: &Array) -> Vec<Self>;
    }
}

pub(crate) use sealed::Sealed;

/// A Rust type that an array can hold: `f64`, `i64` or `bool`.
pub trait Element: Copy + Send + Sync + Sealed + 'static {
    /// The dtype that stands for it at run time.
    const DTYPE: DType;
}

/// What this crate does with elements, kept out of the public trait.
pub(crate) trait Typed: Element + Default + PartialEq {
    fn slice(of: Slice<'_>) -> &[Self];
    fn slice_mut(of: SliceMut<'_>) -> &mut [Self];
    fn wrap_mut(slice: &mut [Self]) -> SliceMut<'_>;
    fn of_scalar(scalar: Scalar) -> Self;
}

macro_rules! element {
    ($type:ty, $variant:ident, $convert:ident) => {
        impl Element for $type {
            const DTYPE: DType = DType::$variant;
        }

        impl Sealed for $type {
            #[track_caller]
            fn copy_out(array: &Array) -> Vec<Self> {
                if array.dtype() > Self::DTYPE {
                    let expected = "elements would change their value; say how by `astype`";
                    Error::DType {
                        routine: "to_vec",
                        dtype: array.dtype(),
                        expected,
                    }
                    .raise();
                }
                let dense = array.astype(Self::DTYPE).dense();
                if let Some(slice) = dense.contiguous() {
                    return Self::slice(slice).to_vec();
                }
                let mut values = vec![Self::default(); array.len()];
                dense.gather(0, Self::wrap_mut(&mut values));
                values
            }
        }

        impl Typed for $type {
            #[inline]
            fn slice(of: Slice<'_>) -> &[Self] {
                match of {
                    Slice::$variant(slice) => slice,
                    other => unreachable!("a {} slice used as {}", other.dtype(), Self::DTYPE),
                }
            }

            #[inline]
            fn slice_mut(of: SliceMut<'_>) -> &mut [Self] {
                match of {
                    SliceMut::$variant(slice) => slice,
                    other => unreachable!("a {} slice used as {}", other.dtype(), Self::DTYPE),
                }
            }

            #[inline]
            fn wrap_mut(slice: &mut [Self]) -> SliceMut<'_> {
                SliceMut::$variant(slice)
            }

            #[inline]
            fn of_scalar(scalar: Scalar) -> Self {
                scalar.$convert()
            }
        }
    };
}

element!(bool, Bool, to_bool);
element!(i64, I64, to_i64);
element!(f64, F64, to_f64);
