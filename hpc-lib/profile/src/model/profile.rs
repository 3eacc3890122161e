use std::collections::HashMap;

use crate::clock::TimeBase;
use crate::reader::{Recording, Subject, Tree, TreeNode};
use crate::record::counter::CounterSums;
use crate::record::region::{Paradigm, ParameterValue, Region};

use super::Catalog;

/// A step of a call path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Frame {
    /// A region, by its number in the [`Catalog`].
    Region(usize),
    /// The region above, with a value of a parameter.
    Value {
        /// The parameter.
        parameter: String,
        /// Its value.
        value: ParameterValue,
    },
}

/// Values of a metric at a call path.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MetricCounts {
    /// Which, by its number in the [`Catalog`].
    pub metric: usize,
    /// How many.
    pub count: u64,
    /// Their sum.
    pub sum: f64,
    /// The least.
    pub min: f64,
    /// The greatest.
    pub max: f64,
}

/// What was counted at a call path. Times are in nanoseconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Counts {
    /// How often it was entered.
    pub visits: u64,
    /// Time in it and the regions inside, as measured from its beginnings to its ends.
    pub time: f64,
    /// Time in it alone.
    pub exclusive: f64,
    /// Time in it and the regions inside, added up from exclusive times: the same as `time`, and
    /// on threads that worked for a region of another thread what they did there.
    pub inclusive: f64,
    /// The shortest visit; infinite without one.
    pub min: f64,
    /// The longest visit.
    pub max: f64,
    /// The sum of the squares of the visits' times.
    pub squares: f64,
    /// What measuring the regions right inside took of `exclusive`, about.
    pub cost: f64,
    /// Bytes that were allocated, in the regions inside as well.
    pub allocated: u64,
    /// Allocations, in the regions inside as well.
    pub allocations: u64,
    /// The most bytes that a thread had at a time.
    pub peak: u64,
    /// Bytes that were moved, in the regions inside as well.
    pub bytes: u64,
    /// Floating-point operations, in the regions inside as well.
    pub flops: u64,
    /// The same without the regions inside.
    pub own_bytes: u64,
    /// The same without the regions inside.
    pub own_flops: u64,
    /// Visits that a panic ended.
    pub unwound: u64,
    /// What the processor counted, in the regions inside as well, also on threads that worked for the
    /// region.
    pub counters: CounterSums,
    /// The same without the regions inside.
    pub own_counters: CounterSums,
    /// Values that were measured.
    pub metrics: Vec<MetricCounts>,
}

impl Default for Counts {
    fn default() -> Self {
        Self {
            visits: 0,
            time: 0.0,
            exclusive: 0.0,
            inclusive: 0.0,
            min: f64::INFINITY,
            max: 0.0,
            squares: 0.0,
            cost: 0.0,
            allocated: 0,
            allocations: 0,
            peak: 0,
            bytes: 0,
            flops: 0,
            own_bytes: 0,
            own_flops: 0,
            unwound: 0,
            counters: CounterSums::default(),
            own_counters: CounterSums::default(),
            metrics: Vec::new(),
        }
    }
}

impl Counts {
    /// Mean time of a visit; 0 without one.
    pub fn mean(&self) -> f64 {
        if self.visits == 0 {
            0.0
        } else {
            self.time / self.visits as f64
        }
    }

    /// Standard deviation of the visits' times.
    pub fn deviation(&self) -> f64 {
        if self.visits == 0 {
            return 0.0;
        }
        let mean = self.mean();
        (self.squares / self.visits as f64 - mean * mean)
            .max(0.0)
            .sqrt()
    }

    /// Floating-point operations in a nanosecond, which are GFLOP/s; `None` if none were told.
    pub fn gflops(&self) -> Option<f64> {
        self.rate(self.flops)
    }

    /// Bytes in a nanosecond, which are GB/s; `None` if none were told.
    pub fn gigabytes(&self) -> Option<f64> {
        self.rate(self.bytes)
    }

    /// How much in a nanosecond of the region's own visits: threads that worked for it meanwhile make it
    /// faster, not longer.
    fn rate(&self, amount: u64) -> Option<f64> {
        let time = if self.time > 0.0 {
            self.time
        } else {
            self.inclusive
        };
        (amount > 0 && time > 0.0).then(|| amount as f64 / time)
    }

    /// Operations for each byte, the place on a roofline; `None` without both.
    pub fn intensity(&self) -> Option<f64> {
        (self.bytes > 0 && self.flops > 0).then(|| self.flops as f64 / self.bytes as f64)
    }

    /// Exclusive time without what measuring took.
    pub fn compensated(&self) -> f64 {
        (self.exclusive - self.cost).max(0.0)
    }

    /// What was counted after `before` was. The shortest and the longest visit and the peak are those of all
    /// visits so far, which nobody can take apart.
    #[must_use]
    pub fn since(&self, before: &Self) -> Self {
        let metrics = self.metrics.iter().map(|now| {
            let then = before.metrics.iter().find(|one| one.metric == now.metric);
            then.map_or(*now, |then| MetricCounts {
                count: now.count.saturating_sub(then.count),
                sum: now.sum - then.sum,
                ..*now
            })
        });
        let time = |now: f64, then: f64| (now - then).max(0.0);
        Self {
            visits: self.visits.saturating_sub(before.visits),
            time: time(self.time, before.time),
            exclusive: time(self.exclusive, before.exclusive),
            inclusive: time(self.inclusive, before.inclusive),
            min: self.min,
            max: self.max,
            squares: time(self.squares, before.squares),
            cost: time(self.cost, before.cost),
            allocated: self.allocated.saturating_sub(before.allocated),
            allocations: self.allocations.saturating_sub(before.allocations),
            peak: self.peak,
            bytes: self.bytes.saturating_sub(before.bytes),
            flops: self.flops.saturating_sub(before.flops),
            own_bytes: self.own_bytes.saturating_sub(before.own_bytes),
            own_flops: self.own_flops.saturating_sub(before.own_flops),
            unwound: self.unwound.saturating_sub(before.unwound),
            counters: self.counters.without(&before.counters),
            own_counters: self.own_counters.without(&before.own_counters),
            metrics: metrics.filter(|metric| metric.count > 0).collect(),
        }
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.visits += other.visits;
        self.time += other.time;
        self.exclusive += other.exclusive;
        self.inclusive += other.inclusive;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.squares += other.squares;
        self.cost += other.cost;
        self.allocated += other.allocated;
        self.allocations += other.allocations;
        self.peak = self.peak.max(other.peak);
        self.bytes += other.bytes;
        self.flops += other.flops;
        self.own_bytes += other.own_bytes;
        self.own_flops += other.own_flops;
        self.unwound += other.unwound;
        self.counters.add(&other.counters);
        self.own_counters.add(&other.own_counters);
        for metric in &other.metrics {
            self.add_metric(*metric);
        }
    }

    fn add_metric(&mut self, more: MetricCounts) {
        match self
            .metrics
            .iter_mut()
            .find(|one| one.metric == more.metric)
        {
            None => self.metrics.push(more),
            Some(one) => {
                one.count += more.count;
                one.sum += more.sum;
                one.min = one.min.min(more.min);
                one.max = one.max.max(more.max);
            }
        }
    }
}

/// A call path of all threads and ranks.
#[derive(Clone, Debug, PartialEq)]
pub struct PathNode {
    /// Its last step; `None` for the root.
    pub frame: Option<Frame>,
    /// The path without it; of the root itself.
    pub parent: usize,
    /// Paths that go on from here, in the order in which they came.
    pub children: Vec<usize>,
    /// What each location counted there, in the order of [`Catalog::locations`].
    pub counts: Vec<Counts>,
}

/// One call tree of all threads and ranks.
#[derive(Clone, Debug)]
pub struct Profile {
    catalog: Catalog,
    nodes: Vec<PathNode>,
    by_step: HashMap<(usize, Frame), usize>,
}

impl Profile {
    /// What recordings counted up to now. Paths of equal regions (name, file, lines, module) are
    /// one path.
    ///
    /// ```
    /// use hpc_profile::{Clock, Mode, Options, Profile, Recorder, Recording, Region, ThreadKind};
    /// # let folder = tempfile::tempdir()?;
    /// let options = Options { folder: folder.path().into(), clock: Clock::Given, ..Options::default() };
    /// let recorder = Recorder::create(&options)?;
    /// recorder.set_mode(Mode::PROFILE);
    /// let solve = recorder.define_region(&Region::named("solve"));
    /// for thread in ["one", "two"] {
    ///     let writer = recorder.attach(thread, ThreadKind::Thread).ok_or("too many threads")?;
    ///     let token = writer.enter_at(solve, 0);
    ///     writer.work_at(8_000, 2_000, 10);
    ///     writer.exit_at(token, 1_000);
    /// }
    /// let profile = Profile::of(&[Recording::open(recorder.path())?]);
    /// let total = profile.total(profile.find(&["solve"]).ok_or("no such path")?);
    /// assert_eq!((total.visits, total.inclusive), (2, 2_000.0));
    /// assert_eq!(total.gflops(), Some(2.0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of(recordings: &[Recording]) -> Self {
        let mut profile = Self {
            catalog: Catalog::of(recordings),
            nodes: Vec::new(),
            by_step: HashMap::new(),
        };
        profile.nodes.push(PathNode {
            frame: None,
            parent: 0,
            children: Vec::new(),
            counts: vec![Counts::default(); profile.catalog.locations().len()],
        });
        let mut location = 0;
        for (number, recording) in recordings.iter().enumerate() {
            // A thread may have come since the catalog was made.
            let known = profile.catalog.locations().iter();
            let known = known.filter(|one| one.recording == number).count();
            let threads = recording.threads();
            let trees: Vec<Tree> = threads
                .iter()
                .take(known)
                .map(super::super::reader::Thread::tree_until_now)
                .collect();
            profile.add(number, recording, &trees, location);
            location += known;
        }
        profile.add_up();
        profile
    }

    /// Adds the trees of a recording's threads.
    fn add(&mut self, number: usize, recording: &Recording, trees: &[Tree], location: usize) {
        let base = recording.time_base();
        let mode = recording.mode();
        let [profiling, _, both] = recording.cost();
        let pair = if mode.traces() { both } else { profiling };
        let counters = if mode.has_counters() {
            2.0 * recording.counter_cost()
        } else {
            0.0
        };
        let pair = base.duration(pair + counters);
        let mut at = HashMap::new();
        for (thread, tree) in trees.iter().enumerate() {
            for (index, node) in tree.numbers().iter().enumerate() {
                at.insert(*node, (thread, index));
            }
        }
        let mut paths = Paths {
            profile: self,
            number,
            trees,
            at,
            known: HashMap::new(),
        };
        for (thread, tree) in trees.iter().enumerate() {
            let own = own_counters(tree);
            for (index, node) in tree.nodes().iter().enumerate() {
                let path = paths.path(thread, index, 0);
                let parent = paths.path(thread, node.parent, 0);
                let counts = counts_of(&paths.profile.catalog, number, node, own[index], &base);
                let profile = &mut *paths.profile;
                profile.nodes[path].counts[location + thread].add(&counts);
                if index > 0 {
                    let cost = node.visits as f64 * pair;
                    profile.nodes[parent].counts[location + thread].cost += cost;
                }
            }
        }
    }

    /// The path that goes on from a path.
    fn step(&mut self, parent: usize, frame: Frame) -> usize {
        if let Some(node) = self.by_step.get(&(parent, frame.clone())) {
            return *node;
        }
        let node = self.nodes.len();
        self.nodes.push(PathNode {
            frame: Some(frame.clone()),
            parent,
            children: Vec::new(),
            counts: vec![Counts::default(); self.catalog.locations().len()],
        });
        self.nodes[parent].children.push(node);
        self.by_step.insert((parent, frame), node);
        node
    }

    /// Adds up what is counted with the regions inside.
    fn add_up(&mut self) {
        // A path always comes after the one that it goes on from.
        for node in (1..self.nodes.len()).rev() {
            let (before, from) = self.nodes.split_at_mut(node);
            let parent = &mut before[from[0].parent];
            for (outer, inner) in parent.counts.iter_mut().zip(&from[0].counts) {
                outer.inclusive += inner.inclusive;
                outer.bytes += inner.bytes;
                outer.flops += inner.flops;
                outer.counters.add(&inner.counters);
            }
        }
    }

    /// Regions, metrics, threads and processes.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// All call paths; the first is the root, and each follows the one that it goes on from.
    pub fn nodes(&self) -> &[PathNode] {
        &self.nodes
    }

    /// What all locations counted at a path.
    pub fn total(&self, node: usize) -> Counts {
        let mut total = Counts::default();
        for counts in &self.nodes[node].counts {
            total.add(counts);
        }
        total
    }

    /// The region of a path: for a parameter's value that which it belongs to; `None` for the root.
    pub fn region(&self, node: usize) -> Option<&Region> {
        let mut node = node;
        loop {
            match self.nodes[node].frame.as_ref()? {
                Frame::Region(region) => return self.catalog.regions().get(*region),
                Frame::Value { .. } => node = self.nodes[node].parent,
            }
        }
    }

    /// The name of a path's last step; empty for the root.
    pub fn name(&self, node: usize) -> String {
        match &self.nodes[node].frame {
            None => String::new(),
            Some(Frame::Region(region)) => self.catalog.regions()[*region].name.clone(),
            Some(Frame::Value { parameter, value }) => format!("{parameter}={value}"),
        }
    }

    /// The names of a path's steps, the outermost first.
    pub fn path(&self, node: usize) -> Vec<String> {
        let mut names = Vec::new();
        let mut node = node;
        while node != 0 {
            names.push(self.name(node));
            node = self.nodes[node].parent;
        }
        names.reverse();
        names
    }

    /// The steps of a path, the outermost first.
    pub fn frames(&self, node: usize) -> Vec<Frame> {
        let mut frames = Vec::new();
        let mut node = node;
        while let Some(frame) = &self.nodes[node].frame {
            frames.push(frame.clone());
            node = self.nodes[node].parent;
        }
        frames.reverse();
        frames
    }

    /// The first path with those names.
    pub fn find(&self, names: &[&str]) -> Option<usize> {
        names.iter().try_fold(0, |node, name| {
            let mut children = self.nodes[node].children.iter();
            children.find(|child| self.name(**child) == *name).copied()
        })
    }

    /// The largest difference between the time of a path as it was measured and as it is added up
    /// from exclusive times, as a share of the former. 0 unless something was lost or goes on.
    pub fn conservation_error(&self) -> f64 {
        let visited = self
            .nodes
            .iter()
            .skip(1)
            .flat_map(|node| &node.counts)
            .filter(|counts| counts.time > 0.0);
        visited
            .map(|counts| (counts.inclusive - counts.time).abs() / counts.time)
            .fold(0.0, f64::max)
    }

    /// The share of all time that measuring took, about.
    pub fn cost_share(&self) -> f64 {
        let total: f64 = self.nodes[0]
            .counts
            .iter()
            .map(|counts| counts.inclusive)
            .sum();
        let cost: f64 = self
            .nodes
            .iter()
            .flat_map(|node| &node.counts)
            .map(|counts| counts.cost)
            .sum();
        if total > 0.0 { cost / total } else { 0.0 }
    }

    /// Whether a path is the compiler's work on a cell, and not the cell's own.
    pub fn is_compilation(&self, node: usize) -> bool {
        self.region(node)
            .is_some_and(|region| region.paradigm == Paradigm::Compiler)
    }

    /// Nanoseconds of all threads in the program itself, without the compiler's work on cells.
    pub fn run_time(&self) -> f64 {
        let children = self.nodes[0].children.iter();
        let compiled = children.filter(|child| self.is_compilation(**child));
        let compiled: f64 = compiled.map(|child| self.total(*child).inclusive).sum();
        self.total(0).inclusive - compiled
    }

    /// Whether a path is message passing.
    pub(super) fn is_communication(&self, node: usize) -> bool {
        self.region(node)
            .is_some_and(|region| region.paradigm == Paradigm::Mpi)
    }
}

/// Finds the path of each node of a recording's trees.
struct Paths<'a> {
    profile: &'a mut Profile,
    number: usize,
    trees: &'a [Tree],
    /// Tree and index of each node in the file.
    at: HashMap<u32, (usize, usize)>,
    known: HashMap<(usize, usize), usize>,
}

/// Places that refer to each other in turn: more only in damaged files.
const MAX_PLACES: usize = 1000;

impl Paths<'_> {
    fn path(&mut self, thread: usize, index: usize, places: usize) -> usize {
        if let Some(path) = self.known.get(&(thread, index)) {
            return *path;
        }
        let trees = self.trees;
        let node = &trees[thread].nodes()[index];
        let definitions = self.profile.catalog.definitions(self.number);
        let path = match node.subject {
            Subject::Root => 0,
            Subject::Region(id) => {
                let frame = Frame::Region(self.profile.catalog.region(self.number, id));
                let parent = self.path(thread, node.parent, places);
                self.profile.step(parent, frame)
            }
            Subject::Value(id) => {
                let value = definitions.value(id);
                let frame = Frame::Value {
                    parameter: value
                        .and_then(|(parameter, _)| definitions.parameter(parameter))
                        .unwrap_or("?")
                        .into(),
                    value: value
                        .map_or(ParameterValue::Text("?".into()), |(_, value)| value.clone()),
                };
                let parent = self.path(thread, node.parent, places);
                self.profile.step(parent, frame)
            }
            Subject::Place(number) => match self.at.get(&number).copied() {
                Some((thread, index)) if places < MAX_PLACES => {
                    self.path(thread, index, places + 1)
                }
                _ => 0,
            },
        };
        self.known.insert((thread, index), path);
        path
    }
}

/// What the processor counted at each node without the nodes below.
fn own_counters(tree: &Tree) -> Vec<CounterSums> {
    let mut own: Vec<CounterSums> = tree.nodes().iter().map(|node| node.counters).collect();
    for node in tree.nodes().iter().skip(1) {
        own[node.parent] = own[node.parent].without(&node.counters);
    }
    own
}

fn counts_of(
    catalog: &Catalog,
    recording: usize,
    node: &TreeNode,
    own_counters: CounterSums,
    base: &TimeBase,
) -> Counts {
    let exclusive = base.duration(node.ticks.saturating_sub(node.inside) as f64);
    let square = base.duration(1.0) * base.duration(1.0);
    let metrics = node.metrics.iter().filter_map(|stats| {
        Some(MetricCounts {
            metric: catalog.metric(recording, stats.metric)?,
            count: stats.count,
            sum: stats.sum,
            min: stats.min,
            max: stats.max,
        })
    });
    Counts {
        visits: node.visits,
        time: base.duration(node.ticks as f64),
        exclusive,
        inclusive: exclusive,
        min: if node.visits > 0 {
            base.duration(node.min as f64)
        } else {
            f64::INFINITY
        },
        max: base.duration(node.max as f64),
        squares: node.squares * square,
        cost: 0.0,
        allocated: node.allocated,
        allocations: node.allocations,
        peak: node.peak,
        bytes: node.bytes,
        flops: node.flops,
        own_bytes: node.bytes,
        own_flops: node.flops,
        unwound: node.unwound,
        counters: own_counters,
        own_counters,
        metrics: metrics.collect(),
    }
}
