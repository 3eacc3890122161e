//! Where things are, as indices of words.

/// The first word of a recording.
pub(crate) const MAGIC: u64 = u64::from_ne_bytes(*b"HPCPROF\x01");

/// Raised whenever what follows changes its meaning.
pub(crate) const VERSION: u64 = 2;

/// Words of a block: 64 KiB.
pub(crate) const BLOCK: usize = 8192;

/// Bytes of a block.
pub(crate) const BLOCK_BYTES: u64 = BLOCK as u64 * 8;

/// The number of a block; 0, the header, means none.
pub(crate) type Block = u32;

/// The first word of a block.
#[inline]
pub(crate) fn block_start(block: Block) -> usize {
    block as usize * BLOCK
}

/// Words of the header.
pub(crate) mod header {
    pub(crate) const MAGIC: usize = 0;
    pub(crate) const VERSION: usize = 1;
    /// Blocks of the file.
    pub(crate) const BLOCKS: usize = 2;
    /// Blocks for threads.
    pub(crate) const THREADS: usize = 3;
    pub(crate) const PID: usize = 4;
    /// Rank in the low half, number of ranks in the high one.
    pub(crate) const RANK: usize = 5;
    pub(crate) const CLOCK: usize = 6;
    /// Ticks in a second as measured at the start, the bits of an f64.
    pub(crate) const RATE: usize = 7;
    /// Clock ticks after boot at which the process began: tells it from a later one of that number.
    pub(crate) const PROCESS_START: usize = 8;
    /// Mode in the low byte, above it how often counts were set to zero.
    pub(crate) const CONTROL: usize = 9;
    /// When counts were last set to zero, in ticks.
    pub(crate) const RESET: usize = 10;
    /// What happens when the memory for records is full.
    pub(crate) const POLICY: usize = 11;
    /// 0 while the recording is going on, 1 when it was closed in order.
    pub(crate) const CLOSED: usize = 12;
    /// Blocks of threads that were ever used.
    pub(crate) const THREADS_USED: usize = 13;
    /// Threads for which there was no block.
    pub(crate) const THREADS_LOST: usize = 14;
    pub(crate) const DEFINITIONS: usize = 15;
    /// Definitions for which there was no memory.
    pub(crate) const DEFINITIONS_LOST: usize = 16;
    /// Chunks of records that may be taken, and that are.
    pub(crate) const RECORD_BUDGET: usize = 17;
    pub(crate) const RECORD_CHUNKS: usize = 18;
    /// The same for nodes and definitions.
    pub(crate) const TREE_BUDGET: usize = 19;
    pub(crate) const TREE_CHUNKS: usize = 20;
    pub(crate) const SPILL_LIMIT: usize = 21;
    pub(crate) const SPILLED: usize = 22;
    /// First stamp: ticks, real time, monotonic time.
    pub(crate) const FIRST_STAMP: usize = 23;
    /// Even, and odd while the last stamp is being written.
    pub(crate) const LAST_STAMP_SEQUENCE: usize = 26;
    pub(crate) const LAST_STAMP: usize = 27;
    /// Cost of a pair of enter and exit in ticks, the bits of an f64: profile, trace, both.
    pub(crate) const COST: usize = 30;
    pub(crate) const OFFSETS: usize = 33;
    /// Ticks, nanoseconds to add (i64), standard deviation (f64), for each offset.
    pub(crate) const FIRST_OFFSET: usize = 34;
    pub(crate) const MAX_OFFSETS: usize = 64;
    /// For each counter of the processor one more than its number, and in the high half the system's error
    /// with which a thread failed to have it counted; 0 behind the last.
    pub(crate) const COUNTERS: usize = 226;
    /// Ticks that it takes to read them.
    pub(crate) const COUNTER_COST: usize = 232;
    /// Name of the host, ended by a zero byte.
    pub(crate) const HOST: usize = 240;
    pub(crate) const HOST_WORDS: usize = 16;
    /// A bit for each block, set when it is taken.
    pub(crate) const TAKEN: usize = 512;
}

/// Blocks that a file can have.
pub(crate) const MAX_BLOCKS: usize = (BLOCK - header::TAKEN) * 64;

/// Words of a thread's block.
pub(crate) mod thread {
    pub(crate) const STATE: usize = 0;
    pub(crate) const TID: usize = 1;
    /// Its name, a string of the definitions.
    pub(crate) const NAME: usize = 2;
    pub(crate) const KIND: usize = 3;
    /// The count of resets that its tree is of.
    pub(crate) const EPOCH: usize = 4;
    /// Regions that are open.
    pub(crate) const DEPTH: usize = 5;
    /// Ticks of what happened last.
    pub(crate) const LAST: usize = 6;
    /// Chain of chunks of records.
    pub(crate) const FIRST_RECORDS: usize = 7;
    pub(crate) const LAST_RECORDS: usize = 8;
    /// Records of 16 bytes that were overwritten or found no room.
    pub(crate) const DROPPED: usize = 9;
    /// Chain of chunks of nodes.
    pub(crate) const FIRST_NODES: usize = 10;
    pub(crate) const LAST_NODES: usize = 11;
    /// Visits to call paths for which there was no node.
    pub(crate) const PATHS_LOST: usize = 12;
    /// Visits deeper than the stack.
    pub(crate) const TOO_DEEP: usize = 13;
    /// Regions that were closed because one around them was, or their thread ended.
    pub(crate) const LEFT_OPEN: usize = 14;
    /// Exits of regions that were closed already.
    pub(crate) const STRAY_EXITS: usize = 15;
    /// The root of the tree.
    pub(crate) const ROOT: usize = 16;
    /// Records of the thread so far, those that were lost with them, up to its last chunk.
    pub(crate) const SEQUENCE: usize = 17;
    /// The first frame of the stack.
    pub(crate) const STACK: usize = 32;
}

/// States of a thread's block.
pub(crate) mod state {
    pub(crate) const FREE: u64 = 0;
    pub(crate) const ATTACHED: u64 = 1;
    pub(crate) const DETACHED: u64 = 2;
    /// Taken by somebody who prepares it.
    pub(crate) const CLAIMED: u64 = 3;
}

/// Words of a frame of the stack: an open region.
pub(crate) mod frame {
    pub(crate) const WORDS: usize = 8;
    pub(crate) const START: usize = 0;
    /// Ticks in regions inside that have ended.
    pub(crate) const INSIDE: usize = 1;
    /// Node in the low half, region in the high one.
    pub(crate) const WHAT: usize = 2;
    /// The mode when it was entered, in the low byte. Above it, 24 bits that tell this visit from
    /// others at its depth, 0 while nobody has asked for them; in the high half, for a phase, one more
    /// than the regions that it is below of, else 0.
    pub(crate) const MODE: usize = 3;
    /// Where in that word the visit and the phase begin.
    pub(crate) const VISIT_SHIFT: u32 = 8;
    pub(crate) const VISIT_MASK: u64 = 0xFF_FFFF;
    pub(crate) const PHASE_SHIFT: u32 = 32;
    /// Bytes and number of allocations when it was entered.
    pub(crate) const BYTES: usize = 4;
    pub(crate) const ALLOCATIONS: usize = 5;
    /// The peak of the region around it until then.
    pub(crate) const PEAK: usize = 6;
}

/// Regions that can be open at a time on a thread.
pub(crate) const MAX_DEPTH: usize = (BLOCK - thread::STACK) / frame::WORDS;

/// Words of a chunk's head.
pub(crate) mod chunk {
    /// Thread in the low half.
    pub(crate) const OWNER: usize = 0;
    /// Next block of the chain.
    pub(crate) const NEXT: usize = 1;
    /// Even, and odd while the chunk is being emptied for another use.
    pub(crate) const GENERATION: usize = 2;
    /// Words behind the head that are valid.
    pub(crate) const COMMITTED: usize = 3;
    /// Number of the thread's record that comes first.
    pub(crate) const SEQUENCE: usize = 4;
    pub(crate) const HEAD: usize = 16;
}

/// Words of a record.
pub(crate) const RECORD: usize = 2;

/// Words for records in a chunk.
pub(crate) const RECORD_WORDS: usize = BLOCK - chunk::HEAD;

/// Words of a node of a call tree. The first eight change at each visit and share a cache line.
pub(crate) mod node {
    pub(crate) const WORDS: usize = 16;
    /// Even, and odd while the words of this line are being changed.
    pub(crate) const SEQUENCE: usize = 0;
    pub(crate) const VISITS: usize = 1;
    pub(crate) const SUM: usize = 2;
    pub(crate) const MIN: usize = 3;
    pub(crate) const MAX: usize = 4;
    /// Sum of squares, the bits of an f64.
    pub(crate) const SQUARES: usize = 5;
    pub(crate) const INSIDE: usize = 6;
    /// The child that was visited last in the low half, the node that has the counters of this one in the
    /// high one.
    pub(crate) const LATEST: usize = 7;
    /// Parent in the low half, what it is in the high one.
    pub(crate) const KEY: usize = 8;
    pub(crate) const WORK_SEQUENCE: usize = 9;
    pub(crate) const ALLOCATED: usize = 10;
    pub(crate) const ALLOCATIONS: usize = 11;
    pub(crate) const PEAK: usize = 12;
    pub(crate) const BYTES: usize = 13;
    pub(crate) const FLOPS: usize = 14;
    pub(crate) const UNWOUND: usize = 15;
    /// In a node that has the counters of another, what each of them counted, changed under
    /// [`WORK_SEQUENCE`].
    pub(crate) const FIRST_COUNTER: usize = 10;
}

/// A node: the index of its first word, divided by the words of a node.
pub(crate) type Node = u32;

/// Nodes in a chunk.
pub(crate) const NODES: usize = (BLOCK - chunk::HEAD) / node::WORDS;

/// What a node stands for is told by the two upper bits.
pub(crate) mod subject {
    pub(crate) const MASK: u32 = 0xC000_0000;
    pub(crate) const REGION: u32 = 0;
    /// A value of a parameter.
    pub(crate) const VALUE: u32 = 0x4000_0000;
    pub(crate) const METRIC: u32 = 0x8000_0000;
    /// Behind [`METRIC`]: not one, but the counters of the node above.
    pub(crate) const COUNTERS: u32 = !MASK;
    /// A node, perhaps of another thread, under which this one's children belong.
    pub(crate) const PLACE: u32 = 0xC000_0000;
}

/// The key of a node.
#[inline]
pub(crate) fn key(parent: Node, subject: u32) -> u64 {
    u64::from(parent) | u64::from(subject) << 32
}
