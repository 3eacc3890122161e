//! Stores past the caches.

use super::number::Number;

/// Copies `source` to `target` past the caches, where the processor can. Memory that is written
/// the ordinary way is read first, a line at a time, which for arrays larger than the caches is a
/// third to a half of the traffic.
pub(crate) fn stream<T: Number>(source: &[T], target: &mut [T]) {
    #[cfg(target_arch = "x86_64")]
    {
        use super::{Level, level};

        let bytes = size_of_val(target);
        if level() != Level::Baseline
            && source.len() == target.len()
            && target.as_ptr().addr().is_multiple_of(LINE)
            && bytes.is_multiple_of(LINE)
        {
            // SAFETY: the level says that the processor has AVX2; both hold that many bytes, the
            // target from the start of a line on, and they do not overlap, as one is borrowed
            // exclusively.
            unsafe { stream_lines(source.as_ptr().cast(), target.as_mut_ptr().cast(), bytes) };
            return;
        }
    }
    target.copy_from_slice(source);
}

/// A cache line, in bytes.
#[cfg(target_arch = "x86_64")]
const LINE: usize = 64;

/// # Safety
/// `bytes` is a multiple of a line, `target` is aligned to a line, both are valid for that many
/// bytes, and the bytes of `source` are initialised.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
#[allow(clippy::cast_ptr_alignment)] // Unaligned loads, and the caller aligns the target.
unsafe fn stream_lines(source: *const u8, target: *mut u8, bytes: usize) {
    use std::arch::x86_64::{__m256i, _mm_sfence, _mm256_loadu_si256, _mm256_stream_si256};

    for offset in (0..bytes).step_by(LINE) {
        // SAFETY: the caller says that the line is within both, and where it is aligned.
        unsafe {
            let from = source.add(offset).cast::<__m256i>();
            let to = target.add(offset).cast::<__m256i>();
            let (low, high) = (_mm256_loadu_si256(from), _mm256_loadu_si256(from.add(1)));
            _mm256_stream_si256(to, low);
            _mm256_stream_si256(to.add(1), high);
        }
    }
    // Other threads may read it as soon as the task is done.
    _mm_sfence();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_and_alignment_is_copied() {
        let source: Vec<u32> = (0..200).collect();
        for start in 0..20 {
            for len in [0, 1, 15, 16, 17, 64, 100] {
                let mut target = vec![u32::MAX; 200];
                stream(&source[..len], &mut target[start..start + len]);
                assert_eq!(target[start..start + len], source[..len]);
                assert!(target[start + len..].iter().all(|&x| x == u32::MAX));
            }
        }
    }
}
