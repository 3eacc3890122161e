use num_complex::Complex;

use super::Array;
use super::dtype::{DType, Scalar};
use super::slice::{Slice, SliceMut};
use super::storage::check_room;
use crate::error::{Error, OrRaise};

mod sealed {
    use crate::array::Array;

    /// Keeps [`Element`](super::Element) to the types of this crate.
    pub trait Sealed: Sized {
        /// The elements of an array, compiled here instead of in a cell.
        fn copy_out(array: &Array) -> Vec<Self>;
    }
}

pub(crate) use sealed::Sealed;

/// A Rust type that an array can hold: `bool`, the integers of 8 to 64 bits, `f32`, `f64`, and
/// `Complex` of these two.
pub trait Element: Copy + Send + Sync + Sealed + 'static {
    /// The dtype that stands for it at run time.
    const DTYPE: DType;
}

/// What this crate does with elements, kept out of the public trait.
pub(crate) trait Typed: Element + Default + PartialEq {
    fn slice(of: Slice<'_>) -> &[Self];
    fn slice_mut(of: SliceMut<'_>) -> &mut [Self];
    fn wrap(slice: &[Self]) -> Slice<'_>;
    fn wrap_mut(slice: &mut [Self]) -> SliceMut<'_>;
    fn of_scalar(scalar: Scalar) -> Self;
    fn to_scalar(self) -> Scalar;
}

/// A vector with room for an array of that shape.
#[track_caller]
fn room<T: Element>(shape: &[usize]) -> Vec<T> {
    check_room("to_vec", shape, T::DTYPE).or_raise();
    let mut values = Vec::new();
    let len = shape.iter().product();
    if values.try_reserve_exact(len).is_err() {
        Error::Memory {
            routine: "to_vec",
            shape: shape.to_vec(),
            dtype: T::DTYPE,
        }
        .raise();
    }
    values
}

macro_rules! element {
    ($type:ty, $variant:ident, |$scalar:ident| $of:expr, |$value:ident| $to:expr) => {
        impl Element for $type {
            const DTYPE: DType = DType::$variant;
        }

        impl Sealed for $type {
            #[track_caller]
            fn copy_out(array: &Array) -> Vec<Self> {
                if !array.dtype().fits_into(Self::DTYPE) {
                    let expected = "elements would change their value; say how by `astype`";
                    Error::DType {
                        routine: "to_vec",
                        dtype: array.dtype(),
                        expected,
                    }
                    .raise();
                }
                let dense = array.astype(Self::DTYPE).dense();
                let mut values = room(array.shape());
                if let Some(slice) = dense.contiguous() {
                    values.extend_from_slice(Self::slice(slice));
                } else {
                    values.resize(array.len(), Self::default());
                    dense.gather(0, Self::wrap_mut(&mut values));
                }
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
            fn wrap(slice: &[Self]) -> Slice<'_> {
                Slice::$variant(slice)
            }

            #[inline]
            fn wrap_mut(slice: &mut [Self]) -> SliceMut<'_> {
                SliceMut::$variant(slice)
            }

            #[inline]
            fn of_scalar($scalar: Scalar) -> Self {
                $of
            }

            #[inline]
            fn to_scalar(self) -> Scalar {
                let $value = self;
                $to
            }
        }
    };
}

element!(bool, Bool, |s| s.to_bool(), |x| Scalar::Bool(x));
element!(i8, I8, |s| s.to_i64() as i8, |x| Scalar::Int(x.into()));
element!(i16, I16, |s| s.to_i64() as i16, |x| Scalar::Int(x.into()));
element!(i32, I32, |s| s.to_i64() as i32, |x| Scalar::Int(x.into()));
element!(i64, I64, |s| s.to_i64(), |x| Scalar::Int(x));
element!(u8, U8, |s| s.to_u64() as u8, |x| Scalar::Uint(x.into()));
element!(u16, U16, |s| s.to_u64() as u16, |x| Scalar::Uint(x.into()));
element!(u32, U32, |s| s.to_u64() as u32, |x| Scalar::Uint(x.into()));
element!(u64, U64, |s| s.to_u64(), |x| Scalar::Uint(x));
element!(f32, F32, |s| s.to_f64() as f32, |x| Scalar::Float(x.into()));
element!(f64, F64, |s| s.to_f64(), |x| Scalar::Float(x));
element!(
    Complex<f32>,
    C64,
    |s| {
        let value = s.to_complex();
        Complex::new(value.re as f32, value.im as f32)
    },
    |x| Scalar::Complex(Complex::new(x.re.into(), x.im.into()))
);
element!(Complex<f64>, C128, |s| s.to_complex(), |x| Scalar::Complex(
    x
));
