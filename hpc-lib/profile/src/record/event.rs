//! Records of 16 bytes: ticks (u64), a number (u32), and kind (u8), records that belong to it (u8)
//! and a detail (u16). What belongs to a record follows it as whole records of plain words.

use super::region::{CommunicatorId, MetricId, RegionId, TextId, ValueId};

/// Kinds of records.
pub(crate) mod kind {
    pub(crate) const ENTER: u8 = 1;
    pub(crate) const EXIT: u8 = 2;
    pub(crate) const UNWIND: u8 = 3;
    pub(crate) const METRIC_INT: u8 = 4;
    pub(crate) const METRIC_FLOAT: u8 = 5;
    pub(crate) const PARAMETER: u8 = 6;
    pub(crate) const SEND: u8 = 7;
    pub(crate) const RECEIVE: u8 = 8;
    pub(crate) const COLLECTIVE_BEGIN: u8 = 9;
    pub(crate) const COLLECTIVE_END: u8 = 10;
    pub(crate) const MEMORY: u8 = 11;
    pub(crate) const WORK: u8 = 12;
    pub(crate) const MARKER: u8 = 13;
    pub(crate) const CELL_BEGIN: u8 = 14;
    pub(crate) const CELL_END: u8 = 15;
    pub(crate) const ATTACH: u8 = 16;
    pub(crate) const DETACH: u8 = 17;
    pub(crate) const FLUSH: u8 = 18;
    pub(crate) const SEND_START: u8 = 19;
    pub(crate) const SEND_DONE: u8 = 20;
    pub(crate) const RECEIVE_START: u8 = 21;
    pub(crate) const RECEIVE_DONE: u8 = 22;
}

/// The second word of a record.
#[inline]
pub(crate) fn tail(number: u32, kind: u8, more: u8, detail: u16) -> u64 {
    u64::from(number) | u64::from(kind) << 32 | u64::from(more) << 40 | u64::from(detail) << 48
}

/// Records that follow a record with that second word and belong to it.
#[inline]
pub(crate) fn more(tail: u64) -> usize {
    usize::from((tail >> 40) as u8)
}

/// A collective operation, numbered as OTF2 does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
#[expect(missing_docs, reason = "the names are MPI's")]
pub enum Collective {
    Barrier = 0,
    Broadcast = 1,
    Gather = 2,
    GatherV = 3,
    Scatter = 4,
    ScatterV = 5,
    AllGather = 6,
    AllGatherV = 7,
    AllToAll = 8,
    AllToAllV = 9,
    AllToAllW = 10,
    AllReduce = 11,
    Reduce = 12,
    ReduceScatter = 13,
    Scan = 14,
    ExScan = 15,
    ReduceScatterBlock = 16,
}

impl Collective {
    const ALL: [Self; 17] = [
        Self::Barrier,
        Self::Broadcast,
        Self::Gather,
        Self::GatherV,
        Self::Scatter,
        Self::ScatterV,
        Self::AllGather,
        Self::AllGatherV,
        Self::AllToAll,
        Self::AllToAllV,
        Self::AllToAllW,
        Self::AllReduce,
        Self::Reduce,
        Self::ReduceScatter,
        Self::Scan,
        Self::ExScan,
        Self::ReduceScatterBlock,
    ];

    fn from_number(number: u16) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }
}

/// A message between two ranks of a communicator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    /// Who talk to each other.
    pub communicator: CommunicatorId,
    /// The other's rank in the communicator.
    pub peer: u32,
    /// The message's tag.
    pub tag: u32,
    /// Its length.
    pub bytes: u64,
}

/// What a rank gave to and got from a collective operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CollectiveEnd {
    /// Who took part.
    pub communicator: CommunicatorId,
    /// What was done.
    pub operation: Collective,
    /// The rank that sent to all or received from all, if there was one.
    pub root: Option<u32>,
    /// Bytes that this rank sent.
    pub sent: u64,
    /// Bytes that this rank received.
    pub received: u64,
}

/// Memory that was taken in a region.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemoryUse {
    /// Bytes, added up over allocations.
    pub allocated: u64,
    /// Number of allocations.
    pub allocations: u64,
    /// The most bytes that the thread had at a time while in the region.
    pub peak: u64,
    /// Bytes that the thread has at the end.
    pub live: u64,
}

/// Something that happened.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Event {
    /// A region begins.
    Enter(RegionId),
    /// The innermost region ends.
    Exit(RegionId),
    /// The innermost region ends because of a panic.
    Unwind(RegionId),
    /// A whole number was measured.
    MetricInt(MetricId, i64),
    /// A number was measured.
    MetricFloat(MetricId, f64),
    /// From here to the end of the region a parameter has that value.
    Parameter(ValueId),
    /// A message was sent.
    Send(Message),
    /// A message was received.
    Receive(Message),
    /// A message begins to be sent; the request's number.
    SendStart(Message, u64),
    /// The message of that request was sent.
    SendDone(u64),
    /// A message is waited for under that request.
    ReceiveStart(u64),
    /// The message of that request was received.
    ReceiveDone(Message, u64),
    /// A collective operation begins.
    CollectiveBegin(CommunicatorId),
    /// A collective operation ends.
    CollectiveEnd(CollectiveEnd),
    /// Memory that the region took that ends now.
    Memory(RegionId, MemoryUse),
    /// Bytes moved and floating-point operations done in the innermost region.
    Work {
        /// Bytes.
        bytes: u64,
        /// Operations.
        flops: u64,
    },
    /// The user marked this moment.
    Marker(TextId),
    /// A cell begins.
    CellBegin(u32),
    /// A cell ends; whether it succeeded.
    CellEnd(u32, bool),
    /// What follows belongs under a node of another thread.
    Attach(u32),
    /// What follows belongs to this thread itself again.
    Detach,
    /// Records were written to the disk until then, in ticks.
    Flush(u64),
}

impl Event {
    /// The event of a record and what belongs to it; `None` if they are no such thing.
    pub(crate) fn decode(tail: u64, body: &[u64]) -> Option<Self> {
        let number = tail as u32;
        let detail = (tail >> 48) as u16;
        let word = |index: usize| body.get(index).copied();
        let message = || {
            Some(Message {
                communicator: CommunicatorId(number),
                bytes: word(0)?,
                peer: word(1)? as u32,
                tag: (word(1)? >> 32) as u32,
            })
        };
        Some(match (tail >> 32) as u8 {
            kind::ENTER => Self::Enter(RegionId(number)),
            kind::EXIT => Self::Exit(RegionId(number)),
            kind::UNWIND => Self::Unwind(RegionId(number)),
            kind::METRIC_INT => Self::MetricInt(MetricId(number), word(0)? as i64),
            kind::METRIC_FLOAT => Self::MetricFloat(MetricId(number), f64::from_bits(word(0)?)),
            kind::PARAMETER => Self::Parameter(ValueId(number)),
            kind::SEND => Self::Send(message()?),
            kind::RECEIVE => Self::Receive(message()?),
            kind::SEND_START => Self::SendStart(message()?, word(2)?),
            kind::SEND_DONE => Self::SendDone(word(0)?),
            kind::RECEIVE_START => Self::ReceiveStart(word(0)?),
            kind::RECEIVE_DONE => Self::ReceiveDone(message()?, word(2)?),
            kind::COLLECTIVE_BEGIN => Self::CollectiveBegin(CommunicatorId(number)),
            kind::COLLECTIVE_END => Self::CollectiveEnd(CollectiveEnd {
                communicator: CommunicatorId(number),
                operation: Collective::from_number(detail)?,
                sent: word(0)?,
                received: word(1)?,
                root: u32::try_from(word(2)?).ok(),
            }),
            kind::MEMORY => Self::Memory(
                RegionId(number),
                MemoryUse {
                    allocated: word(0)?,
                    allocations: word(1)?,
                    peak: word(2)?,
                    live: word(3)?,
                },
            ),
            kind::WORK => Self::Work {
                bytes: word(0)?,
                flops: word(1)?,
            },
            kind::MARKER => Self::Marker(TextId(number)),
            kind::CELL_BEGIN => Self::CellBegin(number),
            kind::CELL_END => Self::CellEnd(number, detail != 0),
            kind::ATTACH => Self::Attach(number),
            kind::DETACH => Self::Detach,
            kind::FLUSH => Self::Flush(word(0)?),
            _ => return None,
        })
    }
}
