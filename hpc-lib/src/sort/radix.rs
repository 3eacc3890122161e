//! Stable sorting by digits of as many items as fit a cache.

use super::key::Bits;
use super::workspace::Plain;

/// What is sorted: a key, perhaps with something that travels with it.
pub(super) trait Item: Plain + Default {
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

/// Most bits per digit: so many places are written to at a time, and as many counts are kept.
const DIGIT: u32 = 11;

/// Keys that differ in no more bits than this are sorted by one digit.
const ONE_DIGIT: u32 = 8;

/// Bits that are looked at beyond those that number the items: with so many more, few items of
/// random keys are left that agree in all of them.
const SPARE: u32 = 7;

/// Memory that a thread keeps between two calls.
#[derive(Default)]
pub(super) struct Scratch<I> {
    items: Vec<I>,
}

/// Sorts `items`, of which there are fewer than 2³².
///
/// The highest bits in which the keys differ are sorted by two digits, the lower one first. Items
/// that agree in all of them now lie side by side; they are sorted in the same way by what is left.
pub(super) fn sort<I: Item>(items: &mut [I], scratch: &mut Scratch<I>) {
    if items.len() > scratch.items.len() && items.len() > COMPARED_UP_TO {
        scratch.items.resize(items.len(), I::default());
    }
    sort_within(items, &mut scratch.items);
}

fn sort_within<I: Item>(items: &mut [I], scratch: &mut [I]) {
    let len = items.len();
    if len <= COMPARED_UP_TO {
        items.sort_by_key(|item| item.key());
        return;
    }
    let first = items[0].key();
    let varying = items.iter().fold(I::Key::default(), |varying, item| {
        varying | (item.key() ^ first)
    });
    let (low, high) = varying.span();
    if low >= high {
        return;
    }
    let bits = (high - low).min((len.ilog2() + SPARE).min(2 * DIGIT));
    let from = high - bits;
    if bits <= ONE_DIGIT {
        let mut counts = [[0; 1 << ONE_DIGIT]];
        count(items, from, ONE_DIGIT, &mut counts);
        place(items, scratch, from, &mut counts[0]);
        items.copy_from_slice(&scratch[..len]);
    } else {
        let width = bits.div_ceil(2);
        let mut counts = [[0; 1 << DIGIT]; 2];
        count(items, from, width, &mut counts);
        let [lower, upper] = &mut counts;
        let digit = 1 << width;
        place(items, scratch, from, &mut lower[..digit]);
        place(&scratch[..len], items, from + width, &mut upper[..digit]);
    }
    if from > low {
        sort_runs(items, scratch, from);
    }
}

/// Counts how often each value of each digit of `width` bits occurs.
fn count<I: Item, const DIGITS: usize, const VALUES: usize>(
    items: &[I],
    from: u32,
    width: u32,
    counts: &mut [[u32; VALUES]; DIGITS],
) {
    let mask = (1 << width) - 1;
    for item in items {
        let key = item.key();
        for (digit, counts) in (0..).zip(&mut *counts) {
            counts[key.digit(from + digit * width, mask) & (VALUES - 1)] += 1;
        }
    }
}

/// Copies the items to `target` in the order of the digit from bit `shift` on.
fn place<I: Item>(source: &[I], target: &mut [I], shift: u32, counts: &mut [u32]) {
    let mut before = 0;
    for count in counts.iter_mut() {
        before += std::mem::replace(count, before);
    }
    let mask = counts.len() - 1;
    for item in source {
        let place = &mut counts[item.key().digit(shift, mask) & mask];
        target[*place as usize] = *item;
        *place += 1;
    }
}

/// Sorts each run of items whose keys agree from bit `from` on.
fn sort_runs<I: Item>(items: &mut [I], scratch: &mut [I], from: u32) {
    let agree = |a: &I, b: &I| (a.key() ^ b.key()).span().1 <= from;
    let mut at = 1;
    while at < items.len() {
        if !agree(&items[at - 1], &items[at]) {
            at += 1;
            continue;
        }
        let start = at - 1;
        while at < items.len() && agree(&items[start], &items[at]) {
            at += 1;
        }
        sort_within(&mut items[start..at], scratch);
    }
}
