//! The counter-based generator Philox4x32-10 (Salmon, Moraes, Dror and Shaw, "Parallel random
//! numbers: as easy as 1, 2, 3", SC 2011): 128 random bits are a function of a key of 64 bits and a
//! counter of 128 bits, so that any element of any array can be made at any time on any thread.
#![allow(unsafe_code)] // Calls into functions compiled for processor features found at run time.
#![allow(clippy::inline_always)] // Must be inlined where the features are enabled.

#[cfg(target_arch = "x86_64")]
use crate::simd::{Level, level};

const MULTIPLIERS: [u64; 2] = [0xD251_1F53, 0xCD9E_8D57];
const KEY_STEPS: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];
const ROUNDS: usize = 10;
const LOW: u64 = u32::MAX as u64;

/// Blocks that are made at a time: registers of the widest vector unit hold 8 words each.
const LANES: usize = 8;

/// The random bits of one call of a generator.
///
/// The counter holds, from its lowest bits on, the number of a block (48 bits), an attempt (16
/// bits) and the number of the call (64 bits). Attempt 0 gives one word of 64 bits to each element,
/// two elements to a block. From attempt 1 on element `i` has block `i` for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stream {
    pub(super) key: u64,
    pub(super) call: u64,
}

/// Four words of 32 bits, each alone in 64, for some counters.
type State<const N: usize> = [[u64; N]; 4];

/// The bits above the lowest 32 of each word of the result are not specified.
#[inline(always)]
#[allow(clippy::needless_range_loop)] // A lane of four rows at once.
fn rounds<const N: usize>(key: u64, mut state: State<N>) -> State<N> {
    let mut key = [key as u32, (key >> 32) as u32];
    for _ in 0..ROUNDS {
        for lane in 0..N {
            let [a, b, c, d] = state.map(|words| words[lane]);
            let first = (a & LOW) * MULTIPLIERS[0];
            let second = (c & LOW) * MULTIPLIERS[1];
            state[0][lane] = (second >> 32) ^ b ^ u64::from(key[0]);
            state[1][lane] = second;
            state[2][lane] = (first >> 32) ^ d ^ u64::from(key[1]);
            state[3][lane] = first;
        }
        key = [
            key[0].wrapping_add(KEY_STEPS[0]),
            key[1].wrapping_add(KEY_STEPS[1]),
        ];
    }
    state
}

impl Stream {
    /// Two words of each of `N` blocks.
    #[expect(
        clippy::needless_range_loop,
        reason = "a lane is a column of the state"
    )]
    #[inline(always)]
    fn blocks<const N: usize>(&self, first: u64, attempt: u16) -> [[u64; 2]; N] {
        let mut state = [[0; N]; 4];
        for lane in 0..N {
            let block = first + lane as u64;
            state[0][lane] = block & LOW;
            state[1][lane] = block >> 32 | u64::from(attempt) << 16;
            state[2][lane] = self.call & LOW;
            state[3][lane] = self.call >> 32;
        }
        let [a, b, c, d] = rounds(self.key, state);
        std::array::from_fn(|lane| [a[lane] & LOW | b[lane] << 32, c[lane] & LOW | d[lane] << 32])
    }

    pub(super) fn block(&self, block: u64, attempt: u16) -> [u64; 2] {
        let [words] = self.blocks::<1>(block, attempt);
        words
    }

    /// Fills `target` with the words of the blocks from `first` on.
    pub(super) fn fill(&self, first: u64, attempt: u16, target: &mut [[u64; 2]]) {
        leveled(
            #[inline(always)]
            || self.fill_here(first, attempt, target),
        );
    }

    #[inline(always)]
    fn fill_here(&self, first: u64, attempt: u16, target: &mut [[u64; 2]]) {
        let mut block = first;
        let (groups, rest) = target.as_chunks_mut::<LANES>();
        for group in groups {
            *group = self.blocks(block, attempt);
            block += LANES as u64;
        }
        for words in rest {
            *words = self.block(block, attempt);
            block += 1;
        }
    }
}

/// Runs `work` compiled for the level of the processor.
///
/// `work` must be inlined, with all that is worth vector instructions.
#[inline]
pub(super) fn leveled<R>(work: impl FnOnce() -> R) -> R {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx2,fma")]
        fn avx512<R>(work: impl FnOnce() -> R) -> R {
            work()
        }

        #[target_feature(enable = "avx2,fma")]
        fn avx2<R>(work: impl FnOnce() -> R) -> R {
            work()
        }

        match level() {
            // SAFETY: the level says that the processor has these features.
            Level::Avx512 => return unsafe { avx512(work) },
            // SAFETY: as above.
            Level::Avx2 => return unsafe { avx2(work) },
            Level::Baseline => {}
        }
    }
    work()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the file of known answers of the authors' library Random123.
    #[test]
    fn known_answers() {
        let cases: [(u64, [u64; 4], [u64; 4]); 3] = [
            (
                0,
                [0; 4],
                [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8],
            ),
            (
                u64::MAX,
                [LOW; 4],
                [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd],
            ),
            (
                0x299f_31d0_a409_3822,
                [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
                [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1],
            ),
        ];
        for (key, counter, expected) in cases {
            let answer = rounds(key, counter.map(|word| [word]));
            assert_eq!(answer.map(|[word]| word & LOW), expected);
        }
    }

    #[test]
    fn many_blocks_are_the_same_as_each_for_itself() {
        let stream = Stream {
            key: 42,
            call: 1 << 40 | 7,
        };
        let first = (1 << 33) - 5;
        let mut target = [[0; 2]; 37];
        stream.fill(first, 3, &mut target);
        for (i, words) in target.into_iter().enumerate() {
            assert_eq!(words, stream.block(first + i as u64, 3));
        }
    }
}
