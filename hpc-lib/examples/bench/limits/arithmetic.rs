//! Fused multiply-adds that wait for nothing but each other.

use std::hint::black_box;

macro_rules! peak {
    ($name:ident, $type:ty, $avx512:literal, $avx2:literal) => {
        /// Does at least `operations` additions and multiplications.
        pub(crate) fn $name(operations: usize) {
            #[inline(always)]
            fn run<const W: usize>(operations: usize) {
                // As many chains as hide the latency and fit the registers.
                let mut chains = [[1.0 as $type; W]; 12];
                let (factor, term) = (black_box([0.5 as $type; W]), black_box([0.5 as $type; W]));
                for _ in 0..operations.div_ceil(2 * 12 * W) {
                    for chain in &mut chains {
                        for k in 0..W {
                            chain[k] = chain[k].mul_add(factor[k], term[k]);
                        }
                    }
                }
                black_box(chains);
            }
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,fma")]
                fn avx512(operations: usize) {
                    run::<$avx512>(operations);
                }
                #[target_feature(enable = "avx2,fma")]
                fn avx2(operations: usize) {
                    run::<$avx2>(operations);
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
            run::<{ $avx2 / 2 }>(operations);
        }
    };
}

peak!(f64s, f64, 8, 4);
peak!(f32s, f32, 16, 8);
