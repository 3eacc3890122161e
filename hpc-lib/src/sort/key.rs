//! Unsigned integers that sort like the elements they stand for.
//!
//! The order is NumPy's: numbers, then NaN; complex numbers by their real, then their imaginary
//! part. Elements that are equal have equal keys: -0.0 has the key of 0.0, and all NaN share one.

use std::fmt::Debug;
use std::ops::{BitOr, BitXor};

/// An unsigned integer as a row of bits.
pub(crate) trait Bits:
    Copy + Ord + Default + Debug + Send + Sync + BitOr<Output = Self> + BitXor<Output = Self> + 'static
{
    const MAX: Self;

    /// The bits from `shift` on, as far as `mask` lets them through.
    fn digit(self, shift: u32, mask: usize) -> usize;

    /// The number of the lowest bit that is set, and of the highest plus one.
    fn span(self) -> (u32, u32);
}

/// An element of an array that can be sorted.
pub(crate) trait Sortable: Copy + Default + Send + Sync + 'static {
    type Key: Bits;

    fn key(self) -> Self::Key;

    /// An element with that key.
    fn of_key(key: Self::Key) -> Self;

    /// Whether it is a number that has a twin with the same key: -0.0.
    fn is_twin(self) -> bool {
        false
    }

    fn is_nan(self) -> bool {
        false
    }
}

macro_rules! bits {
    ($($bits:ty)*) => {$(
        impl Bits for $bits {
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
    ($($type:ty)*) => {$(
        impl Sortable for $type {
            type Key = $type;

            #[inline]
            fn key(self) -> $type {
                self
            }

            #[inline]
            fn of_key(key: $type) -> Self {
                key
            }
        }
    )*};
}

macro_rules! signed {
    ($($type:ty, $bits:ty;)*) => {$(
        impl Sortable for $type {
            type Key = $bits;

            #[inline]
            fn key(self) -> $bits {
                self.cast_unsigned() ^ <$type>::MIN.cast_unsigned()
            }

            #[inline]
            fn of_key(key: $bits) -> Self {
                (key ^ <$type>::MIN.cast_unsigned()).cast_signed()
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

bits! { u8 u16 u32 u64 u128 }
unsigned! { u8 u16 u32 u64 }
signed! { i8, u8; i16, u16; i32, u32; i64, u64; }
float! { f32, u32; f64, u64; }

impl Sortable for bool {
    type Key = u8;

    #[inline]
    fn key(self) -> u8 {
        u8::from(self)
    }

    #[inline]
    fn of_key(key: u8) -> Self {
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
