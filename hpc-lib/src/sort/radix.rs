//! Stable sorting by digits, from the lowest to the highest, of as many items as fit a cache.

use super::key::Bits;

/// What is sorted: a key, perhaps with something that travels with it.
pub(super) trait Item: Copy + Default + Send + Sync {
    type Key: Bits;

    fn key(self) -> Self::Key;
}

impl<K: Bits> Item for K {
    type Key = K;

    #[inline]
    fn key(self) -> K {
        self
    }
}

/// Items up to this number are sorted by comparisons.
const COMPARED_UP_TO: usize = 128;

/// Bits per digit: so many places are written to at a time, and as many counts are kept.
const DIGIT: u32 = 8;

/// Memory that a thread keeps between two calls.
#[derive(Default)]
pub(super) struct Scratch<I> {
    items: Vec<I>,
    counts: Vec<[u32; 1 << DIGIT]>,
}

/// Sorts `items`, of which there are fewer than 2³², and gives them where they end up.
pub(super) fn sort<'a, I: Item>(items: &'a mut [I], scratch: &'a mut Scratch<I>) -> &'a [I] {
    if items.len() <= COMPARED_UP_TO {
        items.sort_by_key(|item| item.key());
        return items;
    }
    let first = items[0].key();
    let varying = items.iter().fold(I::Key::default(), |varying, item| {
        varying | (item.key() ^ first)
    });
    let (low, high) = varying.span();
    if low >= high {
        return items;
    }

    const MASK: usize = (1 << DIGIT) - 1;
    let passes = (high - low).div_ceil(DIGIT) as usize;
    let shift = |pass: usize| low + pass as u32 * DIGIT;
    let counts = &mut scratch.counts;
    counts.clear();
    counts.resize(passes, [0; 1 << DIGIT]);
    for item in &*items {
        let key = item.key();
        for (pass, counts) in counts.iter_mut().enumerate() {
            counts[key.digit(shift(pass), MASK)] += 1;
        }
    }

    let len = items.len();
    if scratch.items.len() < len {
        scratch.items.resize(len, I::default());
    }
    let (mut source, mut target) = (items, &mut scratch.items[..len]);
    for (pass, counts) in counts.iter_mut().enumerate() {
        let shift = shift(pass);
        if counts[source[0].key().digit(shift, MASK)] as usize == len {
            continue;
        }
        let mut before = 0;
        for count in counts.iter_mut() {
            before += std::mem::replace(count, before);
        }
        for item in &*source {
            let place = &mut counts[item.key().digit(shift, MASK)];
            target[*place as usize] = *item;
            *place += 1;
        }
        std::mem::swap(&mut source, &mut target);
    }
    source
}
