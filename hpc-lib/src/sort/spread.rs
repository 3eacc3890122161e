//! Sorting of many items: they are spread over buckets by splitters from a sample, and each bucket
//! is sorted where it fits a cache.
//!
//! A stable parallel sample sort (Frazer and `McKellar` 1970), with the branch-free search tree and
//! the buckets for keys equal to a splitter of super-scalar sample sort (Sanders and Winkel 2004).
//! Nothing of the result depends on the number of threads, since the sort is stable.

use super::key::Bits;
use super::radix::{self, Item, Scratch};
use super::workspace::Workspace;
use crate::disjoint::Disjoint;
use crate::host::interrupt;
use crate::pool::Pool;

/// Items that one thread sorts without spreading them first.
const BUCKET: usize = 1 << 15;

/// Buckets above this size are spread once more.
const LARGE_BUCKET: usize = 1 << 20;

/// Most levels of the search tree; twice as many buckets as its leaves must be numbered by `u16`.
const LEVELS: u32 = 8;

/// Sample keys for each splitter.
const OVERSAMPLING: usize = 16;

/// Items that are classified at a time, so that their searches overlap.
const LANES: usize = 8;

/// Fewest items that are worth a task.
const TASK: usize = 1 << 16;

/// Items that are loaded at a time.
const BLOCK: usize = 512;

/// Gives the items from a position on, as many as the slice holds; from any thread.
pub(super) type Load<'a, I> = &'a (dyn Fn(usize, &mut [I]) + Sync);

/// Takes a run of sorted items, of which the first has that rank; from any thread.
pub(super) type Emit<'a, I> = &'a (dyn Fn(usize, &[I]) + Sync);

/// Sorts `len` items stably and hands them out in runs.
///
/// Generic in the items only, of which there are few types: elements become items on the way in.
pub(super) fn sort<I: Item>(pool: &Pool, len: usize, load: Load<'_, I>, emit: Emit<'_, I>) {
    sort_from(pool, len, load, 0, emit);
}

/// As [`sort`], with ranks from `base` on.
fn sort_from<I: Item>(pool: &Pool, len: usize, load: Load<'_, I>, base: usize, emit: Emit<'_, I>) {
    if len <= BUCKET {
        let mut items = vec![I::default(); len];
        load(0, &mut items);
        radix::sort(&mut items, &mut Scratch::default());
        emit(base, &items);
        return;
    }
    let splitters = Splitters::sampled(len, load);
    let mut spread = Spread::new(pool, len, load, &splitters);
    let mut rest = spread.items.items();
    let mut buckets = Vec::new();
    let mut start = base;
    for (number, &size) in spread.sizes.iter().enumerate() {
        let (bucket, after) = rest.split_at_mut(size);
        rest = after;
        // Buckets with odd numbers hold keys equal to a splitter.
        if number % 2 == 0 && size > LARGE_BUCKET {
            let bucket = &*bucket;
            let load = |at: usize, items: &mut [I]| {
                items.copy_from_slice(&bucket[at..at + items.len()]);
            };
            sort_from(pool, size, &load, start, emit);
        } else if size > 0 {
            buckets.push((number, start, bucket));
        }
        start += size;
    }
    pool.map_with(&mut buckets, &Scratch::default, &|scratch,
                                                     (
        number,
        start,
        bucket,
    )| {
        if *number % 2 == 0 {
            radix::sort(bucket, scratch);
        }
        emit(*start, bucket);
    });
}

/// Keys between which the buckets lie.
struct Splitters<K> {
    /// In order, as many as the tree has, the last one repeated, plus one.
    sorted: Vec<K>,
    /// The children of node `i` are `2 i` and `2 i + 1`, the root is 1.
    tree: Vec<K>,
    levels: u32,
}

impl<K: Bits> Splitters<K> {
    /// From `len` items.
    fn sampled<I: Item<Key = K>>(len: usize, load: Load<'_, I>) -> Self {
        let levels = (len / BUCKET).max(2).ilog2().min(LEVELS);
        let leaves = 1_usize << levels;
        let size = leaves * OVERSAMPLING;
        let stride = len / size;
        // One item from each stretch, at a place that a regular pattern in the data will not meet.
        let mut state = len as u64;
        let mut sample: Vec<K> = (0..size)
            .map(|i| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                let mut item = [I::default()];
                load(i * stride + (state >> 33) as usize % stride, &mut item);
                item[0].key()
            })
            .collect();
        sample.sort_unstable();
        let mut sorted: Vec<K> = (1..leaves).map(|i| sample[i * OVERSAMPLING]).collect();
        sorted.dedup();
        let last = sorted[sorted.len() - 1];
        sorted.resize(leaves, last);

        let mut tree = vec![K::default(); leaves];
        for level in 0..levels {
            // The nodes of a level lie at odd multiples of the distance to those below.
            let distance = leaves >> (level + 1);
            for i in 0..1 << level {
                tree[(1 << level) + i] = sorted[(2 * i + 1) * distance - 1];
            }
        }
        Self {
            sorted,
            tree,
            levels,
        }
    }

    fn buckets(&self) -> usize {
        2 << self.levels
    }

    /// The numbers of the buckets of some keys: twice the number of splitters below a key, plus one
    /// if the next splitter is the key itself.
    #[inline]
    fn classify<const N: usize>(&self, keys: [K; N]) -> [u16; N] {
        let mut nodes = [1_usize; N];
        let tree = &self.tree[..1 << self.levels];
        for _ in 0..self.levels {
            for (node, key) in nodes.iter_mut().zip(&keys) {
                *node = 2 * *node + usize::from(tree[*node & (tree.len() - 1)] < *key);
            }
        }
        let mut numbers = [0; N];
        for ((number, node), key) in numbers.iter_mut().zip(nodes).zip(&keys) {
            let leaf = node - (1 << self.levels);
            *number = 2 * leaf as u16 + u16::from(self.sorted[leaf] == *key);
        }
        numbers
    }
}

/// Items in the order of their buckets.
struct Spread<I> {
    items: Workspace<I>,
    /// Items in each bucket.
    sizes: Vec<usize>,
}

impl<I: Item> Spread<I> {
    fn new(pool: &Pool, len: usize, load: Load<'_, I>, splitters: &Splitters<I::Key>) -> Self {
        let chunk = len.div_ceil(4 * pool.threads()).max(TASK);
        let mut numbers = Workspace::<u16>::new(len);
        let numbers = numbers.items();
        let mut places: Vec<Vec<usize>> = vec![Vec::new(); len.div_ceil(chunk)];
        let counts = Disjoint::new(&mut places);
        pool.for_each_piece(numbers, chunk, &|start, numbers| {
            let index = start / chunk;
            // SAFETY: each chunk has counts of its own.
            #[allow(unsafe_code)]
            let counts = unsafe { counts.range(index..index + 1) };
            counts[0] = count(start, numbers, load, splitters);
        });

        let mut sizes = vec![0; splitters.buckets()];
        let mut next = 0;
        for (bucket, size) in sizes.iter_mut().enumerate() {
            let start = next;
            for places in &mut places {
                next += std::mem::replace(&mut places[bucket], next);
            }
            *size = next - start;
        }

        let mut items = Workspace::new(len);
        let target = Disjoint::new(items.items());
        pool.for_each_piece(&mut places, 1, &|index, places| {
            let mut block = [I::default(); BLOCK];
            let start = index * chunk;
            let numbers = &numbers[start..len.min(start + chunk)];
            for (numbers, at) in numbers.chunks(BLOCK).zip((start..).step_by(BLOCK)) {
                interrupt::check();
                let block = &mut block[..numbers.len()];
                load(at, block);
                for (&number, &item) in numbers.iter().zip(&*block) {
                    let place = &mut places[0][usize::from(number)];
                    // SAFETY: the counts gave each item of each chunk a place of its own.
                    #[allow(unsafe_code)]
                    unsafe {
                        target.write(*place, item);
                    }
                    *place += 1;
                }
            }
        });
        Self { items, sizes }
    }
}

/// Finds the buckets of the items from `start` on, and counts the items in each.
fn count<I: Item>(
    start: usize,
    numbers: &mut [u16],
    load: Load<'_, I>,
    splitters: &Splitters<I::Key>,
) -> Vec<usize> {
    let mut counts = vec![0; splitters.buckets()];
    let mut block = [I::default(); BLOCK];
    for (numbers, at) in numbers.chunks_mut(BLOCK).zip((start..).step_by(BLOCK)) {
        interrupt::check();
        let block = &mut block[..numbers.len()];
        load(at, block);
        let (groups, rest) = numbers.as_chunks_mut::<LANES>();
        let (items, rest_items) = block.as_chunks::<LANES>();
        for (group, items) in groups.iter_mut().zip(items) {
            *group = splitters.classify(items.map(Item::key));
            for &number in &*group {
                counts[usize::from(number)] += 1;
            }
        }
        for (number, item) in rest.iter_mut().zip(rest_items) {
            [*number] = splitters.classify([item.key()]);
            counts[usize::from(*number)] += 1;
        }
    }
    counts
}
