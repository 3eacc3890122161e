//! Unsigned integers that sort like the elements they stand for.
//!
//! The order is NumPy's: numbers, then NaN; complex numbers by their real, then their imaginary
//! part. Elements that are equal have equal keys: -0.0 has the key of 0.0, and all NaN share one.

use std::fmt::Debug;
use std::ops::{BitOr, BitXor};

use num_complex::Complex;

use super::workspace::Plain;

/// An unsigned integer as a row of bits.
pub(crate) trait Bits:
    Plain
    + Copy
    + Ord
    + Default
    + Debug
    + Send
    + Sync
    + BitOr<Output = Self>
    + BitXor<Output = Self>
    + 'static
{
    const MAX: Self;

    /// The bits from `shift` on, as far as `mask` lets them through.
    fn digit(self, shift: u32, mask: usize) -> usize;

    /// The positions with which a key fills whole words.
    type Position: Position;

    /// A key with which any position fills whole words.
    type Wide: Bits;

    fn widen(self) -> Self::Wide;

    fn of_wide(wide: Self::Wide) -> Self;

    /// The number of the lowest bit that is set, and of the highest plus one.
    fn span(self) -> (u32, u32);
}

/// A place in an array.
pub(crate) trait Position: Plain + Default + Debug + 'static {
    const MAX: usize;

    fn of(index: usize) -> Self;
    fn index(self) -> usize;
}

macro_rules! position {
    ($($type:ty)*) => {$(
        impl Position for $type {
            const MAX: usize = <$type>::MAX as usize;

            #[inline]
            fn of(index: usize) -> Self {
                index as $type
            }

            #[inline]
            fn index(self) -> usize {
                self as usize
            }
        }
    )*};
}

position! { u32 u64 }

/// An element of an array that can be sorted.
pub(crate) trait Sortable: Copy + Default + Send + Sync + 'static {
    type Key: Bits;

    fn key(self) -> Self::Key;

    /// An element with that key.
    fn of_key(key: Self::Key) -> Self;

    /// Whether a key may stand for numbers that differ in more than one place: -0.0 in either part.
    const IS_COMPOUND: bool = false;

    /// Whether it is a number that has a twin with the same key: -0.0.
    fn is_twin(self) -> bool {
        false
    }

    fn is_nan(self) -> bool {
        false
    }
}

macro_rules! bits {
    ($($bits:ty, $wide:ty, $position:ty;)*) => {$(
        impl Bits for $bits {
            type Position = $position;
            type Wide = $wide;

            #[inline]
            fn widen(self) -> $wide {
                self.into()
            }

            #[inline]
            fn of_wide(wide: $wide) -> Self {
                wide as $bits
            }

            const MAX: Self = Self::MAX;

            #[inline]
            fn digit(self, shift: u32, mask: usize) -> usize {
                (self >> shift) as usize & mask
            }

            fn span(self) -> (u32, u32) {
                (self.trailing_zeros(), Self::BITS - self.leading_zeros())
            }
        }
    )*};
}

macro_rules! unsigned {
    ($($type:ty, $bits:ty;)*) => {$(
        impl Sortable for $type {
            type Key = $bits;

            #[inline]
            fn key(self) -> $bits {
                self.into()
            }

            #[inline]
            fn of_key(key: $bits) -> Self {
                key as $type
            }
        }
    )*};
}

macro_rules! signed {
    ($($type:ty, $same:ty, $bits:ty;)*) => {$(
        impl Sortable for $type {
            type Key = $bits;

            #[inline]
            fn key(self) -> $bits {
                (self.cast_unsigned() ^ <$type>::MIN.cast_unsigned()).into()
            }

            #[inline]
            fn of_key(key: $bits) -> Self {
                (key as $same ^ <$type>::MIN.cast_unsigned()).cast_signed()
            }
        }
    )*};
}

macro_rules! float {
    ($($type:ty, $bits:ty;)*) => {$(
        impl Sortable for $type {
            type Key = $bits;

            #[inline]
            fn key(self) -> $bits {
                // Adding 0.0 turns -0.0 into 0.0. The bits of negative numbers are turned round.
                let bits = (self + 0.0).to_bits();
                let negative = (bits.cast_signed() >> (<$bits>::BITS - 1)).cast_unsigned();
                let key = bits ^ (negative | (1 << (<$bits>::BITS - 1)));
                if self.is_nan() { <$bits>::MAX } else { key }
            }

            #[inline]
            fn of_key(key: $bits) -> Self {
                let positive = (key.cast_signed() >> (<$bits>::BITS - 1)).cast_unsigned();
                let bits = key ^ (!positive | (1 << (<$bits>::BITS - 1)));
                if key == <$bits>::MAX { <$type>::NAN } else { <$type>::from_bits(bits) }
            }

            #[inline]
            fn is_twin(self) -> bool {
                self == 0.0 && self.is_sign_negative()
            }

            #[inline]
            fn is_nan(self) -> bool {
                self.is_nan()
            }
        }
    )*};
}

// Few types of keys, so that few kinds of items are sorted; narrow elements have keys of 32 bits.
bits! { u32, u64, u32; u64, u64, u64; u128, u128, u64; }
unsigned! { u8, u32; u16, u32; u32, u32; u64, u64; }
signed! { i8, u8, u32; i16, u16, u32; i32, u32, u32; i64, u64, u64; }
float! { f32, u32; f64, u64; }

macro_rules! complex {
    ($($type:ty, $bits:ty, $both:ty;)*) => {$(
        impl Sortable for Complex<$type> {
            type Key = $both;

            const IS_COMPOUND: bool = true;

            /// NumPy's order: numbers, then those with a NaN as imaginary, real, and as both parts.
            /// The keys of such numbers begin with numbers between those of infinity and NaN.
            #[inline]
            fn key(self) -> $both {
                let (re, im) = (self.re.key(), self.im.key());
                let (high, low) = match (self.re.is_nan(), self.im.is_nan()) {
                    (false, true) => (<$type>::INFINITY.key() + 1, re),
                    (true, false) => (<$type>::INFINITY.key() + 2, im),
                    _ => (re, im),
                };
                <$both>::from(high) << <$bits>::BITS | <$both>::from(low)
            }

            #[inline]
            fn of_key(key: $both) -> Self {
                let (high, low) = ((key >> <$bits>::BITS) as $bits, key as $bits);
                let part = |key| <$type>::of_key(key);
                match high.checked_sub(<$type>::INFINITY.key()) {
                    Some(1) => Self::new(part(low), <$type>::NAN),
                    Some(2) => Self::new(<$type>::NAN, part(low)),
                    _ => Self::new(part(high), part(low)),
                }
            }

            #[inline]
            fn is_nan(self) -> bool {
                self.re.is_nan() || self.im.is_nan()
            }
        }
    )*};
}

complex! { f32, u32, u64; f64, u64, u128; }

impl Sortable for bool {
    type Key = u32;

    #[inline]
    fn key(self) -> u32 {
        u32::from(self)
    }

    #[inline]
    fn of_key(key: u32) -> Self {
        key != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn keys_of_floats_are_in_numpy_order() {
        let order = [
            f64::NEG_INFINITY,
            f64::MIN,
            -1.0,
            -f64::MIN_POSITIVE,
            -5e-324,
            0.0,
            5e-324,
            1.0,
            f64::MAX,
            f64::INFINITY,
            f64::NAN,
        ];
        assert!(order.is_sorted_by(|a, b| a.key() < b.key()));
        assert_eq!((-0.0_f64).key(), 0.0_f64.key());
        assert_eq!((-f64::NAN).key(), f64::NAN.key());
        assert!(f64::of_key(f64::NAN.key()).is_nan());
    }

    #[test]
    fn keys_of_narrow_integers_keep_the_order() {
        let all: Vec<i8> = (i8::MIN..=i8::MAX).collect();
        assert!(all.is_sorted_by(|a, b| a.key() < b.key()));
        assert!(all.iter().all(|&x| i8::of_key(x.key()) == x));
    }

    #[test]
    fn complex_numbers_with_nan_come_last() {
        let (inf, nan) = (f64::INFINITY, f64::NAN);
        let order = [
            Complex::new(-inf, inf),
            Complex::new(0.0, -1.0),
            Complex::new(0.0, 1.0),
            Complex::new(inf, inf),
            Complex::new(-1.0, nan),
            Complex::new(inf, nan),
            Complex::new(nan, -1.0),
            Complex::new(nan, inf),
            Complex::new(nan, nan),
        ];
        assert!(order.is_sorted_by(|a, b| a.key() < b.key()));
        for x in order {
            assert_eq!(
                format!("{:?}", Complex::<f64>::of_key(x.key())),
                format!("{x:?}")
            );
        }
    }

    proptest! {
        #[test]
        fn keys_order_like_elements(a: f32, b: f32, c: i64, d: i64) {
            prop_assert_eq!(a.key().cmp(&b.key()), a.partial_cmp(&b).unwrap());
            prop_assert_eq!(f32::of_key(a.key()), a);
            prop_assert_eq!(c.key().cmp(&d.key()), c.cmp(&d));
            prop_assert_eq!(i64::of_key(c.key()), c);
        }
    }
}
