//! Arrays of random numbers, made in parallel.
#![allow(clippy::inline_always)] // Must be inlined where processor features are enabled.

use super::philox::{Stream, leveled};
use super::substream::Substream;
use crate::pool::Pool;

/// Elements that are made at a time: their words fit the first-level cache.
const BLOCK: usize = 512;

/// Elements of one task.
const CHUNK: usize = 32 * BLOCK;

/// How elements are made of words.
pub(super) trait Draw<T>: Sync {
    /// Fills `target`, whose first element has the number `first`.
    fn draw(&self, stream: &Stream, first: u64, target: &mut [T], words: &mut [[u64; 2]]);
}

/// Fills `target`: the same numbers for any number of threads.
pub(super) fn fill<T: Send>(pool: &Pool, stream: &Stream, draw: &dyn Draw<T>, target: &mut [T]) {
    pool.for_each_piece(target, CHUNK, &|start, chunk| {
        let mut words = [[0; 2]; BLOCK];
        for (block, first) in chunk.chunks_mut(BLOCK).zip((start..).step_by(BLOCK)) {
            draw.draw(stream, first as u64, block, &mut words);
        }
    });
}

/// What is worth vector instructions besides the making of words: another draw, compiled for each
/// level of processors.
pub(super) struct Leveled<D>(pub(super) D);

impl<T, D: Draw<T>> Draw<T> for Leveled<D> {
    fn draw(&self, stream: &Stream, first: u64, target: &mut [T], words: &mut [[u64; 2]]) {
        leveled(
            #[inline(always)]
            || self.0.draw(stream, first, target, words),
        );
    }
}

/// An element from one word.
pub(super) struct FromWord<F>(pub(super) F);

impl<T, F: Fn(u64) -> T + Sync> Draw<T> for FromWord<F> {
    #[inline(always)]
    fn draw(&self, stream: &Stream, first: u64, target: &mut [T], words: &mut [[u64; 2]]) {
        let words = &mut words[..target.len().div_ceil(2)];
        stream.fill(first / 2, 0, words);
        for (target, &word) in target.iter_mut().zip(words.as_flattened()) {
            *target = (self.0)(word);
        }
    }
}

/// An element from one word where `fast` takes it, else by `slow` from the element's own words.
pub(super) struct FromWordOr<F, S> {
    pub(super) fast: F,
    pub(super) slow: S,
}

impl<T, F, S> Draw<T> for FromWordOr<F, S>
where
    F: Fn(u64) -> (T, bool) + Sync,
    S: Fn(u64, &mut Substream) -> T + Sync,
{
    #[inline(always)]
    fn draw(&self, stream: &Stream, first: u64, target: &mut [T], words: &mut [[u64; 2]]) {
        let words = &mut words[..target.len().div_ceil(2)];
        stream.fill(first / 2, 0, words);
        let words = words.as_flattened();
        // Refusals are rare: they are noted without a branch and done afterwards.
        let mut refused = [0_u16; BLOCK];
        let mut count = 0;
        for (i, (target, &word)) in target.iter_mut().zip(words).enumerate() {
            let (value, taken) = (self.fast)(word);
            *target = value;
            refused[count & (BLOCK - 1)] = i as u16;
            count += usize::from(!taken);
        }
        for &i in &refused[..count] {
            let i = usize::from(i);
            let mut own = Substream::new(*stream, first + i as u64);
            target[i] = (self.slow)(words[i], &mut own);
        }
    }
}

/// An element from as many words as it takes. The closure is given the element's number.
pub(super) struct FromStream<F>(pub(super) F);

impl<T, F: Fn(u64, &mut Substream) -> T + Sync> Draw<T> for FromStream<F> {
    #[inline(always)]
    fn draw(&self, stream: &Stream, first: u64, target: &mut [T], words: &mut [[u64; 2]]) {
        let words = &mut words[..target.len()];
        stream.fill(first, Substream::FIRST, words);
        for ((target, &words), number) in target.iter_mut().zip(&*words).zip(first..) {
            *target = (self.0)(number, &mut Substream::begun(*stream, number, words));
        }
    }
}
