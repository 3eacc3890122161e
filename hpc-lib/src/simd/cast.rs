//! From one dtype to another.

use num_complex::Complex;

use super::number::Number;

/// A conversion of one element: integers wrap around; floating point numbers are cut at the point,
/// and are the nearest integer where they are out of range, NaN is 0; complex numbers lose their
/// imaginary part; everything but 0 is true.
pub(crate) trait Cast<U>: Number {
    fn cast(self) -> U;
}

/// Brings each element to another dtype.
pub(crate) fn cast<T: Cast<U>, U: Number>(source: &[T], target: &mut [U]) {
    if const { T::FIRST_CLASS || U::FIRST_CLASS } {
        super::between_first_class(source, target);
    } else {
        between_first_class(source, target);
    }
}

#[inline(always)]
pub(super) fn between_first_class<T: Cast<U>, U: Number>(source: &[T], target: &mut [U]) {
    for (target, &x) in target.iter_mut().zip(source) {
        *target = x.cast();
    }
}

macro_rules! between_numbers {
    ($from:ty => $($to:ty),*) => {$(
        impl Cast<$to> for $from {
            #[inline(always)]
            fn cast(self) -> $to {
                self as $to
            }
        }
    )*};
}

macro_rules! from_number {
    ($($from:ty),*) => {$(
        between_numbers!($from => i8, i16, i32, i64, u8, u16, u32, u64, f32, f64);

        impl Cast<bool> for $from {
            #[inline(always)]
            fn cast(self) -> bool {
                self != 0 as $from
            }
        }

        impl Cast<$from> for bool {
            #[inline(always)]
            fn cast(self) -> $from {
                u8::from(self) as $from
            }
        }

        to_complex!($from => f32, f64);
    )*};
}

macro_rules! to_complex {
    ($from:ty => $($part:ty),*) => {$(
        impl Cast<Complex<$part>> for $from {
            #[inline(always)]
            fn cast(self) -> Complex<$part> {
                Complex::new(self as $part, 0.0)
            }
        }

        impl Cast<$from> for Complex<$part> {
            #[inline(always)]
            fn cast(self) -> $from {
                self.re as $from
            }
        }
    )*};
}

from_number!(i8, i16, i32, i64, u8, u16, u32, u64, f32, f64);

macro_rules! complex {
    ($($from:ty => $($to:ty),*;)*) => {$(
        $(impl Cast<Complex<$to>> for Complex<$from> {
            #[inline(always)]
            fn cast(self) -> Complex<$to> {
                Complex::new(self.re as $to, self.im as $to)
            }
        })*

        impl Cast<bool> for Complex<$from> {
            #[inline(always)]
            fn cast(self) -> bool {
                self.re != 0.0 || self.im != 0.0
            }
        }

        impl Cast<Complex<$from>> for bool {
            #[inline(always)]
            fn cast(self) -> Complex<$from> {
                Complex::new(<bool as Cast<$from>>::cast(self), 0.0)
            }
        }
    )*};
}

complex! {
    f32 => f32, f64;
    f64 => f32, f64;
}

impl Cast<bool> for bool {
    #[inline(always)]
    fn cast(self) -> bool {
        self
    }
}
