//! Loops over lines, compiled for the processor's widest vectors.

use super::Line;

macro_rules! for_all_processors {
    ($(fn $name:ident<$f:ident: $bound:path>($($argument:ident: $type:ty),*) $(-> $result:ty)? = $body:ident;)*) => {$(
        pub(crate) fn $name<$f: $bound>($($argument: $type),*) $(-> $result)? {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,fma")]
                fn avx512<$f: $bound>($($argument: $type),*) $(-> $result)? { $body($($argument),*) }
                #[target_feature(enable = "avx2,fma")]
                fn avx2<$f: $bound>($($argument: $type),*) $(-> $result)? { $body($($argument),*) }
                if has_avx512() {
                    // SAFETY: the processor has these instructions.
                    return unsafe { avx512($($argument),*) };
                }
                if has_avx2() {
                    // SAFETY: the processor has these instructions.
                    return unsafe { avx2($($argument),*) };
                }
            }
            $body($($argument),*)
        }
    )*};
}

for_all_processors! {
    fn ordinarily<F: Fill>(target: &mut [Line], line: F) = fill;
    fn past_the_caches<F: Fill>(target: &mut [Line], line: F) = stream;
    fn sum<F: Add>(n: usize, add: F) -> Line = total;
}

pub(crate) trait Fill: Fn(usize) -> Line {}
impl<F: Fn(usize) -> Line> Fill for F {}
pub(crate) trait Add: Fn(&mut Line, usize) {}
impl<F: Fn(&mut Line, usize)> Add for F {}

#[cfg(target_arch = "x86_64")]
pub(crate) fn has_avx2() -> bool {
    is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")
}

#[cfg(target_arch = "x86_64")]
pub(crate) fn has_avx512() -> bool {
    has_avx2()
        && is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq")
}

#[inline(always)]
fn fill(target: &mut [Line], line: impl Fn(usize) -> Line) {
    for (i, target) in target.iter_mut().enumerate() {
        *target = line(i);
    }
}

#[inline(always)]
fn stream(target: &mut [Line], line: impl Fn(usize) -> Line) {
    for (i, target) in target.iter_mut().enumerate() {
        write(target, line(i));
    }
    fence();
}

#[inline(always)]
fn total(n: usize, add: impl Fn(&mut Line, usize)) -> Line {
    let mut sums = [Line([0.0; 8]); 4];
    for i in 0..n / 4 {
        for (k, sum) in sums.iter_mut().enumerate() {
            add(sum, 4 * i + k);
        }
    }
    for i in n / 4 * 4..n {
        add(&mut sums[0], i);
    }
    Line(std::array::from_fn(|k| {
        sums.iter().map(|sum| sum.0[k]).sum()
    }))
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn write(target: &mut Line, line: Line) {
    use std::arch::x86_64::{_mm_loadu_pd, _mm_stream_pd};
    for k in (0..8).step_by(2) {
        // SAFETY: two numbers inside the line, whose address is a multiple of 64.
        unsafe { _mm_stream_pd(&raw mut target.0[k], _mm_loadu_pd(&raw const line.0[k])) };
    }
}

#[cfg(target_arch = "x86_64")]
fn fence() {
    // SAFETY: every x86-64 processor has it.
    unsafe { std::arch::x86_64::_mm_sfence() };
}

#[cfg(not(target_arch = "x86_64"))]
fn write(target: &mut Line, line: Line) {
    *target = line;
}

#[cfg(not(target_arch = "x86_64"))]
fn fence() {}
