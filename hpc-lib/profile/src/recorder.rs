//! Making a recording.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::hash::Hash;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::callsite::Callsite;
use crate::clock::{Clock, Stamp};
use crate::ends::at_exit;
use crate::filter::Filter;
use crate::map::Map;
use crate::record::counter::{Counter, MOST};
use crate::record::definition::{Definition, append};
use crate::record::layout::{
    BLOCK, BLOCK_BYTES, Block, MAGIC, MAX_BLOCKS, VERSION, chunk, header, state, thread,
};
use crate::record::region::{
    Communicator, CommunicatorId, Metric, MetricId, ParameterId, ParameterValue, Region, RegionId,
    TextId, ThreadKind, ValueId,
};
use crate::shared::{Purpose, Shared, blocks_are_addressable, watch_forks};
use crate::writer::Writer;

/// What is recorded at each region.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mode(u8);

impl Mode {
    /// Nothing.
    pub const OFF: Self = Self(0);
    /// Counts and times of each call path.
    pub const PROFILE: Self = Self(1);
    /// Each beginning and end with its time.
    pub const TRACE: Self = Self(2);
    /// Both.
    pub const BOTH: Self = Self(3);

    const MEMORY: u8 = 4;
    const COUNTERS: u8 = 8;

    /// The same with the memory that is allocated in each region, as far as a global allocator
    /// calls [`crate::memory::on_allocate`] and [`crate::memory::on_free`].
    #[must_use]
    pub const fn with_memory(self) -> Self {
        Self(self.0 | Self::MEMORY)
    }

    /// The same with what the processor counts in each region ([`Options::counters`]), where call paths
    /// are counted. Each thread opens its counters at its next region; where the system does not let
    /// it, [`Recording::counters`](crate::Recording::counters) says why.
    #[must_use]
    pub const fn with_counters(self) -> Self {
        Self(self.0 | Self::COUNTERS)
    }

    /// What either of two modes records.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether call paths are counted.
    #[inline]
    pub const fn profiles(self) -> bool {
        self.0 & Self::PROFILE.0 != 0
    }

    /// Whether each event is recorded.
    #[inline]
    pub const fn traces(self) -> bool {
        self.0 & Self::TRACE.0 != 0
    }

    /// Whether memory is counted.
    #[inline]
    pub const fn counts_memory(self) -> bool {
        self.0 & Self::MEMORY != 0
    }

    /// Whether what the processor counts is read.
    #[inline]
    pub const fn has_counters(self) -> bool {
        self.0 & Self::COUNTERS != 0
    }

    #[inline]
    pub(crate) const fn from_bits(bits: u64) -> Self {
        Self(bits as u8)
    }

    #[inline]
    pub(crate) const fn bits(self) -> u64 {
        self.0 as u64
    }
}

/// What happens to records when the memory for them is full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Policy {
    /// The oldest go to a second file, up to a limit; then it is as with [`Policy::Stop`].
    Spill = 1,
    /// The oldest are overwritten.
    #[default]
    Ring = 2,
    /// The newest are dropped.
    Stop = 3,
}

impl Policy {
    pub(crate) fn from_number(number: u64) -> Option<Self> {
        [Self::Spill, Self::Ring, Self::Stop]
            .into_iter()
            .find(|policy| *policy as u64 == number)
    }
}

/// How a recording is made.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder of its file.
    pub folder: PathBuf,
    /// Bytes for records, beyond 64 KiB that each thread has in any case.
    pub record_memory: u64,
    /// Bytes for call trees and definitions, beyond 64 KiB that each thread has in any case.
    pub tree_memory: u64,
    /// Threads that can be attached at a time.
    pub threads: usize,
    /// What happens when the memory for records is full.
    pub policy: Policy,
    /// Bytes that [`Policy::Spill`] may write.
    pub spill_limit: u64,
    /// What a mode [with counters](Mode::with_counters) reads, six at most.
    pub counters: Vec<Counter>,
    /// The process's rank in the program.
    pub rank: u32,
    /// Processes of the program.
    pub ranks: u32,
    /// Where times come from.
    pub clock: Clock,
}

impl Default for Options {
    /// 64 MiB for records, 64 MiB for call trees, 256 threads, in `$TMPDIR`.
    fn default() -> Self {
        Self {
            folder: std::env::temp_dir(),
            record_memory: 64 << 20,
            tree_memory: 64 << 20,
            threads: 256,
            policy: Policy::default(),
            spill_limit: 4 << 30,
            counters: Counter::USUAL.into(),
            rank: 0,
            ranks: 1,
            clock: Clock::best(),
        }
    }
}

/// Why no recording could be begun.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// The options ask for more than a file can hold.
    #[error(
        "a recording of {bytes} bytes for {threads} threads is too large; lower `record_memory`, \
         `tree_memory` or `threads`"
    )]
    TooLarge {
        /// Bytes for records and trees.
        bytes: u64,
        /// Threads.
        threads: usize,
    },
    /// The file could not be made.
    #[error("cannot make the recording {}: {source}; choose another folder", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// Definitions so far.
#[derive(Debug, Default)]
struct Book {
    texts: HashMap<String, u32>,
    regions: HashMap<Region, u32>,
    metrics: HashMap<Metric, u32>,
    parameters: HashMap<String, u32>,
    values: HashMap<(u32, ParameterValue), u32>,
    communicators: HashMap<Communicator, u32>,
    /// The chunk that is written to, and the words that are used in it.
    chunk: Option<(Block, usize)>,
    filter: Filter,
    callsites: Vec<(&'static Callsite, RegionId)>,
}

/// A recording that is being made. Clones are the same recording; it ends with the last of them and
/// of its [`Writer`]s.
#[derive(Clone, Debug)]
pub struct Recorder {
    shared: Arc<Shared>,
    book: Arc<Mutex<Book>>,
}

impl Recorder {
    /// Begins a recording. Its mode is [`Mode::OFF`].
    ///
    /// Its file is `hpc-PID-RANK-N.prof` in the folder of the options, readable for its owner only,
    /// and stays when the recording ends.
    ///
    /// # Errors
    /// Fails when the options ask for too much and when the file cannot be made.
    pub fn create(options: &Options) -> Result<Self, CreateError> {
        let chunks = |bytes: u64| bytes.div_ceil(BLOCK_BYTES) as usize;
        let (records, tree) = (chunks(options.record_memory), chunks(options.tree_memory));
        let blocks = 1 + 3 * options.threads + records + tree + 1;
        if blocks > MAX_BLOCKS || !blocks_are_addressable(blocks) {
            return Err(CreateError::TooLarge {
                bytes: options.record_memory.saturating_add(options.tree_memory),
                threads: options.threads,
            });
        }
        let (file, path) = create_file(options)?;
        let fail = |source| CreateError::File {
            path: path.clone(),
            source,
        };
        let spill = match options.policy {
            Policy::Spill => Some(new_file(&spill_path(&path)).map_err(fail)?),
            Policy::Ring | Policy::Stop => None,
        };
        file.set_len(blocks as u64 * BLOCK_BYTES).map_err(fail)?;
        let map = Map::writable(&file, blocks * BLOCK).map_err(fail)?;
        let shared = Arc::new(Shared {
            map,
            file,
            spill,
            path: path.clone(),
            clock: options.clock,
            policy: options.policy,
            counters: options.counters.iter().take(MOST).copied().collect(),
            control: AtomicU64::new(0),
            blocks,
            threads: options.threads,
        });
        shared.reserve(0).map_err(fail)?;
        write_header(&shared, options, records, tree);
        watch_forks(&shared);
        Ok(Self {
            shared,
            book: Arc::default(),
        })
    }

    /// The recording's file.
    pub fn path(&self) -> &Path {
        &self.shared.path
    }

    /// The file to which [`Policy::Spill`] writes.
    pub fn spill_path(&self) -> PathBuf {
        spill_path(&self.shared.path)
    }

    /// Where times come from.
    pub fn clock(&self) -> Clock {
        self.shared.clock
    }

    /// What is recorded.
    pub fn mode(&self) -> Mode {
        Mode::from_bits(self.shared.control.load(Ordering::Relaxed))
    }

    /// Chooses what is recorded from now on, in all threads. A region that is open then ends as it
    /// began.
    pub fn set_mode(&self, mode: Mode) {
        self.change_control(|control| control & !0xFF | mode.bits());
    }

    /// Sets all counts to zero and forgets all records. Regions that are open are counted from now
    /// on.
    pub fn reset(&self) {
        if self.shared.is_forked() {
            return;
        }
        let now = self.shared.clock.now();
        self.shared
            .header(header::RESET)
            .store(now, Ordering::Relaxed);
        self.change_control(|control| control.wrapping_add(0x100));
        // Each thread clears its own; for those that have ended it is done here.
        for slot in 0..self.threads_used() {
            if let Some(writer) = Writer::claim_detached(&self.shared, slot, None) {
                drop(writer);
            }
        }
    }

    fn change_control(&self, change: impl Fn(u64) -> u64) {
        let _book = self.book();
        if self.shared.is_forked() {
            return;
        }
        let control = change(self.shared.control.load(Ordering::Relaxed));
        self.shared.control.store(control, Ordering::Release);
        self.shared
            .header(header::CONTROL)
            .store(control, Ordering::Release);
    }

    fn threads_used(&self) -> usize {
        let used = self.shared.header(header::THREADS_USED);
        (used.load(Ordering::Acquire) as usize).min(self.shared.threads)
    }

    /// A writer for the calling thread; `None` when too many threads are attached, or in a fork of
    /// the process that records. A thread that has ended leaves its place, with what was recorded,
    /// to the next of the same name.
    pub fn attach(&self, name: &str, kind: ThreadKind) -> Option<Writer> {
        if self.shared.is_forked() {
            return None;
        }
        let name = self.define_text(name).0;
        for slot in 0..self.threads_used() {
            if let Some(writer) = Writer::claim_detached(&self.shared, slot, Some((name, kind))) {
                return Some(writer);
            }
        }
        let next = |used| (used < self.shared.threads as u64).then_some(used + 1);
        let fresh = self.shared.header(header::THREADS_USED).fetch_update(
            Ordering::AcqRel,
            Ordering::Relaxed,
            next,
        );
        let writer = match fresh {
            Ok(slot) => Writer::claim_fresh(&self.shared, slot as usize, name, kind),
            Err(_) => (0..self.shared.threads).find_map(|slot| {
                let writer = Writer::claim_detached(&self.shared, slot, None)?;
                writer.rename(name, kind);
                Some(writer)
            }),
        };
        if writer.is_none() {
            let lost = self.shared.header(header::THREADS_LOST);
            lost.fetch_add(1, Ordering::Relaxed);
        }
        writer
    }

    /// A writer for the calling thread, under the name that it has: `main` for the first of the process,
    /// `thread` for others without one. Else as [`Recorder::attach`].
    pub fn attach_this_thread(&self) -> Option<Writer> {
        let thread = std::thread::current();
        let name = match thread.name() {
            Some(name) => name,
            None if rustix::thread::gettid() == rustix::process::getpid() => "main",
            None => "thread",
        };
        self.attach(name, ThreadKind::Thread)
    }

    /// Notes what time it is on all clocks. To be called at the start and end of each cell: the
    /// longer the recording is known to last, the better its rate is known.
    pub fn stamp(&self) {
        let _book = self.book();
        if self.shared.is_forked() || self.shared.clock == Clock::Given {
            return;
        }
        write_stamp(&self.shared, Stamp::now(self.shared.clock));
    }

    /// Notes how far this process's clock is from that of rank 0: what is to be added to its times,
    /// in nanoseconds, and how sure that is. At least two at different times make a correction, up
    /// to 64 are kept.
    pub fn clock_offset(&self, ticks: u64, nanoseconds: i64, deviation: f64) {
        let _book = self.book();
        if self.shared.is_forked() {
            return;
        }
        let count = self.shared.header(header::OFFSETS).load(Ordering::Relaxed) as usize;
        if count >= header::MAX_OFFSETS {
            return;
        }
        let at = header::FIRST_OFFSET + 3 * count;
        let words = [ticks, nanoseconds as u64, deviation.to_bits()];
        for (index, word) in words.into_iter().enumerate() {
            self.shared
                .header(at + index)
                .store(word, Ordering::Relaxed);
        }
        self.shared
            .header(header::OFFSETS)
            .store(count as u64 + 1, Ordering::Release);
    }

    /// Notes what a pair of enter and exit costs in the modes profile, trace and both, in ticks.
    pub fn set_cost(&self, ticks: [f64; 3]) {
        for (index, ticks) in ticks.into_iter().enumerate() {
            let word = self.shared.header(header::COST + index);
            word.store(ticks.to_bits(), Ordering::Relaxed);
        }
    }

    /// Says that the recording is complete. Without it, readers take the process for dead.
    pub fn close(&self) {
        if self.shared.is_forked() {
            return;
        }
        self.stamp();
        let closed = self.shared.header(header::CLOSED);
        closed.store(1, Ordering::Release);
    }

    /// Has the recording closed when the process ends in an orderly way. The first recorder that asks
    /// for it is the only one.
    pub fn close_at_exit(&self) {
        let recorder = self.clone();
        at_exit(move || recorder.close());
    }

    /// The number of a region; the same for equal regions. [`RegionId::FILTERED`] if the filter
    /// leaves it out.
    pub fn define_region(&self, region: &Region) -> RegionId {
        let mut book = self.book();
        if book.filter.excludes(region) {
            return RegionId::FILTERED;
        }
        self.region_in(&mut book, region)
    }

    fn region_in(&self, book: &mut Book, region: &Region) -> RegionId {
        let (id, new) = number(&mut book.regions, region);
        if new {
            self.define(book, &Definition::Region(RegionId(id), region.clone()));
        }
        RegionId(id)
    }

    /// The number of a text.
    pub fn define_text(&self, text: &str) -> TextId {
        let mut book = self.book();
        let (id, new) = number(&mut book.texts, text);
        if new {
            self.define(&mut book, &Definition::Text(TextId(id), text.into()));
        }
        TextId(id)
    }

    /// The number of a metric.
    pub fn define_metric(&self, metric: &Metric) -> MetricId {
        let mut book = self.book();
        let (id, new) = number(&mut book.metrics, metric);
        if new {
            self.define(&mut book, &Definition::Metric(MetricId(id), metric.clone()));
        }
        MetricId(id)
    }

    /// The number of a parameter.
    pub fn define_parameter(&self, name: &str) -> ParameterId {
        let mut book = self.book();
        let (id, new) = number(&mut book.parameters, name);
        if new {
            let definition = Definition::Parameter(ParameterId(id), name.into());
            self.define(&mut book, &definition);
        }
        ParameterId(id)
    }

    /// The number of a parameter's value.
    pub fn define_value(&self, parameter: ParameterId, value: &ParameterValue) -> ValueId {
        let mut book = self.book();
        let (id, new) = number(&mut book.values, &(parameter.0, value.clone()));
        if new {
            let definition = Definition::Value(ValueId(id), parameter, value.clone());
            self.define(&mut book, &definition);
        }
        ValueId(id)
    }

    /// The number of a communicator.
    pub fn define_communicator(&self, communicator: &Communicator) -> CommunicatorId {
        let mut book = self.book();
        let (id, new) = number(&mut book.communicators, communicator);
        let id = CommunicatorId(id);
        if new {
            self.define(
                &mut book,
                &Definition::Communicator(id, communicator.clone()),
            );
        }
        id
    }

    /// Registers a place in the source and gives its region's number. See [`Callsite::id`].
    pub(crate) fn register(&self, callsite: &'static Callsite) -> RegionId {
        let mut book = self.book();
        let region = callsite.region();
        let id = self.region_in(&mut book, &region);
        book.callsites.push((callsite, id));
        let id = if book.filter.excludes(&region) {
            RegionId::FILTERED
        } else {
            id
        };
        callsite.set(id);
        id
    }

    /// Replaces the filter, for regions that are entered from now on.
    pub fn set_filter(&self, filter: Filter) {
        let mut book = self.book();
        book.filter = filter;
        for (callsite, id) in &book.callsites {
            callsite.set(if book.filter.excludes(&callsite.region()) {
                RegionId::FILTERED
            } else {
                *id
            });
        }
    }

    fn book(&self) -> std::sync::MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes a definition into the file.
    fn define(&self, book: &mut Book, definition: &Definition) {
        if self.shared.is_forked() {
            return;
        }
        let bytes = definition.encode();
        let map = &self.shared.map;
        if let Some((block, used)) = book.chunk
            && let Some(used) = append(map, block, used, &bytes)
        {
            book.chunk = Some((block, used));
            return;
        }
        let purpose = match book.chunk {
            None => Purpose::Home,
            Some(_) => Purpose::Tree,
        };
        let next = self.shared.take(purpose);
        let used = next.and_then(|next| append(map, next, 0, &bytes));
        let (Some(next), Some(used)) = (next, used) else {
            let lost = self.shared.header(header::DEFINITIONS_LOST);
            lost.fetch_add(1, Ordering::Relaxed);
            return;
        };
        let link = match book.chunk {
            None => self.shared.header(header::DEFINITIONS),
            Some((last, _)) => self.shared.word(last, chunk::NEXT),
        };
        link.store(u64::from(next), Ordering::Release);
        book.chunk = Some((next, used));
    }
}

/// The number of a thing, and whether it is new.
fn number<K, Q>(known: &mut HashMap<K, u32>, thing: &Q) -> (u32, bool)
where
    K: Hash + Eq + std::borrow::Borrow<Q>,
    Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
{
    if let Some(id) = known.get(thing) {
        return (*id, false);
    }
    let id = known.len() as u32;
    known.insert(thing.to_owned(), id);
    (id, true)
}

/// The file to which records go that have no room in memory.
pub(crate) fn spill_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".spill");
    name.into()
}

fn new_file(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}

fn create_file(options: &Options) -> Result<(File, PathBuf), CreateError> {
    let (pid, rank) = (std::process::id(), options.rank);
    let mut number = 0;
    loop {
        let path = options
            .folder
            .join(format!("hpc-{pid}-{rank}-{number}.prof"));
        match new_file(&path) {
            Ok(file) => return Ok((file, path)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            Err(source) => return Err(CreateError::File { path, source }),
        }
    }
}

fn write_header(shared: &Shared, options: &Options, records: usize, tree: usize) {
    let set = |index: usize, value: u64| shared.header(index).store(value, Ordering::Relaxed);
    set(header::VERSION, VERSION);
    set(header::BLOCKS, shared.blocks as u64);
    set(header::THREADS, options.threads as u64);
    set(header::PID, u64::from(std::process::id()));
    set(
        header::RANK,
        u64::from(options.rank) | u64::from(options.ranks) << 32,
    );
    set(header::CLOCK, options.clock as u64);
    set(header::RATE, options.clock.measured_rate().to_bits());
    set(
        header::PROCESS_START,
        process_start(std::process::id()).unwrap_or(0),
    );
    set(header::POLICY, options.policy as u64);
    set(header::RECORD_BUDGET, records as u64);
    set(header::TREE_BUDGET, tree as u64);
    set(header::SPILL_LIMIT, options.spill_limit);
    for (index, counter) in shared.counters.iter().enumerate() {
        set(header::COUNTERS + index, *counter as u64 + 1);
    }
    // The header and the threads' blocks are never chunks.
    for block in 0..=options.threads {
        let word = shared.header(header::TAKEN + block / 64);
        word.fetch_or(1 << (block % 64), Ordering::Relaxed);
    }
    let host = rustix::system::uname();
    let host = host.nodename().to_bytes();
    let host = &host[..host.len().min(header::HOST_WORDS * 8 - 1)];
    for (index, bytes) in host.chunks(8).enumerate() {
        let mut word = [0; 8];
        word[..bytes.len()].copy_from_slice(bytes);
        set(header::HOST + index, u64::from_ne_bytes(word));
    }
    let stamp = Stamp::now(options.clock);
    set(header::FIRST_STAMP, stamp.ticks);
    set(header::FIRST_STAMP + 1, stamp.realtime);
    set(header::FIRST_STAMP + 2, stamp.monotonic);
    write_stamp(shared, stamp);
    // Readers take it for a recording from here on.
    shared.header(header::MAGIC).store(MAGIC, Ordering::Release);
}

/// Writes the last stamp. One thread at a time.
fn write_stamp(shared: &Shared, stamp: Stamp) {
    let sequence = shared.header(header::LAST_STAMP_SEQUENCE);
    let even = sequence.load(Ordering::Relaxed);
    sequence.store(even + 1, Ordering::Relaxed);
    std::sync::atomic::fence(Ordering::Release);
    let words = [stamp.ticks, stamp.realtime, stamp.monotonic];
    for (index, word) in words.into_iter().enumerate() {
        let at = shared.header(header::LAST_STAMP + index);
        at.store(word, Ordering::Relaxed);
    }
    sequence.store(even + 2, Ordering::Release);
}

/// When a process began, in clock ticks since boot; `None` if there is none of that number.
pub(crate) fn process_start(pid: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name, in parentheses, may hold anything. What follows begins with the third field.
    let fields = stat.rsplit_once(')')?.1;
    let mut fields = fields.split_ascii_whitespace();
    let running = !matches!(fields.next()?, "Z" | "X");
    let start = fields.nth(18)?.parse().ok()?;
    running.then_some(start)
}

/// The thread's block of a slot.
pub(crate) fn thread_block(slot: usize) -> Block {
    slot as Block + 1
}

/// Takes a thread's block in one of the given states for preparation.
pub(crate) fn claim_thread(shared: &Shared, slot: usize, from: u64) -> bool {
    let state = shared.word(thread_block(slot), thread::STATE);
    let (success, failure) = (Ordering::AcqRel, Ordering::Relaxed);
    state
        .compare_exchange(from, state::CLAIMED, success, failure)
        .is_ok()
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    use super::*;

    /// The only lock of a recording is held while regions of known places are entered and left.
    #[test]
    fn regions_take_no_lock() {
        static SITE: Callsite = Callsite::new("region", file!(), line!(), module_path!());
        let folder = tempfile::tempdir().unwrap();
        let recorder = Recorder::create(&Options {
            folder: folder.path().into(),
            ..Options::default()
        })
        .unwrap();
        recorder.set_mode(Mode::BOTH.with_memory());
        let (attached, is_attached) = mpsc::channel();
        let (go, may_go) = mpsc::channel();
        let (done, is_done) = mpsc::channel();
        let other = recorder.clone();
        thread::spawn(move || {
            let writer = other.attach("other", ThreadKind::Thread).unwrap();
            let visit = || {
                let token = writer.enter(SITE.id(&other));
                writer.work(1, 1);
                writer.exit(token);
            };
            visit();
            attached.send(()).unwrap();
            may_go.recv().unwrap();
            // More than a chunk of records.
            (0..10_000).for_each(|_| visit());
            done.send(()).unwrap();
        });
        is_attached.recv().unwrap();
        let book = recorder.book();
        go.send(()).unwrap();
        let is_done = is_done.recv_timeout(Duration::from_mins(1));
        drop(book);
        assert!(is_done.is_ok(), "it waits for the lock");
    }
}
