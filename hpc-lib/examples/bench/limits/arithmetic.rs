//! Fused multiply-adds that wait for nothing but each other.

use std::hint::black_box;

macro_rules! peak {
    ($name:ident, $type:ty, $avx512:literal, $avx2:literal) => {
        /// Does at least `operations` additions and multiplications.
        pub(crate) fn $name(operations: usize) {
            /// `N` numbers: as many registers as hide the latency, and there are.
            #[inline(always)]
            fn run<const N: usize>(operations: usize) {
                let mut chains = [1.0 as $type; N];
                let (factor, term) = (black_box(0.5), black_box(0.5));
                for _ in 0..operations.div_ceil(2 * N) {
                    for x in &mut chains {
                        *x = x.mul_add(factor, term);
                    }
                }
                black_box(chains);
            }
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,fma")]
                fn avx512(operations: usize) {
                    run::<{ 12 * $avx512 }>(operations);
                }
                #[target_feature(enable = "avx2,fma")]
                fn avx2(operations: usize) {
                    run::<{ 12 * $avx2 }>(operations);
                }
                if super::store::has_avx512() {
                    // SAFETY: the processor has these instructions.
                    return unsafe { avx512(operations) };
                }
                if super::store::has_avx2() {
                    // SAFETY: the processor has these instructions.
                    return unsafe { avx2(operations) };
                }
            }
            run::<{ 6 * $avx2 }>(operations);
        }
    };
}

peak!(f64s, f64, 8, 4);
peak!(f32s, f32, 16, 8);
