use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering, fence};
use std::thread;
use std::time::Duration;

use crate::record::counter::{CounterState, CounterSums, MOST};
use crate::record::layout::{Node, node, subject};
use crate::record::region::{MetricId, RegionId, ValueId};

use super::{OpenRegion, Thread};

/// What a node of a call tree stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// The thread itself.
    Root,
    /// Visits of a region.
    Region(RegionId),
    /// Visits of the region above, with a value of a parameter.
    Value(ValueId),
    /// A place, often on another thread, under which the nodes below belong: the number of that
    /// node in [`Tree::numbers`]. Nothing is counted at it.
    Place(u32),
}

/// Values of a metric.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MetricStats {
    /// Which.
    pub metric: MetricId,
    /// How many.
    pub count: u64,
    /// Their sum.
    pub sum: f64,
    /// The least.
    pub min: f64,
    /// The greatest.
    pub max: f64,
    /// The sum of their squares.
    pub squares: f64,
}

/// A call path of a thread. Times are in ticks.
#[derive(Clone, Debug, PartialEq)]
pub struct TreeNode {
    /// What it stands for.
    pub subject: Subject,
    /// The node above; of the root itself.
    pub parent: usize,
    /// How often it was entered.
    pub visits: u64,
    /// Time from entering to leaving, over all visits.
    pub ticks: u64,
    /// That of the shortest visit.
    pub min: u64,
    /// That of the longest visit.
    pub max: u64,
    /// The sum of the squares of the visits' times.
    pub squares: f64,
    /// Time in the regions inside, which is part of `ticks`.
    pub inside: u64,
    /// Bytes that were allocated, in the regions inside as well.
    pub allocated: u64,
    /// How often something was allocated, in the regions inside as well.
    pub allocations: u64,
    /// The most bytes that the thread had at a time.
    pub peak: u64,
    /// Bytes that were moved, as routines tell, without the regions inside.
    pub bytes: u64,
    /// Floating-point operations, as routines tell, without the regions inside.
    pub flops: u64,
    /// Visits that a panic ended.
    pub unwound: u64,
    /// What the processor counted in visits that have ended, in the regions inside as well.
    pub counters: CounterSums,
    /// Values that were measured in it.
    pub metrics: Vec<MetricStats>,
}

impl TreeNode {
    fn new(subject: Subject, parent: usize) -> Self {
        Self {
            subject,
            parent,
            visits: 0,
            ticks: 0,
            min: u64::MAX,
            max: 0,
            squares: 0.0,
            inside: 0,
            allocated: 0,
            allocations: 0,
            peak: 0,
            bytes: 0,
            flops: 0,
            unwound: 0,
            counters: CounterSums::default(),
            metrics: Vec::new(),
        }
    }
}

/// The call tree of a thread.
#[derive(Clone, Debug, PartialEq)]
pub struct Tree {
    nodes: Vec<TreeNode>,
    /// The number of each node in the file.
    numbers: Vec<u32>,
}

/// Looks at words that another thread changes before they are taken as they are: a thread that waits
/// for its processor leaves them half changed for some milliseconds, one that was killed for ever.
const LOOKS: u32 = 300;

/// Reads words that belong together. If their thread was killed while it changed them, they are
/// taken as they are.
fn read<const N: usize>(words: &[AtomicU64], sequence: usize, which: [usize; N]) -> [u64; N] {
    let mut values = [0; N];
    for look in 0..LOOKS {
        let before = words[sequence].load(Ordering::Acquire);
        values = which.map(|index| words[index].load(Ordering::Relaxed));
        fence(Ordering::Acquire);
        if before & 1 == 0 && before == words[sequence].load(Ordering::Relaxed) {
            break;
        }
        if look >= LOOKS / 3 {
            thread::sleep(Duration::from_millis(1));
        } else if look % 16 == 15 {
            thread::yield_now();
        }
    }
    values
}

fn read_counters(words: &[AtomicU64], counters: &[CounterState]) -> CounterSums {
    let which: [usize; MOST] = std::array::from_fn(|index| node::FIRST_COUNTER + index);
    let values = read(words, node::WORK_SEQUENCE, which);
    let mut sums = CounterSums::default();
    for (state, value) in counters.iter().zip(values) {
        sums.set(state.counter, value);
    }
    sums
}

impl Tree {
    pub(super) fn read(of: &Thread<'_>) -> Self {
        let mut tree = Self {
            nodes: Vec::new(),
            numbers: Vec::new(),
        };
        let mut index_of: HashMap<u32, usize> = HashMap::new();
        let stale = of.is_stale();
        let counters = of.recording.counters();
        for (number, at) in of.node_words() {
            let Some(words) = of.recording.map.get(at..at + node::WORDS) else {
                break;
            };
            let key = words[node::KEY].load(Ordering::Relaxed);
            let (parent, number_of) = (key as Node, (key >> 32) as u32);
            let bits = number_of & !subject::MASK;
            let parent = index_of.get(&parent).copied();
            let (subject, parent) = match (parent, number_of & subject::MASK) {
                (None, _) if tree.nodes.is_empty() => (Subject::Root, 0),
                (None, _) => continue,
                (Some(parent), subject::METRIC) if bits == subject::COUNTERS => {
                    if !stale {
                        tree.nodes[parent].counters = read_counters(words, &counters);
                    }
                    continue;
                }
                (Some(parent), subject::METRIC) => {
                    if !stale {
                        tree.add_metric(parent, MetricId(bits), words);
                    }
                    continue;
                }
                (Some(parent), subject::VALUE) => (Subject::Value(ValueId(bits)), parent),
                (Some(parent), subject::PLACE) => (Subject::Place(bits), parent),
                (Some(parent), _) => (Subject::Region(RegionId(bits)), parent),
            };
            let mut found = TreeNode::new(subject, parent);
            if !stale {
                found.fill(words);
            }
            index_of.insert(number, tree.nodes.len());
            tree.nodes.push(found);
            tree.numbers.push(number);
        }
        if tree.nodes.is_empty() {
            tree.nodes.push(TreeNode::new(Subject::Root, 0));
            tree.numbers.push(0);
        }
        tree
    }

    fn add_metric(&mut self, parent: usize, metric: MetricId, words: &[AtomicU64]) {
        let which = [node::VISITS, node::SUM, node::MIN, node::MAX, node::SQUARES];
        let [count, sum, min, max, squares] = read(words, node::SEQUENCE, which);
        if count > 0 {
            self.nodes[parent].metrics.push(MetricStats {
                metric,
                count,
                sum: f64::from_bits(sum),
                min: f64::from_bits(min),
                max: f64::from_bits(max),
                squares: f64::from_bits(squares),
            });
        }
    }

    /// Counts regions that are open.
    pub(super) fn count_open(&mut self, stack: &[(u64, OpenRegion)], now: u64) {
        // Time in regions inside that are open, and in phases that a region is left for.
        let mut inside = vec![0; stack.len()];
        let mut left = vec![0; stack.len()];
        for (depth, (_, open)) in stack.iter().enumerate().rev() {
            let elapsed = now.saturating_sub(open.start.saturating_add(left[depth]));
            let below = open.below.unwrap_or(depth).min(depth);
            left[below..depth]
                .iter_mut()
                .for_each(|left| *left += elapsed);
            if let Some(outer) = below.checked_sub(1) {
                inside[outer] += elapsed;
            }
            if let Some(index) = self.numbers.iter().position(|number| *number == open.node) {
                let node = &mut self.nodes[index];
                node.visits += 1;
                node.ticks += elapsed;
                node.min = node.min.min(elapsed);
                node.max = node.max.max(elapsed);
                node.squares += elapsed as f64 * elapsed as f64;
                node.inside += open.inside + inside[depth];
            }
        }
    }

    /// All nodes; the root is the first, and each follows the one above it.
    pub fn nodes(&self) -> &[TreeNode] {
        &self.nodes
    }

    /// The number of each node in the file, which [`Subject::Place`] refers to.
    pub fn numbers(&self) -> &[u32] {
        &self.numbers
    }

    /// The nodes below a node, the oldest first.
    pub fn children(&self, parent: usize) -> Vec<&TreeNode> {
        self.nodes
            .iter()
            .skip(1)
            .filter(|node| node.parent == parent)
            .collect()
    }
}

impl TreeNode {
    fn fill(&mut self, words: &[AtomicU64]) {
        let which = [
            node::VISITS,
            node::SUM,
            node::MIN,
            node::MAX,
            node::SQUARES,
            node::INSIDE,
        ];
        let [visits, ticks, min, max, squares, inside] = read(words, node::SEQUENCE, which);
        self.visits = visits;
        self.ticks = ticks;
        self.min = min;
        self.max = max;
        self.squares = f64::from_bits(squares);
        self.inside = inside;
        let which = [
            node::ALLOCATED,
            node::ALLOCATIONS,
            node::PEAK,
            node::BYTES,
            node::FLOPS,
        ];
        let [allocated, allocations, peak, bytes, flops] = read(words, node::WORK_SEQUENCE, which);
        self.allocated = allocated;
        self.allocations = allocations;
        self.peak = peak;
        self.bytes = bytes;
        self.flops = flops;
        self.unwound = words[node::UNWOUND].load(Ordering::Relaxed);
    }
}
