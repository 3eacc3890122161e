//! What was recorded of a program's regions, and how does it leave?
//!
//! A [`Recorder`] makes a recording: a file in memory or on disk that is shared with whoever wants
//! to look, at any time. Each thread writes by a [`Writer`] of its own, in a handful of instructions
//! for each region. A [`Recording`] reads the file of a process that goes on, hangs, or was killed.

pub mod clock;
#[cfg(feature = "export")]
pub mod export;
pub mod filter;
pub mod memory;
pub mod report;

mod callsite;
mod cost;
mod counters;
mod ends;

mod map;
mod markup;
mod model;
mod reader;
mod record;
mod recorder;
mod shared;
mod spill;
mod usage;
mod writer;

pub use callsite::Callsite;
pub use clock::{Clock, Stamp, TimeBase};
pub use filter::Filter;
pub use model::{
    Balance, Catalog, Change, Counts, Frame, Location, MetricCounts, OpenStack, PathNode, Profile,
    Scaling, Verdict, diff,
};
pub use reader::{
    ClockOffset, Definitions, Events, MetricStats, OpenError, OpenRegion, Process, ProcessState,
    Recording, Subject, Thread, ThreadLosses, TimedEvent, Tree, TreeNode,
};
pub use record::counter::{Counter, CounterState, CounterSums};
pub use record::event::{Collective, CollectiveEnd, Event, MemoryUse, Message};
pub use record::region::{
    Communicator, CommunicatorId, Metric, MetricId, MetricMode, Paradigm, ParameterId,
    ParameterValue, Region, RegionId, Role, TextId, ThreadKind, ValueId,
};
pub use recorder::{CreateError, Mode, Options, Policy, Recorder};
pub use usage::ProcessUse;
pub use writer::{Place, RewindError, RewindPoint, Token, Writer};
