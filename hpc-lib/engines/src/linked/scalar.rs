//! What the routines need to know of an element type.

use faer::traits::{ComplexField, RealField};
use faer::{c32, c64};
use num_complex::{Complex, ComplexFloat};

/// `f32`, `f64`, and complex numbers of them.
pub(super) trait Scalar:
    ComplexField<Real = Self::R> + ComplexFloat<Real = Self::R> + Send + Sync + 'static
{
    /// The real numbers that belong to it.
    type R: RealField + Scalar<R = Self::R>;

    fn from_real(real: Self::R) -> Self;

    /// The nearest number.
    fn nearest(value: f64) -> Self;
}

macro_rules! scalar {
    ($real:ty, $complex:ty) => {
        impl Scalar for $real {
            type R = $real;

            fn from_real(real: $real) -> Self {
                real
            }

            fn nearest(value: f64) -> Self {
                value as $real
            }
        }

        impl Scalar for $complex {
            type R = $real;

            fn from_real(real: $real) -> Self {
                Complex::new(real, 0.0)
            }

            fn nearest(value: f64) -> Self {
                Complex::new(value as $real, 0.0)
            }
        }
    };
}

scalar!(f32, c32);
scalar!(f64, c64);
