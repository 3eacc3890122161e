//! The random words of a single element.

use super::philox::Stream;
use super::ziggurat;

/// A stream of words that belongs to one element, so that an element may need any number of them.
pub(super) struct Substream {
    stream: Stream,
    element: u64,
    attempt: u16,
    words: [u64; 2],
    used: usize,
}

impl Substream {
    /// The attempt that the first words come from.
    pub(super) const FIRST: u16 = 1;

    pub(super) fn new(stream: Stream, element: u64) -> Self {
        let words = stream.block(element, Self::FIRST);
        Self::begun(stream, element, words)
    }

    /// As [`new`](Self::new), with the words of the first attempt.
    #[inline]
    pub(super) fn begun(stream: Stream, element: u64, words: [u64; 2]) -> Self {
        Self {
            stream,
            element,
            attempt: Self::FIRST,
            words,
            used: 0,
        }
    }

    #[inline]
    pub(super) fn word(&mut self) -> u64 {
        if self.used == self.words.len() {
            self.attempt = self.attempt.wrapping_add(1);
            self.words = self.stream.block(self.element, self.attempt);
            self.used = 0;
        }
        let word = self.words[self.used];
        self.used += 1;
        word
    }

    /// From 0 up to, but without, 1.
    #[inline]
    pub(super) fn uniform(&mut self) -> f64 {
        unit(self.word())
    }

    /// Between 0 and 1, both excluded.
    #[inline]
    pub(super) fn open(&mut self) -> f64 {
        open(self.word())
    }

    #[inline]
    pub(super) fn normal(&mut self) -> f64 {
        let word = self.word();
        match ziggurat::NORMAL.signed(word) {
            (value, true) => value,
            _ => ziggurat::normal_again(word, self),
        }
    }

    /// A random integer below `end`, each with the same probability (Lemire, "Fast random integer
    /// generation in an interval", ACM TOMACS 29, 2019).
    #[inline]
    pub(super) fn below(&mut self, end: u64) -> u64 {
        loop {
            if let (value, true) = below(self.word(), end) {
                return value;
            }
        }
    }

    #[inline]
    pub(super) fn exponential(&mut self) -> f64 {
        let word = self.word();
        match ziggurat::EXPONENTIAL.positive(word) {
            (value, true) => value,
            _ => ziggurat::exponential_again(word, self),
        }
    }
}

/// The uppermost 53 bits as a number from 0 up to, but without, 1.
#[inline]
pub(super) fn unit(word: u64) -> f64 {
    const STEP: f64 = 1.0 / (1_u64 << 53) as f64;
    (word >> 11) as f64 * STEP
}

/// The uppermost 52 bits as a number between 0 and 1, both excluded.
#[inline]
pub(super) fn open(word: u64) -> f64 {
    const STEP: f64 = 1.0 / (1_u64 << 52) as f64;
    ((word >> 12) as f64 + 0.5) * STEP
}

/// An integer below `end` from a word, and whether it may be taken without favouring any.
#[inline]
pub(super) fn below(word: u64, end: u64) -> (u64, bool) {
    let product = u128::from(word) * u128::from(end);
    let (high, low) = ((product >> 64) as u64, product as u64);
    // The remainder is needed only where the cheap comparison leaves a doubt.
    (high, low >= end || low >= end.wrapping_neg() % end)
}
